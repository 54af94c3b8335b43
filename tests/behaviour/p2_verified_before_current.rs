//! P2: AWSCURRENT never moves to a key that has not just authenticated as the expected user.

use std::time::Duration;

use sandbox::aws::{AWSCURRENT, FaultKind, KeyStatus, Propagation};
use sandbox::setup::Source;

use crate::world::{World, with_key};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn delay(create_delay: u64) -> Propagation {
    Propagation {
        create_delay: seconds(create_delay),
        ..Propagation::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_spreads_slowly_is_waited_for() {
    for spreads_in in [1, 5, 15, 50] {
        let mut world = World::from(Source::Role, 2);
        world.aws.set_propagation(delay(spreads_in));
        let started = world.now();
        world.rotate().await.unwrap();
        assert!(world.now() >= started + seconds(spreads_in));
        assert_ne!(world.key_of(AWSCURRENT), Some(world.current_key()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_never_authenticates_never_becomes_current() {
    let mut world = World::from(Source::Role, 2);
    world.aws.set_propagation(delay(86_400));
    world.stage();
    world.step("createSecret").await.unwrap();
    world.step("setSecret").await.unwrap();
    for step in ["testSecret", "finishSecret"] {
        let failed = world.step(step).await.unwrap_err();
        assert_eq!(failed.error_type, "VerificationFailed");
        assert!(
            failed.error_message.contains("InvalidClientTokenId"),
            "{failed:?}"
        );
        assert!(failed.error_message.contains(&world.pending_key()));
    }
    assert_eq!(world.key_of(AWSCURRENT), Some(world.current_key()));
}

#[tokio::test(start_paused = true)]
async fn one_success_is_not_proof() {
    let mut world = World::from(Source::Role, 2);
    // The key works at once, is refused between its 1st and its 20th second, and works from then on.
    world.aws.set_propagation(Propagation {
        flaps: vec![(seconds(1), seconds(20))],
        ..Propagation::default()
    });
    world.stage();
    world.step("createSecret").await.unwrap();
    let started = world.now();
    world.step("testSecret").await.unwrap();
    assert!(world.now() >= started + seconds(20));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_between_successes_starts_the_count_again() {
    let mut world = World::from(Source::Role, 2);
    // Two successes, a refusal, and successes from then on.
    world.aws.set_propagation(Propagation {
        flaps: vec![(seconds(2), seconds(3))],
        ..Propagation::default()
    });
    world.stage();
    world.step("createSecret").await.unwrap();
    world.aws.clear_calls();
    world.step("testSecret").await.unwrap();
    // The current key's identity; 2 successes, 1 refusal, 3 successes.
    assert_eq!(world.count("GetCallerIdentity"), 1 + 2 + 1 + 3);
}

#[tokio::test(start_paused = true)]
async fn verification_asks_as_often_in_a_row_as_it_was_told() {
    for successes in [1, 3, 7] {
        let config = iam_key_rotator::Config {
            verify_successes: successes,
            ..Default::default()
        };
        let mut world = World::with(crate::world::setup(Source::Role, 2), config);
        world.stage();
        world.step("createSecret").await.unwrap();
        world.aws.clear_calls();
        world.step("testSecret").await.unwrap();
        // One more for the current key's identity.
        assert_eq!(world.count("GetCallerIdentity"), successes as usize + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn verification_ends_by_its_time_out_and_before_the_functions_own() {
    for (time_out, least, most) in [(900, 55, 61), (30, 25, 30), (10, 5, 10)] {
        let mut world = World::from(Source::Role, 2);
        world.aws.set_propagation(delay(86_400));
        world.stage();
        world.step("createSecret").await.unwrap();
        world.function_time_out(seconds(time_out));
        let started = world.now();
        let failed = world.step("testSecret").await.unwrap_err();
        assert_eq!(failed.error_type, "VerificationFailed");
        let took = world.now().duration_since(started).unwrap();
        assert!(
            took >= seconds(least) && took <= seconds(most),
            "{time_out}: {took:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_dies_between_test_and_finish_does_not_become_current() {
    let mut world = World::from(Source::Role, 2);
    world.stage();
    for step in ["createSecret", "setSecret", "testSecret"] {
        world.step(step).await.unwrap();
    }
    world
        .aws
        .set_key_status(&world.pending_key(), KeyStatus::Inactive);
    let failed = world.step("finishSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "VerificationFailed");
    assert_eq!(world.key_of(AWSCURRENT), Some(world.current_key()));
}

#[tokio::test(start_paused = true)]
async fn another_users_key_is_refused_at_once() {
    for step in ["testSecret", "finishSecret"] {
        let mut world = World::from(Source::Role, 2);
        world.aws.create_user("/", "mallory");
        let foreign = world.aws.create_access_key("mallory");
        world.stage();
        let text = with_key(&world.text(AWSCURRENT), &foreign);
        world
            .aws
            .put_version_text(world.arn(), world.token(), &text);
        let (before, started) = (world.snapshot(), world.now());
        let failed = world.step(step).await.unwrap_err();
        assert_eq!(failed.error_type, "AnotherIdentity");
        for named in ["mallory", "user alice", &foreign.id] {
            assert!(failed.error_message.contains(named), "{failed:?}");
        }
        assert_eq!((world.snapshot(), world.now()), (before, started));
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_is_verified_where_the_current_one_is_dead_already() {
    for source in [Source::Administrator, Source::Role] {
        let mut world = World::from(source, 2);
        world.stage();
        world.step("createSecret").await.unwrap();
        world.a_person(|aws| aws.delete_access_key(&world.current_key()));
        for step in ["setSecret", "testSecret", "finishSecret"] {
            world.step(step).await.unwrap();
        }
        assert_ne!(world.key_of(AWSCURRENT), Some(world.current_key()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotation_heals_a_secret_whose_key_was_deactivated() {
    let mut world = World::from(Source::Role, 1);
    world.a_person(|aws| aws.set_key_status(&world.current_key(), KeyStatus::Inactive));
    world.rotate().await.unwrap();
    let current = world.value(AWSCURRENT).unwrap();
    let [id, secret] = ["accesskey", "secretkey"].map(|field| current[field].as_str().unwrap());
    assert!(world.aws.authenticates(id, secret));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_of_the_last_call_is_a_finished_rotation() {
    let mut world = World::from(Source::Role, 2);
    world.stage();
    for step in ["createSecret", "setSecret", "testSecret"] {
        world.step(step).await.unwrap();
    }
    world.fail("UpdateSecretVersionStage", 1, FaultKind::AnswerLost);
    let outcome = world.step("finishSecret").await.unwrap();
    assert_eq!(outcome["outcome"], "finished");
}

/// The function asks AWS whose key AWSCURRENT holds. Only if that key is refused is the user's name enough.
#[tokio::test(start_paused = true)]
async fn a_current_key_that_cannot_be_asked_is_not_taken_for_a_dead_one() {
    for step in ["testSecret", "finishSecret"] {
        let mut world = World::from(Source::Role, 2);
        world.stage();
        world.step("createSecret").await.unwrap();
        // As many times as the SDK tries a call.
        for nth in 1..=3 {
            let down = FaultKind::ErrorBefore {
                status: 503,
                code: "ServiceUnavailable".into(),
            };
            world.fail("GetCallerIdentity", nth, down);
        }
        let failed = world.step(step).await.unwrap_err();
        assert_eq!(failed.error_type, "AwsCallFailed", "{failed:?}");
        assert_eq!(world.key_of(AWSCURRENT), Some(world.current_key()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_key_that_manages_itself_is_known_by_the_functions_account() {
    let mut world = World::from(Source::SelfKey, 1);
    world.stage();
    world.step("createSecret").await.unwrap();
    world.a_person(|aws| aws.delete_access_key(&world.current_key()));
    for step in ["testSecret", "finishSecret"] {
        world.step(step).await.unwrap();
    }
    assert_ne!(world.key_of(AWSCURRENT), Some(world.current_key()));
}

/// Two responses at the same moment may come from one host (fact 27).
#[tokio::test(start_paused = true)]
async fn there_is_a_second_between_two_successes() {
    let mut world = World::from(Source::Role, 2);
    world.stage();
    world.step("createSecret").await.unwrap();
    let began = world.now();
    world.step("testSecret").await.unwrap();
    assert!(world.now().duration_since(began).unwrap() >= seconds(2));
}

/// The first call is about AWSCURRENT's key, the second waits for the pending key, the third is right before the move.
#[tokio::test(start_paused = true)]
async fn a_refusal_right_before_the_move_stops_it() {
    let mut world = World::from(Source::Role, 2);
    world.stage();
    world.step("createSecret").await.unwrap();
    world.aws.clear_calls();
    let refused = FaultKind::ErrorBefore {
        status: 403,
        code: "InvalidClientTokenId".into(),
    };
    world.fail("GetCallerIdentity", 3, refused);
    world.step("finishSecret").await.unwrap();
    assert_eq!(world.count("GetCallerIdentity"), 5);
}

#[tokio::test(start_paused = true)]
async fn a_move_that_is_refused_or_gets_no_answer_is_not_said_to_be_done() {
    for (kind, named) in [
        (FaultKind::Denied, "secretsmanager:UpdateSecretVersionStage"),
        (FaultKind::TimedOutBefore, "AWSCURRENT may have moved"),
    ] {
        let mut world = World::from(Source::Role, 2);
        world.stage();
        world.step("createSecret").await.unwrap();
        world.always_fail("UpdateSecretVersionStage", kind);
        let failed = world.step("finishSecret").await.unwrap_err();
        assert!(failed.error_message.contains(named), "{failed:?}");
        assert_eq!(world.key_of(AWSCURRENT), Some(world.current_key()));
    }
}
