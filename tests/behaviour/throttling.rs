//! A fleet's rotations share the account's rate limit. None fails because of it alone while time is left.

use std::time::Duration;

use sandbox::aws::{AWSCURRENT, AWSPENDING, FaultKind};
use sandbox::setup::Source;

use crate::watch::current_works;
use crate::world::World;

fn throttling() -> FaultKind {
    FaultKind::ErrorBefore {
        status: 400,
        code: "Throttling".into(),
    }
}

/// Refuses the next `times` calls of an action.
fn refuse(world: &World, action: &str, times: usize) {
    for nth in 1..=times {
        world.fail(action, nth, throttling());
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_made_again_until_it_is_let_in() {
    for (source, action) in [
        (Source::Role, "ListAccessKeys"),
        (Source::Role, "UpdateAccessKey"),
        (Source::Role, "DeleteAccessKey"),
        (Source::Role, "CreateAccessKey"),
        (Source::Role, "DescribeSecret"),
        (Source::Role, "GetSecretValue"),
        (Source::Role, "UpdateSecretVersionStage"),
        (Source::AnotherAccount, "AssumeRole"),
    ] {
        let mut world = World::from(source, 2);
        world.stage();
        // The SDK itself makes three attempts at one call.
        refuse(&world, action, 9);
        world.step("createSecret").await.expect(action);
        assert_eq!(world.keys().len(), 2, "{action}");
        assert_eq!(world.lost_keys(), Vec::<String>::new(), "{action}");
    }
}

#[tokio::test(start_paused = true)]
async fn before_each_try_to_make_a_key_it_looks_again() {
    let mut world = World::from(Source::Role, 2);
    world.stage();
    refuse(&world, "CreateAccessKey", 5);
    world.step("createSecret").await.unwrap();
    let counts = ["ListAccessKeys", "DeleteAccessKey", "CreateAccessKey"];
    // One of the lists is for the deletion.
    assert_eq!(counts.map(|action| world.count(action)), [7, 1, 6]);
}

#[tokio::test(start_paused = true)]
async fn refused_until_its_time_is_up_it_says_so_and_how_wide_a_window_must_be() {
    for action in [
        "ListAccessKeys",
        "UpdateAccessKey",
        "DeleteAccessKey",
        "CreateAccessKey",
    ] {
        let mut world = World::from(Source::Role, 2);
        world.stage();
        world.always_fail(action, throttling());
        let began = world.now();
        let error = world.step("createSecret").await.unwrap_err();
        assert_eq!(error.error_type, "Throttled", "{error:?}");
        let message = error.error_message;
        assert!(message.contains(&format!("iam:{action}")), "{message}");
        assert!(message.contains("5 × secrets ÷ rate"), "{message}");
        let took = world.now().duration_since(began).unwrap();
        assert!(took > Duration::from_secs(90), "{action}: {took:?}");
        assert!(took < Duration::from_secs(120), "{action}: {took:?}");

        // Nothing is left that would block the next attempt.
        world.aws.clear_faults();
        world.step("createSecret").await.unwrap();
        assert_eq!(world.keys().len(), 2);
        assert_eq!(world.lost_keys(), Vec::<String>::new());
    }
}

/// This holds wherever the time ends, even during the SDK's own retries.
#[tokio::test(start_paused = true)]
async fn whatever_its_time_out_a_step_that_waits_for_its_turn_says_so() {
    for (keys, action) in [
        (1, "ListAccessKeys"),
        (2, "UpdateAccessKey"),
        (2, "DeleteAccessKey"),
        (1, "CreateAccessKey"),
    ] {
        // With less time, no removal of a key begins.
        let least = if keys == 2 { 17 } else { 7 };
        for seconds in least..40 {
            let mut world = World::from(Source::Role, keys);
            world.function_time_out(Duration::from_secs(seconds));
            world.stage();
            world.always_fail(action, throttling());
            let error = world.step("createSecret").await.unwrap_err();
            assert_eq!(error.error_type, "Throttled", "{seconds} s: {error:?}");
        }
    }
}

/// P1: after a wait, the function decides again what to delete.
#[tokio::test(start_paused = true)]
async fn a_key_that_becomes_current_while_its_deletion_waits_is_not_deleted() {
    let mut world = World::from(Source::Role, 2);
    world.rotate().await.unwrap();
    world.aws.age(Duration::from_secs(30 * 86_400));
    world.fresh_token();
    world.stage();
    let goes = world.current_key();
    refuse(&world, "DeleteAccessKey", 3);
    world.people_move_labels();
    let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
    let previous = world.aws.secret(&arn).unwrap();
    let previous = previous.with_label("AWSPREVIOUS").unwrap().id.clone();
    // A person goes back to the previous key while the function waits to delete it.
    world.after_call("DeleteAccessKey", move || {
        aws.set_label(&arn, AWSCURRENT, &previous);
    });
    let _ = world.step("createSecret").await;
    assert_eq!(world.key_of(AWSCURRENT), Some(goes.clone()));
    assert!(world.keys().contains(&goes), "P1");
    assert!(current_works(&world.aws, world.arn()), "P1");
}

/// P4: a token makes one key.
#[tokio::test(start_paused = true)]
async fn a_key_that_another_run_stores_while_this_one_waits_is_used() {
    let mut world = World::from(Source::Role, 1);
    world.stage();
    refuse(&world, "CreateAccessKey", 3);
    world.another_run_stores_a_key_behind("CreateAccessKey");
    let answer = world.step("createSecret").await.unwrap();
    assert_eq!(answer["outcome"], "alreadyCreated", "{answer}");
    assert_eq!(answer["accessKeyId"], *world.key_of(AWSPENDING).unwrap());
    assert_eq!(world.count("CreateAccessKey"), 1);
}

#[tokio::test(start_paused = true)]
async fn the_question_who_the_current_key_is_waits_for_its_turn() {
    let mut world = World::from(Source::Role, 2);
    world.stage();
    world.step("createSecret").await.unwrap();
    refuse(&world, "GetCallerIdentity", 6);
    world.step("testSecret").await.unwrap();
}

/// On average a wait is half the longest wait. That gives about twenty attempts in two minutes. Waits of at most a
/// second would give hundreds.
#[tokio::test(start_paused = true)]
async fn its_waits_get_longer() {
    let mut world = World::from(Source::Role, 1);
    world.stage();
    world.always_fail("CreateAccessKey", throttling());
    world.step("createSecret").await.unwrap_err();
    let tried = world.count("CreateAccessKey");
    assert!(tried < 100, "{tried}");
}
