//! P3: storing the new key when the time for it, or the function's own time, is nearly up.

use std::time::Duration;

use sandbox::aws::{AWSPENDING, FaultKind};

use crate::removal::{error, staged_with_one as staged};

/// Other runs wait this long before they take a key for a lost one.
#[tokio::test(start_paused = true)]
async fn storing_ends_within_ten_seconds() {
    let mut world = staged();
    world.always_fail("PutSecretValue", FaultKind::TimedOutBefore);
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "StoreFailed", "{failed:?}");
    let calls = world.aws.calls();
    let made = calls.iter().find(|call| call.action == "CreateAccessKey");
    let ended = world.now().duration_since(made.unwrap().at).unwrap();
    // Two more seconds are for looks that check whether it was stored.
    assert!(ended <= Duration::from_secs(12), "{ended:?}");
    assert_eq!(world.count("PutSecretValue"), 2);
}

#[tokio::test(start_paused = true)]
async fn an_unstored_key_is_not_begun_to_be_taken_away_without_the_time_to_look_again() {
    let mut world = staged();
    world.function_time_out(Duration::from_secs(9));
    world.always_fail("PutSecretValue", FaultKind::Denied);
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "StoreFailed", "{failed:?}");
    assert_eq!(world.count("UpdateAccessKey"), 0);
}

/// A put that was refused each time, or never sent, has stored nothing, however much time was left.
#[tokio::test(start_paused = true)]
async fn what_was_not_sent_is_not_said_to_be_stored_perhaps() {
    for seconds in 6..16 {
        let mut world = staged();
        world.function_time_out(Duration::from_secs(seconds));
        world.always_fail("PutSecretValue", error(400, "ThrottlingException"));
        let failed = world.step("createSecret").await.unwrap_err();
        let said = failed.error_message;
        assert!(!said.contains("may have been stored"), "{seconds}: {said}");
    }
    let mut world = staged();
    world.function_time_out(Duration::from_secs(8));
    world.fail(
        "CreateAccessKey",
        1,
        FaultKind::SlowAnswer(Duration::from_secs(5)),
    );
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "StoreFailed", "{failed:?}");
    let said = failed.error_message;
    assert!(said.contains("no time was left for it"), "{said}");
    assert_eq!(world.count("PutSecretValue"), 0);
}

#[tokio::test(start_paused = true)]
async fn no_key_is_made_where_the_mark_took_the_time_to_store_it() {
    let mut world = staged();
    world.function_time_out(Duration::from_secs(9));
    let slow = FaultKind::SlowAnswer(Duration::from_secs(5));
    world.fail("UpdateSecretVersionStage", 1, slow);
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "OutOfTime", "{failed:?}");
    assert_eq!(world.count("CreateAccessKey"), 0);
}

/// A request that was sent may take effect.
#[tokio::test(start_paused = true)]
async fn a_put_that_is_cut_may_have_stored_the_key() {
    let mut world = staged();
    for nth in 1..=6 {
        world.fail("PutSecretValue", nth, error(400, "ThrottlingException"));
    }
    world.fail("PutSecretValue", 7, FaultKind::TimedOutAfter);
    world.after_calls(&["PutSecretValue"; 6], {
        let aws = world.aws.clone();
        move || {
            aws.inject(sandbox::aws::Fault {
                on: sandbox::aws::When::Every {
                    action: "GetSecretValue".to_owned(),
                },
                kind: FaultKind::Denied,
            });
        }
    });
    world.step("createSecret").await.unwrap_err();
    assert_eq!(world.count("UpdateAccessKey"), 0);
    assert!(world.keys().contains(&world.key_of(AWSPENDING).unwrap()));
}
