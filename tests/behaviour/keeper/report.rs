//! report: what there is, and what is wrong. It changes nothing.

use sandbox::aws::AWSCURRENT;
use sandbox::setup::Source;
use serde_json::{Value, json};

use super::{DAY, Kept, due, one, rotated, text};
use crate::world::SOURCES;

fn findings(entry: &Value) -> Vec<&str> {
    let found = entry["report"]["findings"].as_array().unwrap();
    found.iter().map(|one| text(one, "finding")).collect()
}

#[tokio::test(start_paused = true)]
async fn each_key_is_reported_with_its_age_status_and_use() {
    for source in SOURCES {
        let (world, previous) = due(source).await;
        let mut kept = Kept::of(&world);
        let answer = kept
            .invoke(&world, json!({"Action": "report"}))
            .await
            .unwrap();
        let entry = one(&answer);
        assert_eq!(text(&entry, "user"), "alice");
        let keys = entry["report"]["keys"].as_array().unwrap();
        let line = |id: &str| {
            keys.iter()
                .find(|key| text(key, "accessKeyId") == id)
                .unwrap()
        };
        let old = line(&previous);
        assert_eq!(
            (text(old, "of"), text(old, "status")),
            ("previous", "Active")
        );
        assert_eq!(
            (old["ageDays"].as_i64(), old["daysLeft"].as_i64()),
            (Some(38), Some(52))
        );
        assert!(
            text(old, "lastUsed").contains("by s3 in eu-west-1"),
            "{old}"
        );
        let new = line(&world.key_of(AWSCURRENT).unwrap());
        assert_eq!(
            (text(new, "of"), new["ageDays"].as_i64()),
            ("current", Some(8))
        );
        assert_eq!(findings(&entry), ["twoActiveKeys"]);
        assert!(world.logs().contains("\"OldestActiveKeyDays\":38"));
        for action in [
            "UpdateAccessKey",
            "UpdateSecretVersionStage",
            "RotateSecret",
        ] {
            assert_eq!(world.count(action), 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_active_key_is_what_retirement_leaves() {
    let (world, _) = due(Source::Role).await;
    let mut kept = Kept::of(&world);
    kept.retire(&world).await;
    let answer = kept
        .invoke(&world, json!({"Action": "report"}))
        .await
        .unwrap();
    assert_eq!(findings(&one(&answer)), Vec::<&str>::new());
}

#[tokio::test(start_paused = true)]
async fn a_stuck_rotation_and_a_strange_key_are_found() {
    let (mut world, previous) = rotated(Source::Role).await;
    world.aws.delete_access_key(&previous);
    world.aws.create_access_key("alice");
    world.stage();
    tokio::time::sleep(2 * DAY).await;
    let mut kept = Kept::of(&world);
    let answer = kept
        .invoke(&world, json!({"Action": "report"}))
        .await
        .unwrap();
    assert_eq!(
        findings(&one(&answer)),
        ["twoActiveKeys", "notTheSecrets", "stuck"]
    );
}
