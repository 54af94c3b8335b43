//! Edge cases of P9: what happens to the mark and the key when a removal is refused, cut off or overtaken.

use std::time::Duration;

use iam_key_rotator::{Config, DeleteKeyInUse};
use sandbox::aws::{AWSCURRENT, AWSPREVIOUS, FaultKind, KeyStatus};
use sandbox::setup::Source;

use crate::removal::{error, removing, staged, status};
use crate::watch::current_works;
use crate::world::{World, setup, with_key};

fn version(world: &World, label: &str) -> String {
    let secret = world.aws.secret(world.arn()).unwrap();
    secret.with_label(label).unwrap().id.clone()
}

/// Puts the mark of a removal on AWSCURRENT's version.
fn mark(world: &World, id: &str) {
    let label = format!("iam-key-rotator-removing-{id}");
    let current = version(world, AWSCURRENT);
    world.aws.set_label(world.arn(), &label, &current);
}

/// The time of the first call of an action.
fn at(world: &World, action: &str) -> std::time::SystemTime {
    let calls = world.aws.calls();
    calls.iter().find(|call| call.action == action).unwrap().at
}

#[tokio::test(start_paused = true)]
async fn a_key_is_not_deactivated_where_its_mark_is_refused() {
    let (mut world, previous) = staged(Source::Role).await;
    world.fail("UpdateSecretVersionStage", 2, FaultKind::Denied);
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "PermissionMissing", "{failed:?}");
    assert_eq!(world.count("UpdateAccessKey"), 0);
    assert_eq!(status(&world, &previous), Some(KeyStatus::Active));
}

#[tokio::test(start_paused = true)]
async fn a_refused_change_is_made_once_and_one_without_an_answer_three_times() {
    for (action, nth) in [
        ("UpdateAccessKey", 1),
        ("DeleteAccessKey", 1),
        ("CreateAccessKey", 1),
        ("UpdateSecretVersionStage", 2),
    ] {
        let (mut world, _) = staged(Source::Role).await;
        for nth in nth..20 {
            world.fail(action, nth, FaultKind::Denied);
        }
        world.step("createSecret").await.unwrap_err();
        let calls = world.aws.calls().into_iter();
        let denied = |outcome| matches!(outcome, sandbox::aws::Outcome::Error { .. });
        let tried = calls.filter(|call| call.action == action && denied(call.outcome.clone()));
        // The run also tries to take the creation's mark off.
        let marks = usize::from(action == "UpdateSecretVersionStage");
        assert_eq!(tried.count(), 1 + marks, "{action}");
    }
    for action in ["UpdateAccessKey", "DeleteAccessKey"] {
        for times in [1, 2, 3, 4] {
            let (mut world, _) = staged(Source::Role).await;
            for nth in 1..=times {
                world.fail(action, nth, error(503, "ServiceUnavailable"));
            }
            let ended = world.step("createSecret").await;
            assert_eq!(ended.is_ok(), times < 3, "{action} {times}: {ended:?}");
            // There is no attempt after a successful one.
            assert_eq!(world.count(action), 3.min(times + 1), "{action} {times}");
        }
    }
}

