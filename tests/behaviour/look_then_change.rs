//! Every change is made once, right after a look. Before a retry, there is another look.

use std::time::Duration;

use sandbox::aws::{AWSCURRENT, AWSPENDING, AWSPREVIOUS, Call, FaultKind, Outcome};
use sandbox::rotation::STEPS;
use sandbox::setup::Source;

use crate::removal::error;
use crate::watch::current_works;
use crate::world::World;

const CHANGES: [(&str, &str); 5] = [
    ("UpdateAccessKey", "DescribeSecret"),
    ("DeleteAccessKey", "ListAccessKeys"),
    ("CreateAccessKey", "ListAccessKeys"),
    ("PutSecretValue", "DescribeSecret"),
    ("UpdateSecretVersionStage", "DescribeSecret"),
];

#[tokio::test(start_paused = true)]
async fn no_change_is_repeated_without_a_look() {
    for kind in [
        error(500, "ServiceFailure"),
        error(503, "ServiceUnavailable"),
        error(400, "Throttling"),
        FaultKind::TimedOutBefore,
        FaultKind::Refused,
    ] {
        for (change, look) in CHANGES {
            for nth in 1..=3 {
                let mut world = World::from(Source::Role, 2);
                world.stage();
                world.fail(change, nth, kind.clone());
                for step in STEPS {
                    let _ = world.step(step).await;
                }
                let calls = world.aws.calls();
                let tried = |call: &&Call| call.action == change;
                let failed = |call: &Call| tried(&call) && call.outcome != Outcome::Ok;
                let Some(failed) = calls.iter().position(failed) else {
                    continue;
                };
                let behind: Vec<_> = calls[failed + 1..].iter().collect();
                let Some(next) = behind.iter().position(tried) else {
                    continue;
                };
                let looked = behind[..next].iter().any(|call| call.action == look);
                assert!(looked, "P1: {change} {nth} {kind:?}: {calls:#?}");
                assert!(current_works(&world.aws, world.arn()));
            }
        }
    }
}

/// The step verifies the key right before each attempt.
#[tokio::test(start_paused = true)]
async fn a_pending_key_that_dies_while_the_move_waits_for_its_turn_does_not_become_current() {
    let mut world = World::from(Source::Role, 2);
    world.stage();
    for step in ["createSecret", "setSecret", "testSecret"] {
        world.step(step).await.unwrap();
    }
    let (pending, current) = (world.pending_key(), world.current_key());
    world.fail(
        "UpdateSecretVersionStage",
        1,
        error(400, "ThrottlingException"),
    );
    let aws = world.aws.clone();
    world.after_call("UpdateSecretVersionStage", move || {
        aws.delete_access_key(&pending)
    });
    let ended = world.step("finishSecret").await;
    assert!(
        ended.is_err(),
        "P2: AWSCURRENT moved to a dead key: {ended:?}"
    );
    assert_eq!(ended.unwrap_err().error_type, "VerificationFailed");
    assert_eq!(world.key_of(AWSCURRENT), Some(current));
}

#[tokio::test(start_paused = true)]
async fn the_key_authenticates_right_before_the_move() {
    let mut world = World::from(Source::Role, 2);
    world.stage();
    for step in STEPS {
        world.step(step).await.unwrap();
    }
    let calls = world.aws.calls();
    let moved = calls
        .iter()
        .rposition(|call| call.action == "UpdateSecretVersionStage");
    // The last one takes the mark off.
    let moved = moved.unwrap() - 1;
    assert_eq!(calls[moved].action, "UpdateSecretVersionStage");
    let verified = &calls[moved - 1];
    assert_eq!(verified.action, "GetCallerIdentity");
    assert_eq!(
        Some(verified.access_key_id.clone()),
        world.key_of(AWSCURRENT)
    );
}

/// A person cancels the rotation and starts another while the run waits to put its mark on or to store its key.
#[tokio::test(start_paused = true)]
async fn awspending_is_not_taken_from_a_newer_rotation() {
    for behind in ["UpdateSecretVersionStage", "CreateAccessKey"] {
        let mut world = World::from(Source::Role, 1);
        world.stage();
        world.fail(
            "UpdateSecretVersionStage",
            1,
            error(400, "ThrottlingException"),
        );
        let newer = "bbbbbbbb-0c1b-4f6e-9a55-2f0d6c1b7e01";
        let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
        world.after_call(behind, move || {
            aws.remove_label(&arn, AWSPENDING);
            aws.stage_pending(&arn, newer).unwrap();
        });
        world.step("createSecret").await.unwrap_err();
        let secret = world.aws.secret(world.arn()).unwrap();
        assert_eq!(secret.with_label(AWSPENDING).unwrap().id, newer);
        assert_eq!(world.lost_keys(), Vec::<String>::new(), "{behind}");
    }
}

/// AWS sometimes leaves AWSPENDING on (fact 55). Then RotateSecret runs the old version again (fact 5).
#[tokio::test(start_paused = true)]
async fn a_version_that_awscurrent_was_moved_back_from_is_not_made_current_again() {
    let mut world = World::from(Source::Role, 2);
    world.rotate().await.unwrap();
    world.aws.age(Duration::from_secs(86_400));
    let left = world.key_of(AWSCURRENT).unwrap();
    let secret = world.aws.secret(world.arn()).unwrap();
    let version = |label| secret.with_label(label).unwrap().id.clone();
    let (current, previous) = (version(AWSCURRENT), version(AWSPREVIOUS));
    world.aws.set_label(world.arn(), AWSPENDING, &current);
    world.a_person(|aws| aws.set_label(&aws_arn(aws), AWSCURRENT, &previous));
    let failed = format!("{:?}", world.rotate().await.unwrap_err());
    assert!(
        failed.contains("RotationReset") && failed.contains(&left),
        "{failed}"
    );
    world.rotate().await.unwrap();
    assert_ne!(world.key_of(AWSCURRENT), Some(left.clone()));
    assert!(!world.keys().contains(&left));
}

fn aws_arn(aws: &sandbox::aws::Aws) -> String {
    aws.secret("iam/alice").unwrap().arn
}

/// A version is as old as its staging, but the key in it may be new (fact 27).
#[tokio::test(start_paused = true)]
async fn a_key_stored_just_now_in_a_version_staged_long_ago_is_waited_for() {
    let mut world = World::from(Source::Role, 1);
    world.stage();
    world.aws.age(Duration::from_secs(3_600));
    world.aws.set_propagation(sandbox::aws::Propagation {
        create_delay: Duration::from_secs(8),
        list_delay: Duration::from_secs(8),
        ..sandbox::aws::Propagation::default()
    });
    world.step("createSecret").await.unwrap();
    let again = world.step("createSecret").await.unwrap();
    assert_eq!(again["outcome"], "alreadyCreated");
}

/// A person cancels the rotation while finishSecret verifies its key.
#[tokio::test(start_paused = true)]
async fn a_cancelled_rotation_is_not_finished() {
    let mut world = World::from(Source::Role, 2);
    world.stage();
    world.step("createSecret").await.unwrap();
    let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
    world.after_calls(&["GetCallerIdentity", "GetCallerIdentity"], move || {
        aws.remove_label(&arn, AWSPENDING);
    });
    let failed = world.step("finishSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "NotStaged", "{failed:?}");
    assert_eq!(world.key_of(AWSCURRENT), Some(world.current_key()));
}
