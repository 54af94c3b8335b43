#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use crate::aws::testing::{Caller, OTHER_TOKEN, Reply, TOKEN, aws_with_secret};
use crate::aws::{AWSCURRENT, AWSPENDING, AWSPREVIOUS, Aws, SecretContent, StageError};

/// The version id that carries a label.
fn holder(aws: &Aws, label: &str) -> Option<String> {
    let secret = aws.secret("demo").unwrap();
    secret.with_label(label).map(|version| version.id.clone())
}

async fn call(aws: &Aws, action: &str, members: Value) -> Reply {
    Caller::function(aws).secrets_manager(action, members).await
}

async fn put(aws: &Aws, token: &str, value: &str) -> Reply {
    let members = json!({
        "SecretId": "demo",
        "ClientRequestToken": token,
        "SecretString": value,
        "VersionStages": ["AWSPENDING"],
    });
    call(aws, "PutSecretValue", members).await
}

async fn move_current(aws: &Aws, from: Option<&str>, to: &str) -> Reply {
    let mut members =
        json!({"SecretId": "demo", "VersionStage": "AWSCURRENT", "MoveToVersionId": to});
    if let Some(from) = from {
        members["RemoveFromVersionId"] = json!(from);
    }
    call(aws, "UpdateSecretVersionStage", members).await
}

/// Fact 2.
#[tokio::test(start_paused = true)]
async fn a_staged_version_has_no_value_yet() {
    let (aws, arn) = aws_with_secret();
    assert_eq!(aws.stage_pending(&arn, TOKEN), Ok(TOKEN.to_owned()));
    let members = json!({"SecretId": arn, "VersionId": TOKEN, "VersionStage": "AWSPENDING"});
    let reply = call(&aws, "GetSecretValue", members).await;
    assert_eq!(reply.code(), "ResourceNotFoundException");
    let reply = call(
        &aws,
        "GetSecretValue",
        json!({"SecretId": arn, "VersionStage": "AWSPENDING"}),
    )
    .await;
    assert_eq!(
        reply.message(),
        "Secrets Manager can't find the specified secret value for staging label: AWSPENDING"
    );
}

/// Fact 4.
#[tokio::test(start_paused = true)]
async fn a_test_is_staged_on_a_copy_of_the_current_value() {
    let (aws, arn) = aws_with_secret();
    let current = holder(&aws, AWSCURRENT);
    aws.stage_test(&arn, TOKEN).unwrap();
    let secret = aws.secret(&arn).unwrap();
    let pending = secret.with_label(AWSPENDING).unwrap();
    assert_eq!(pending.id, TOKEN);
    assert_eq!(pending.content, Some(SecretContent::from("current value")));
    aws.unstage_test(&arn, TOKEN);
    assert_eq!(aws.secret(&arn).unwrap().versions.len(), 1);
    assert_eq!(holder(&aws, AWSCURRENT), current);
}

#[tokio::test(start_paused = true)]
async fn no_test_is_staged_while_a_rotation_is_incomplete() {
    let (aws, arn) = aws_with_secret();
    aws.stage_pending(&arn, TOKEN).unwrap();
    let staged = aws.stage_test(&arn, OTHER_TOKEN);
    assert_eq!(staged, Err(StageError::RotationIncomplete));
}

#[tokio::test(start_paused = true)]
async fn a_test_has_a_version_of_its_own() {
    let (aws, arn) = aws_with_secret();
    aws.on_rotate(|_| {});
    let current = holder(&aws, AWSCURRENT).unwrap();
    let before = aws.secret(&arn);
    assert_eq!(aws.stage_test(&arn, &current), Err(StageError::TokenInUse));
    let members = json!({
        "SecretId": arn,
        "ClientRequestToken": current,
        "RotateImmediately": false,
    });
    let reply = call(&aws, "RotateSecret", members).await;
    assert_eq!(reply.code(), "InvalidRequestException");
    aws.unstage_test(&arn, &current);
    assert_eq!(aws.secret(&arn), before);

    aws.stage_test(&arn, TOKEN).unwrap();
    let staged = aws.secret(&arn);
    assert_eq!(aws.stage_test(&arn, TOKEN), Ok(()));
    assert_eq!(aws.secret(&arn), staged);

    aws.set_label(&arn, AWSCURRENT, TOKEN);
    assert_eq!(aws.stage_test(&arn, TOKEN), Err(StageError::TokenInUse));
    aws.unstage_test(&arn, TOKEN);
    assert_eq!(holder(&aws, AWSCURRENT).unwrap(), TOKEN);
}

