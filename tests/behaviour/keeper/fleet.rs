//! A fleet: one run looks at every secret with the tag, and one secret's failure does not stop the others.

use std::ops::Range;
use std::time::Duration;

use iam_key_rotator::{KeeperConfig, Watches};
use sandbox::aws::{AWSCURRENT, AWSPENDING, AWSPREVIOUS, KeyStatus};
use sandbox::setup::{Setup, Source};
use serde_json::{Value, json};

use super::{DAY, Kept, settings, text};
use crate::world::World;

const FLEET: &str = "blue";

/// Users with a rotated secret each. Returns the secrets, and the keys that were replaced.
fn fleet(world: &World, count: usize) -> Vec<(String, String)> {
    fleet_of(world, 0..count)
}

fn fleet_of(world: &World, numbers: Range<usize>) -> Vec<(String, String)> {
    let mut members = Vec::new();
    for number in numbers {
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
    assert!(world.logs().contains("\"KeysRetired\":5"));
    // AWSCURRENT and AWSPREVIOUS, once each.
    assert_eq!(world.count("GetSecretValue"), 10);
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
    assert_eq!(actions(&world), ["ListSecrets"]);
}

fn actions(world: &World) -> Vec<String> {
    let calls = world.aws.calls().into_iter();
    calls.map(|call| call.action).collect()
}

async fn retire(kept: &mut Kept, world: &World) -> Value {
    let event = json!({"Action": "retire"});
    kept.invoke(world, event).await.unwrap()
}

/// A response can have only 6 MB, so the answer does not grow with a fleet that waits.
#[tokio::test(start_paused = true)]
async fn secrets_with_nothing_to_do_are_counted_and_not_listed() {
    let world = World::from(Source::Role, 2);
    fleet(&world, 2);
    tokio::time::sleep(8 * DAY).await;
    fleet_of(&world, 2..5);
    let mut kept = Kept::with(&world, of_fleet(&world));
    let answer = retire(&mut kept, &world).await;
    assert_eq!(answer["secrets"].as_array().unwrap().len(), 2, "{answer}");
    assert_eq!(answer["nothingToDo"], 3, "{answer}");
    let answer = retire(&mut kept, &world).await;
    assert_eq!(answer["secrets"], json!([]), "{answer}");
    assert_eq!(answer["nothingToDo"], 5, "{answer}");
}

/// Most of a fleet's keys are retired most of the time. They cost a look at the labels in most hours.
#[tokio::test(start_paused = true)]
async fn a_key_that_was_retired_long_ago_costs_one_call_an_hour_and_a_closer_look_a_day() {
    let world = World::from(Source::Role, 2);
    fleet(&world, 10);
    tokio::time::sleep(8 * DAY).await;
    let mut kept = Kept::with(&world, of_fleet(&world));
    retire(&mut kept, &world).await;
    tokio::time::sleep(2 * DAY).await;
    let (mut described, mut closely) = (0, 0);
    for _ in 0..24 {
        world.aws.clear_calls();
        retire(&mut kept, &world).await;
        let actions = actions(&world);
        let count = |name: &str| actions.iter().filter(|action| *action == name).count();
        assert_eq!(count("ListSecrets"), 1);
        // A closer look reads AWSPENDING, AWSCURRENT three times and AWSPREVIOUS, and the labels twice more.
        let read = count("GetSecretValue");
        assert_eq!(read % 5, 0, "{actions:?}");
        closely += read / 5;
        described += count("DescribeSecret") - read / 5 * 3;
        let iam = ["ListAccessKeys", "GetAccessKeyLastUsed", "UpdateAccessKey"];
        assert!(iam.iter().all(|name| count(name) == 0), "{actions:?}");
        tokio::time::sleep(Duration::from_secs(3_600)).await;
    }
    assert!((5..=15).contains(&closely), "{closely}");
    assert_eq!(described, 240 - closely);
}

/// ListSecrets still shows the labels of before.
#[tokio::test(start_paused = true)]
async fn a_retired_key_that_a_person_made_current_works_again_after_the_next_run() {
    let world = World::from(Source::Role, 2);
    let members = fleet(&world, 10);
    tokio::time::sleep(8 * DAY).await;
    let mut kept = Kept::with(&world, of_fleet(&world));
    retire(&mut kept, &world).await;
    tokio::time::sleep(2 * DAY).await;
    for (number, (secret, key)) in members.iter().enumerate() {
        assert!(is_retired(&world, &format!("user-{number}"), key));
        let previous = world.aws.secret(secret).unwrap();
        let previous = previous.with_label(AWSPREVIOUS).unwrap().id.clone();
        world.aws.set_list_delay(Duration::from_secs(300));
        world.aws.move_label(secret, AWSCURRENT, &previous);
    }
    retire(&mut kept, &world).await;
    for (number, (_, key)) in members.iter().enumerate() {
        assert!(!is_retired(&world, &format!("user-{number}"), key));
    }
}

/// A rotation was killed after it had deleted a key, and before it took the key's mark off.
#[tokio::test(start_paused = true)]
async fn a_mark_that_was_left_over_does_not_keep_a_key_from_being_retired() {
    let world = World::from(Source::Role, 2);
    let members = fleet(&world, 3);
    for (secret, _) in &members {
        let current = world.aws.secret(secret).unwrap();
        let current = current.with_label(AWSCURRENT).unwrap().id.clone();
        let mark = "iam-key-rotator-removing-AKIAIOSFODNN7EXAMPLE";
        world.aws.set_label(secret, mark, &current);
    }
    let mut kept = Kept::with(&world, of_fleet(&world));
    for _ in 0..14 * 24 {
        retire(&mut kept, &world).await;
        tokio::time::sleep(Duration::from_secs(3_600)).await;
    }
    for (number, (_, key)) in members.iter().enumerate() {
        assert!(
            is_retired(&world, &format!("user-{number}"), key),
            "{number}"
        );
    }
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
