//! P1: the key that AWSCURRENT holds is never deleted or deactivated. Like all tests, those here check
//! after each call that it still works (`world::watch`).

use std::time::Duration;

use sandbox::aws::{AWSCURRENT, AWSPENDING, AWSPREVIOUS, FaultKind, Propagation};
use sandbox::setup::Source;

use crate::world::{SOURCES, World, with_key};

#[tokio::test(start_paused = true)]
async fn a_rotation_makes_a_new_key_current_and_keeps_the_one_that_was() {
    for source in SOURCES {
        let mut world = World::from(source, 2);
        world.rotate().await.unwrap();
        assert_eq!(
            world.key_of(AWSPREVIOUS),
            Some(world.current_key()),
            "{source:?}"
        );
        let mut expected = vec![world.current_key(), world.key_of(AWSCURRENT).unwrap()];
        expected.sort();
        assert_eq!(world.keys(), expected, "the older key went");
    }
}

#[tokio::test(start_paused = true)]
async fn the_current_key_stays_where_it_is_the_older_of_two() {
    let mut world = World::from(Source::Role, 2);
    let now = world.now();
    world.aws.set_created(
        &world.current_key(),
        now - Duration::from_secs(900 * 86_400),
    );
    world.rotate().await.unwrap();
    assert!(world.keys().contains(&world.current_key()));
    assert!(!world.keys().contains(&world.older_key()));
}

#[tokio::test(start_paused = true)]
async fn the_current_key_stays_where_both_were_made_in_the_same_second() {
    let mut world = World::from(Source::Role, 2);
    let then = world.now() - Duration::from_secs(86_400);
    world.aws.set_created(&world.current_key(), then);
    world.aws.set_created(&world.older_key(), then);
    world.rotate().await.unwrap();
    assert!(world.keys().contains(&world.current_key()));
}

