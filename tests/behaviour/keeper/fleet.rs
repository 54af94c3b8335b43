//! A fleet: one run looks at every secret with the tag, and one secret's failure does not stop the others.

use std::time::Duration;

use iam_key_rotator::{KeeperConfig, Watches};
use sandbox::aws::{AWSCURRENT, AWSPENDING, KeyStatus};
use sandbox::setup::{Setup, Source};
use serde_json::{Value, json};

use super::{DAY, Kept, settings, text};
use crate::world::World;

const FLEET: &str = "blue";

/// Users with a rotated secret each. Returns the secrets, and the keys that were replaced.
fn fleet(world: &World, count: usize) -> Vec<(String, String)> {
    let mut members = Vec::new();
    for number in 0..count {
        let setup = Setup {
            source: Source::Role,
            keys: 2,
            username: format!("user-{number}"),
            secret_name: format!("iam/user-{number}"),
            ..Setup::default()
        };
        let made = setup.prepare(&world.aws).unwrap();
        let (older, current) = (
            made.older_key.clone().unwrap(),
            made.current_key.clone().unwrap(),
        );
        let text = |key: &sandbox::aws::AccessKey| {
            json!({"username": made.username, "accesskey": key.id, "secretkey": key.secret})
                .to_string()
        };
        world.aws.put_secret_text(&made.secret_arn, &text(&older));
        world.aws.put_secret_text(&made.secret_arn, &text(&current));
        made.add_fleet_keeper(&world.aws, FLEET).unwrap();
        members.push((made.secret_arn, older.id));
    }
    members
}

fn of_fleet(world: &World) -> KeeperConfig {
    KeeperConfig {
        watches: Watches::Fleet(FLEET.to_owned()),
        ..settings(world)
    }
}

fn entry<'a>(answer: &'a Value, secret: &str) -> &'a Value {
    let mut entries = answer["secrets"].as_array().unwrap().iter();
    entries
        .find(|entry| text(entry, "secret") == secret)
        .unwrap()
}

fn is_retired(world: &World, user: &str, key: &str) -> bool {
    let keys = world.aws.user_keys(user);
    keys.iter()
        .any(|one| one.id == key && one.status == KeyStatus::Inactive)
}

#[tokio::test(start_paused = true)]
async fn every_secret_of_the_fleet_is_looked_at_and_no_other() {
    let world = World::from(Source::Role, 2);
    let members = fleet(&world, 5);
    world
        .aws
        .tag_secret(world.arn(), "iam-key-rotator", "blueish");
    world.aws.set_list_page_size(2);
    tokio::time::sleep(8 * DAY).await;
    let mut kept = Kept::with(&world, of_fleet(&world));
    let answer = kept
        .invoke(&world, json!({"Action": "retire"}))
        .await
        .unwrap();
    assert_eq!(answer["secrets"].as_array().unwrap().len(), 5, "{answer}");
    assert_eq!(answer["notLookedAt"], 0);
    for (number, (secret, key)) in members.iter().enumerate() {
        assert_eq!(
            text(entry(&answer, secret), "outcome"),
            "retired",
            "{answer}"
        );
        assert!(is_retired(&world, &format!("user-{number}"), key));
    }
    assert!(world.logs().contains("\"Retired\":5"));
}

#[tokio::test(start_paused = true)]
async fn one_secrets_failure_does_not_stop_the_others() {
    let world = World::from(Source::Role, 2);
    let members = fleet(&world, 4);
    let broken = &members[1].0;
    world.aws.put_secret_text(broken, "not a document");
    tokio::time::sleep(8 * DAY).await;
    let mut kept = Kept::with(&world, of_fleet(&world));
    let answer = kept
        .invoke(&world, json!({"Action": "retire"}))
        .await
        .unwrap();
    let failed = entry(&answer, broken);
    assert_eq!(
        (text(failed, "outcome"), text(failed, "errorType")),
        ("failed", "SecretMalformed")
    );
    let retired = answer["secrets"].as_array().unwrap().iter();
    assert_eq!(
        retired
            .filter(|entry| text(entry, "outcome") == "retired")
            .count(),
        3
    );
    assert!(world.logs().contains("\"KeeperFailed\":1"));
}

/// What ListSecrets shows is enough to know that it is too early.
#[tokio::test(start_paused = true)]
async fn before_their_time_no_secret_is_read() {
    let world = World::from(Source::Role, 2);
    fleet(&world, 3);
    tokio::time::sleep(DAY).await;
    world.aws.clear_calls();
    let mut kept = Kept::with(&world, of_fleet(&world));
    kept.invoke(&world, json!({"Action": "retire"}))
        .await
        .unwrap();
    let calls: Vec<_> = world
        .aws
        .calls()
        .into_iter()
        .map(|call| call.action)
        .collect();
    assert_eq!(calls, ["ListSecrets"]);
}

#[tokio::test(start_paused = true)]
async fn a_fleet_that_is_too_large_for_one_run_is_retired_over_several() {
    let world = World::from(Source::Role, 2);
    let members = fleet(&world, 30);
    tokio::time::sleep(8 * DAY).await;
    let mut kept = Kept::with(&world, of_fleet(&world));
    // Each round of eight takes the five seconds of the looks.
    kept.keeper = kept.keeper.time_out(Duration::from_secs(51));
    let first = kept
        .invoke(&world, json!({"Action": "retire"}))
        .await
        .unwrap();
    assert!(first["notLookedAt"].as_u64().unwrap() > 0, "{first}");
    for _ in 0..12 {
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        kept.invoke(&world, json!({"Action": "retire"}))
            .await
            .unwrap();
    }
    for (number, (_, key)) in members.iter().enumerate() {
        assert!(
            is_retired(&world, &format!("user-{number}"), key),
            "{number}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_alone_finds_its_secret() {
    let world = World::from(Source::Role, 2);
    let members = fleet(&world, 4);
    let mut kept = Kept::with(&world, of_fleet(&world));
    let (secret, previous) = &members[2];
    let event = json!({"Action": "revoke", "AccessKeyId": previous});
    let answer = kept.invoke(&world, event).await.unwrap();
    assert_eq!(text(entry(&answer, secret), "outcome"), "revoked");
    assert!(is_retired(&world, "user-2", previous));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_another_secret_gives_out_is_refused() {
    let world = World::from(Source::Role, 2);
    let members = fleet(&world, 3);
    let others = crate::look::key_of(&world.aws, &members[2].0, AWSCURRENT).unwrap();
    let mut kept = Kept::with(&world, of_fleet(&world));
    let event = json!({"Action": "revoke", "SecretId": members[0].0, "AccessKeyId": others});
    let refused = kept.invoke(&world, event).await.unwrap_err();
    assert_eq!(refused.error_type, "KeyOfAnotherSecret", "{refused}");
    assert!(refused.error_message.contains(&members[2].0), "{refused}");
    assert_eq!(world.count("UpdateSecretVersionStage"), 0);
    assert!(
        world
            .aws
            .secret(&members[2].0)
            .unwrap()
            .with_label(AWSPENDING)
            .is_none()
    );
}
