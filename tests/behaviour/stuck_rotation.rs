//! A rotation that no retry could ever complete heals: AWSPENDING comes off, the next one starts afresh.

use std::time::Duration;

use sandbox::aws::{AWSCURRENT, AWSPENDING, KeyStatus};

use crate::world::{SOURCES, World};

const LATER: Duration = Duration::from_secs(6 * 60);

/// A rotation that stopped behind createSecret.
async fn begun(source: sandbox::setup::Source) -> World {
    let mut world = World::from(source, 2);
    world.stage();
    world.step("createSecret").await.unwrap();
    world
}

#[tokio::test(start_paused = true)]
async fn a_pending_key_that_was_deleted_ends_its_rotation() {
    for source in SOURCES {
        let mut world = begun(source).await;
        let key = world.pending_key();
        world.aws.delete_access_key(&key);
        tokio::time::sleep(LATER).await;
        let failed = world.step("createSecret").await.unwrap_err();
        assert_eq!(failed.error_type, "RotationReset");
        assert!(
            failed.error_message.contains(&key) && failed.error_message.contains("starts afresh")
        );
        assert_eq!(world.key_of(AWSPENDING), None);

        // The retry that Secrets Manager makes with the old token, and then a new rotation.
        let again = world.step("createSecret").await.unwrap_err();
        assert_eq!(again.error_type, "NotStaged");
        world.rotate().await.unwrap();
        assert_ne!(world.key_of(AWSCURRENT), Some(world.current_key()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_young_pending_key_that_iam_does_not_list_is_given_time() {
    let mut world = begun(SOURCES[2]).await;
    world.aws.delete_access_key(&world.pending_key());
    let before = world.snapshot();
    let outcome = world.step("createSecret").await.unwrap();
    assert_eq!(outcome["outcome"], "alreadyCreated");
    assert_eq!(world.snapshot(), before);
}

#[tokio::test(start_paused = true)]
async fn an_old_pending_key_that_works_is_completed() {
    let mut world = begun(SOURCES[2]).await;
    let key = world.pending_key();
    tokio::time::sleep(LATER).await;
    world.rotate().await.unwrap();
    assert_eq!(world.key_of(AWSCURRENT), Some(key));
    assert_eq!(world.count("CreateAccessKey"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_pending_key_that_was_deactivated_is_named() {
    let mut world = begun(SOURCES[2]).await;
    let key = world.pending_key();
    world.aws.set_key_status(&key, KeyStatus::Inactive);
    tokio::time::sleep(LATER).await;
    let before = world.snapshot();
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "PendingInactive");
    assert!(failed.error_message.contains(&key));
    assert_eq!(world.snapshot(), before);

    // The way out that the error names.
    world.aws.set_key_status(&key, KeyStatus::Active);
    world.rotate().await.unwrap();
    assert_eq!(world.key_of(AWSCURRENT), Some(key));
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_a_test_left_behind_is_not_taken_for_a_rotation() {
    let mut world = World::from(SOURCES[2], 2);
    let token = world.token().to_owned();
    world.aws.stage_test(world.arn(), &token).unwrap();
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "RotationReset");
    world.fresh_token();
    world.rotate().await.unwrap();
    assert_ne!(world.key_of(AWSCURRENT), Some(world.current_key()));
}