/// In this case, a function that deletes "the oldest" key would take the key in use away.
#[tokio::test(start_paused = true)]
async fn a_retry_after_a_kill_between_creating_and_storing_deletes_the_lost_key() {
    for source in SOURCES {
        let mut world = World::from(source, 2);
        world.stage();
        world.fail("PutSecretValue", 1, FaultKind::TimedOutBefore);
        // Killed while it stores the key: nothing in the process runs any more.
        let killed = tokio::time::timeout(Duration::from_secs(5), world.step("createSecret"));
        assert!(killed.await.is_err());
        let lost = world.lost_keys();
        assert_eq!(lost.len(), 1);

        world.rotate().await.unwrap();
        assert!(!world.keys().contains(&lost[0]), "{source:?}");
        assert!(world.keys().contains(&world.current_key()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_retry_that_reads_the_past_deletes_nothing() {
    for reads in [1, 2, 3, 4, 5, 8, 100] {
        let mut world = World::from(Source::Role, 2);
        world.stage();
        for step in ["createSecret", "setSecret", "testSecret", "finishSecret"] {
            world.step(step).await.unwrap();
        }
        let keys = world.keys();
        world.fail("DescribeSecret", 1, FaultKind::StaleReads(reads));
        // These reads show the rotation as it was before finishSecret.
        let _ = world.step("createSecret").await;
        assert_eq!(world.keys(), keys, "{reads} stale reads");
    }
}

#[tokio::test(start_paused = true)]
async fn two_runs_of_create_secret_at_once_end_with_one_pending_key() {
    for source in SOURCES {
        let mut world = World::from(source, 1);
        world.stage();
        let mut other = world.another_function();
        let event = world.event("createSecret");
        let (one, two) = tokio::join!(
            sandbox::rotation::Function::invoke(&mut other, event),
            world.step("createSecret")
        );
        assert!(one.is_ok() || two.is_ok(), "{one:?} {two:?}");
        world.rotate().await.unwrap();
        assert_eq!(world.lost_keys(), Vec::<String>::new(), "{source:?}");
        assert!(world.keys().len() <= 2);
    }
}

#[tokio::test(start_paused = true)]
async fn labels_that_move_while_the_step_decides_stop_the_deletion() {
    let mut world = World::from(Source::Role, 2);
    world.stage();
    // A person makes the other key current again while the step runs.
    let other = world.prepared.older_key.clone().unwrap();
    let text =
        serde_json::json!({"username": "alice", "accesskey": other.id, "secretkey": other.secret});
    let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
    world.after_call("GetAccessKeyLastUsed", move || {
        aws.put_secret_text(&arn, &text.to_string());
    });
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "NotStaged");
    assert_eq!(world.key_of(AWSCURRENT), Some(other.id.clone()));
    assert_eq!(world.count("DeleteAccessKey"), 0);
    assert_eq!(world.key_of(AWSPENDING), None);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_another_run_stored_while_iam_was_slow_stays() {
    let mut world = World::from(Source::Role, 1);
    world.stage();
    for attempt in 1..=2 {
        world.fail("ListAccessKeys", attempt, FaultKind::TimedOutBefore);
    }
    world.another_run_stores_a_key_behind("ListAccessKeys");
    let outcome = world.step("createSecret").await.unwrap();
    assert_eq!(outcome["outcome"], "alreadyCreated");
    assert_eq!(world.count("DeleteAccessKey"), 0);
}

/// For longer than 15 s, reads do not show what was stored, while a deleted key still authenticates.
#[tokio::test(start_paused = true)]
async fn a_stored_key_that_many_reads_miss_stays() {
    for reads in 1..=10 {
        let mut world = World::from(Source::SelfKey, 1);
        world.aws.set_propagation(Propagation {
            delete_delay: Duration::from_secs(8),
            ..Propagation::default()
        });
        world.stage();
        world.step("createSecret").await.unwrap();
        let pending = world.pending_key();
        tokio::time::sleep(Duration::from_secs(60)).await;
        world.fail("DescribeSecret", 1, FaultKind::StaleReads(reads));
        world.rotate().await.unwrap();
        assert_eq!(world.key_of(AWSCURRENT), Some(pending), "{reads} reads");
    }
}

/// The response to this run's CreateAccessKey is lost. The key that shows up is another run's. That run
/// stores it some seconds later, and may even finish.
#[tokio::test(start_paused = true)]
async fn a_key_that_another_run_is_about_to_store_is_not_taken_for_a_lost_one() {
    for finishes in [false, true] {
        let mut world = World::from(Source::Role, 1);
        world.stage();
        let refused = FaultKind::ErrorBefore {
            status: 503,
            code: "ServiceUnavailable".into(),
        };
        world.fail("CreateAccessKey", 1, refused);
        let other = world.aws.create_access_key("alice");
        let text = with_key(&world.text(AWSCURRENT), &other);
        world.aws.delete_access_key(&other.id);
        let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
        let token = world.token().to_owned();
        world.after_call("CreateAccessKey", move || {
            let key = aws.create_access_key("alice");
            let text = text
                .replace(&other.id, &key.id)
                .replace(&other.secret, &key.secret);
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(8)).await;
                aws.put_version_text(&arn, &token, &text);
                if finishes {
                    aws.set_label(&arn, AWSCURRENT, &token);
                }
            });
        });
        let outcome = world.step("createSecret").await.unwrap();
        assert_ne!(outcome["outcome"], "created", "{finishes}");
        assert_eq!(world.count("DeleteAccessKey"), 0, "{finishes}");
        assert_eq!(world.lost_keys(), Vec::<String>::new());
    }
}

/// They are read concurrently, and AWSCURRENT may move in between (fact 19).
#[tokio::test(start_paused = true)]
async fn labels_and_a_value_of_two_different_times_are_read_again() {
    let mut world = World::from(Source::Role, 2);
    world.rotate().await.unwrap();
    world.aws.age(Duration::from_secs(30 * 86_400));
    world.fresh_token();
    world.stage();
    world.aws.clear_calls();
    let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
    let view = aws.secret(&arn).unwrap();
    let previous = view.with_label(AWSPREVIOUS).unwrap().id.clone();
    world.after_call("DescribeSecret", move || {
        aws.set_label(&arn, AWSCURRENT, &previous);
    });
    world.step("createSecret").await.unwrap();
    let calls = world.aws.calls();
    let first: Vec<_> = calls.iter().take(4).map(|call| &*call.action).collect();
    let both = ["DescribeSecret", "GetSecretValue"];
    assert_eq!(first, [both, both].concat());
    assert!(world.keys().contains(&world.current_key()));
}
