//! P3: what happens to a key that was made but could not be stored, whatever else goes wrong.

use std::time::{Duration, SystemTime};

use sandbox::aws::{AWSCURRENT, AccessKey, FaultKind, KeyStatus};
use sandbox::setup::Source;

use crate::removal::{error, staged_with_one as staged};
use crate::world::{World, with_key};

fn times(world: &World, action: &str) -> Vec<SystemTime> {
    let calls = world.aws.calls().into_iter();
    let of = calls.filter(|call| call.action == action);
    of.map(|call| call.at).collect()
}

/// The marks of runs that make a key.
fn marks(world: &World) -> usize {
    let secret = world.aws.secret(world.arn()).unwrap();
    let versions = secret.versions.iter();
    let labels = versions.flat_map(|version| &version.labels);
    labels
        .filter(|label| label.starts_with("iam-key-rotator-creating-"))
        .count()
}

/// Another run, or a person, stores a key for the event's token.
fn stored_behind(world: &World, action: &str, key: &AccessKey, text: &str) {
    let text = with_key(text, key);
    let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
    let token = world.token().to_owned();
    world.after_call(action, move || aws.put_version_text(&arn, &token, &text));
}

#[tokio::test(start_paused = true)]
async fn an_unstored_key_is_deactivated_and_looked_at_before_it_is_deleted() {
    let mut world = staged();
    world.always_fail("PutSecretValue", FaultKind::Denied);
    world.step("createSecret").await.unwrap_err();
    let (off, gone) = (
        times(&world, "UpdateAccessKey"),
        times(&world, "DeleteAccessKey"),
    );
    assert_eq!((off.len(), gone.len()), (1, 1));
    let took = gone[0].duration_since(off[0]).unwrap();
    assert!(took >= Duration::from_secs(5), "{took:?}");
}

/// A host of IAM may not know it yet (fact 27).
#[tokio::test(start_paused = true)]
async fn an_unstored_key_that_iam_does_not_know_yet_is_deactivated_later() {
    let mut world = staged();
    world.always_fail("PutSecretValue", FaultKind::Denied);
    for nth in 1..=3 {
        world.fail("UpdateAccessKey", nth, error(404, "NoSuchEntity"));
    }
    world.step("createSecret").await.unwrap_err();
    assert_eq!(world.lost_keys(), Vec::<String>::new());
    assert_eq!(marks(&world), 0);
}

/// A key that IAM still does not know at the end may show up later. The mark says whose it is.
#[tokio::test(start_paused = true)]
async fn a_key_that_iam_never_knew_goes_with_the_next_attempt() {
    let mut world = staged();
    world.always_fail("PutSecretValue", FaultKind::Denied);
    world.always_fail("UpdateAccessKey", error(404, "NoSuchEntity"));
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "StoreFailed", "{failed:?}");
    assert_eq!((world.lost_keys().len(), marks(&world)), (1, 1));
    world.aws.clear_faults();
    world.step("createSecret").await.unwrap();
    assert_eq!(world.lost_keys(), Vec::<String>::new());
}

