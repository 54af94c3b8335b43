//! P1 and P4: a key that no version holds may be stored a moment later by the run that made it.

use std::time::Duration;

use sandbox::aws::{AWSCURRENT, AWSPENDING, FaultKind, KeyStatus};
use sandbox::setup::Source;

use crate::world::{World, with_key};

/// AWSPENDING is read by the event's token: a value that a newer rotation has stored does not belong to this one.
#[tokio::test(start_paused = true)]
async fn a_newer_rotations_key_is_not_taken_for_this_ones() {
    let mut world = World::from(Source::Role, 1);
    world.stage();
    let newer = "bbbbbbbb-0c1b-4f6e-9a55-2f0d6c1b7e01";
    let other = world.aws.create_access_key("alice");
    let text = with_key(&world.text(AWSCURRENT), &other);
    let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
    world.after_call("DescribeSecret", move || {
        aws.remove_label(&arn, AWSPENDING);
        aws.stage_pending(&arn, newer).unwrap();
        aws.put_version_text(&arn, newer, &text);
    });
    world.step("createSecret").await.unwrap_err();
    assert!(world.keys().contains(&other.id));
    assert_eq!(world.count("CreateAccessKey"), 0);
}

/// Another run of the same rotation stores the key that this run took for a lost one.
#[tokio::test(start_paused = true)]
async fn a_key_that_is_stored_while_it_is_taken_away_works_again() {
    for behind in ["ListAccessKeys", "UpdateAccessKey"] {
        let mut world = World::from(Source::Role, 1);
        world.stage();
        world.fail("CreateAccessKey", 1, FaultKind::KilledAfter);
        world.step("createSecret").await.unwrap_err();
        let lost = world.lost_keys().pop().unwrap();
        let key = sandbox::aws::AccessKey {
            id: lost.clone(),
            secret: world.aws.secret_of(&lost).unwrap(),
        };
        let text = with_key(&world.text(AWSCURRENT), &key);
        let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
        let token = world.token().to_owned();
        // The key is judged by the second list.
        world.after_calls(&["ListAccessKeys", behind], move || {
            aws.put_version_text(&arn, &token, &text);
        });
        let outcome = world.step("createSecret").await.unwrap();
        assert_eq!(outcome["accessKeyId"], lost, "{behind}: {outcome}");
        assert_eq!(world.count("DeleteAccessKey"), 0);
        let keys = world.aws.user_keys("alice");
        let key = keys.iter().find(|key| key.id == lost).unwrap();
        assert_eq!(key.status, KeyStatus::Active);
        assert_eq!(world.key_of(AWSPENDING), Some(lost));
    }
}

/// A look for one key does not count for another: a person's key disappears, and another run's key appears.
#[tokio::test(start_paused = true)]
async fn each_unknown_key_is_looked_for_in_awspending() {
    let mut world = World::from(Source::Role, 1);
    let theirs = world.aws.create_access_key("alice");
    let now = world.now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let label = format!("iam-key-rotator-creating-{}-another.run", now.as_secs());
    let secret = world.aws.secret(world.arn()).unwrap();
    let current = secret.with_label(AWSCURRENT).unwrap();
    world.aws.set_label(world.arn(), &label, &current.id);
    world.stage();
    let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
    let (token, text) = (world.token().to_owned(), world.text(AWSCURRENT));
    world.after_call("ListAccessKeys", move || {
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(15)).await;
            aws.delete_access_key(&theirs.id);
            let key = aws.create_access_key("alice");
            tokio::time::sleep(Duration::from_secs(9)).await;
            aws.put_version_text(&arn, &token, &with_key(&text, &key));
        });
    });
    let outcome = world.step("createSecret").await.unwrap();
    assert_eq!(outcome["outcome"], "alreadyCreated");
    assert!(world.keys().contains(&world.key_of(AWSPENDING).unwrap()));
}
