//! A key that no version of the secret holds is an earlier try's lost one only where the secret says
//! that there was such a try; else it is someone else's, such as another secret's of the same user.

use std::time::Duration;

use iam_key_rotator::config::{Config, DeleteKeyInUse};
use sandbox::aws::{AWSCURRENT, AWSPREVIOUS, FaultKind};
use sandbox::rotation::{RotateOptions, rotate};
use sandbox::setup::Source;
use serde_json::Value;

use crate::watch::current_works;
use crate::world::{World, setup};

const MARK: &str = "iam-key-rotator-creating";

/// The labels beside the mark.
fn marked(world: &World) -> Option<Vec<String>> {
    let secret = world.aws.secret(world.arn()).unwrap();
    let mut labels = secret.with_label(MARK)?.labels.clone();
    labels.retain(|label| label != MARK);
    Some(labels)
}

#[tokio::test(start_paused = true)]
async fn the_mark_moves_on_with_each_rotation_and_never_adds_a_version() {
    let mut world = World::from(Source::Role, 2);
    for _ in 0..3 {
        world.stage();
        world.step("createSecret").await.unwrap();
        assert!(marked(&world).unwrap().contains(&AWSCURRENT.to_owned()));
        for step in ["setSecret", "testSecret", "finishSecret"] {
            world.step(step).await.unwrap();
        }
        assert_eq!(marked(&world).unwrap(), [AWSPREVIOUS]);
        world.fresh_token();
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_put_before_a_key_is_made_or_deleted() {
    let mut world = World::from(Source::Role, 2);
    world.always_fail("UpdateSecretVersionStage", FaultKind::Denied);
    world.stage();
    let before = world.snapshot();
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "PermissionMissing");
    assert_eq!(world.snapshot(), before);
}

#[tokio::test(start_paused = true)]
async fn it_is_taken_back_where_it_is_certain_that_no_key_was_made() {
    let mut world = World::from(Source::Role, 1);
    world.always_fail("CreateAccessKey", FaultKind::Denied);
    world.stage();
    world.step("createSecret").await.unwrap_err();
    assert_eq!(marked(&world), None);
}

#[tokio::test(start_paused = true)]
async fn it_stays_where_a_key_may_have_been_made() {
    for kind in [FaultKind::AnswerLost, FaultKind::TimedOutBefore] {
        let mut world = World::from(Source::Role, 1);
        world.always_fail("CreateAccessKey", kind);
        world.function_time_out(Duration::from_secs(14));
        world.stage();
        world.step("createSecret").await.unwrap_err();
        assert_eq!(marked(&world), Some(vec![AWSCURRENT.to_owned()]));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_lost_is_no_obstacle() {
    for kind in [FaultKind::AnswerLost, FaultKind::TimedOutAfter] {
        let mut world = World::from(Source::Role, 2);
        world.rotate().await.unwrap();
        world.fail("UpdateSecretVersionStage", 1, kind);
        world.rotate().await.unwrap();
        assert_eq!(marked(&world).unwrap(), [AWSPREVIOUS]);
    }
}

/// A second secret that holds the same value.
fn copy(world: &World) -> String {
    let text = world.text(AWSCURRENT);
    let arn = world.aws.create_secret("iam/alice-copy", None);
    world.aws.put_secret_text(&arn, &text);
    world.allow(sandbox::aws::FUNCTION_ROLE, "secretsmanager:*", &arn);
    arn
}

async fn rotate_copy(world: &mut World, arn: &str) -> String {
    let options = RotateOptions {
        attempts: 3,
        pause: Duration::from_secs(60),
        token: None,
    };
    let rotated = rotate(&world.aws, &mut world.function, arn, options, &mut |_| {}).await;
    format!("{rotated:?}")
}

/// The record of last uses lags: the new key looks as if nobody ever used it (fact 25).
#[tokio::test(start_paused = true)]
async fn a_copy_of_the_secret_does_not_take_the_new_key_for_its_own_lost_one() {
    let mut world = World::from(Source::Role, 1);
    let copy = copy(&world);
    world.rotate().await.unwrap();
    let new = world.key_of(AWSCURRENT).unwrap();
    let failed = rotate_copy(&mut world, &copy).await;
    assert!(
        failed.contains("KeyMadeLately") && failed.contains(&new),
        "{failed}"
    );
    assert!(world.keys().contains(&new));
    assert!(current_works(&world.aws, &copy));
}

/// The price of the default: what AWSPREVIOUS held goes with the next rotation, whoever uses it.
#[tokio::test(start_paused = true)]
async fn with_never_not_even_the_next_rotation_takes_the_copys_key_away() {
    let config = Config {
        delete_key_in_use: DeleteKeyInUse::Never,
        ..Config::default()
    };
    let mut world = World::with(setup(Source::Role, 1), config);
    let copy = copy(&world);
    world.rotate().await.unwrap();
    tokio::time::sleep(Duration::from_secs(30 * 86_400)).await;
    let shared: Value = world.value(AWSPREVIOUS).unwrap();
    let used = sandbox::aws::LastUsed {
        at: world.now(),
        service: "s3".into(),
        region: "us-east-1".into(),
    };
    world
        .aws
        .set_last_used(shared["accesskey"].as_str().unwrap(), used);
    let failed = format!("{:?}", world.rotate().await.unwrap_err());
    assert!(failed.contains("KeyInUse"), "{failed}");
    assert!(current_works(&world.aws, &copy));
}
