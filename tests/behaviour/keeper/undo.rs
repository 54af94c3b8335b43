//! undo: a retired key is activated again, and nothing else is.

use sandbox::aws::{AWSCURRENT, AWSPENDING, AWSPREVIOUS, FaultKind, KeyStatus};
use sandbox::setup::Source;
use serde_json::json;

use super::{DAY, Kept, due, is_active, rotated, text};
use crate::removal::{removing, status};
use crate::world::SOURCES;

#[tokio::test(start_paused = true)]
async fn a_retired_key_is_activated_again_and_retired_again_later() {
    for source in SOURCES {
        let (world, previous) = due(source).await;
        let mut kept = Kept::of(&world);
        kept.retire(&world).await;
        let entry = kept.undo(&world).await.unwrap();
        assert_eq!(text(&entry, "outcome"), "activated", "{source:?}");
        assert!(is_active(&world, &previous));
        assert_eq!(removing(&world), Vec::<String>::new());
        tokio::time::sleep(6 * DAY).await;
        assert_eq!(text(&kept.retire(&world).await, "outcome"), "nothingToDo");
        tokio::time::sleep(2 * DAY).await;
        assert_eq!(text(&kept.retire(&world).await, "outcome"), "retired");
    }
}

#[tokio::test(start_paused = true)]
async fn what_nobody_retired_is_not_activated() {
    let (world, previous) = rotated(Source::Role).await;
    let mut kept = Kept::of(&world);
    let nothing = kept.undo(&world).await.unwrap_err();
    assert_eq!(nothing.error_type, "NothingRetired");

    world.aws.set_key_status(&previous, KeyStatus::Inactive);
    let event = json!({"Action": "undo", "SecretId": world.arn(), "AccessKeyId": previous});
    let by_others = kept.invoke(&world, event).await.unwrap_err();
    assert_eq!(by_others.error_type, "DeactivatedByOthers");
    assert!(
        by_others.error_message.contains("--status Active"),
        "{by_others}"
    );

    let current = world.key_of(AWSCURRENT).unwrap();
    for (key, error_type) in [
        (&*current, "KeyIsActive"),
        ("AKIAI44QH8DHBEXAMPLE", "NotTheUsersKey"),
    ] {
        let event = json!({"Action": "undo", "SecretId": world.arn(), "AccessKeyId": key});
        let refused = kept.invoke(&world, event).await.unwrap_err();
        assert_eq!(refused.error_type, error_type);
    }
    assert_eq!(world.count("UpdateAccessKey"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_revoked_key_is_not_activated_again() {
    let (world, previous) = due(Source::Role).await;
    let mut kept = Kept::of(&world);
    // A retired key that turns out to be exposed is Inactive already.
    kept.retire(&world).await;
    kept.revoke(&world, &previous).await.unwrap();
    let refused = kept.undo(&world).await.unwrap_err();
    assert_eq!(refused.error_type, "KeyWasRevoked", "{refused}");
    assert_eq!(status(&world, &previous), Some(KeyStatus::Inactive));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_activated_while_a_rotation_decides() {
    let (mut world, previous) = due(Source::Role).await;
    let mut kept = Kept::of(&world);
    kept.retire(&world).await;
    world.stage();
    for dry_run in [false, true] {
        let event = json!({"Action": "undo", "SecretId": world.arn(), "DryRun": dry_run});
        let refused = kept.invoke(&world, event).await.unwrap_err();
        assert_eq!(refused.error_type, "RotationUnderWay", "{refused}");
    }
    assert!(!is_active(&world, &previous));
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_activates_nothing() {
    let (world, previous) = due(Source::Role).await;
    let mut kept = Kept::of(&world);
    kept.retire(&world).await;
    let event = json!({"Action": "undo", "SecretId": world.arn(), "DryRun": true});
    let answer = kept.invoke(&world, event).await.unwrap();
    assert_eq!(text(&super::one(&answer), "outcome"), "wouldActivate");
    assert!(!is_active(&world, &previous));
}

/// The mark is taken off last, so a second undo or the hourly run takes it off.
#[tokio::test(start_paused = true)]
async fn an_undo_that_is_killed_leaves_a_key_that_is_active() {
    let (world, previous) = due(Source::Role).await;
    let mut kept = Kept::of(&world);
    kept.retire(&world).await;
    world.fail("UpdateAccessKey", 1, FaultKind::KilledAfter);
    kept.undo(&world).await.unwrap_err();
    assert!(is_active(&world, &previous));
    assert_eq!(removing(&world).len(), 1);
    tokio::time::sleep(DAY / 24).await;
    let entry = kept.retire(&world).await;
    assert!(text(&entry, "message").contains("begins again"), "{entry}");
    assert!(is_active(&world, &previous));
    assert_eq!(removing(&world), Vec::<String>::new());
}

/// With its own key as source, the key that AWSCURRENT holds now cannot sign its own activation.
#[tokio::test(start_paused = true)]
async fn a_retired_key_that_a_person_went_back_to_is_activated_by_undo() {
    for source in SOURCES {
        let (world, previous) = due(source).await;
        let mut kept = Kept::of(&world);
        kept.retire(&world).await;
        world.people_move_labels();
        let view = world.aws.secret(world.arn()).unwrap();
        let old = view.with_label(AWSPREVIOUS).unwrap().id.clone();
        world.aws.take_off_label(world.arn(), AWSPENDING);
        world.a_person(|aws| aws.move_label(world.arn(), AWSCURRENT, &old));
        let entry = kept.undo(&world).await.unwrap();
        assert_eq!(text(&entry, "outcome"), "activated", "{source:?}");
        assert!(is_active(&world, &previous), "{source:?}");
        assert_eq!(removing(&world), Vec::<String>::new(), "{source:?}");
    }
}
