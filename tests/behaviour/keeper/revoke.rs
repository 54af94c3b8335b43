//! revoke: consumers get another key first, then the exposed one is deactivated (P10).

use std::time::Duration;

use sandbox::aws::{AWSCURRENT, AWSPREVIOUS, FaultKind, KeyStatus, QUARANTINE};
use sandbox::setup::Source;
use serde_json::{Value, json};

use super::{Kept, assert_kept_to_itself, due, is_active, one, rotated, settings, text};
use crate::removal::{error, labels, status};
use crate::watch::current_works;
use crate::world::{SOURCES, World};

fn exposed_labels(world: &World) -> Vec<String> {
    labels(world, "iam-key-rotator-exposed-")
}

#[tokio::test(start_paused = true)]
async fn the_current_key_is_replaced_first_and_then_deactivated() {
    for source in SOURCES {
        let (world, _) = rotated(source).await;
        let exposed = world.key_of(AWSCURRENT).unwrap();
        let mut kept = Kept::of(&world);
        let entry = kept.revoke(&world, &exposed).await.unwrap();
        assert_eq!(text(&entry, "outcome"), "revoked", "{source:?}: {entry}");
        assert!(
            text(&entry, "message").contains(" s after this invocation began"),
            "{entry}"
        );
        assert_eq!(
            status(&world, &exposed),
            Some(KeyStatus::Inactive),
            "{source:?}"
        );
        assert_ne!(world.key_of(AWSCURRENT).unwrap(), exposed);
        assert!(current_works(&world.aws, world.arn()), "{source:?}");
        assert_eq!(
            exposed_labels(&world),
            [format!("iam-key-rotator-exposed-{exposed}")]
        );
        assert!(world.logs().contains("\"KeysRevoked\":1"));
        assert_kept_to_itself(&world);
        // The same again changes nothing.
        let changes = world.count("UpdateAccessKey") + world.count("UpdateSecretVersionStage");
        let entry = kept.revoke(&world, &exposed).await.unwrap();
        assert!(text(&entry, "message").contains("already"), "{entry}");
        assert_eq!(
            world.count("UpdateAccessKey") + world.count("UpdateSecretVersionStage"),
            changes
        );
    }
}

