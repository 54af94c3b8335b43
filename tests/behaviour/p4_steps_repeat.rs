//! P4: every step can run any number of times and ends in the same state. One token makes at
//! most one key that stays.

use sandbox::aws::{AWSCURRENT, AWSPENDING};
use sandbox::rotation::Function;

use crate::world::{SOURCES, World};

const STEPS: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

#[tokio::test(start_paused = true)]
async fn every_step_repeated_ends_in_the_same_state() {
    for source in SOURCES {
        let mut world = World::from(source, 2);
        world.stage();
        for step in STEPS {
            world.step(step).await.unwrap();
            let once = world.snapshot();
            for _ in 0..3 {
                world.step(step).await.unwrap();
                assert_eq!(world.snapshot(), once, "{source:?} {step}");
            }
        }
        assert_eq!(world.count("CreateAccessKey"), 1);
        assert_eq!(world.count("DeleteAccessKey"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn earlier_steps_repeated_after_later_ones_change_nothing() {
    let mut world = World::from(SOURCES[2], 2);
    world.stage();
    for (index, step) in STEPS.iter().enumerate() {
        world.step(step).await.unwrap();
        let then = world.snapshot();
        for earlier in &STEPS[..index] {
            world.step(earlier).await.unwrap();
            assert_eq!(world.snapshot(), then, "{earlier} after {step}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_finished_rotation_says_so_in_every_step() {
    let mut world = World::from(SOURCES[0], 2);
    world.stage();
    for step in STEPS {
        world.step(step).await.unwrap();
    }
    for step in STEPS {
        let outcome = world.step(step).await.unwrap();
        assert_eq!(outcome["outcome"], "alreadyCurrent", "{step}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_another_was_faster_than_uses_the_stored_key() {
    let mut world = World::from(SOURCES[2], 1);
    world.stage();
    // The other run stores its key while this one has just made its own.
    let other = world.aws.create_access_key("alice");
    let text = crate::world::with_key(&world.text(AWSCURRENT), &other);
    world.aws.delete_access_key(&other.id);
    let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
    let token = world.token().to_owned();
    world.after_call("CreateAccessKey", move || {
        aws.put_version_text(&arn, &token, &text);
    });
    let outcome = world.step("createSecret").await.unwrap();
    assert_eq!(outcome["outcome"], "alreadyCreated");
    assert_eq!(outcome["accessKeyId"], other.id);
    assert_eq!(world.key_of(AWSPENDING), Some(other.id));
    assert_eq!(
        world.keys(),
        [world.current_key()],
        "this run's own key went"
    );
}

#[tokio::test(start_paused = true)]
async fn set_secret_never_makes_a_key() {
    let mut world = World::from(SOURCES[2], 2);
    world.stage();
    let before = world.snapshot();
    let failed = world.step("setSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "PendingMissing");
    assert_eq!(world.snapshot(), before);
    let event = world.event("setSecret");
    world.function.invoke(event).await.unwrap_err();
    assert_eq!(world.count("CreateAccessKey"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_pending_value_that_a_read_does_not_show_yet_is_waited_for() {
    for reads in 1..=4 {
        let mut world = World::from(SOURCES[2], 2);
        world.stage();
        world.step("createSecret").await.unwrap();
        let before = world.snapshot();
        world.fail(
            "GetSecretValue",
            2,
            sandbox::aws::FaultKind::StaleReads(reads),
        );
        world.step("setSecret").await.unwrap();
        assert_eq!(world.snapshot(), before);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_a_read_does_not_show_yet_is_looked_for_again() {
    for reads in 1..=2 {
        let mut world = World::from(SOURCES[2], 2);
        world.stage();
        world.fail(
            "DescribeSecret",
            1,
            sandbox::aws::FaultKind::StaleReads(reads),
        );
        world.step("createSecret").await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn each_steps_answer_names_the_new_key() {
    let mut world = World::from(SOURCES[2], 2);
    world.stage();
    for step in STEPS {
        let outcome = world.step(step).await.unwrap();
        assert_ne!(outcome["accessKeyId"], world.current_key(), "{step}");
        assert!(
            world
                .keys()
                .contains(&outcome["accessKeyId"].as_str().unwrap().to_owned())
        );
    }
}