/// The key may be Inactive then, and only the mark tells who deactivated it.
#[tokio::test(start_paused = true)]
async fn the_mark_stays_where_the_key_may_have_been_deactivated() {
    for last in [FaultKind::AnswerLost, FaultKind::Denied] {
        let (mut world, previous) = staged(Source::Role).await;
        world.fail("UpdateAccessKey", 1, FaultKind::AnswerLost);
        world.fail("UpdateAccessKey", 2, last.clone());
        world.fail("UpdateAccessKey", 3, last);
        let failed = world.step("createSecret").await.unwrap_err();
        let said = format!("{previous} may have been deactivated");
        assert!(failed.error_message.contains(&said), "{failed:?}");
        assert_eq!(removing(&world).len(), 1);
        assert_eq!(status(&world, &previous), Some(KeyStatus::Inactive));
        world.aws.clear_faults();
        world.people_move_labels();
        let goes_back = version(&world, AWSPREVIOUS);
        world.aws.set_label(world.arn(), AWSCURRENT, &goes_back);
        let _ = world.step("setSecret").await;
        assert_eq!(status(&world, &previous), Some(KeyStatus::Active));
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_behind_the_deactivation_says_so() {
    let (mut world, previous) = staged(Source::Role).await;
    world.always_fail("DeleteAccessKey", FaultKind::Denied);
    let failed = world.step("createSecret").await.unwrap_err();
    let said = format!("the access key {previous} was deactivated");
    assert!(failed.error_message.contains(&said), "{failed:?}");
}

/// A person has deleted it meanwhile.
#[tokio::test(start_paused = true)]
async fn a_key_that_is_gone_already_makes_room_at_once() {
    let (mut world, previous) = staged(Source::Role).await;
    let (aws, began) = (world.aws.clone(), world.now());
    world.after_call("ListAccessKeys", move || aws.delete_access_key(&previous));
    world.step("createSecret").await.unwrap();
    assert_eq!(world.now(), began);
    assert_eq!(removing(&world), Vec::<String>::new());
    assert_eq!(world.count("DeleteAccessKey"), 0);

    // It can also be gone before its last use is asked for.
    let mut world = World::from(Source::Role, 2);
    world.stage();
    let (aws, other) = (world.aws.clone(), world.older_key());
    world.after_call("ListAccessKeys", move || aws.delete_access_key(&other));
    let outcome = world.step("createSecret").await.unwrap();
    assert_eq!(outcome["outcome"], "created");
}

#[tokio::test(start_paused = true)]
async fn a_key_under_the_mark_that_is_active_again_is_deactivated_and_looked_at_anew() {
    let (mut world, previous) = staged(Source::Role).await;
    world.fail("UpdateAccessKey", 1, FaultKind::KilledAfter);
    world.step("createSecret").await.unwrap_err();
    world.aws.set_key_status(&previous, KeyStatus::Active);
    world.aws.clear_calls();
    world.step("createSecret").await.unwrap();
    let gone = at(&world, "DeleteAccessKey");
    let took = gone.duration_since(at(&world, "UpdateAccessKey")).unwrap();
    assert!(took >= Duration::from_secs(5), "{took:?}");
    assert_eq!(removing(&world), Vec::<String>::new());
}

/// The facts behind the decision have changed. The run decides again and also looks again, and nothing activates the
/// key in between.
#[tokio::test(start_paused = true)]
async fn a_key_that_this_run_has_deactivated_is_looked_at_anew_by_its_next_try() {
    let (mut world, previous) = staged(Source::Role).await;
    let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
    world.after_call("UpdateAccessKey", move || {
        aws.remove_label(&arn, AWSPREVIOUS);
    });
    world.step("createSecret").await.unwrap();
    assert_eq!(status(&world, &previous), None);
    assert_eq!(world.count("UpdateAccessKey"), 1);
    let decided = at(&world, "GetAccessKeyLastUsed");
    let took = at(&world, "DeleteAccessKey")
        .duration_since(decided)
        .unwrap();
    assert!(took >= Duration::from_secs(5), "{took:?}");
}

/// AWSPREVIOUS is gone, so the key is kept but not wanted. Then a person makes it AWSCURRENT's.
#[tokio::test(start_paused = true)]
async fn a_kept_key_that_becomes_current_while_the_run_decides_again_is_active_at_its_end() {
    let (mut world, previous) = staged(Source::Role).await;
    world.people_move_labels();
    let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
    let goes_back = version(&world, AWSPREVIOUS);
    world.after_call("UpdateAccessKey", move || {
        aws.remove_label(&arn, AWSPREVIOUS);
        tokio::spawn(async move {
            // After the looks that check whether it is wanted: 1 s, and 5 s more.
            tokio::time::sleep(Duration::from_millis(6_500)).await;
            aws.set_label(&arn, AWSCURRENT, &goes_back);
        });
    });
    let ended = world.step("createSecret").await;
    assert_eq!(world.key_of(AWSCURRENT), Some(previous.clone()));
    assert_eq!(
        status(&world, &previous),
        Some(KeyStatus::Active),
        "{ended:?}"
    );
}

/// A run takes the key for a lost one and is killed. Then the run that made the key stores it.
#[tokio::test(start_paused = true)]
async fn a_pending_key_that_is_inactive_under_the_mark_is_given_back() {
    for source in [Source::Role, Source::SelfKey] {
        let (mut world, previous) = staged(source).await;
        // AWSCURRENT's key manages the keys, not this one.
        world.aws.delete_access_key(&previous);
        let key = world.aws.create_access_key("alice");
        let text = with_key(&world.text(AWSCURRENT), &key);
        world
            .aws
            .put_version_text(world.arn(), world.token(), &text);
        mark(&world, &key.id);
        world.aws.set_key_status(&key.id, KeyStatus::Inactive);
        world.step("testSecret").await.unwrap();
        assert_eq!(status(&world, &key.id), Some(KeyStatus::Active));
        assert_eq!(removing(&world), Vec::<String>::new());
        world.step("finishSecret").await.unwrap();
    }
}

/// If the mark stayed, a person's deactivation would be undone.
#[tokio::test(start_paused = true)]
async fn the_mark_of_a_key_that_works_and_is_wanted_is_taken_off() {
    let mut world = World::from(Source::Role, 1);
    world.stage();
    mark(&world, &world.current_key());
    world.step("createSecret").await.unwrap();
    assert_eq!(removing(&world), Vec::<String>::new());
    assert_eq!(world.count("UpdateAccessKey"), 0);
    let current = world.current_key();
    world.a_person(|aws| aws.set_key_status(&current, KeyStatus::Inactive));
    world.step("testSecret").await.unwrap();
    assert_eq!(status(&world, &current), Some(KeyStatus::Inactive));
}

/// Here any key may be deleted, in use or not. A person makes a key in the room that was made.
#[tokio::test(start_paused = true)]
async fn one_run_makes_room_once() {
    let config = Config {
        delete_key_in_use: DeleteKeyInUse::Any,
        ..Config::default()
    };
    let mut world = World::with(setup(Source::Role, 2), config);
    world.stage();
    let aws = world.aws.clone();
    world.after_call("DeleteAccessKey", move || {
        drop(aws.create_access_key("alice"));
    });
    world.step("createSecret").await.unwrap_err();
    assert_eq!(world.count("DeleteAccessKey"), 1);
    assert!(current_works(&world.aws, world.arn()));
}

/// IAM still counts and lists it for a while (fact 27).
#[tokio::test(start_paused = true)]
async fn the_key_that_made_room_is_not_judged_again_while_it_is_listed() {
    let (mut world, _) = staged(Source::Role).await;
    world.aws.set_propagation(sandbox::aws::Propagation {
        delete_delay: Duration::from_secs(12),
        ..sandbox::aws::Propagation::default()
    });
    for nth in 1..=3 {
        world.fail("CreateAccessKey", nth, error(409, "LimitExceeded"));
    }
    let outcome = world.step("createSecret").await.unwrap();
    assert_eq!(outcome["outcome"], "created");
    assert_eq!(world.count("DeleteAccessKey"), 1);
}

/// An expired key does not work, like an Inactive one.
#[tokio::test(start_paused = true)]
async fn an_expired_key_goes_without_a_question_or_a_deactivation() {
    let mut world = World::from(Source::Role, 2);
    world
        .aws
        .set_key_status(&world.older_key(), KeyStatus::Expired);
    world.stage();
    world.step("createSecret").await.unwrap();
    assert_eq!(world.count("GetAccessKeyLastUsed"), 0);
    assert_eq!(world.count("UpdateAccessKey"), 0);
    assert!(!world.keys().contains(&world.older_key()));
}
