//! P7: everything in the secret's JSON except the key stays unchanged.

use iam_key_rotator::{Config, FieldNames};
use sandbox::aws::{AWSCURRENT, AWSPENDING};
use sandbox::setup::Source;

use crate::world::{World, setup};

/// Order, numbers, spaces, escapes, duplicates and nesting, none of them as a serialiser would write it.
const LAYOUT: &str = "{ \"z\": 1.10E+2,\n\t\"secretkey\" : \"SECRET\", \"big\": 123456789012345678901234567890, \"nested\": {\"accesskey\": [1e400, {\"a\":1,\"a\":2}]},\"accesskey\":\"ID\" , \"u\": \"\\u00e9\\/\", \"username\": \"alice\", \"z\": null }\n";

fn layout(id: &str, secret: &str) -> String {
    LAYOUT
        .replace("\"ID\"", &format!("\"{id}\""))
        .replace("SECRET", secret)
}

#[tokio::test(start_paused = true)]
async fn only_the_two_fields_change() {
    let mut world = World::from(Source::Role, 2);
    let key = world.prepared.current_key.clone().unwrap();
    world
        .aws
        .put_secret_text(world.arn(), &layout(&key.id, &key.secret));
    for _ in 0..3 {
        world.rotate().await.unwrap();
        let text = world.text(AWSCURRENT);
        // Compared as text, not as JSON: a serialiser cannot represent this layout.
        let between = |before: &str, behind: &str| {
            let rest = text.split_once(before).unwrap().1;
            rest.split_once(behind).unwrap().0.to_owned()
        };
        let id = between("\"accesskey\":\"", "\"");
        let secret = between("\"secretkey\" : \"", "\"");
        assert_ne!(id, key.id);
        assert!(world.aws.authenticates(&id, &secret));
        assert_eq!(text, layout(&id, &secret));
    }
}

#[tokio::test(start_paused = true)]
async fn fields_can_have_names_of_their_own() {
    let config = Config {
        fields: FieldNames {
            username: Some("user".into()),
            access_key: Some("AWS_ACCESS_KEY_ID".into()),
            secret_key: Some("AWS_SECRET_ACCESS_KEY".into()),
            source_secret: Some("managed_by".into()),
            ..FieldNames::default()
        },
        ..Config::default()
    };
    let mut world = World::with(setup(Source::SelfKey, 2), config);
    let key = world.prepared.current_key.clone().unwrap();
    let text = |id: &str, secret: &str, arn: &str| {
        format!(
            r#"{{"AWS_SECRET_ACCESS_KEY":"{secret}","user":"alice","AWS_ACCESS_KEY_ID":"{id}","managed_by":"{arn}","username":9}}"#
        )
    };
    let arn = world.arn().to_owned();
    world
        .aws
        .put_secret_text(&arn, &text(&key.id, &key.secret, &arn));
    world.rotate().await.unwrap();
    let value = world.value(AWSCURRENT).unwrap();
    let [id, secret] =
        ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|field| value[field].as_str().unwrap());
    assert_ne!(id, key.id);
    assert_eq!(world.text(AWSCURRENT), text(id, secret, &arn));
    assert!(world.aws.authenticates(id, secret));
}

/// A person changes another field at the moment when createSecret stores its copy.
#[tokio::test(start_paused = true)]
async fn a_change_made_while_the_key_was_stored_is_not_overwritten() {
    let mut world = World::from(Source::Role, 1);
    world.stage();
    let edited = world.text(AWSCURRENT).replace("nightly", "weekly");
    let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
    let text = edited.clone();
    world.after_call("CreateAccessKey", move || {
        aws.put_secret_text(&arn, &text);
    });
    // PutSecretValue would stage the version again (fact 6), with the field's old value.
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "StoreFailed", "{failed:?}");
    assert_eq!(world.key_of(AWSPENDING), None);
    assert_eq!(world.text(AWSCURRENT), edited);

    world.fresh_token();
    world.rotate().await.unwrap();
    assert!(world.text(AWSCURRENT).contains("weekly"));
    assert_eq!(world.lost_keys(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_value_that_the_first_key_makes_too_large_loses_no_key() {
    let mut world = World::from(Source::Role, 0);
    let note = "x".repeat(65_500);
    let text = format!(r#"{{"username":"alice","note":"{note}"}}"#);
    world.aws.put_secret_text(world.arn(), &text);
    world.stage();
    let failed = world.step("createSecret").await.unwrap_err();
    assert_eq!(failed.error_type, "StoreFailed");
    assert_eq!(world.keys(), Vec::<String>::new());
}
