//! AWS's reports of exposed keys: each is answered, and none is acted on twice.

use sandbox::aws::{AWSCURRENT, KeyStatus};
use sandbox::setup::Source;
use serde_json::{Value, json};

use super::{Kept, is_active, one, rotated, settings, text};
use crate::removal::status;
use crate::watch::current_works;
use crate::world::World;

fn health(entities: &[&str]) -> Value {
    let entities: Vec<_> = entities
        .iter()
        .map(|id| json!({"entityValue": id}))
        .collect();
    json!({
        "source": "aws.health",
        "detail-type": "AWS Health Event",
        "id": "5b53b920-3e7c-6003-589a-000000000000",
        "account": "123456789012",
        "detail": {
            "service": "RISK",
            "eventTypeCode": "AWS_RISK_CREDENTIALS_EXPOSED",
            "affectedEntities": entities,
        },
    })
}

fn trusted_advisor(id: &str) -> Value {
    json!({
        "source": "aws.trustedadvisor",
        "detail-type": "Trusted Advisor Check Item Refresh Notification",
        "id": "5b53b920-3e7c-6003-589a-000000000001",
        "account": "123456789012",
        "detail": {
            "check-name": "Exposed Access Keys",
            "status": "ERROR",
            "check-item-detail": {"Access Key ID": id, "User Name (IAM or Root)": "alice"},
        },
    })
}

fn guard_duty(id: &str) -> Value {
    json!({
        "source": "aws.guardduty",
        "detail-type": "GuardDuty Finding",
        "id": "5b53b920-3e7c-6003-589a-000000000002",
        "account": "123456789012",
        "detail": {
            "type": "UnauthorizedAccess:IAMUser/MaliciousIPCaller",
            "resource": {"accessKeyDetails": {"accessKeyId": id, "userName": "alice", "userType": "IAMUser"}},
        },
    })
}

async fn told(world: &World, kept: &mut Kept, event: Value) -> Value {
    kept.invoke(world, event).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn each_report_revokes_the_key_and_the_second_one_changes_nothing() {
    for report in [
        |id: &str| health(&[&format!(" {id}\n")]),
        |id: &str| trusted_advisor(id),
        |id: &str| guard_duty(id),
    ] {
        let (world, _) = rotated(Source::Role).await;
        let exposed = world.key_of(AWSCURRENT).unwrap();
        let mut kept = Kept::of(&world);
        let entry = one(&told(&world, &mut kept, report(&exposed)).await);
        assert_eq!(text(&entry, "outcome"), "revoked", "{entry}");
        assert_eq!(status(&world, &exposed), Some(KeyStatus::Inactive));
        assert!(current_works(&world.aws, world.arn()));
        let current = world.key_of(AWSCURRENT);
        let entry = one(&told(&world, &mut kept, report(&exposed)).await);
        assert!(text(&entry, "message").contains("already"), "{entry}");
        assert_eq!(world.key_of(AWSCURRENT), current);
    }
}

#[tokio::test(start_paused = true)]
async fn without_leave_to_revoke_a_report_is_only_said_with_the_command() {
    let (world, _) = rotated(Source::Role).await;
    let exposed = world.key_of(AWSCURRENT).unwrap();
    let mut settings = settings(&world);
    settings.revokes_reported = false;
    let mut kept = Kept::with(&world, settings);
    let entry = one(&told(&world, &mut kept, health(&[&exposed])).await);
    assert_eq!(text(&entry, "outcome"), "exposed");
    assert!(
        text(&entry, "message").contains("\"Action\":\"revoke\""),
        "{entry}"
    );
    assert!(is_active(&world, &exposed));
    assert!(world.logs().contains("\"KeysExposed\":1"));
    assert_eq!(world.count("UpdateSecretVersionStage"), 0);
}

#[tokio::test(start_paused = true)]
async fn keys_of_nobody_here_and_the_root_users_are_said_and_left() {
    let (world, previous) = rotated(Source::Role).await;
    let mut kept = Kept::of(&world);
    let event = health(&[
        "AKIAI44QH8DHBEXAMPLE",
        "root",
        "ASIAIOSFODNN7EXAMPLE",
        &previous,
    ]);
    let answer = told(&world, &mut kept, event).await;
    let outcomes: Vec<_> = answer["secrets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| text(entry, "outcome"))
        .collect();
    assert_eq!(outcomes, ["notOurs", "notOurs", "notOurs", "revoked"]);
    assert_eq!(status(&world, &previous), Some(KeyStatus::Inactive));
    assert_eq!(world.count("RotateSecret"), 0);
}

/// One key's failure does not keep the others from being revoked.
#[tokio::test(start_paused = true)]
async fn several_keys_of_a_report_are_each_revoked() {
    let (world, previous) = rotated(Source::Role).await;
    let current = world.key_of(AWSCURRENT).unwrap();
    let mut kept = Kept::of(&world);
    let answer = told(&world, &mut kept, health(&[&current, &previous])).await;
    // The rotation has deleted the second one to make room.
    assert_eq!(answer["secrets"].as_array().unwrap().len(), 2, "{answer}");
    assert_eq!(
        status(&world, &current),
        Some(KeyStatus::Inactive),
        "{answer}"
    );
    assert_eq!(status(&world, &previous), None, "{answer}");
    assert!(current_works(&world.aws, world.arn()));
}

/// Lambda tries a report again that ends with an error. The other keys are not left for that.
#[tokio::test(start_paused = true)]
async fn a_report_that_fails_for_one_key_is_tried_again_and_the_others_are_revoked() {
    let (world, previous) = rotated(Source::Role).await;
    let current = world.key_of(AWSCURRENT).unwrap();
    world.always_fail(
        "RotateSecret",
        crate::removal::error(400, "InvalidRequestException"),
    );
    let mut kept = Kept::of(&world);
    let event = health(&[&current, &previous]);
    let failed = kept.invoke(&world, event.clone()).await.unwrap_err();
    assert_eq!(failed.error_type, "RevocationFailed", "{failed}");
    assert_eq!(status(&world, &previous), Some(KeyStatus::Inactive));
    assert!(world.logs().contains("\"RevokeFailed\":1"));
    world.aws.clear_faults();
    kept.invoke(&world, event).await.unwrap();
    assert_eq!(status(&world, &current), Some(KeyStatus::Inactive));
}

#[tokio::test(start_paused = true)]
async fn a_report_without_a_key_is_refused() {
    let (world, _) = rotated(Source::Role).await;
    let refused = Kept::of(&world)
        .invoke(&world, health(&[]))
        .await
        .unwrap_err();
    assert_eq!(refused.error_type, "EventInvalid");
    assert!(world.aws.calls().is_empty());
}
