//! The shipped policies are minimal. If any one action is removed, a rotation stops at the step that
//! needs it, with an error that names the action and the resource.

use iam_key_rotator::{AwsFailure, Effect, Problem};
use sandbox::aws::{AWSCURRENT, LastUsed};
use sandbox::rotation::RotationFailed;
use serde_json::Value;

use crate::world::{SOURCES, World};

fn actions(statement: &Value) -> Vec<String> {
    match &statement["Action"] {
        Value::Array(actions) => actions
            .iter()
            .map(|one| one.as_str().unwrap().to_owned())
            .collect(),
        one => vec![one.as_str().unwrap().to_owned()],
    }
}

/// Each allowed action, with the index of its policy and of its statement.
fn allowed(policies: &[(String, Value)]) -> Vec<(usize, usize, String)> {
    let mut all = Vec::new();
    for (index, (_, document)) in policies.iter().enumerate() {
        let statements = document["Statement"].as_array().unwrap().iter();
        for (at, statement) in statements.enumerate() {
            // A rotation does not look at it. The keeper does.
            let is_keepers = statement["Sid"] == "SeeWhetherItIsQuarantined";
            if statement["Effect"] == "Allow" && !is_keepers {
                all.extend(
                    actions(statement)
                        .into_iter()
                        .map(|action| (index, at, action)),
                );
            }
        }
    }
    all
}

/// Attaches the policies again, without one action of one of them.
fn attach_without(world: &World, index: usize, statement: usize, action: &str) {
    let policies = &world.prepared.policies;
    for (principal, _) in policies {
        world.aws.detach_policies(principal);
    }
    for (at, (principal, document)) in policies.iter().enumerate() {
        let mut document = document.clone();
        if at == index {
            let mut left = actions(&document["Statement"][statement]);
            left.retain(|one| one != action);
            if left.is_empty() {
                let statements = document["Statement"].as_array_mut().unwrap();
                statements.remove(statement);
            } else {
                document["Statement"][statement]["Action"] = left.into();
            }
            if document["Statement"].as_array().unwrap().is_empty() {
                continue;
            }
        }
        world.aws.attach_policy(principal, &document).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn each_action_taken_away_stops_a_rotation_and_is_named() {
    let mut taken = 0;
    for source in SOURCES {
        let shipped = World::from(source, 2).prepared.policies.clone();
        for (index, statement, action) in allowed(&shipped) {
            let mut world = World::from(source, 2);
            // Long ago, so that every action is needed.
            let last_used = LastUsed {
                at: world.now() - std::time::Duration::from_secs(90 * 86_400),
                service: "s3".into(),
                region: "us-east-1".into(),
            };
            world.aws.set_last_used(&world.older_key(), last_used);
            attach_without(&world, index, statement, &action);
            let failed: RotationFailed = world.rotate().await.unwrap_err();
            let failed = format!("{failed:?}");
            let about = format!("{source:?} without {action}: {failed}");
            // Only the text about the permission. The heading names the secret and the user too.
            let (_, said) = failed
                .split_once("is not authorized to perform: ")
                .expect(&about);
            let sid = &shipped[index].1["Statement"][statement]["Sid"];
            let resource = match (action.as_str(), sid.as_str().unwrap()) {
                (_, "ReadTheAdministratorSecret") => {
                    world.prepared.administrator_secret_arn.as_deref().unwrap()
                }
                ("iam:GetAccessKeyLastUsed", _) => &world.older_key(),
                ("sts:AssumeRole", _) => &world.prepared.role.as_ref().unwrap().0,
                (action, _) if action.starts_with("iam:") => "user alice",
                _ => world.arn(),
            };
            assert!(
                said.starts_with(&format!("{action} on resource: ")),
                "{about}"
            );
            assert!(said.contains(resource), "{about}");
            // Nothing is deleted for a rotation that cannot complete.
            assert!(failed.contains("step: \"createSecret\""), "{about}");
            assert_eq!(
                world.key_of(AWSCURRENT),
                Some(world.current_key()),
                "{about}"
            );
            let unstored = world.lost_keys();
            assert!(
                unstored.iter().all(|key| *key == world.older_key()),
                "{about}"
            );
            taken += 1;
        }
    }
    // For each source, 4 for the secret and 5 for the keys. Also 1 to read the administrator's secret, and
    // 1 to assume the role.
    assert_eq!(taken, 38);
}

#[tokio::test(start_paused = true)]
async fn the_policies_as_shipped_are_enough() {
    for source in SOURCES {
        let mut world = World::from(source, 2);
        world.test_rotation().await.unwrap();
        world.rotate().await.unwrap();
        world.rotate().await.unwrap();
    }
}

/// AWS names neither the action nor the key (fact 41), so the function says what is needed.
#[test]
fn a_refusal_by_kms_says_which_action_of_kms_is_missing() {
    for (action, missing) in [
        ("secretsmanager:GetSecretValue", "needs kms:Decrypt on"),
        (
            "secretsmanager:PutSecretValue",
            "needs kms:GenerateDataKey and kms:Decrypt on",
        ),
    ] {
        let refused = Problem::from(AwsFailure {
            action,
            resource: "the-secrets-arn".to_owned(),
            code: Some("AccessDeniedException".to_owned()),
            message: "Access to KMS is not allowed".to_owned(),
            effect: Effect::None,
            unreached: false,
        });
        assert_eq!(refused.error_type(), "PermissionMissing");
        let said = refused.to_string();
        for named in [action, "the-secrets-arn", missing] {
            assert!(said.contains(named), "{said}");
        }
    }
}

/// What is known about a call that failed in transit.
#[test]
fn what_got_no_answer_may_have_had_its_effect() {
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
    use aws_smithy_runtime_api::client::result::SdkError;
    use aws_smithy_types::error::metadata::ErrorMetadata;

    type Failed = SdkError<ErrorMetadata, HttpResponse>;
    let ok = 200.try_into().unwrap();
    let answer = HttpResponse::new(ok, aws_smithy_types::body::SdkBody::empty());
    for (failed, effect) in [
        (Failed::timeout_error("late"), Effect::Unknown),
        (
            Failed::response_error("unreadable", answer),
            Effect::Unknown,
        ),
        (Failed::construction_failure("unmade"), Effect::None),
    ] {
        let failure = AwsFailure::new("iam:CreateAccessKey", "user alice", &failed);
        assert_eq!(failure.effect, effect, "{failed:?}");
    }
}
