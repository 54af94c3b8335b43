//! A look that fails does not count: the change that was to follow it is not made.

use sandbox::aws::{AWSCURRENT, AWSPENDING, AWSPREVIOUS, Aws, FaultKind, KeyStatus};
use sandbox::setup::Source;

use crate::removal::{error, staged, staged_with_one};
use crate::watch::current_works;
use crate::world::World;

const LOOKS: [&str; 4] = [
    "DescribeSecret",
    "GetSecretValue",
    "ListAccessKeys",
    "GetAccessKeyLastUsed",
];

/// A staged rotation that takes AWSPREVIOUS's key away.
async fn with_a_previous_key() -> World {
    staged(Source::Role).await.0
}

/// The simulation, the secret's ARN, and the version with AWSPREVIOUS.
fn previous_version(world: &World) -> (Aws, String, String) {
    let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
    let version = aws
        .secret(&arn)
        .unwrap()
        .with_label(AWSPREVIOUS)
        .unwrap()
        .id
        .clone();
    (aws, arn, version)
}

/// An earlier run was killed between making a key and storing it.
async fn with_a_lost_key() -> World {
    let mut world = staged_with_one();
    world.fail("CreateAccessKey", 1, FaultKind::KilledAfter);
    world.step("createSecret").await.unwrap_err();
    assert_eq!(world.lost_keys().len(), 1);
    world.aws.clear_calls();
    world
}

/// How many calls of `action` there are before the first call of `end`.
fn before(world: &World, action: &str, end: &str) -> usize {
    let calls = world.aws.calls().into_iter();
    calls
        .take_while(|call| call.action != end)
        .filter(|call| call.action == action)
        .count()
}

#[tokio::test(start_paused = true)]
async fn whichever_look_fails_no_key_is_deleted_and_none_is_made() {
    for lost in [false, true] {
        let world = async || match lost {
            false => with_a_previous_key().await,
            true => with_a_lost_key().await,
        };
        let mut undisturbed = world().await;
        undisturbed.step("createSecret").await.unwrap();
        for look in LOOKS {
            for nth in 1..=before(&undisturbed, look, "DeleteAccessKey") {
                let mut world = world().await;
                let keys = world.keys();
                world.fail(look, nth, FaultKind::Denied);
                let failed = world.step("createSecret").await.unwrap_err();
                let about = format!("lost: {lost}, {look} {nth}: {failed:?}");
                assert_eq!(failed.error_type, "PermissionMissing", "{about}");
                assert_eq!(world.keys(), keys, "{about}");
            }
        }
    }
}

/// A step continues only if it is known which keys are wanted.
#[tokio::test(start_paused = true)]
async fn a_step_stops_where_it_cannot_be_seen_whether_a_key_under_the_mark_is_wanted() {
    for (action, nth) in [
        ("GetSecretValue", 2),
        ("GetSecretValue", 3),
        ("UpdateAccessKey", 1),
    ] {
        let mut world = with_a_previous_key().await;
        let previous = world.key_of(AWSPREVIOUS).unwrap();
        world.fail("UpdateAccessKey", 1, FaultKind::KilledAfter);
        world.step("createSecret").await.unwrap_err();
        world.people_move_labels();
        let version = |label| {
            let secret = world.aws.secret(world.arn()).unwrap();
            secret.with_label(label).unwrap().id.clone()
        };
        world
            .aws
            .set_label(world.arn(), AWSCURRENT, &version(AWSPREVIOUS));
        world.fail(action, nth, FaultKind::Denied);
        let failed = world.step("createSecret").await.unwrap_err();
        assert_eq!(failed.error_type, "PermissionMissing", "{failed:?}");
        assert_eq!(world.count("CreateAccessKey"), 0);

        let _ = world.step("createSecret").await;
        assert_eq!(world.key_of(AWSCURRENT), Some(previous));
        assert!(current_works(&world.aws, world.arn()));
    }
}

/// Reads may be stale, so one that shows the truth is enough.
#[tokio::test(start_paused = true)]
async fn one_look_that_sees_the_labels_move_is_enough() {
    let mut world = with_a_previous_key().await;
    let previous = world.key_of(AWSPREVIOUS).unwrap();
    world.people_move_labels();
    let (aws, arn, version) = previous_version(&world);
    world.after_call("UpdateAccessKey", move || {
        aws.move_label(&arn, AWSCURRENT, &version);
        // Only the first look after the deactivation is up to date.
        aws.inject(sandbox::aws::Fault {
            on: sandbox::aws::When::Action {
                action: "DescribeSecret".to_owned(),
                nth: 2,
            },
            kind: FaultKind::StaleReads(2),
        });
        // So is the one after the list.
        aws.inject(sandbox::aws::Fault {
            on: sandbox::aws::When::Action {
                action: "DescribeSecret".to_owned(),
                nth: 4,
            },
            kind: FaultKind::StaleReads(1),
        });
    });
    let _ = world.step("createSecret").await;
    assert!(world.keys().contains(&previous));
    assert_eq!(world.key_of(AWSCURRENT), Some(previous));
}

