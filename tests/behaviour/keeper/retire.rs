//! retire: AWSPREVIOUS's key is deactivated in its time, and never before (P6).

use std::time::Duration;

use iam_key_rotator::Watches;
use sandbox::aws::{AWSCURRENT, AWSPENDING, AWSPREVIOUS, FaultKind, KEEPER_ROLE, KeyStatus};
use sandbox::setup::Source;
use serde_json::json;

use super::{DAY, Kept, assert_kept_to_itself, due, is_active, rotated, settings, text, used};
use crate::removal::{error, labels, removing, status};
use crate::watch::current_works;
use crate::world::{SOURCES, World};

#[tokio::test(start_paused = true)]
async fn the_replaced_key_is_retired_in_its_time_whatever_the_source() {
    for source in SOURCES {
        let (world, previous) = due(source).await;
        let mut kept = Kept::of(&world);
        let entry = kept.retire(&world).await;
        assert_eq!(text(&entry, "outcome"), "retired", "{source:?}: {entry}");
        assert_eq!(text(&entry, "accessKeyId"), previous);
        assert_eq!(status(&world, &previous), Some(KeyStatus::Inactive));
        assert_eq!(
            removing(&world),
            [format!("iam-key-rotator-removing-{previous}")]
        );
        assert!(current_works(&world.aws, world.arn()));
        assert_kept_to_itself(&world);
        // The next run finds nothing to do.
        let entry = kept.retire(&world).await;
        assert_eq!(text(&entry, "outcome"), "nothingToDo", "{entry}");
        assert_eq!(world.count("UpdateAccessKey"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_retired_before_its_time_and_iam_is_not_asked() {
    let (world, previous) = rotated(Source::Role).await;
    let mut kept = Kept::of(&world);
    tokio::time::sleep(7 * DAY - Duration::from_secs(600)).await;
    world.aws.clear_calls();
    let entry = kept.retire(&world).await;
    assert!(
        text(&entry, "message").contains("nothing is retired before"),
        "{entry}"
    );
    assert!(is_active(&world, &previous));
    assert_eq!(world.count("ListAccessKeys"), 0);
    assert_eq!(world.count("GetAccessKeyLastUsed"), 0);
}

/// A person goes back and forth. Consumers may have taken the key again meanwhile, so its time begins afresh.
#[tokio::test(start_paused = true)]
async fn a_hand_that_moves_awscurrent_begins_the_time_afresh() {
    let (world, previous) = due(Source::Role).await;
    world.people_move_labels();
    let view = world.aws.secret(world.arn()).unwrap();
    let [new, old] =
        [AWSCURRENT, AWSPREVIOUS].map(|label| view.with_label(label).unwrap().id.clone());
    world.aws.move_label(world.arn(), AWSCURRENT, &old);
    tokio::time::sleep(Duration::from_secs(60)).await;
    world.aws.move_label(world.arn(), AWSCURRENT, &new);
    let mut kept = Kept::of(&world);
    let entry = kept.retire(&world).await;
    assert!(
        text(&entry, "message").contains("nothing is retired before"),
        "{entry}"
    );
    assert!(is_active(&world, &previous));
    tokio::time::sleep(8 * DAY).await;
    assert_eq!(text(&kept.retire(&world).await, "outcome"), "retired");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_in_use_stays_active_and_its_user_is_named() {
    let (world, previous) = due(Source::Role).await;
    used(&world, &previous, DAY - Duration::from_secs(60));
    let mut kept = Kept::of(&world);
    let entry = kept.retire(&world).await;
    assert_eq!(text(&entry, "outcome"), "stillInUse");
    assert!(
        text(&entry, "message").contains("by s3 in eu-west-1"),
        "{entry}"
    );
    assert!(is_active(&world, &previous));
    assert_eq!(world.count("UpdateAccessKey"), 0);
    assert_eq!(labels(&world, "iam-key-rotator-"), Vec::<String>::new());
    assert!(world.logs().contains("\"KeysStillInUse\":1"), "the metric");
    // It is retired once nobody uses it.
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!(text(&kept.retire(&world).await, "outcome"), "retired");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_retired_while_a_rotation_is_under_way() {
    let (mut world, previous) = due(Source::Role).await;
    world.stage();
    let entry = Kept::of(&world).retire(&world).await;
    assert!(text(&entry, "message").contains("under way"), "{entry}");
    assert!(is_active(&world, &previous));
}

/// A rotation or a person comes between the look and the change.
#[tokio::test(start_paused = true)]
async fn a_key_that_becomes_current_while_it_is_retired_is_active_again() {
    for source in SOURCES {
        for action in [
            "ListAccessKeys",
            "GetAccessKeyLastUsed",
            "UpdateSecretVersionStage",
            "UpdateAccessKey",
        ] {
            let (world, previous) = due(source).await;
            world.people_move_labels();
            let view = world.aws.secret(world.arn()).unwrap();
            let old = view.with_label(AWSPREVIOUS).unwrap().id.clone();
            let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
            world.after_call(action, move || aws.set_label(&arn, AWSCURRENT, &old));
            let entry = Kept::of(&world).retire(&world).await;
            assert_eq!(
                text(&entry, "outcome"),
                "nothingToDo",
                "{source:?} {action}: {entry}"
            );
            assert_eq!(world.key_of(AWSCURRENT), Some(previous.clone()));
            assert!(is_active(&world, &previous), "{source:?} {action}");
            assert_eq!(
                removing(&world),
                Vec::<String>::new(),
                "{source:?} {action}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotation_that_begins_while_a_key_is_retired_goes_on_without_it() {
    let (mut world, previous) = due(Source::Role).await;
    let (aws, arn, token) = (
        world.aws.clone(),
        world.arn().to_owned(),
        world.token().to_owned(),
    );
    world.after_call("UpdateAccessKey", move || {
        aws.stage_pending(&arn, &token).unwrap();
    });
    Kept::of(&world).retire(&world).await;
    world.rotate().await.unwrap();
    assert_eq!(status(&world, &previous), None);
    assert!(world.value(AWSPENDING).is_none() || current_works(&world.aws, world.arn()));
}

/// The mark says who deactivated it, so the rotation need not look at it for seconds.
#[tokio::test(start_paused = true)]
async fn the_next_rotation_deletes_a_retired_key_without_a_wait() {
    let (mut world, previous) = due(Source::Role).await;
    Kept::of(&world).retire(&world).await;
    tokio::time::sleep(30 * DAY).await;
    world.stage();
    world.aws.clear_calls();
    let began = world.now();
    world.step("createSecret").await.unwrap();
    assert_eq!(status(&world, &previous), None);
    assert_eq!(removing(&world), Vec::<String>::new());
    let took = world.now().duration_since(began).unwrap();
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_somebody_else_deactivated_is_left_to_them() {
    let (world, previous) = due(Source::Role).await;
    world.aws.set_key_status(&previous, KeyStatus::Inactive);
    let entry = Kept::of(&world).retire(&world).await;
    assert!(text(&entry, "message").contains("somebody else"), "{entry}");
    assert_eq!(removing(&world), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn no_key_is_retired_while_currents_does_not_work() {
    let (world, previous) = due(Source::Role).await;
    let current = world.key_of(AWSCURRENT).unwrap();
    world.a_person(|aws| aws.set_key_status(&current, KeyStatus::Inactive));
    let entry = Kept::of(&world).retire(&world).await;
    assert!(
        text(&entry, "message").contains("is not an active key"),
        "{entry}"
    );
    assert!(is_active(&world, &previous));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_another_field_still_gives_out_is_not_retired() {
    let (world, previous) = rotated(Source::Role).await;
    let mut value = world.value(AWSCURRENT).unwrap();
    value["backup"] = format!("s3://{previous}:x@bucket").into();
    let key_of_previous = world.text(AWSPREVIOUS);
    world.a_person(|aws| {
        let arn = world.arn();
        aws.put_secret_text(arn, &key_of_previous);
        aws.put_secret_text(arn, &value.to_string());
    });
    tokio::time::sleep(8 * DAY).await;
    let entry = Kept::of(&world).retire(&world).await;
    assert_eq!(text(&entry, "outcome"), "nothingToDo", "{entry}");
    assert!(
        text(&entry, "message").contains("still given out"),
        "{entry}"
    );
    assert!(is_active(&world, &previous));
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_says_what_would_be_retired_and_changes_nothing() {
    let (world, previous) = due(Source::Role).await;
    let event = json!({"Action": "retire", "DryRun": true});
    let answer = Kept::of(&world).invoke(&world, event).await.unwrap();
    assert_eq!(answer["dryRun"], true);
    let entry = super::one(&answer);
    assert_eq!(text(&entry, "outcome"), "wouldRetire");
    assert_eq!(text(&entry, "accessKeyId"), previous);
    for action in ["UpdateAccessKey", "UpdateSecretVersionStage"] {
        assert_eq!(world.count(action), 0, "{action}");
    }
}

/// Wherever a run is cut off, the next runs end in the same state.
#[tokio::test(start_paused = true)]
async fn a_run_that_is_killed_at_any_change_is_finished_by_the_next_ones() {
    for action in ["UpdateSecretVersionStage", "UpdateAccessKey"] {
        for kind in [
            FaultKind::KilledBefore,
            FaultKind::KilledAfter,
            FaultKind::AnswerLost,
            error(500, "InternalFailure"),
        ] {
            let (world, previous) = due(Source::Role).await;
            world.fail(action, 1, kind.clone());
            let mut kept = Kept::of(&world);
            let event = json!({"Action": "retire"});
            let _ = kept.invoke(&world, event.clone()).await;
            for _ in 0..24 * 9 {
                tokio::time::sleep(Duration::from_secs(3_600)).await;
                kept.invoke(&world, event.clone()).await.unwrap();
            }
            assert_eq!(
                status(&world, &previous),
                Some(KeyStatus::Inactive),
                "{action} {kind:?}"
            );
            assert_eq!(removing(&world).len(), 1, "{action} {kind:?}");
            assert!(current_works(&world.aws, world.arn()));
        }
    }
}

/// A run was killed between the deactivation and its look, and a person goes back.
#[tokio::test(start_paused = true)]
async fn a_retired_key_that_a_person_makes_current_is_active_again_within_the_hour() {
    for source in SOURCES {
        let (world, previous) = due(source).await;
        world.people_move_labels();
        let mut kept = Kept::of(&world);
        kept.retire(&world).await;
        let view = world.aws.secret(world.arn()).unwrap();
        let old = view.with_label(AWSPREVIOUS).unwrap().id.clone();
        world.aws.move_label(world.arn(), AWSCURRENT, &old);
        assert!(!is_active(&world, &previous));
        kept.retire(&world).await;
        assert!(is_active(&world, &previous), "{source:?}");
        assert_eq!(removing(&world), Vec::<String>::new());
    }
}

/// The template's stack for a user whose key is in use holds a sentence until a person stores that key.
#[tokio::test(start_paused = true)]
async fn a_secret_that_waits_for_its_first_value_is_no_failure() {
    let world = World::from(Source::Role, 1);
    let arn = world
        .aws
        .create_secret("iam/waits", Some("Store the key here.".into()));
    let mut settings = settings(&world);
    settings.watches = Watches::One(arn.clone());
    world.allow(KEEPER_ROLE, "secretsmanager:DescribeSecret", &arn);
    let entry = Kept::behind(&world, settings).retire(&world).await;
    assert_eq!(text(&entry, "outcome"), "nothingToDo", "{entry}");
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_changes_again_and_again_is_not_retired_and_the_answer_says_until_when() {
    let (world, previous) = due(Source::Role).await;
    world.aws.tag_secret(world.arn(), "team", "blue");
    let mut settings = settings(&world);
    settings.retire_after = DAY;
    let mut kept = Kept::with(&world, settings);
    let entry = kept.retire(&world).await;
    assert!(
        text(&entry, "message").contains("nothing is retired before"),
        "{entry}"
    );
    assert!(is_active(&world, &previous));
    tokio::time::sleep(DAY).await;
    assert_eq!(text(&kept.retire(&world).await, "outcome"), "retired");
}
