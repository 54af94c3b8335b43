//! P9: a key is deactivated, and looked at again, before it is deleted. Until then this can be undone, and is.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sandbox::aws::{AWSCURRENT, AWSPENDING, AWSPREVIOUS, Call, FaultKind, KeyStatus};
use sandbox::setup::Source;

use crate::removal::{removing, staged, status};
use crate::watch::current_works;
use crate::world::{SOURCES, World};

fn calls(world: &World, action: &str) -> Vec<Call> {
    let calls = world.aws.calls().into_iter();
    calls.filter(|call| call.action == action).collect()
}

/// After the next call of an action, a person goes back to AWSPREVIOUS's version. AWSPENDING may be taken off first.
fn goes_back_behind(world: &World, action: &str, cancels: bool) {
    world.people_move_labels();
    let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
    let view = aws.secret(&arn).unwrap();
    let previous = view.with_label(AWSPREVIOUS).unwrap().id.clone();
    world.after_call(action, move || {
        if cancels {
            aws.remove_label(&arn, AWSPENDING);
        }
        aws.set_label(&arn, AWSCURRENT, &previous);
    });
}

#[tokio::test(start_paused = true)]
async fn a_key_is_deactivated_and_looked_at_over_seconds_before_it_is_deleted() {
    for source in SOURCES {
        let (mut world, previous) = staged(source).await;
        world.step("createSecret").await.unwrap();
        let (off, gone) = (
            calls(&world, "UpdateAccessKey"),
            calls(&world, "DeleteAccessKey"),
        );
        assert_eq!((off.len(), gone.len()), (1, 1));
        assert_eq!(
            (&*off[0].resource, &*gone[0].resource),
            (&*previous, &*previous)
        );
        let took = gone[0].at.duration_since(off[0].at).unwrap();
        assert!(took >= Duration::from_secs(5), "{took:?}");
        let looks = calls(&world, "DescribeSecret");
        let between = looks
            .iter()
            .filter(|look| (off[0].number..gone[0].number).contains(&look.number));
        assert_eq!(between.count(), 4);
        assert_eq!(removing(&world), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_becomes_current_while_it_is_looked_at_is_active_again() {
    for source in SOURCES {
        for cancels in [false, true] {
            let (mut world, previous) = staged(source).await;
            goes_back_behind(&world, "UpdateAccessKey", cancels);
            let ended = world.step("createSecret").await;
            assert_eq!(ended.is_err(), cancels, "{ended:?}");
            assert_eq!(world.key_of(AWSCURRENT), Some(previous.clone()));
            assert_eq!(status(&world, &previous), Some(KeyStatus::Active));
            assert!(current_works(&world.aws, world.arn()));
            if let Err(failed) = ended {
                let said = failed.error_message;
                assert!(
                    said.contains(&format!("{previous} was activated again")),
                    "{said}"
                );
            }
            assert_eq!(removing(&world), Vec::<String>::new());
        }
    }
}

/// This holds whatever step comes next, and even if the credential source is the Inactive key itself.
#[tokio::test(start_paused = true)]
async fn a_run_that_finds_the_current_key_inactive_under_our_mark_activates_it_first() {
    for source in SOURCES {
        for step in ["createSecret", "setSecret", "testSecret", "finishSecret"] {
            let (mut world, previous) = staged(source).await;
            world.fail("UpdateAccessKey", 1, FaultKind::KilledAfter);
            goes_back_behind(&world, "UpdateAccessKey", false);
            world.step("createSecret").await.unwrap_err();
            assert_eq!(status(&world, &previous), Some(KeyStatus::Inactive));

            let _ = world.step(step).await;
            assert_eq!(
                status(&world, &previous),
                Some(KeyStatus::Active),
                "{source:?} {step}"
            );
            assert_eq!(world.key_of(AWSCURRENT), Some(previous.clone()));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_somebody_else_deactivated_is_never_activated() {
    let (mut world, previous) = staged(Source::Role).await;
    let current = world.key_of(AWSCURRENT).unwrap();
    world.a_person(|aws| aws.set_key_status(&current, KeyStatus::Inactive));
    world.step("createSecret").await.unwrap();
    assert_eq!(status(&world, &current), Some(KeyStatus::Inactive));
    assert_eq!(status(&world, &previous), None);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_inactive_already_is_looked_at_too_and_gets_no_mark() {
    let (mut world, previous) = staged(Source::Role).await;
    world.a_person(|aws| aws.set_key_status(&previous, KeyStatus::Inactive));
    let began = world.now();
    world.step("createSecret").await.unwrap();
    let gone = calls(&world, "DeleteAccessKey");
    assert!(gone[0].at.duration_since(began).unwrap() >= Duration::from_secs(5));
    assert_eq!(world.count("UpdateAccessKey"), 0);
    // One call, for the key that is made.
    assert_eq!(world.count("UpdateSecretVersionStage"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_has_been_inactive_under_our_mark_since_before_the_run_goes_without_the_wait() {
    let (mut world, previous) = staged(Source::Role).await;
    world.fail("UpdateAccessKey", 1, FaultKind::KilledAfter);
    world.step("createSecret").await.unwrap_err();
    assert_eq!(
        removing(&world),
        [format!("iam-key-rotator-removing-{previous}")]
    );
    tokio::time::sleep(Duration::from_secs(60)).await;
    let began = world.now();
    world.step("createSecret").await.unwrap();
    let gone = calls(&world, "DeleteAccessKey");
    assert_eq!(gone[0].at, began);
    assert_eq!(removing(&world), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_key_that_somebody_activates_again_is_not_deleted() {
    let (mut world, previous) = staged(Source::Role).await;
    let (aws, id) = (world.aws.clone(), previous.clone());
    world.after_call("UpdateAccessKey", move || {
        aws.set_key_status(&id, KeyStatus::Active);
    });
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "KeyActivatedAgain", "{failed:?}");
    assert!(failed.error_message.contains(&previous), "{failed:?}");
    assert_eq!(world.count("DeleteAccessKey"), 0);
    assert_eq!(world.count("CreateAccessKey"), 0);
}

#[tokio::test(start_paused = true)]
async fn iams_list_may_show_the_deactivation_late() {
    let (mut world, _) = staged(Source::Role).await;
    world.aws.set_propagation(sandbox::aws::Propagation {
        status_delay: Duration::from_secs(9),
        ..sandbox::aws::Propagation::default()
    });
    world.step("createSecret").await.unwrap();
    assert_eq!(world.count("DeleteAccessKey"), 1);
}

#[tokio::test(start_paused = true)]
async fn without_the_permission_to_deactivate_nothing_is_changed() {
    let (mut world, previous) = staged(Source::Role).await;
    world.always_fail("UpdateAccessKey", FaultKind::Denied);
    let before = world.snapshot();
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "PermissionMissing");
    assert!(
        failed.error_message.contains("iam:UpdateAccessKey"),
        "{failed:?}"
    );
    assert_eq!(world.snapshot(), before);
    assert_eq!(status(&world, &previous), Some(KeyStatus::Active));
    assert_eq!(removing(&world), Vec::<String>::new());
}

/// A removal that would begin near the end of the function's time is left to the next attempt.
#[tokio::test(start_paused = true)]
async fn a_key_is_not_deactivated_without_the_time_to_look_again() {
    for seconds in [3, 8, 14] {
        let (mut world, previous) = staged(Source::Role).await;
        world.function_time_out(Duration::from_secs(seconds));
        let failed = world.step("createSecret").await.unwrap_err();
        assert_eq!(failed.error_type, "OutOfTime", "{failed:?}");
        assert_eq!(status(&world, &previous), Some(KeyStatus::Active));
    }
}

/// Undo does that, and a keeper's run that leaves the key alone. Else nothing would say afterwards whose deactivation it was.
#[tokio::test(start_paused = true)]
async fn a_key_is_deactivated_under_its_mark_though_another_run_has_taken_that_off() {
    const PUT: &str = "UpdateSecretVersionStage";
    for source in SOURCES {
        // The mark of another run, which this one has read, and its own, which comes after the mark of a creation.
        for (was_marked, behind) in [(true, vec!["DescribeSecret"]), (false, vec![PUT, PUT])] {
            let (mut world, previous) = staged(source).await;
            let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
            let mark = format!("iam-key-rotator-removing-{previous}");
            if was_marked {
                let view = aws.secret(&arn).unwrap();
                let current = view.with_label(AWSCURRENT).unwrap().id.clone();
                aws.set_label(&arn, &mark, &current);
            }
            let is_on = Arc::new(Mutex::new(Vec::new()));
            let (seen, account, label) = (is_on.clone(), aws.clone(), mark.clone());
            let secret = arn.clone();
            aws.on_call(move |call| {
                if call.action == "UpdateAccessKey" {
                    let view = account.secret(&secret).unwrap();
                    seen.lock().unwrap().push(view.with_label(&label).is_some());
                }
            });
            world.after_calls(&behind, {
                let aws = aws.clone();
                move || aws.remove_label(&arn, &mark)
            });
            world.step("createSecret").await.unwrap();
            assert_eq!(*is_on.lock().unwrap(), [true], "{source:?} {was_marked}");
            assert_eq!(status(&world, &previous), None);
        }
    }
}