/// Of many reads in a row, one sees it.
#[tokio::test(start_paused = true)]
async fn a_key_is_given_back_though_the_first_read_does_not_show_that_it_is_wanted() {
    let mut world = with_a_previous_key().await;
    let previous = world.key_of(AWSPREVIOUS).unwrap();
    world.people_move_labels();
    let (aws, arn, version) = previous_version(&world);
    world.after_call("UpdateAccessKey", move || {
        aws.remove_label(&arn, AWSPENDING);
        aws.move_label(&arn, AWSCURRENT, &version);
        aws.inject(sandbox::aws::Fault {
            on: sandbox::aws::When::Action {
                action: "GetSecretValue".to_owned(),
                nth: 1,
            },
            kind: FaultKind::StaleReads(2),
        });
    });
    world.step("createSecret").await.unwrap_err();
    let keys = world.aws.user_keys("alice");
    let key = keys.iter().find(|key| key.id == previous).unwrap();
    assert_eq!(key.status, KeyStatus::Active);
}

/// The labels may have moved between the decision and the attempt.
#[tokio::test(start_paused = true)]
async fn a_key_that_becomes_current_behind_the_decision_is_not_even_deactivated() {
    for behind in ["ListAccessKeys", "UpdateSecretVersionStage"] {
        // `World` checks after each call that the key still works.
        let mut world = with_a_previous_key().await;
        let previous = world.key_of(AWSPREVIOUS).unwrap();
        let (aws, arn, version) = previous_version(&world);
        world.after_call(behind, move || {
            aws.remove_label(&arn, AWSPENDING);
            aws.set_label(&arn, AWSCURRENT, &version);
        });
        world.step("createSecret").await.unwrap_err();
        assert_eq!(world.key_of(AWSCURRENT), Some(previous), "{behind}");
        assert!(current_works(&world.aws, world.arn()));
    }
}

/// The last look reads the list and then the labels. A person moves AWSCURRENT between the two.
#[tokio::test(start_paused = true)]
async fn the_labels_are_looked_at_last_before_a_deletion() {
    let mut world = with_a_previous_key().await;
    let previous = world.key_of(AWSPREVIOUS).unwrap();
    world.people_move_labels();
    let (aws, arn, version) = previous_version(&world);
    world.after_calls(&["UpdateAccessKey", "ListAccessKeys"], move || {
        aws.set_label(&arn, AWSCURRENT, &version);
    });
    let _ = world.step("createSecret").await;
    assert!(world.keys().contains(&previous));
    assert_eq!(world.key_of(AWSCURRENT), Some(previous));
    assert!(current_works(&world.aws, world.arn()));
}

/// If AWSCURRENT gets a second value, the new key goes into that one (P7), whatever AWSPREVIOUS is.
#[tokio::test(start_paused = true)]
async fn a_value_that_a_person_stores_right_before_the_creation_is_the_one_that_gets_the_key() {
    for unlabelled in [false, true] {
        let mut world = staged_with_one();
        let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
        let edited = world.text(AWSCURRENT).replace("nightly", "weekly");
        world.after_call("UpdateSecretVersionStage", move || {
            let version = "cccccccc-0c1b-4f6e-9a55-2f0d6c1b7e01";
            aws.put_version_text(&arn, version, &edited);
            aws.set_label(&arn, AWSCURRENT, version);
            if unlabelled {
                aws.remove_label(&arn, AWSPREVIOUS);
            }
        });
        world.step("createSecret").await.unwrap();
        assert!(world.text(AWSPENDING).contains("weekly"));
        assert_eq!(world.count("CreateAccessKey"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn no_key_is_made_for_a_rotation_that_was_cancelled_right_before() {
    let mut world = staged_with_one();
    let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
    world.after_call("UpdateSecretVersionStage", move || {
        aws.remove_label(&arn, AWSPENDING);
    });
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "NotStaged", "{failed:?}");
    assert_eq!(world.count("CreateAccessKey"), 0);
}

/// After a creation without a response, the run waits for the key and reads AWSPENDING meanwhile.
#[tokio::test(start_paused = true)]
async fn no_second_key_is_made_where_a_read_fails_while_the_first_is_waited_for() {
    for nth in [4, 5, 8, 12] {
        let mut world = staged_with_one();
        world.fail("CreateAccessKey", 1, error(503, "ServiceFailure"));
        world.fail("GetSecretValue", nth, FaultKind::Denied);
        let failed = world.step("createSecret").await.unwrap_err();
        assert_eq!(failed.error_type, "PermissionMissing", "{nth}: {failed:?}");
        assert_eq!(world.count("CreateAccessKey"), 1);
    }
}

/// While a version is still being made, its value is read again.
#[tokio::test(start_paused = true)]
async fn a_version_that_cannot_be_read_yet_is_read_again() {
    let mut world = staged_with_one();
    let not_yet = error(400, "InvalidRequestException");
    world.fail("GetSecretValue", 1, not_yet);
    let outcome = world.step("createSecret").await.unwrap();
    assert_eq!(outcome["outcome"], "created");
}
