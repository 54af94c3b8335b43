//! When the time is up, the error says what used it: the last failure of an attempt, even if the time ends during a
//! wait or a call. If waits for the rate limit took most of the time, the error says that instead.

use std::time::Duration;

use sandbox::aws::FaultKind;
use sandbox::rotation::FunctionError;
use sandbox::setup::Source;

use crate::world::World;

const TIME_WAS_UP: &str = "; then the function's time was up while it was about to ";

fn error(status: u16, code: &str) -> FaultKind {
    FaultKind::ErrorBefore {
        status,
        code: code.into(),
    }
}

fn world(source: Source, keys: u8, seconds: u64) -> World {
    let mut world = World::from(source, keys);
    world.function_time_out(Duration::from_secs(seconds));
    world.stage();
    world
}

fn says(failed: &FunctionError, error_type: &str, parts: &[&str]) {
    assert_eq!(failed.error_type, error_type, "{failed:?}");
    for part in parts {
        assert!(failed.error_message.contains(part), "{part}: {failed:?}");
    }
}

/// A refusal that a retry overcame did not use up the time.
#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_behind_one_that_was_refused_once_is_what_is_told() {
    for _ in 0..20 {
        let mut world = world(Source::Role, 1, 15);
        // The SDK itself makes three attempts at one call.
        for nth in 1..=3 {
            world.fail("ListAccessKeys", nth, error(400, "Throttling"));
        }
        world.always_fail("UpdateSecretVersionStage", FaultKind::TimedOutBefore);
        let failed = world.step("createSecret").await.unwrap_err();
        says(
            &failed,
            "AwsCallFailed",
            &["UpdateSecretVersionStage", "no answer in time", TIME_WAS_UP],
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_aws_answered_each_time_is_told_and_what_it_may_have_changed_once() {
    for seconds in [7, 12, 20, 29, 47, 120, 300] {
        let mut world = world(Source::Role, 1, seconds);
        world.always_fail("CreateAccessKey", error(503, "ServiceFailure"));
        let failed = world.step("createSecret").await.unwrap_err();
        says(
            &failed,
            "AwsCallFailed",
            &["iam:CreateAccessKey on user alice failed: ServiceFailure: "],
        );
        let said = &failed.error_message;
        assert_eq!(
            said.matches("may have been made, but AWS").count(),
            1,
            "{said}"
        );
        assert_eq!(said.contains(" times)"), seconds > 20, "{said}");
        // Six attempts take less than three minutes.
        let is_up = said.contains(TIME_WAS_UP);
        assert!(is_up || seconds >= 120, "{said}");
        assert!(!said.contains("Nothing was changed"), "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_stays_reached_is_told() {
    for seconds in [7, 9, 13, 20, 30, 60] {
        let mut world = world(Source::Role, 1, seconds);
        world.always_fail("CreateAccessKey", error(409, "LimitExceeded"));
        let failed = world.step("createSecret").await.unwrap_err();
        says(
            &failed,
            "QuotaReached",
            &["LimitExceeded", "list-access-keys"],
        );
        let is_up = failed.error_message.contains(TIME_WAS_UP);
        assert_eq!(is_up, seconds < 31, "{failed:?}");
    }
}

/// testSecret fails with the last error from STS, and says that the time was up.
async fn fails_as_refused(world: &mut World) {
    let failed = world.step("testSecret").await.unwrap_err();
    let named = ["InvalidClientTokenId", TIME_WAS_UP];
    says(&failed, "VerificationFailed", &named);
}

#[tokio::test(start_paused = true)]
async fn the_last_answer_of_a_verification_is_told_though_the_next_call_hangs() {
    let mut world = world(Source::Role, 1, 60);
    world.step("createSecret").await.unwrap();
    // The first call is about AWSCURRENT's key.
    world.fail("GetCallerIdentity", 2, error(403, "InvalidClientTokenId"));
    for nth in 3..30 {
        world.fail("GetCallerIdentity", nth, FaultKind::TimedOutBefore);
    }
    world.function_time_out(Duration::from_secs(12));
    fails_as_refused(&mut world).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_that_goes_on_being_refused_until_the_time_is_up_is_a_failed_verification() {
    for seconds in 3..40 {
        let mut world = world(Source::Role, 1, 60);
        world.step("createSecret").await.unwrap();
        for nth in 2..30 {
            world.fail("GetCallerIdentity", nth, error(403, "InvalidClientTokenId"));
        }
        world.function_time_out(Duration::from_secs(seconds));
        fails_as_refused(&mut world).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_not_there_until_the_time_is_up_is_missing() {
    for seconds in 3..15 {
        let mut world = world(Source::Role, 1, seconds);
        let failed = world.step("setSecret").await.unwrap_err();
        says(
            &failed,
            "PendingMissing",
            &["createSecret has not stored", TIME_WAS_UP],
        );
    }
}