/// Fact 5.
#[tokio::test(start_paused = true)]
async fn an_incomplete_rotation_runs_again_with_its_old_token() {
    let (aws, arn) = aws_with_secret();
    aws.on_rotate(|_| {});
    aws.stage_pending(&arn, TOKEN).unwrap();
    assert_eq!(aws.stage_pending(&arn, OTHER_TOKEN), Ok(TOKEN.to_owned()));
    let reply = call(&aws, "RotateSecret", json!({"SecretId": arn})).await;
    assert_eq!(reply.code(), "InvalidRequestException");
    assert_eq!(
        reply.message(),
        "A previous rotation isn't complete. That rotation will be reattempted."
    );
}

/// Fact 5.
#[tokio::test(start_paused = true)]
async fn taking_awspending_off_lets_a_new_rotation_start() {
    let (aws, arn) = aws_with_secret();
    aws.stage_pending(&arn, TOKEN).unwrap();
    let members = json!({
        "SecretId": arn,
        "VersionStage": "AWSPENDING",
        "RemoveFromVersionId": TOKEN,
    });
    let reply = call(&aws, "UpdateSecretVersionStage", members).await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        aws.stage_pending(&arn, OTHER_TOKEN),
        Ok(OTHER_TOKEN.to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn rotate_secret_stages_and_calls_back() {
    let (aws, arn) = aws_with_secret();
    let reply = call(&aws, "RotateSecret", json!({"SecretId": arn})).await;
    assert_eq!(reply.code(), "InvalidRequestException");

    let heard = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let hears = heard.clone();
    aws.on_rotate(move |request| hears.lock().unwrap().push(request));
    let members = json!({"SecretId": "demo", "ClientRequestToken": TOKEN});
    let reply = call(&aws, "RotateSecret", members).await;
    assert_eq!(reply.json()["VersionId"], TOKEN);
    assert_eq!(holder(&aws, AWSPENDING).unwrap(), TOKEN);
    let heard = heard.lock().unwrap();
    assert_eq!((&heard[0].arn, heard[0].token.as_str()), (&arn, TOKEN));
}

/// Fact 6.
#[tokio::test(start_paused = true)]
async fn a_value_written_meanwhile_strips_awspending() {
    let (aws, arn) = aws_with_secret();
    aws.stage_pending(&arn, TOKEN).unwrap();
    let old = holder(&aws, AWSCURRENT);
    let new = aws.put_secret_text(&arn, "a person's value");
    assert_eq!(holder(&aws, AWSPENDING), None);
    assert_eq!(holder(&aws, AWSCURRENT), Some(new));
    assert_eq!(holder(&aws, AWSPREVIOUS), old);
}

/// Fact 15.
#[tokio::test(start_paused = true)]
async fn same_token_and_same_value_is_no_change() {
    let (aws, arn) = aws_with_secret();
    aws.stage_pending(&arn, TOKEN).unwrap();
    assert_eq!(put(&aws, TOKEN, "new value").await.status, 200);
    let after_the_first = aws.secret(&arn);
    assert_eq!(put(&aws, TOKEN, "new value").await.status, 200);
    assert_eq!(aws.secret(&arn), after_the_first);
}

/// Fact 15.
#[tokio::test(start_paused = true)]
async fn same_token_and_another_value_is_resource_exists() {
    let (aws, arn) = aws_with_secret();
    aws.stage_pending(&arn, TOKEN).unwrap();
    put(&aws, TOKEN, "new value").await;
    let reply = put(&aws, TOKEN, "another value").await;
    assert_eq!(reply.code(), "ResourceExistsException");
}

/// Fact 15.
#[tokio::test(start_paused = true)]
async fn without_version_stages_awscurrent_moves() {
    let (aws, arn) = aws_with_secret();
    let old = holder(&aws, AWSCURRENT);
    let members = json!({"SecretId": arn, "SecretString": "new value"});
    let reply = call(&aws, "PutSecretValue", members).await;
    assert_eq!(reply.json()["VersionStages"], json!(["AWSCURRENT"]));
    assert_eq!(holder(&aws, AWSPREVIOUS), old);
}

/// Fact 15.
#[tokio::test(start_paused = true)]
async fn a_value_has_at_most_65536_bytes() {
    let (aws, _) = aws_with_secret();
    assert_eq!(put(&aws, TOKEN, &"x".repeat(65_536)).await.status, 200);
    let reply = put(&aws, OTHER_TOKEN, &"x".repeat(65_537)).await;
    assert_eq!(reply.code(), "InvalidParameterException");
}

#[tokio::test(start_paused = true)]
async fn a_token_has_at_least_32_characters() {
    let (aws, _) = aws_with_secret();
    let reply = put(&aws, "short", "new value").await;
    assert_eq!(reply.code(), "InvalidParameterException");
}

/// Fact 8.
#[tokio::test(start_paused = true)]
async fn the_rotation_token_is_checked_where_it_is_required() {
    let (aws, arn) = aws_with_secret();
    aws.stage_pending(&arn, TOKEN).unwrap();
    aws.require_rotation_token(true);
    let rotation_token = aws.make_rotation_token(&arn);
    assert_eq!(
        put(&aws, TOKEN, "new value").await.code(),
        "AccessDeniedException"
    );
    let members = json!({
        "SecretId": arn,
        "ClientRequestToken": TOKEN,
        "SecretString": "new value",
        "VersionStages": ["AWSPENDING"],
        "RotationToken": rotation_token,
    });
    assert_eq!(call(&aws, "PutSecretValue", members).await.status, 200);
    assert!(aws.confidential().contains(&rotation_token));
}

/// Fact 16.
#[tokio::test(start_paused = true)]
async fn version_id_and_version_stage_must_agree() {
    let (aws, arn) = aws_with_secret();
    put(&aws, TOKEN, "new value").await;
    let members = json!({"SecretId": arn, "VersionId": TOKEN, "VersionStage": "AWSCURRENT"});
    let reply = call(&aws, "GetSecretValue", members).await;
    assert_eq!(reply.code(), "InvalidRequestException");
    let members = json!({"SecretId": arn, "VersionId": TOKEN, "VersionStage": "AWSPENDING"});
    let reply = call(&aws, "GetSecretValue", members).await;
    assert_eq!(reply.json()["SecretString"], "new value");
}

/// Fact 17.
#[tokio::test(start_paused = true)]
async fn a_label_elsewhere_must_be_removed_by_name() {
    let (aws, _) = aws_with_secret();
    put(&aws, TOKEN, "new value").await;
    let current = holder(&aws, AWSCURRENT).unwrap();

    let reply = move_current(&aws, None, TOKEN).await;
    assert_eq!(reply.code(), "InvalidParameterException");
    assert_eq!(
        reply.message(),
        format!(
            "The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is \
             currently attached to version {current}, so you must explicitly reference that \
             version in RemoveFromVersionId."
        )
    );
    let reply = move_current(&aws, Some(OTHER_TOKEN), TOKEN).await;
    assert_eq!(reply.code(), "InvalidParameterException");
    assert_eq!(holder(&aws, AWSCURRENT).as_ref(), Some(&current));

    assert_eq!(move_current(&aws, Some(&current), TOKEN).await.status, 200);
    assert_eq!(holder(&aws, AWSCURRENT).unwrap(), TOKEN);
    assert_eq!(holder(&aws, AWSPREVIOUS), Some(current));
}

/// Fact 17.
#[tokio::test(start_paused = true)]
async fn moving_awscurrent_where_it_is_changes_nothing() {
    let (aws, arn) = aws_with_secret();
    let before = aws.secret(&arn);
    let current = holder(&aws, AWSCURRENT).unwrap();
    assert_eq!(move_current(&aws, None, &current).await.status, 200);
    assert_eq!(aws.secret(&arn), before);
}

#[tokio::test(start_paused = true)]
async fn awscurrent_moves_to_no_version_without_a_value() {
    let (aws, arn) = aws_with_secret();
    aws.stage_pending(&arn, TOKEN).unwrap();
    let current = holder(&aws, AWSCURRENT);
    let reply = move_current(&aws, current.as_deref(), TOKEN).await;
    assert_eq!(reply.code(), "InvalidRequestException");
}

#[tokio::test(start_paused = true)]
async fn the_first_version_becomes_current_without_remove_from_version_id() {
    let (aws, _) = aws_with_secret();
    aws.remove_label("demo", AWSCURRENT);
    put(&aws, TOKEN, "new value").await;
    assert_eq!(move_current(&aws, None, TOKEN).await.status, 200);
    assert_eq!(holder(&aws, AWSCURRENT).unwrap(), TOKEN);
}

/// Fact 18.
#[tokio::test(start_paused = true)]
async fn describe_secret_lists_valueless_versions_and_version_ids_does_not() {
    let (aws, arn) = aws_with_secret();
    aws.stage_pending(&arn, TOKEN).unwrap();
    let reply = call(&aws, "DescribeSecret", json!({"SecretId": arn})).await;
    assert_eq!(
        reply.json()["VersionIdsToStages"][TOKEN],
        json!(["AWSPENDING"])
    );
    assert_eq!(reply.json()["RotationEnabled"], true);
    let reply = call(&aws, "ListSecretVersionIds", json!({"SecretId": arn})).await;
    assert_eq!(reply.json()["Versions"].as_array().unwrap().len(), 1);
    assert_eq!(
        reply.json()["Versions"][0]["CreatedDate"],
        json!(1_800_000_000.0)
    );
}

/// Fact 18.
#[tokio::test(start_paused = true)]
async fn describe_secret_leaves_out_versions_without_a_label() {
    let (aws, arn) = aws_with_secret();
    aws.stage_pending(&arn, TOKEN).unwrap();
    aws.put_secret_text(&arn, "a person's value");
    let reply = call(&aws, "DescribeSecret", json!({"SecretId": arn})).await;
    assert_eq!(reply.json()["VersionIdsToStages"].get(TOKEN), None);
    assert!(aws.secret(&arn).unwrap().version(TOKEN).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_secret_goes_by_its_name_and_its_arn_with_or_without_suffix() {
    let (aws, arn) = aws_with_secret();
    for secret_id in ["demo", &arn, &arn[..arn.len() - 7]] {
        let reply = call(&aws, "GetSecretValue", json!({"SecretId": secret_id})).await;
        assert_eq!(reply.json()["ARN"], json!(arn));
    }
    let reply = call(&aws, "GetSecretValue", json!({"SecretId": "none"})).await;
    assert_eq!(reply.code(), "ResourceNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_secret_gives_no_value_and_stages_no_rotation() {
    let (aws, arn) = aws_with_secret();
    aws.delete_secret(&arn);
    let reply = call(&aws, "GetSecretValue", json!({"SecretId": arn})).await;
    assert_eq!(reply.code(), "InvalidRequestException");
    assert_eq!(
        aws.stage_pending(&arn, TOKEN),
        Err(StageError::MarkedForDeletion)
    );
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_created_binary_and_deleted_through_the_api() {
    let (aws, _) = aws_with_secret();
    let members = json!({"Name": "other", "SecretBinary": "AAEC"});
    let reply = call(&aws, "CreateSecret", members.clone()).await;
    assert_eq!(reply.status, 200);
    let reply = call(&aws, "CreateSecret", members).await;
    assert_eq!(reply.code(), "ResourceExistsException");
    let reply = call(&aws, "GetSecretValue", json!({"SecretId": "other"})).await;
    assert_eq!(reply.json()["SecretBinary"], "AAEC");
    let members = json!({"SecretId": "other", "ForceDeleteWithoutRecovery": true});
    assert_eq!(call(&aws, "DeleteSecret", members).await.status, 200);
    assert_eq!(aws.secret("other"), None);
}

#[tokio::test(start_paused = true)]
async fn other_actions_are_not_simulated() {
    let (aws, _) = aws_with_secret();
    let reply = call(&aws, "PutResourcePolicy", json!({"SecretId": "demo"})).await;
    assert_eq!(
        reply.message(),
        "not simulated: secretsmanager:PutResourcePolicy"
    );
}
