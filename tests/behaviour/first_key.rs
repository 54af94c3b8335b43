//! A secret with a username and no key gets its first key by its first rotation.

use sandbox::aws::{AWSCURRENT, AWSPREVIOUS};
use sandbox::setup::Source;

use crate::world::World;

#[tokio::test(start_paused = true)]
async fn the_first_rotation_makes_the_first_key() {
    for source in [Source::Administrator, Source::Role] {
        let mut world = World::from(source, 0);
        assert_eq!(world.key_of(AWSCURRENT), None);
        world.rotate().await.unwrap();
        let first = world.key_of(AWSCURRENT).unwrap();
        assert_eq!(world.keys(), std::slice::from_ref(&first), "{source:?}");
        assert_eq!(
            world.value(AWSCURRENT).unwrap()["note"],
            "used by the nightly backup"
        );

        world.rotate().await.unwrap();
        assert_eq!(world.key_of(AWSPREVIOUS), Some(first));
        assert_eq!(world.keys().len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_keys_identity_is_checked_by_account_and_name() {
    let mut world = World::from(Source::Role, 0);
    world.aws.create_user("/", "mallory");
    let foreign = world.aws.create_access_key("mallory");
    world.stage();
    let text = crate::world::with_key(&world.text(AWSCURRENT), &foreign);
    world
        .aws
        .put_version_text(world.arn(), world.token(), &text);
    let failed = world.step("testSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "AnotherIdentity");
}

#[tokio::test(start_paused = true)]
async fn a_user_without_a_key_cannot_manage_its_own() {
    let mut world = World::from(Source::Role, 0);
    let arn = world.arn().to_owned();
    let text = format!(r#"{{"username":"alice","secretarn":"{arn}"}}"#);
    world.aws.put_secret_text(&arn, &text);
    world.stage();
    let before = world.snapshot();
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "SourceInvalid");
    assert!(
        failed.error_message.contains("no access key yet"),
        "{failed:?}"
    );
    assert_eq!(world.snapshot(), before);
}
