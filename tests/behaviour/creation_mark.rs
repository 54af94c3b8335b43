//! If no version of the secret holds a key, it is an earlier attempt's lost key only if the secret says that there was
//! such an attempt. Otherwise it is someone else's, for example from another secret of the same user.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use iam_key_rotator::{Config, DeleteKeyInUse};
use sandbox::aws::{AWSCURRENT, AWSPREVIOUS, FaultKind};
use sandbox::rotation::{RotateOptions, rotate};
use sandbox::setup::Source;
use serde_json::Value;

use crate::removal::error;
use crate::watch::current_works;
use crate::world::{World, setup};

const CREATING: &str = "iam-key-rotator-creating-";

/// The marks of runs that make a key.
fn marks(world: &World) -> Vec<String> {
    let secret = world.aws.secret(world.arn()).unwrap();
    let labels = secret
        .versions
        .into_iter()
        .flat_map(|version| version.labels);
    labels.filter(|label| label.starts_with(CREATING)).collect()
}

/// Puts another run's mark, this many seconds old, on AWSCURRENT's version.
fn mark(world: &World, seconds_ago: u64) -> String {
    let at = world.now() - Duration::from_secs(seconds_ago);
    let at = at.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let label = format!("{CREATING}{at}-another.run");
    let secret = world.aws.secret(world.arn()).unwrap();
    let current = secret.with_label(AWSCURRENT).unwrap();
    world.aws.set_label(world.arn(), &label, &current.id);
    label
}

#[tokio::test(start_paused = true)]
async fn the_mark_is_there_from_before_a_key_is_made_until_the_key_is_current() {
    let mut world = World::from(Source::Role, 2);
    for _ in 0..3 {
        world.stage();
        assert_eq!(marks(&world), Vec::<String>::new());
        for step in ["createSecret", "setSecret", "testSecret"] {
            world.step(step).await.unwrap();
            assert_eq!(marks(&world).len(), 1, "{step}");
        }
        world.step("finishSecret").await.unwrap();
        assert_eq!(marks(&world), Vec::<String>::new());
        world.fresh_token();
    }
}

#[tokio::test(start_paused = true)]
async fn another_runs_mark_stays_while_it_matters() {
    let mut world = World::from(Source::Role, 1);
    let theirs = mark(&world, 60);
    world.always_fail("CreateAccessKey", FaultKind::Denied);
    world.stage();
    world.step("createSecret").await.unwrap_err();
    assert_eq!(marks(&world), std::slice::from_ref(&theirs));
    world.aws.clear_faults();
    world.step("createSecret").await.unwrap();
    for step in ["setSecret", "testSecret", "finishSecret"] {
        world.step(step).await.unwrap();
    }
    assert_eq!(marks(&world), [theirs]);
}

#[tokio::test(start_paused = true)]
async fn a_mark_goes_once_every_key_of_its_time_is_listed_and_there_is_none() {
    let mut world = World::from(Source::Role, 1);
    mark(&world, 362);
    let young = mark(&world, 300);
    world.stage();
    world.step("createSecret").await.unwrap();
    assert!(marks(&world).contains(&young));
    assert_eq!(marks(&world).len(), 2);
}

/// The mark stays until the key is judged by its age.
#[tokio::test(start_paused = true)]
async fn a_mark_stays_while_a_key_of_its_time_is_there() {
    for (age, stays) in [(86_000, true), (86_762, false)] {
        let mut world = World::from(Source::Role, 1);
        world.aws.create_access_key("alice");
        world.aws.age(Duration::from_secs(age));
        let old = mark(&world, age);
        world.stage();
        world.step("createSecret").await.unwrap();
        assert_eq!(marks(&world).contains(&old), stays, "{age}");
    }
}

/// A key of the oldest mark may still become listed. In that case there was no room for another run's key.
#[tokio::test(start_paused = true)]
async fn where_marks_would_be_too_many_the_oldest_stays() {
    let mut world = World::from(Source::Role, 1);
    let oldest = mark(&world, 60);
    mark(&world, 30);
    world.stage();
    world.step("createSecret").await.unwrap();
    assert!(marks(&world).contains(&oldest));
    assert_eq!(marks(&world).len(), 2);
}

/// A run that is refused for longer than its mark is fresh takes the mark off before it puts another on. A run whose
/// creation got no response keeps its mark.
#[tokio::test(start_paused = true)]
async fn a_run_has_one_mark_at_a_time() {
    for (status, code) in [(409, "LimitExceeded"), (503, "ServiceFailure")] {
        let mut world = World::from(Source::Role, 1);
        let theirs = mark(&world, 10);
        world.always_fail("CreateAccessKey", error(status, code));
        world.function_time_out(Duration::from_secs(900));
        world.stage();
        let most = Arc::new(AtomicUsize::new(0));
        let (aws, arn, seen) = (world.aws.clone(), world.arn().to_owned(), most.clone());
        world.aws.on_call(move |_| {
            let secret = aws.secret(&arn).unwrap();
            let labels = secret
                .versions
                .into_iter()
                .flat_map(|version| version.labels);
            let marks = labels.filter(|label| label.starts_with(CREATING)).count();
            seen.fetch_max(marks, Ordering::Relaxed);
        });
        world.step("createSecret").await.unwrap_err();
        world.aws.forget_hooks();
        assert_eq!(most.load(Ordering::Relaxed), 2, "theirs and ours, {code}");
        assert!(marks(&world).contains(&theirs), "{code}");
    }
}

