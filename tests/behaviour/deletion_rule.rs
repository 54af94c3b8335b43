//! Which key is deleted to make room, and which keys never are.

use std::time::Duration;

use iam_key_rotator::{Config, DeleteKeyInUse};
use sandbox::aws::{AWSPREVIOUS, KeyStatus, LastUsed};
use sandbox::setup::Source;

use crate::world::{World, setup};

fn used(world: &World, id: &str, hours_ago: u64) {
    world.aws.set_last_used(
        id,
        LastUsed {
            at: world.now() - Duration::from_secs(hours_ago * 3600),
            service: "dynamodb".into(),
            region: "eu-west-1".into(),
        },
    );
}

fn world(delete_key_in_use: DeleteKeyInUse) -> World {
    let config = Config {
        delete_key_in_use,
        ..Config::default()
    };
    World::with(setup(Source::Role, 2), config)
}

#[tokio::test(start_paused = true)]
async fn a_foreign_key_in_use_is_refused_with_its_last_use() {
    let mut world = world(DeleteKeyInUse::Previous);
    used(&world, &world.older_key(), 23);
    world.stage();
    let before = world.snapshot();
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "KeyInUse");
    for named in [
        &*world.older_key(),
        "dynamodb",
        "eu-west-1",
        "user alice",
        "2027-01-14",
    ] {
        assert!(failed.error_message.contains(named), "{named}: {failed:?}");
    }
    assert_eq!(world.snapshot(), before);
}

#[tokio::test(start_paused = true)]
async fn a_foreign_key_that_was_used_before_the_window_goes() {
    let mut world = world(DeleteKeyInUse::Previous);
    used(&world, &world.older_key(), 25);
    world.stage();
    let outcome = world.step("createSecret").await.unwrap();
    assert_eq!(outcome["deletedAccessKeyId"], world.older_key());
}

#[tokio::test(start_paused = true)]
async fn an_inactive_key_goes_though_it_was_used_lately() {
    let mut world = world(DeleteKeyInUse::Previous);
    used(&world, &world.older_key(), 1);
    world
        .aws
        .set_key_status(&world.older_key(), KeyStatus::Inactive);
    world.stage();
    let outcome = world.step("createSecret").await.unwrap();
    assert_eq!(outcome["deletedAccessKeyId"], world.older_key());
    assert_eq!(world.count("GetAccessKeyLastUsed"), 0);
}

#[tokio::test(start_paused = true)]
async fn the_previous_key_goes_unasked() {
    let mut world = world(DeleteKeyInUse::Previous);
    world.rotate().await.unwrap();
    let previous = world.key_of(AWSPREVIOUS).unwrap();
    used(&world, &previous, 0);
    world.aws.clear_calls();
    world.rotate().await.unwrap();
    assert!(!world.keys().contains(&previous));
    assert_eq!(world.count("GetAccessKeyLastUsed"), 0);
}

#[tokio::test(start_paused = true)]
async fn never_refuses_for_the_previous_key_too() {
    let mut world = world(DeleteKeyInUse::Never);
    world.rotate().await.unwrap();
    let previous = world.key_of(AWSPREVIOUS).unwrap();
    used(&world, &previous, 1);
    world.fresh_token();
    world.stage();
    let before = world.snapshot();
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "KeyInUse");
    assert!(failed.error_message.contains(&previous));
    assert_eq!(world.snapshot(), before);
}

#[tokio::test(start_paused = true)]
async fn any_deletes_the_other_key_unasked_and_never_the_current_one() {
    let mut world = world(DeleteKeyInUse::Any);
    used(&world, &world.older_key(), 0);
    let then = world.now() - Duration::from_secs(999 * 86_400);
    world.aws.set_created(&world.current_key(), then);
    world.stage();
    let outcome = world.step("createSecret").await.unwrap();
    assert_eq!(outcome["deletedAccessKeyId"], world.older_key());
    assert!(world.keys().contains(&world.current_key()));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_someone_else_made_lately_is_refused_though_nobody_used_it() {
    let mut world = World::from(Source::Role, 1);
    let young = world.aws.create_access_key("alice");
    world.stage();
    let before = world.snapshot();
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "KeyMadeLately");
    for named in [&*young.id, "user alice", "2027-01-15", "another secret"] {
        assert!(failed.error_message.contains(named), "{named}: {failed:?}");
    }
    assert_eq!(world.snapshot(), before);

    tokio::time::sleep(Duration::from_secs(24 * 60 * 60)).await;
    let outcome = world.step("createSecret").await.unwrap();
    assert_eq!(outcome["deletedAccessKeyId"], young.id);
}

#[tokio::test(start_paused = true)]
async fn a_young_key_that_turns_out_to_be_stored_is_used() {
    let mut world = World::from(Source::Role, 1);
    world.stage();
    world.step("createSecret").await.unwrap();
    let pending = world.pending_key();
    // The retry's reads do not show yet what was stored.
    world.fail("DescribeSecret", 1, sandbox::aws::FaultKind::StaleReads(3));
    let outcome = world.step("createSecret").await.unwrap();
    assert_eq!(outcome["accessKeyId"], pending);
    assert_eq!(world.count("CreateAccessKey"), 1);
    assert_eq!(world.count("DeleteAccessKey"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_rotation_deletes_one_key_at_most() {
    let mut world = World::from(Source::Role, 2);
    world.stage();
    // A person makes a key in the room that was made.
    let aws = world.aws.clone();
    world.after_call("DeleteAccessKey", move || {
        drop(aws.create_access_key("alice"))
    });
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "KeyMadeLately");
    assert_eq!(world.count("DeleteAccessKey"), 1);
    assert_eq!(world.keys().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_list_in_pages_is_read_to_its_end() {
    let mut world = World::from(Source::Role, 2);
    world.aws.set_page_size(1);
    world.rotate().await.unwrap();
    assert!(!world.keys().contains(&world.older_key()));
}

#[tokio::test(start_paused = true)]
async fn a_user_with_a_path_is_rotated_in_every_source() {
    for source in crate::world::SOURCES {
        let mut world = World::new(sandbox::setup::Setup {
            path: "/team/blue/".into(),
            ..setup(source, 2)
        });
        world.rotate().await.unwrap();
        assert_eq!(world.lost_keys(), Vec::<String>::new(), "{source:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_behind_a_deletion_names_the_deleted_key() {
    let mut world = World::from(Source::Role, 2);
    world.always_fail("CreateAccessKey", sandbox::aws::FaultKind::Denied);
    world.stage();
    let failed = world.step("createSecret").await.unwrap_err();
    let deleted = format!("the access key {} was deleted", world.older_key());
    assert!(failed.error_message.contains(&deleted), "{failed:?}");
    assert!(!failed.error_message.contains("Nothing was changed"));
}
