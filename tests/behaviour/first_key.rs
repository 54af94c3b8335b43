//! A secret with a username and no key gets its first key by its first rotation.

use iam_key_rotator::{Config, FieldNames};
use sandbox::aws::{AWSCURRENT, AWSPREVIOUS, KeyStatus};
use sandbox::setup::Source;

use crate::bad_input::refused;
use crate::world::{World, setup};

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

/// Nobody uses a first key yet. No working key is deleted for it, however long that key has gone unused.
#[tokio::test(start_paused = true)]
async fn two_active_keys_stay_and_the_step_is_refused() {
    for text in [
        r#"{"username":"alice"}"#,
        r#"{"username":"alice","accesskey":"","secretkey":""}"#,
    ] {
        let mut world = World::from(Source::Role, 2);
        world.a_person(|aws| drop(aws.put_secret_text(world.arn(), text)));
        let before = world.snapshot();
        let tested = format!("{:?}", world.test_rotation().await.unwrap_err());
        assert!(tested.contains("NoRoomForFirstKey"), "{tested}");
        assert_eq!(world.snapshot(), before);
        world.stage();
        let named = [world.current_key(), world.older_key()];
        let named = [&*named[0], &*named[1]];
        refused(&mut world, "createSecret", "NoRoomForFirstKey", &named).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_active_key_stays_beside_the_first() {
    let mut world = World::from(Source::Role, 1);
    let key = world.current_key();
    world.a_person(|aws| drop(aws.put_secret_text(world.arn(), r#"{"username":"alice"}"#)));
    world.rotate().await.unwrap();
    assert!(world.keys().contains(&key) && world.keys().len() == 2);

    // Of two keys, the inactive one makes room.
    let mut world = World::from(Source::Role, 2);
    let (active, inactive) = (world.older_key(), world.current_key());
    world.a_person(|aws| drop(aws.put_secret_text(world.arn(), r#"{"username":"alice"}"#)));
    world.aws.set_key_status(&inactive, KeyStatus::Inactive);
    world.rotate().await.unwrap();
    assert!(world.keys().contains(&active) && !world.keys().contains(&inactive));
}

#[tokio::test(start_paused = true)]
async fn fields_that_are_there_and_empty_get_the_first_key() {
    for template in [
        r#"{"username":"alice","accesskey":"<ID>","secretkey":"<SECRET>"}"#,
        r#"{"AccessKeyId":"<ID>", "SecretAccessKey":"<SECRET>","username":"alice","note":""}"#,
        r#"{"username":"alice","accesskey":"<ID>","secretkey":"<SECRET>","AWS_ACCESS_KEY_ID":"<ID>","AWS_SECRET_ACCESS_KEY":"<SECRET>"}"#,
        // A secret_key without an id next to it may be anything.
        r#"{"username":"alice","accesskey":"<ID>","secretkey":"<SECRET>","n":{"access_key":"<ID>","secret_key":"<SECRET>"},"m":{"secret_key":""}}"#,
    ] {
        let mut world = World::from(Source::Role, 0);
        let empty = template.replace("<ID>", "").replace("<SECRET>", "");
        world.aws.put_secret_text(world.arn(), &empty);
        for _ in 0..2 {
            world.rotate().await.unwrap();
            let id = world.given_out().pop().unwrap();
            let secret = world.aws.secret_of(&id).unwrap();
            let filled = template.replace("<ID>", &id).replace("<SECRET>", &secret);
            assert_eq!(world.text(AWSCURRENT), filled);
        }
    }
}

/// A variable says that the field with the id's usual name holds the secret.
#[tokio::test(start_paused = true)]
async fn an_empty_field_gets_what_a_variable_says_that_it_is() {
    let fields = FieldNames {
        access_key: Some("key".to_owned()),
        secret_key: Some("accesskey".to_owned()),
        ..FieldNames::default()
    };
    let config = Config {
        fields,
        ..Config::default()
    };
    let mut world = World::with(setup(Source::Role, 0), config);
    let text = r#"{"username":"alice","key":"","accesskey":""}"#;
    world.aws.put_secret_text(world.arn(), text);
    world.rotate().await.unwrap();
    let id = world.given_out().pop().unwrap();
    let secret = world.aws.secret_of(&id).unwrap();
    let expected = format!(r#"{{"username":"alice","key":"{id}","accesskey":"{secret}"}}"#);
    assert_eq!(world.text(AWSCURRENT), expected);
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
