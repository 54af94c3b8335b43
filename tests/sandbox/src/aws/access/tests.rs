#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::aws::testing::{Caller, OTHER_TOKEN, Reply, TOKEN, aws_with_secret};
use crate::aws::{AWSPENDING, Aws, FUNCTION_ARN, FUNCTION_ROLE, RotateRequest};

const OTHER_FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:other";

/// An account whose function's role is allowed what the statements say.
fn aws_that_allows(statements: &[Value]) -> (Aws, String, Arc<Mutex<Vec<RotateRequest>>>) {
    let (aws, arn) = aws_with_secret();
    aws.detach_policies(FUNCTION_ROLE);
    let document = json!({"Statement": statements});
    aws.attach_policy(FUNCTION_ROLE, &document).unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = heard.clone();
    aws.on_rotate(move |request| hears.lock().unwrap().push(request));
    (aws, arn, heard)
}

fn allow(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

async fn rotate(aws: &Aws, mut members: Value) -> Reply {
    members["SecretId"] = json!("demo");
    let function = Caller::function(aws);
    function.secrets_manager("RotateSecret", members).await
}

/// Fact 57.
#[tokio::test(start_paused = true)]
async fn who_rotates_a_secret_must_be_allowed_to_invoke_its_function() {
    let rotates = allow("secretsmanager:RotateSecret", "*");
    for (invokes, allowed) in [
        (allow("lambda:InvokeFunction", FUNCTION_ARN), true),
        (allow("lambda:InvokeFunction", OTHER_FUNCTION), false),
        (allow("lambda:GetFunction", "*"), false),
    ] {
        let (aws, _, heard) = aws_that_allows(&[rotates.clone(), invokes]);
        let reply = rotate(&aws, json!({})).await;
        assert_eq!(reply.status == 200, allowed, "{reply:?}");
        assert_eq!(heard.lock().unwrap().len(), usize::from(allowed));
        if !allowed {
            assert_eq!(reply.code(), "AccessDeniedException");
            let needed = format!(
                "is not authorized to perform: lambda:InvokeFunction on resource: {FUNCTION_ARN} \
                 because no identity-based policy allows the lambda:InvokeFunction action"
            );
            assert!(reply.message().ends_with(&needed), "{}", reply.message());
            assert_eq!(aws.secret("demo").unwrap().with_label(AWSPENDING), None);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_function_is_the_one_in_the_request_or_else_the_secrets() {
    let (aws, arn, _) = aws_that_allows(&[
        allow("secretsmanager:*", "*"),
        allow("lambda:InvokeFunction", FUNCTION_ARN),
    ]);
    let refused = rotate(&aws, json!({"RotationLambdaARN": OTHER_FUNCTION})).await;
    assert!(refused.message().contains(OTHER_FUNCTION));
    let operator = Caller::operator(&aws);
    let members = json!({"SecretId": arn, "RotationLambdaARN": OTHER_FUNCTION});
    operator.secrets_manager("RotateSecret", members).await;
    aws.remove_label(&arn, AWSPENDING);
    assert!(
        rotate(&aws, json!({}))
            .await
            .message()
            .contains(OTHER_FUNCTION)
    );
    let reply = rotate(&aws, json!({"RotationLambdaARN": FUNCTION_ARN})).await;
    assert_eq!(reply.status, 200);
}

/// Facts 4 and 5.
#[tokio::test(start_paused = true)]
async fn a_role_that_may_rotate_starts_what_the_operator_would() {
    let (aws, arn, heard) = aws_that_allows(&[
        allow("secretsmanager:RotateSecret", "*"),
        allow("lambda:InvokeFunction", "*"),
    ]);
    let members = json!({"ClientRequestToken": TOKEN, "RotateImmediately": false});
    assert_eq!(rotate(&aws, members).await.status, 200);
    aws.unstage_test(&arn, TOKEN);
    let members = json!({"ClientRequestToken": TOKEN});
    assert_eq!(rotate(&aws, members).await.status, 200);
    let reply = rotate(&aws, json!({"ClientRequestToken": OTHER_TOKEN})).await;
    assert_eq!(reply.code(), "InvalidRequestException");
    assert_eq!(
        reply.message(),
        "A previous rotation isn't complete. That rotation will be reattempted."
    );
    let started = |rotate_immediately| RotateRequest {
        arn: arn.clone(),
        token: TOKEN.to_owned(),
        rotate_immediately,
    };
    let expected = [started(false), started(true), started(true)];
    assert_eq!(*heard.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_policy_can_let_rotate_without_letting_change_the_rotation() {
    let mut rotates = allow("secretsmanager:RotateSecret", "*");
    rotates["Condition"] = json!({
        "Null": {"secretsmanager:RotationLambdaARN": "true"},
        "Bool": {"secretsmanager:ModifyRotationRules": "false"},
    });
    let (aws, _, _) = aws_that_allows(&[rotates, allow("lambda:InvokeFunction", "*")]);
    for members in [
        json!({"RotationLambdaARN": OTHER_FUNCTION}),
        json!({"RotationRules": {"AutomaticallyAfterDays": 1}}),
    ] {
        assert_eq!(rotate(&aws, members).await.code(), "AccessDeniedException");
    }
    assert_eq!(rotate(&aws, json!({})).await.status, 200);
}

/// Fact 62.
#[tokio::test(start_paused = true)]
async fn a_policy_can_ask_for_the_function_that_the_secret_names() {
    let key = "secretsmanager:resource/AllowRotationLambdaArn";
    let mut gets = allow("secretsmanager:GetSecretValue", "*");
    gets["Condition"] = json!({"StringEquals": {key: FUNCTION_ARN}});
    let (aws, arn, _) = aws_that_allows(&[gets]);
    let get = async || {
        let function = Caller::function(&aws);
        let members = json!({"SecretId": arn});
        function.secrets_manager("GetSecretValue", members).await
    };
    assert_eq!(get().await.status, 400);
    aws.turn_on_rotation(&arn, 30);
    assert_eq!(get().await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_role_can_be_allowed_its_own_labels_alone() {
    let mut moves = allow("secretsmanager:UpdateSecretVersionStage", "*");
    moves["Condition"] = json!({"StringLike": {"secretsmanager:VersionStage": "own-*"}});
    let (aws, arn, _) = aws_that_allows(&[moves]);
    let version = aws.secret(&arn).unwrap().versions[0].id.clone();
    for (label, status) in [("own-mark", 200), ("AWSPENDING", 400), ("owns", 400)] {
        let members = json!({"SecretId": arn, "VersionStage": label, "MoveToVersionId": version});
        let function = Caller::function(&aws);
        let reply = function.secrets_manager("UpdateSecretVersionStage", members);
        assert_eq!(reply.await.status, status, "{label}");
    }
}