/// Somebody else's key, made ten days after a rotation that was cut off.
#[tokio::test(start_paused = true)]
async fn a_key_that_is_not_of_the_marks_time_is_not_taken_for_the_lost_one() {
    let mut world = World::from(Source::Role, 1);
    mark(&world, 60);
    world.aws.age(Duration::from_secs(10 * 86_400));
    mark(&world, 7_600);
    let theirs = world.aws.create_access_key("alice");
    world.aws.age(Duration::from_secs(7_200));
    let failed = format!("{:?}", world.rotate().await.unwrap_err());
    assert!(failed.contains("KeyMadeLately"), "{failed}");
    assert!(world.keys().contains(&theirs.id));
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
    assert_eq!(marks(&world), Vec::<String>::new());
    // The key is not stored, so it is taken away.
    world.aws.clear_faults();
    world.always_fail("PutSecretValue", FaultKind::Denied);
    world.step("createSecret").await.unwrap_err();
    assert_eq!(marks(&world), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn it_stays_where_a_key_may_have_been_made() {
    for kind in [FaultKind::AnswerLost, FaultKind::TimedOutBefore] {
        let mut world = World::from(Source::Role, 1);
        world.always_fail("CreateAccessKey", kind);
        world.function_time_out(Duration::from_secs(14));
        world.stage();
        world.step("createSecret").await.unwrap_err();
        assert_eq!(marks(&world).len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_lost_is_no_obstacle() {
    for kind in [FaultKind::AnswerLost, FaultKind::TimedOutAfter] {
        let mut world = World::from(Source::Role, 2);
        world.rotate().await.unwrap();
        world.fail("UpdateSecretVersionStage", 1, kind);
        world.rotate().await.unwrap();
        assert_eq!(marks(&world), Vec::<String>::new());
    }
}

/// When the last marked run began, by the marks that are there, and when the last key was made.
fn begun_and_made(world: &World) -> (u64, u64) {
    let begun = marks(world).into_iter().map(|label| {
        let rest = label.strip_prefix(CREATING).unwrap();
        rest.split_once('-').unwrap().0.parse().unwrap()
    });
    let mut calls = world.aws.calls().into_iter();
    let made = calls.rfind(|call| call.action == "CreateAccessKey");
    let made = made.unwrap().at.duration_since(std::time::UNIX_EPOCH);
    (begun.max().unwrap(), made.unwrap().as_secs())
}

/// A mark covers only the keys of its minute.
#[tokio::test(start_paused = true)]
async fn a_key_is_made_by_a_fresh_mark_however_long_the_removal_takes() {
    let mut world = World::from(Source::Role, 2);
    world.aws.set_latency(Duration::from_secs(4));
    world.function_time_out(Duration::from_secs(900));
    world.stage();
    world.step("createSecret").await.unwrap();
    let (begun, made) = begun_and_made(&world);
    assert!(made - begun <= 40, "{begun} {made}");
}

/// Either it is not certain whether the mark is there, or it is certain that it is not.
#[tokio::test(start_paused = true)]
async fn no_key_is_made_without_a_mark() {
    let throttled = FaultKind::ErrorBefore {
        status: 400,
        code: "ThrottlingException".into(),
    };
    for kind in [FaultKind::TimedOutBefore, throttled] {
        for times in [1, 2] {
            let mut world = World::from(Source::Role, 1);
            for nth in 1..=times {
                world.fail("UpdateSecretVersionStage", nth, kind.clone());
            }
            world.stage();
            world.step("createSecret").await.unwrap();
            assert_eq!(marks(&world).len(), 1, "{kind:?} {times}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_mark_that_a_run_may_have_put_is_taken_back() {
    let mut world = World::from(Source::Role, 1);
    world.fail("UpdateSecretVersionStage", 1, FaultKind::AnswerLost);
    world.always_fail("CreateAccessKey", FaultKind::Denied);
    world.stage();
    world.step("createSecret").await.unwrap_err();
    assert_eq!(marks(&world), Vec::<String>::new());
}

/// A run uses one mark as long as that mark is fresh.
#[tokio::test(start_paused = true)]
async fn a_second_try_goes_by_the_same_mark() {
    let mut world = World::from(Source::Role, 1);
    let quota = FaultKind::ErrorBefore {
        status: 409,
        code: "LimitExceeded".into(),
    };
    world.fail("CreateAccessKey", 1, quota);
    world.stage();
    world.step("createSecret").await.unwrap();
    assert_eq!(world.count("CreateAccessKey"), 2);
    assert_eq!(world.count("UpdateSecretVersionStage"), 1);
}

/// AWSCURRENT has moved since the mark was put on.
#[tokio::test(start_paused = true)]
async fn a_void_mark_is_taken_off_whichever_version_it_is_on() {
    let mut world = World::from(Source::Role, 1);
    mark(&world, 2 * 86_400);
    world
        .aws
        .put_secret_text(world.arn(), &world.text(AWSCURRENT));
    world.stage();
    world.step("createSecret").await.unwrap();
    assert_eq!(marks(&world).len(), 1);
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

/// The record of last uses lags, so the new key looks as if nobody ever used it (fact 25).
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

/// The price of the default: the next rotation deletes AWSPREVIOUS's key, whoever uses it.
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
