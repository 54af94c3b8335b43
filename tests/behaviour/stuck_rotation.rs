//! A rotation that no retry could ever complete is reset: AWSPENDING is taken off, and the next rotation starts afresh.

use std::time::Duration;

use sandbox::aws::{AWSCURRENT, AWSPENDING, FaultKind, KeyStatus, Propagation};

use crate::world::{SOURCES, World};

const LATER: Duration = Duration::from_secs(6 * 60);

/// A rotation that stopped after createSecret.
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

        // Secrets Manager retries with the old token. Then there is a new rotation.
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

#[tokio::test(start_paused = true)]
async fn a_pending_version_is_young_for_minutes() {
    let mut world = begun(SOURCES[2]).await;
    world.aws.delete_access_key(&world.pending_key());
    tokio::time::sleep(Duration::from_secs(4 * 60)).await;
    let began = world.now();
    let outcome = world.step("createSecret").await.unwrap();
    assert_eq!(outcome["outcome"], "alreadyCreated");
    assert_eq!(world.now(), began);
}

/// IAM's list does not show the key for an hour.
async fn begun_and_unlisted(create_delay: Duration) -> World {
    let mut world = World::from(SOURCES[2], 1);
    world.aws.set_propagation(Propagation {
        create_delay,
        list_delay: Duration::from_secs(3_600),
        ..Propagation::default()
    });
    world.stage();
    world.step("createSecret").await.unwrap();
    tokio::time::sleep(LATER).await;
    world
}

#[tokio::test(start_paused = true)]
async fn a_pending_key_that_works_is_alive_whatever_iam_lists() {
    // The second key begins to work while the step looks for it.
    for delay in [Duration::ZERO, LATER + Duration::from_secs(5)] {
        let mut world = begun_and_unlisted(delay).await;
        let (before, began) = (world.snapshot(), world.now());
        let outcome = world.step("createSecret").await.unwrap();
        assert_eq!(outcome["outcome"], "alreadyCreated");
        assert_eq!(world.snapshot(), before);
        assert_eq!(world.now() == began, delay == Duration::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn only_credentials_that_are_refused_are_dead() {
    let failures = [
        FaultKind::ErrorBefore {
            status: 503,
            code: "ServiceUnavailable".into(),
        },
        FaultKind::TimedOutBefore,
        FaultKind::Denied,
    ];
    for failure in failures {
        let mut world = begun_and_unlisted(Duration::ZERO).await;
        world.always_fail("GetCallerIdentity", failure);
        let before = world.snapshot();
        let outcome = world.step("createSecret").await.unwrap();
        assert_eq!(outcome["outcome"], "alreadyCreated");
        assert_eq!(world.snapshot(), before);
    }
}

#[tokio::test(start_paused = true)]
async fn a_reset_that_is_refused_is_not_said_to_be_done() {
    let mut world = begun(SOURCES[2]).await;
    world.aws.delete_access_key(&world.pending_key());
    tokio::time::sleep(LATER).await;
    world.always_fail("UpdateSecretVersionStage", FaultKind::Denied);
    let before = world.snapshot();
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "PermissionMissing", "{failed:?}");
    assert!(
        !failed.error_message.contains("was taken off"),
        "{failed:?}"
    );
    assert_eq!(world.snapshot(), before);
}

/// P7: the pending version's other fields are out of date.
#[tokio::test(start_paused = true)]
async fn a_rotation_does_not_undo_what_a_person_changes_meanwhile() {
    let mut world = begun(SOURCES[2]).await;
    let edited = world.text(AWSCURRENT).replace("nightly", "weekly");
    let version = "cccccccc-0c1b-4f6e-9a55-2f0d6c1b7e01";
    world.aws.put_version_text(world.arn(), version, &edited);
    world.aws.set_label(world.arn(), AWSCURRENT, version);
    let failed = world.step("finishSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "RotationReset", "{failed:?}");
    assert_eq!(world.text(AWSCURRENT), edited);
}