/// The read that found nothing came a moment too early.
#[tokio::test(start_paused = true)]
async fn a_key_that_turns_out_to_be_stored_while_it_is_taken_away_works_again() {
    for behind in ["GetSecretValue", "UpdateAccessKey"] {
        let mut world = staged();
        world.always_fail("PutSecretValue", FaultKind::Denied);
        let text = world.text(AWSCURRENT);
        let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
        let token = world.token().to_owned();
        world.after_calls(&["PutSecretValue", behind], move || {
            let keys = aws.user_keys("alice");
            let made = keys.iter().max_by_key(|key| key.created).unwrap();
            let key = AccessKey {
                id: made.id.clone(),
                secret: aws.secret_of(&made.id).unwrap(),
            };
            aws.put_version_text(&arn, &token, &with_key(&text, &key));
        });
        let failed = world.step("createSecret").await.unwrap_err();
        assert!(
            !failed.error_message.contains("deleted again"),
            "{failed:?}"
        );
        let pending = world.pending_key();
        let keys = world.aws.user_keys("alice");
        let key = keys.iter().find(|key| key.id == pending).unwrap();
        assert_eq!(key.status, KeyStatus::Active, "{behind}");
        assert_eq!(world.count("DeleteAccessKey"), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn where_another_run_stored_its_key_no_mark_stays() {
    let mut world = staged();
    world.another_run_stores_a_key_behind("CreateAccessKey");
    let outcome = world.step("createSecret").await.unwrap();
    assert_eq!(outcome["outcome"], "alreadyCreated");
    assert_eq!(marks(&world), 0);
}

#[tokio::test(start_paused = true)]
async fn where_another_run_stored_its_key_and_ours_cannot_go_ours_is_named() {
    let mut world = staged();
    world.another_run_stores_a_key_behind("CreateAccessKey");
    world.always_fail("UpdateAccessKey", FaultKind::Denied);
    let failed = world.step("createSecret").await.unwrap_err();
    let lost = world.lost_keys();
    assert_eq!((lost.len(), marks(&world)), (1, 1));
    assert_eq!(failed.error_type, "StoreFailed", "{failed:?}");
    assert!(failed.error_message.contains(&lost[0]), "{failed:?}");
}

/// Somebody has stored a value there that is not for this user.
#[tokio::test(start_paused = true)]
async fn a_key_goes_where_what_awspending_holds_cannot_be_told() {
    for denied in [false, true] {
        let mut world = staged();
        world.aws.create_user("/", "mallory");
        let foreign = world.aws.create_access_key("mallory");
        let text = world.text(AWSCURRENT).replace("alice", "mallory");
        stored_behind(&world, "CreateAccessKey", &foreign, &text);
        if denied {
            world.always_fail("UpdateAccessKey", FaultKind::Denied);
        }
        let failed = world.step("createSecret").await.unwrap_err();
        let said = "AWSPENDING is for the user mallory";
        assert!(failed.error_message.contains(said), "{failed:?}");
        assert!(failed.error_message.contains("was made"), "{failed:?}");
        assert_eq!(world.lost_keys().len(), usize::from(denied));
        if denied {
            assert_eq!(marks(&world), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_that_fails_before_the_key_is_stored_is_made_again() {
    let mut world = staged();
    let aws = world.aws.clone();
    world.after_call("CreateAccessKey", move || {
        aws.inject(sandbox::aws::Fault {
            on: sandbox::aws::When::Action {
                action: "DescribeSecret".to_owned(),
                nth: 1,
            },
            kind: FaultKind::Denied,
        });
    });
    let outcome = world.step("createSecret").await.unwrap();
    assert_eq!(outcome["outcome"], "created");
}

#[tokio::test(start_paused = true)]
async fn a_lost_key_that_was_deleted_leaves_no_mark() {
    let mut world = staged();
    world.fail("CreateAccessKey", 1, FaultKind::AnswerLost);
    world.fail("CreateAccessKey", 2, FaultKind::Denied);
    world.step("createSecret").await.unwrap_err();
    assert_eq!(world.count("DeleteAccessKey"), 1);
    assert_eq!(world.lost_keys(), Vec::<String>::new());
    assert_eq!(marks(&world), 0);
}

/// Somebody else made it a moment before.
#[tokio::test(start_paused = true)]
async fn a_key_that_was_there_before_the_creation_is_not_the_lost_one() {
    let mut world = World::from(Source::Role, 0);
    let theirs = world.aws.create_access_key("alice");
    world.stage();
    world.fail("CreateAccessKey", 1, error(503, "ServiceFailure"));
    world.step("createSecret").await.unwrap();
    assert!(world.keys().contains(&theirs.id));
    assert_eq!(world.count("UpdateAccessKey"), 0);
}

/// P4: the lost key of a first rotation turns out to be stored.
#[tokio::test(start_paused = true)]
async fn no_second_key_is_made_where_the_lost_one_is_stored_while_it_is_taken_away() {
    let mut world = World::from(Source::Role, 0);
    world.stage();
    world.fail("CreateAccessKey", 1, FaultKind::AnswerLost);
    let text = world.text(AWSCURRENT);
    let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
    let token = world.token().to_owned();
    world.after_call("UpdateAccessKey", move || {
        let id = aws.user_keys("alice").pop().unwrap().id;
        let secret = aws.secret_of(&id).unwrap();
        let text = with_key(&text, &AccessKey { id, secret });
        aws.put_version_text(&arn, &token, &text);
    });
    let outcome = world.step("createSecret").await.unwrap();
    assert_eq!(outcome["outcome"], "alreadyCreated");
    assert_eq!(world.count("CreateAccessKey"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stored_key_that_the_first_read_misses_is_found() {
    let mut world = staged();
    world.fail("PutSecretValue", 1, FaultKind::AnswerLost);
    world.fail("PutSecretValue", 2, FaultKind::Denied);
    let aws = world.aws.clone();
    world.after_call("PutSecretValue", move || {
        aws.inject(sandbox::aws::Fault {
            on: sandbox::aws::When::Action {
                action: "GetSecretValue".to_owned(),
                nth: 1,
            },
            kind: FaultKind::StaleReads(1),
        });
    });
    let outcome = world.step("createSecret").await.unwrap();
    assert_eq!(outcome["outcome"], "created");
}