/// P1 holds until the moment at which AWSCURRENT has moved: the world watches it after each call.
#[tokio::test(start_paused = true)]
async fn the_next_rotation_deletes_a_revoked_key() {
    let (mut world, _) = rotated(Source::Role).await;
    let exposed = world.key_of(AWSCURRENT).unwrap();
    let mut kept = Kept::of(&world);
    kept.revoke(&world, &exposed).await.unwrap();
    tokio::time::sleep(super::DAY).await;
    world.rotate().await.unwrap();
    assert_eq!(status(&world, &exposed), None);
    kept.retire(&world).await;
    assert_eq!(exposed_labels(&world), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_key_that_no_version_gives_out_is_deactivated_now() {
    for source in SOURCES {
        let (world, previous) = rotated(source).await;
        let mut kept = Kept::of(&world);
        let entry = kept.revoke(&world, &previous).await.unwrap();
        assert_eq!(text(&entry, "outcome"), "revoked", "{source:?}: {entry}");
        assert_eq!(status(&world, &previous), Some(KeyStatus::Inactive));
        assert_eq!(world.count("RotateSecret"), 0);
    }
}

/// A person goes back to the key between the look and the change, or just after it.
#[tokio::test(start_paused = true)]
async fn a_key_that_becomes_current_while_it_is_revoked_is_replaced_first() {
    for action in ["UpdateSecretVersionStage", "UpdateAccessKey"] {
        let (world, previous) = rotated(Source::Role).await;
        world.people_move_labels();
        let view = world.aws.secret(world.arn()).unwrap();
        let old = view.with_label(AWSPREVIOUS).unwrap().id.clone();
        let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
        world.after_call(action, move || aws.set_label(&arn, AWSCURRENT, &old));
        let entry = Kept::of(&world).revoke(&world, &previous).await.unwrap();
        assert_eq!(text(&entry, "outcome"), "revoked", "{action}: {entry}");
        assert!(world.count("RotateSecret") > 0, "{action}");
        assert_ne!(world.key_of(AWSCURRENT).unwrap(), previous);
        assert!(current_works(&world.aws, world.arn()), "{action}");
        assert_eq!(status(&world, &previous), Some(KeyStatus::Inactive));
    }
}

/// The first rotation only takes AWSPENDING off the version that AWSCURRENT was moved back from.
#[tokio::test(start_paused = true)]
async fn a_rotation_that_makes_no_key_is_asked_for_again() {
    let (world, previous) = rotated(Source::Role).await;
    world.people_move_labels();
    let view = world.aws.secret(world.arn()).unwrap();
    let old = view.with_label(AWSPREVIOUS).unwrap().id.clone();
    world.aws.move_label(world.arn(), AWSCURRENT, &old);
    let entry = Kept::of(&world).revoke(&world, &previous).await.unwrap();
    assert_eq!(text(&entry, "outcome"), "revoked", "{entry}");
    assert_eq!(status(&world, &previous), Some(KeyStatus::Inactive));
}

/// A caller that gives up waits for no answer, and asks again.
#[tokio::test(start_paused = true)]
async fn a_secret_without_a_key_id_means_the_same_key_when_asked_again() {
    let (world, _) = rotated(Source::Role).await;
    let exposed = world.key_of(AWSCURRENT).unwrap();
    let mut kept = Kept::of(&world);
    let event = json!({"Action": "revoke", "SecretId": world.arn()});
    kept.invoke(&world, event.clone()).await.unwrap();
    let new = world.key_of(AWSCURRENT).unwrap();
    let answer = kept.invoke(&world, event).await.unwrap();
    assert_eq!(text(&one(&answer), "accessKeyId"), exposed);
    assert_eq!(world.key_of(AWSCURRENT), Some(new.clone()));
    assert!(is_active(&world, &new));
}

#[tokio::test(start_paused = true)]
async fn a_secret_without_a_key_id_means_its_current_key() {
    let (world, _) = rotated(Source::Role).await;
    let exposed = world.key_of(AWSCURRENT).unwrap();
    let event = json!({"Action": "revoke", "SecretId": world.arn()});
    let answer = Kept::of(&world).invoke(&world, event).await.unwrap();
    assert_eq!(text(&one(&answer), "accessKeyId"), exposed);
    assert_eq!(status(&world, &exposed), Some(KeyStatus::Inactive));
}

#[tokio::test(start_paused = true)]
async fn at_once_the_key_is_deactivated_before_the_rotation() {
    for by_event in [false, true] {
        let (world, _) = rotated(Source::Role).await;
        world.people_move_labels();
        let exposed = world.key_of(AWSCURRENT).unwrap();
        let mut settings = settings(&world);
        settings.at_once = !by_event;
        let mut kept = Kept::with(&world, settings);
        let event = json!({"Action": "revoke", "AccessKeyId": exposed, "AtOnce": by_event});
        let answer = kept.invoke(&world, event).await.unwrap();
        assert_eq!(text(&one(&answer), "outcome"), "revoked");
        let at = |action: &str| {
            let calls = world.aws.calls();
            calls.iter().position(|call| call.action == action).unwrap()
        };
        assert!(at("UpdateAccessKey") < at("RotateSecret"));
        assert!(current_works(&world.aws, world.arn()));
        assert_eq!(status(&world, &exposed), Some(KeyStatus::Inactive));
    }
}

/// A key that was cut off has no mark by which a rotation would give it back.
#[tokio::test(start_paused = true)]
async fn a_key_that_was_cut_off_stays_inactive_until_its_replacement_is_there() {
    let (mut world, _) = rotated(Source::Role).await;
    world.people_move_labels();
    let exposed = world.key_of(AWSCURRENT).unwrap();
    world.always_fail("RotateSecret", error(400, "InvalidRequestException"));
    let event = json!({"Action": "revoke", "AccessKeyId": exposed, "AtOnce": true});
    let failed = Kept::of(&world).invoke(&world, event).await.unwrap_err();
    assert_eq!(failed.error_type, "RevocationFailed", "{failed}");
    assert_eq!(status(&world, &exposed), Some(KeyStatus::Inactive));
    world.aws.clear_faults();
    world.rotate().await.unwrap();
    assert_eq!(status(&world, &exposed), Some(KeyStatus::Inactive));
    assert!(current_works(&world.aws, world.arn()));
}

/// Wherever a run is cut off, the hourly run finishes what it has begun.
#[tokio::test(start_paused = true)]
async fn a_revocation_that_is_killed_anywhere_is_finished_within_hours() {
    for action in [
        "UpdateSecretVersionStage",
        "RotateSecret",
        "DescribeSecret",
        "UpdateAccessKey",
    ] {
        for kind in [
            FaultKind::KilledBefore,
            FaultKind::KilledAfter,
            FaultKind::AnswerLost,
            error(500, "InternalFailure"),
        ] {
            let (world, _) = rotated(Source::Role).await;
            let exposed = world.key_of(AWSCURRENT).unwrap();
            let mut kept = Kept::of(&world);
            // Once the key is marked, a second run is not asked for by anybody.
            let nth = if action == "DescribeSecret" { 6 } else { 1 };
            world.fail(action, nth, kind.clone());
            let _ = kept.revoke(&world, &exposed).await;
            world.aws.clear_faults();
            if exposed_labels(&world).is_empty() {
                kept.revoke(&world, &exposed).await.unwrap();
            }
            for _ in 0..3 {
                kept.rotate(&world).await;
                tokio::time::sleep(Duration::from_secs(3_600)).await;
                kept.retire(&world).await;
            }
            assert_eq!(
                status(&world, &exposed),
                Some(KeyStatus::Inactive),
                "{action} {kind:?}"
            );
            assert!(current_works(&world.aws, world.arn()), "{action} {kind:?}");
        }
    }
}

/// The rotation does not get through, so the exposed key stays, and the run says so.
#[tokio::test(start_paused = true)]
async fn a_rotation_that_fails_is_said_as_a_failure_and_a_metric() {
    let (world, _) = rotated(Source::Role).await;
    let exposed = world.key_of(AWSCURRENT).unwrap();
    world.always_fail("CreateAccessKey", error(403, "AccessDenied"));
    let mut kept = Kept::of(&world);
    let failed = kept.revoke(&world, &exposed).await.unwrap_err();
    assert_eq!(failed.error_type, "RevocationFailed", "{failed}");
    assert!(failed.error_message.contains(&exposed));
    assert!(is_active(&world, &exposed), "consumers have no other key");
    assert!(world.logs().contains("\"RevokeFailed\":1"));
    // Each hourly run counts it until it is done.
    let entry = kept.retire(&world).await;
    assert_eq!(text(&entry, "outcome"), "rotating", "{entry}");
    assert!(world.logs().contains("\"KeysExposed\":1"));
    world.aws.clear_faults();
    kept.rotate(&world).await;
    kept.retire(&world).await;
    kept.rotate(&world).await;
    kept.retire(&world).await;
    assert_eq!(status(&world, &exposed), Some(KeyStatus::Inactive));
}

#[tokio::test(start_paused = true)]
async fn the_users_own_key_in_quarantine_is_refused_with_the_way_out() {
    let (world, _) = rotated(Source::SelfKey).await;
    let exposed = world.key_of(AWSCURRENT).unwrap();
    world.aws.attach_quarantine("alice", QUARANTINE);
    let mut kept = Kept::of(&world);
    let refused = kept.revoke(&world, &exposed).await.unwrap_err();
    assert_eq!(refused.error_type, "UserQuarantined", "{refused}");
    assert!(
        refused
            .error_message
            .contains("AWSCompromisedKeyQuarantine")
    );
    assert!(is_active(&world, &exposed));
    assert_eq!(world.count("RotateSecret"), 0);
}

/// The key is the credential source itself. The answer says that consumers have none now, and the way out.
#[tokio::test(start_paused = true)]
async fn the_users_own_key_is_cut_off_only_if_asked_for() {
    let (world, _) = rotated(Source::SelfKey).await;
    world.people_move_labels();
    let exposed = world.key_of(AWSCURRENT).unwrap();
    let mut kept = Kept::of(&world);
    let event = json!({"Action": "revoke", "AccessKeyId": exposed, "AtOnce": true});
    let answer = kept.invoke(&world, event).await.unwrap();
    let entry = one(&answer);
    assert_eq!(text(&entry, "outcome"), "revoked");
    assert!(
        text(&entry, "message").contains("take secretarn out"),
        "{entry}"
    );
    assert_eq!(status(&world, &exposed), Some(KeyStatus::Inactive));
}

/// AWS's quarantine denies the user's own key to deactivate itself. The keeper's role does it, with the shipped policies:
/// the current key if it is to be cut off at once, and one that no version gives out in any case.
#[tokio::test(start_paused = true)]
async fn the_keepers_role_deactivates_a_key_in_quarantine() {
    for of_current in [true, false] {
        let (world, previous) = rotated(Source::SelfKey).await;
        world.people_move_labels();
        let current = world.key_of(AWSCURRENT).unwrap();
        world.aws.attach_quarantine("alice", QUARANTINE);
        let exposed = if of_current { &current } else { &previous };
        let event = json!({"Action": "revoke", "AccessKeyId": exposed, "AtOnce": of_current});
        let answer = Kept::of(&world).invoke(&world, event).await.unwrap();
        assert_eq!(text(&one(&answer), "outcome"), "revoked", "{answer}");
        assert!(!is_active(&world, exposed));
        assert_eq!(is_active(&world, &current), !of_current);
        assert_kept_to_itself(&world);
        let calls = world.aws.calls();
        let by_role = calls.iter().filter(|call| {
            call.action == "UpdateAccessKey" && call.principal.contains("iam-key-keeper")
        });
        assert_eq!(by_role.count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_revokes_in_quarantine() {
    let (world, _) = rotated(Source::Role).await;
    let exposed = world.key_of(AWSCURRENT).unwrap();
    world.aws.attach_quarantine("alice", QUARANTINE);
    let entry = Kept::of(&world).revoke(&world, &exposed).await.unwrap();
    assert_eq!(text(&entry, "outcome"), "revoked");
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_says_what_would_be_done() {
    let (world, previous) = due(Source::Role).await;
    let current = world.key_of(AWSCURRENT).unwrap();
    let mut kept = Kept::of(&world);
    for (key, at_once, said) in [
        (&current, false, "the secret would be rotated, and then"),
        (&current, true, "deactivated at once, and then"),
        (&previous, false, "would be deactivated"),
    ] {
        let event =
            json!({"Action": "revoke", "AccessKeyId": key, "AtOnce": at_once, "DryRun": true});
        let answer = kept.invoke(&world, event).await.unwrap();
        let entry = one(&answer);
        assert_eq!(text(&entry, "outcome"), "wouldRevoke");
        assert!(text(&entry, "message").contains(said), "{entry}");
    }
    for action in [
        "UpdateAccessKey",
        "UpdateSecretVersionStage",
        "RotateSecret",
    ] {
        assert_eq!(world.count(action), 0, "{action}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_of_nobody_and_one_of_another_user_are_refused() {
    let (world, _) = rotated(Source::Role).await;
    world.aws.create_user("/", "bob");
    let bobs = world.aws.create_access_key("bob").id;
    let mut kept = Kept::of(&world);
    for key in ["AKIAI44QH8DHBEXAMPLE", &bobs] {
        let refused = kept.revoke(&world, key).await.unwrap_err();
        assert_eq!(refused.error_type, "KeyUnknown", "{refused}");
        let event = json!({"Action": "revoke", "SecretId": world.arn(), "AccessKeyId": key});
        let refused = kept.invoke(&world, event).await.unwrap_err();
        assert_eq!(refused.error_type, "NotTheUsersKey", "{refused}");
    }
    assert_eq!(exposed_labels(&world), Vec::<String>::new());
    assert_eq!(world.count("UpdateAccessKey"), 0);
}

/// A person moves AWSCURRENT back to the exposed key behind the rotation. Consumers come first: the key works, and the
/// hourly run begins again.
#[tokio::test(start_paused = true)]
async fn an_exposed_key_that_a_person_makes_current_is_replaced_again() {
    let (world, _) = rotated(Source::Role).await;
    world.people_move_labels();
    let exposed = world.key_of(AWSCURRENT).unwrap();
    let mut kept = Kept::of(&world);
    kept.revoke(&world, &exposed).await.unwrap();
    let view = world.aws.secret(world.arn()).unwrap();
    let old = view.with_label(AWSPREVIOUS).unwrap().id.clone();
    world.aws.move_label(world.arn(), AWSCURRENT, &old);
    let entry: Value = kept.retire(&world).await;
    assert_eq!(text(&entry, "outcome"), "rotating", "{entry}");
    assert!(is_active(&world, &exposed), "consumers use it");
    // The first rotation only takes AWSPENDING off the version that AWSCURRENT was moved back from.
    for _ in 0..3 {
        kept.rotate(&world).await;
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        kept.retire(&world).await;
    }
    assert_eq!(status(&world, &exposed), Some(KeyStatus::Inactive));
    assert!(current_works(&world.aws, world.arn()));
}
