//! P3: a key that was made but not stored is removed, at once or by the next attempt.

use std::time::Duration;

use sandbox::aws::{AWSCURRENT, AWSPENDING, FaultKind, LastUsed, Propagation};
use sandbox::setup::Source;

use crate::world::{SOURCES, World};

#[tokio::test(start_paused = true)]
async fn a_key_whose_answer_was_lost_is_deleted_and_another_made() {
    for kind in [
        FaultKind::AnswerLost,
        FaultKind::TimedOutAfter,
        FaultKind::Garbled,
        FaultKind::ErrorAfter {
            status: 500,
            code: "ServiceFailure".into(),
        },
    ] {
        for keys in [1, 2] {
            let mut world = World::from(Source::Role, keys);
            world.fail("CreateAccessKey", 1, kind.clone());
            world.stage();
            let outcome = world.step("createSecret").await.unwrap();
            assert_eq!(outcome["outcome"], "created", "{kind:?}");
            assert_eq!(world.count("CreateAccessKey"), 2);
            assert_eq!(world.lost_keys(), Vec::<String>::new());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_key_that_iams_list_shows_late_is_found() {
    let mut world = World::from(Source::Role, 2);
    world.aws.set_propagation(Propagation {
        list_delay: Duration::from_secs(10),
        ..Propagation::default()
    });
    world.fail("CreateAccessKey", 1, FaultKind::AnswerLost);
    world.stage();
    world.step("createSecret").await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(world.lost_keys(), Vec::<String>::new());
    assert_eq!(world.keys().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_sdk_never_repeats_the_creation() {
    let mut world = World::from(Source::Role, 2);
    world.always_fail("CreateAccessKey", FaultKind::TimedOutBefore);
    world.function_time_out(Duration::from_secs(20));
    world.stage();
    world.step("createSecret").await.unwrap_err();
    // One timeout of 8 s, then the search for a key. The SDK would have called a second time by then.
    assert_eq!(world.count("CreateAccessKey"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_creation_is_tried_again() {
    let throttled = FaultKind::ErrorBefore {
        status: 400,
        code: "Throttling".into(),
    };
    let mut world = World::from(Source::Role, 2);
    world.fail("CreateAccessKey", 1, throttled.clone());
    world.fail("CreateAccessKey", 2, throttled);
    world.stage();
    world.step("createSecret").await.unwrap();
    assert_eq!(world.count("CreateAccessKey"), 3);
    assert_eq!(world.count("DeleteAccessKey"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_spreads_slowly_is_waited_for() {
    let mut world = World::from(Source::Role, 2);
    world.aws.set_propagation(Propagation {
        delete_delay: Duration::from_secs(4),
        ..Propagation::default()
    });
    world.stage();
    world.step("createSecret").await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(world.keys().len(), 2);
    assert_eq!(world.lost_keys(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_key_that_cannot_be_stored_is_deleted_at_once() {
    for kind in [
        FaultKind::Denied,
        FaultKind::ErrorBefore {
            status: 400,
            code: "InvalidParameterException".into(),
        },
    ] {
        for source in SOURCES {
            let mut world = World::from(source, 2);
            world.always_fail("PutSecretValue", kind.clone());
            world.stage();
            let failed = world.step("createSecret").await.unwrap_err();
            assert_eq!(failed.error_type, "StoreFailed", "{failed:?}");
            assert!(
                failed.error_message.contains("it was deleted again"),
                "{failed:?}"
            );
            assert_eq!(world.keys(), [world.current_key()], "{source:?} {kind:?}");
        }
    }
}

/// Once the outcome is unknown, it stays unknown, whatever comes later.
#[tokio::test(start_paused = true)]
async fn a_key_that_may_have_been_stored_is_left_alone_and_goes_with_the_next_attempt() {
    let unknown = [
        FaultKind::ErrorBefore {
            status: 500,
            code: "InternalServiceError".into(),
        },
        FaultKind::Refused,
        FaultKind::TimedOutBefore,
    ];
    for kind in unknown {
        for refused in [false, true] {
            let mut world = World::from(Source::Role, 2);
            if refused {
                world.fail("PutSecretValue", 1, kind.clone());
                world.fail("PutSecretValue", 2, FaultKind::Denied);
            } else {
                world.always_fail("PutSecretValue", kind.clone());
            }
            world.stage();
            let failed = world.step("createSecret").await.unwrap_err();
            assert_eq!(failed.error_type, "StoreFailed", "{failed:?}");
            let left = "it was left alone, since it may have been stored";
            assert!(failed.error_message.contains(left), "{failed:?}");
            let lost = world.lost_keys();
            assert_eq!(lost.len(), 1, "{kind:?}");

            world.aws.clear_faults();
            world.step("createSecret").await.unwrap();
            assert_eq!(world.lost_keys(), Vec::<String>::new());
            assert!(!world.keys().contains(&lost[0]));
        }
    }
}

/// One read that does not show the key is no proof either.
#[tokio::test(start_paused = true)]
async fn a_stored_key_whose_next_put_is_refused_stays_though_a_read_is_stale_or_denied() {
    for read in [FaultKind::StaleReads(9), FaultKind::Denied] {
        let mut world = World::from(Source::Role, 1);
        let stored = FaultKind::ErrorAfter {
            status: 500,
            code: "InternalServiceError".into(),
        };
        world.fail("PutSecretValue", 1, stored);
        world.fail("PutSecretValue", 2, FaultKind::Denied);
        let (aws, read) = (world.aws.clone(), read.clone());
        world.after_call("PutSecretValue", move || {
            aws.inject(sandbox::aws::Fault {
                on: sandbox::aws::When::Action {
                    action: "GetSecretValue".to_owned(),
                    nth: 1,
                },
                kind: read,
            });
        });
        world.stage();
        let _ = world.step("createSecret").await;
        assert!(world.keys().contains(&world.pending_key()));
        assert_eq!(world.count("DeleteAccessKey"), 0);
        assert_eq!(world.count("UpdateAccessKey"), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_stored_though_the_answer_was_lost_is_kept() {
    for kind in [FaultKind::AnswerLost, FaultKind::TimedOutAfter] {
        let mut world = World::from(Source::Role, 2);
        world.always_fail("PutSecretValue", kind);
        world.stage();
        let outcome = world.step("createSecret").await.unwrap();
        assert_eq!(
            Some(outcome["accessKeyId"].as_str().unwrap()),
            world.key_of(AWSPENDING).as_deref()
        );
        assert!(world.keys().contains(&world.pending_key()));
        assert_eq!(world.lost_keys(), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_can_be_neither_stored_nor_deleted_is_named_and_goes_with_the_next_attempt() {
    let mut world = World::from(Source::Role, 1);
    world.fail("PutSecretValue", 1, FaultKind::Denied);
    world.fail("DeleteAccessKey", 1, FaultKind::Denied);
    world.stage();
    let failed = world.step("createSecret").await.unwrap_err();
    let lost = world.lost_keys();
    assert_eq!((lost.len(), &*failed.error_type), (1, "StoreFailed"));
    assert!(failed.error_message.contains(&lost[0]));
    assert!(failed.error_message.contains("iam:DeleteAccessKey"));

    world.step("createSecret").await.unwrap();
    assert_eq!(world.lost_keys(), Vec::<String>::new());
    assert!(!world.keys().contains(&lost[0]));
}

#[tokio::test(start_paused = true)]
async fn a_key_is_never_begun_without_the_time_to_store_it() {
    let mut world = World::from(Source::Role, 2);
    world.function_time_out(Duration::from_secs(2));
    world.stage();
    let before = world.snapshot();
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "OutOfTime");
    assert_eq!(world.snapshot(), before);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_another_run_stored_is_not_taken_for_the_lost_one() {
    let mut world = World::from(Source::Role, 1);
    world.stage();
    world.fail("CreateAccessKey", 1, FaultKind::TimedOutBefore);
    world.another_run_stores_a_key_behind("CreateAccessKey");
    let outcome = world.step("createSecret").await.unwrap();
    assert_eq!(outcome["outcome"], "alreadyCreated");
    assert_eq!(world.count("DeleteAccessKey"), 0);
    assert_eq!(world.lost_keys(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_clean_up_that_iam_does_not_know_the_key_for_yet_is_tried_again() {
    let mut world = World::from(Source::Role, 1);
    world.always_fail("PutSecretValue", FaultKind::Denied);
    world.fail(
        "DeleteAccessKey",
        1,
        FaultKind::ErrorBefore {
            status: 404,
            code: "NoSuchEntity".into(),
        },
    );
    world.stage();
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "StoreFailed");
    assert_eq!(world.lost_keys(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_stored_key_whose_last_put_was_throttled_is_kept() {
    let mut world = World::from(Source::Role, 1);
    world.fail("PutSecretValue", 1, FaultKind::AnswerLost);
    for nth in 2..=3 {
        let throttled = FaultKind::ErrorBefore {
            status: 400,
            code: "ThrottlingException".into(),
        };
        world.fail("PutSecretValue", nth, throttled);
    }
    world.fail("PutSecretValue", 3, FaultKind::StaleReads(2));
    world.stage();
    world.step("createSecret").await.unwrap();
    assert_eq!(world.count("DeleteAccessKey"), 0);
    assert!(world.keys().contains(&world.pending_key()));
}

#[tokio::test(start_paused = true)]
async fn a_put_that_fails_for_a_while_is_put_again() {
    let mut world = World::from(Source::Role, 1);
    // As many times as the SDK tries a call.
    for nth in 1..=3 {
        let down = FaultKind::ErrorBefore {
            status: 500,
            code: "InternalServiceError".into(),
        };
        world.fail("PutSecretValue", nth, down);
    }
    world.stage();
    let outcome = world.step("createSecret").await.unwrap();
    assert_eq!(outcome["outcome"], "created");
    assert_eq!(world.count("DeleteAccessKey"), 0);
}

/// Its verification counts as a use, and nothing tells whose use it was.
#[tokio::test(start_paused = true)]
async fn a_verified_key_of_a_rotation_that_was_given_up_goes_a_day_later() {
    let mut world = World::from(Source::Role, 1);
    world.stage();
    for step in ["createSecret", "setSecret", "testSecret"] {
        world.step(step).await.unwrap();
    }
    let given_up = world.pending_key();
    world.aws.set_last_used(
        &given_up,
        LastUsed {
            at: world.now(),
            service: "sts".into(),
            region: "us-east-1".into(),
        },
    );
    // A person writes a new version in the middle of the rotation (fact 6).
    let edited = world.text(AWSCURRENT).replace("nightly", "weekly");
    world.aws.put_secret_text(world.arn(), &edited);
    let failed = format!("{:?}", world.rotate().await.unwrap_err());
    assert!(
        failed.contains("KeyInUse") && failed.contains(&given_up),
        "{failed}"
    );
    tokio::time::sleep(Duration::from_secs(24 * 60 * 60)).await;
    world.rotate().await.unwrap();
    assert!(!world.keys().contains(&given_up));
    assert_eq!(world.lost_keys(), Vec::<String>::new());
}
