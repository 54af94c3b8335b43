//! Bad input beyond the secret's form: credential sources and users that are not what the secret says.

use sandbox::aws::{AWSCURRENT, FUNCTION_ROLE};
use sandbox::setup::Source;
use serde_json::json;

use crate::bad_input::{holding, refused};
use crate::world::{World, with_key};

fn named_source(world: &World, arn: &str) -> String {
    let key = world.prepared.current_key.as_ref().unwrap();
    json!({"username": "alice", "accesskey": key.id, "secretkey": key.secret, "secretarn": arn})
        .to_string()
}

#[tokio::test(start_paused = true)]
async fn a_credential_source_that_points_at_nothing() {
    let mut world = holding(Source::Administrator, |world| {
        let arn = world.prepared.administrator_secret_arn.clone().unwrap();
        world.aws.delete_secret(&arn);
        named_source(world, &arn)
    });
    refused(
        &mut world,
        "createSecret",
        "SourceInvalid",
        &["administrator", "deletion"],
    )
    .await;

    let mut world = holding(Source::Role, |world| {
        let missing = world.arn().replace("alice", "missing");
        world.allow(FUNCTION_ROLE, "secretsmanager:GetSecretValue", &missing);
        named_source(world, &missing)
    });
    refused(
        &mut world,
        "createSecret",
        "SourceInvalid",
        &["missing", "cannot find"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_credential_source_that_holds_no_key() {
    for (text, named) in [
        (r#"{"username":"root"}"#, "no access key"),
        (
            r#"{"accesskey":"AKIAIOSFODNN7EXAMPLE"}"#,
            "\"secretkey\" is missing",
        ),
        ("plain text", "not JSON"),
    ] {
        let mut world = holding(Source::Administrator, |world| {
            let arn = world.prepared.administrator_secret_arn.clone().unwrap();
            world.aws.put_secret_text(&arn, text);
            named_source(world, &arn)
        });
        refused(
            &mut world,
            "createSecret",
            "SourceInvalid",
            &["administrator", named],
        )
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn credential_sources_in_a_loop() {
    let mut world = holding(Source::Administrator, |world| {
        let arn = world.prepared.administrator_secret_arn.clone().unwrap();
        let key = world.aws.create_access_key("alice-administrator");
        let back = json!({"username": "alice-administrator", "accesskey": key.id, "secretkey": key.secret, "secretarn": world.arn()});
        world.aws.put_secret_text(&arn, &back.to_string());
        named_source(world, &arn)
    });
    refused(
        &mut world,
        "createSecret",
        "SourceInvalid",
        &["points back"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_credential_source_whose_key_is_dead() {
    let mut world = World::from(Source::Administrator, 2);
    for key in world.aws.user_keys("alice-administrator") {
        world.aws.delete_access_key(&key.id);
    }
    world.stage();
    refused(
        &mut world,
        "createSecret",
        "SourceInvalid",
        &["InvalidClientTokenId", "administrator"],
    )
    .await;

    let mut world = World::from(Source::SelfKey, 2);
    world.a_person(|aws| aws.delete_access_key(&world.current_key()));
    world.stage();
    let key = world.current_key();
    refused(
        &mut world,
        "createSecret",
        "SourceInvalid",
        &["own access key", &key],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_user_that_does_not_exist() {
    let mut world = holding(Source::Administrator, |world| {
        let arn = world.prepared.administrator_secret_arn.clone().unwrap();
        world.allow(&world.aws.user_arn("alice-administrator"), "iam:*", "*");
        named_source(world, &arn).replace("\"alice\"", "\"nobody\"")
    });
    refused(
        &mut world,
        "createSecret",
        "UserNotFound",
        &["nobody", "administrator"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_username_that_is_another_users_than_the_keys() {
    for (step, source) in [
        ("createSecret", Source::Administrator),
        ("testSecret", Source::Role),
    ] {
        let mut world = holding(source, |world| {
            let bob = {
                world.aws.create_user("/", "bob");
                world.aws.create_access_key("bob")
            };
            if source == Source::Administrator {
                world.allow(&world.aws.user_arn("alice-administrator"), "iam:*", "*");
            }
            with_key(&world.text(AWSCURRENT), &bob)
        });
        if step == "testSecret" {
            let other = world.prepared.older_key.clone().unwrap();
            let text = with_key(&world.text(AWSCURRENT), &other);
            world
                .aws
                .put_version_text(world.arn(), world.token(), &text);
        }
        refused(
            &mut world,
            step,
            "AnotherIdentity",
            &["user/bob", "user alice", "AWSCURRENT"],
        )
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_current_key_that_is_not_among_the_users() {
    for keys in [0, 1, 2] {
        let mut world = World::from(Source::Role, 0);
        for _ in 0..keys {
            world.aws.create_access_key("alice");
        }
        let gone = "AKIAIOSFODNN7EXAMPLE";
        let text = json!({"username": "alice", "accesskey": gone, "secretkey": "gone"});
        world.aws.put_secret_text(world.arn(), &text.to_string());
        world.stage();
        let listed = world.keys();
        let mut named: Vec<&str> = listed.iter().map(String::as_str).collect();
        named.push(gone);
        refused(&mut world, "createSecret", "CurrentKeyNotListed", &named).await;
    }
}

#[tokio::test(start_paused = true)]
async fn three_keys() {
    let mut world = World::from(Source::Role, 2);
    world.aws.create_access_key("alice");
    world.stage();
    let keys = world.keys();
    let named: Vec<&str> = keys.iter().map(String::as_str).collect();
    refused(&mut world, "createSecret", "TooManyKeys", &named).await;
}

#[tokio::test(start_paused = true)]
async fn a_user_whose_other_key_is_the_administrators() {
    let mut world = World::from(Source::Administrator, 2);
    let administrator = world.prepared.administrator_secret_arn.clone().unwrap();
    let other = world.prepared.older_key.clone().unwrap();
    world.allow(&world.prepared.user_arn, "iam:*", &world.prepared.user_arn);
    let text = json!({"accesskey": other.id, "secretkey": other.secret});
    world.aws.put_secret_text(&administrator, &text.to_string());
    world.stage();
    refused(
        &mut world,
        "createSecret",
        "BothKeysProtected",
        &[&other.id],
    )
    .await;
}

/// The policy of the user's own key names only that user, so the key cannot see the other user.
#[tokio::test(start_paused = true)]
async fn a_username_that_is_not_the_own_keys_is_denied_by_iam() {
    let mut world = holding(Source::SelfKey, |world| {
        world.aws.create_user("/", "bob");
        let mut text = world.value(AWSCURRENT).unwrap();
        text["username"] = "bob".into();
        text.to_string()
    });
    let named = [
        "iam:ListAccessKeys",
        "user bob",
        &*world.prepared.user_arn.clone(),
    ];
    refused(&mut world, "createSecret", "PermissionMissing", &named).await;
}

/// A permission is missing only if AWS says that the call is not allowed.
#[tokio::test(start_paused = true)]
async fn a_role_that_cannot_be_asked_for_is_no_missing_permission() {
    let mut world = World::from(Source::AnotherAccount, 2);
    world.stage();
    let down = sandbox::aws::FaultKind::ErrorBefore {
        status: 503,
        code: "ServiceUnavailable".into(),
    };
    world.always_fail("AssumeRole", down);
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "AwsCallFailed", "{failed:?}");
    assert!(
        failed.error_message.contains("sts:AssumeRole"),
        "{failed:?}"
    );
}
