//! Whatever the secret's layout, the key that it gives out stays (P1), and every copy of it is replaced (P7).

use iam_key_rotator::{Config, FieldNames};
use sandbox::aws::{AWSCURRENT, AWSPENDING, AccessKey, LastUsed};
use sandbox::setup::Source;
use std::time::Duration;

use crate::bad_input::{STEPS, refused};
use crate::world::{World, setup};

/// The user's newer key, which the secret holds.
fn current(world: &World) -> AccessKey {
    world.prepared.current_key.clone().unwrap()
}

fn older(world: &World) -> AccessKey {
    world.prepared.older_key.clone().unwrap()
}

fn store(world: &World, text: &str) {
    world.a_person(|aws| drop(aws.put_secret_text(world.arn(), text)));
}

/// A secret's text: the template with the key in place of <ID> and <SECRET>.
fn with(template: &str, key: &AccessKey) -> String {
    template
        .replace("<ID>", &key.id)
        .replace("<SECRET>", &key.secret)
}

/// The key that a rotation left in AWSCURRENT. Checks that nothing else in the text has changed.
fn rotated(world: &World, template: &str, old: &AccessKey) -> AccessKey {
    let text = world.text(AWSCURRENT);
    let id = world.given_out().pop().unwrap();
    assert_ne!(id, old.id, "{text}");
    let secret = world.aws.secret_of(&id).unwrap();
    let key = AccessKey { id, secret };
    assert_eq!(text, with(template, &key));
    assert!(world.aws.authenticates(&key.id, &key.secret));
    key
}

/// The key in use is the older of the user's two, and was last used 30 hours ago. A function that does not find the key
/// in the secret knows no more than this about it.
fn in_use_and_older(world: &World) -> AccessKey {
    let key = older(world);
    let used = LastUsed {
        at: world.now() - Duration::from_hours(30),
        service: "s3".to_owned(),
        region: "us-east-1".to_owned(),
    };
    world.aws.set_last_used(&key.id, used);
    key
}

#[tokio::test(start_paused = true)]
async fn a_key_under_another_usual_name_is_found_and_rotated() {
    for (id, secret, user) in [
        ("AccessKeyId", "SecretAccessKey", "username"),
        ("accessKey", "secretKey", "UserName"),
        ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "iam_user"),
        ("access_key_id", "secret_access_key", "user-name"),
        ("aws_access_key_id", "aws_secret_access_key", "username"),
    ] {
        let mut world = World::from(Source::Role, 2);
        let mut key = in_use_and_older(&world);
        let template = format!(r#"{{"{user}":"alice", "{id}":"<ID>","{secret}":"<SECRET>"}}"#);
        store(&world, &with(&template, &key));
        let tested = world.test_rotation().await.unwrap();
        let said = format!("{tested:?}");
        assert!(
            said.contains(&format!("would delete {}", world.current_key())),
            "{said}"
        );
        for _ in 0..3 {
            world.rotate().await.unwrap();
            key = rotated(&world, &template, &key);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_copy_of_the_key_gets_the_new_one() {
    let template = "{\"username\":\"alice\",\n \"accesskey\":\"<ID>\",\"secretkey\":\"<SECRET>\", \"AWS_ACCESS_KEY_ID\":\"<ID>\",\
                    \"AWS_SECRET_ACCESS_KEY\" : \"<SECRET>\",\"n\":{\"list\":[1.0,[\"<SECRET>\",\"<ID>\"]], \"x\":\"I D\"}}";
    let mut world = World::from(Source::Role, 2);
    let mut key = current(&world);
    store(&world, &with(template, &key));
    let tested = format!("{:?}", world.test_rotation().await.unwrap());
    assert!(tested.contains("and 4 copies"), "{tested}");
    for _ in 0..3 {
        world.rotate().await.unwrap();
        key = rotated(&world, template, &key);
    }
}

/// The key is in a place where the function does not look, alone or next to another key.
#[tokio::test(start_paused = true)]
async fn a_key_that_was_not_found_stops_every_step_and_the_test_of_the_rotation() {
    for (template, field) in [
        (
            r#"{"username":"alice","aws":{"accesskey":"<ID>","secretkey":"<SECRET>"}}"#,
            "\"accesskey\"",
        ),
        (
            r#"{"username":"alice","key_one":"<ID>","its_secret":"<SECRET>"}"#,
            "\"key_one\"",
        ),
        (
            r#"{"username":"alice","url":"s3://<ID>:<SECRET>@bucket"}"#,
            "\"url\"",
        ),
        (
            r#"{"username":"alice","keys":["<ID>","<SECRET>"]}"#,
            "\"keys\"",
        ),
        (
            r#"{"username":"alice","<ID>":"<SECRET>"}"#,
            "the name of a field",
        ),
    ] {
        for keys in [1, 2] {
            let mut world = World::from(Source::Role, keys);
            let key = match keys {
                1 => current(&world),
                _ => in_use_and_older(&world),
            };
            store(&world, &with(template, &key));
            let before = world.snapshot();
            let tested = format!("{:?}", world.test_rotation().await.unwrap_err());
            assert!(
                tested.contains("SecretMalformed") && tested.contains(&key.id),
                "{tested}"
            );
            assert_eq!(world.snapshot(), before);
            world.stage();
            let named = [
                "AWSCURRENT",
                &key.id,
                "ACCESS_KEY_FIELD",
                "SECRET_KEY_FIELD",
                field,
            ];
            refused(&mut world, "createSecret", "SecretMalformed", &named).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_key_of_the_users_in_the_text_stays() {
    for other in [
        r#""standby":"OTHER""#,
        r#""standby":{"id":["OTHER"]}"#,
        r#""standby":"s3://OTHER:x@bucket""#,
        r#""OTHER":true"#,
        r#""standby":"ESCAPED""#,
        r#""standby":"BASE64""#,
    ] {
        let mut world = World::from(Source::Role, 2);
        let standby = older(&world).id;
        let escaped: String = standby
            .bytes()
            .map(|byte| format!("\\u{byte:04x}"))
            .collect();
        let base64 = aws_smithy_types::base64::encode(format!("{standby}:x"));
        let other = other
            .replace("OTHER", &standby)
            .replace("ESCAPED", &escaped)
            .replace("BASE64", &base64);
        let template =
            format!(r#"{{"username":"alice","accesskey":"<ID>","secretkey":"<SECRET>",{other}}}"#);
        store(&world, &with(&template, &current(&world)));
        assert!(world.test_rotation().await.is_err());
        world.stage();
        refused(&mut world, "createSecret", "BothKeysProtected", &[&standby]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_key_inside_a_longer_text_stops_every_step() {
    for (template, field, what) in [
        (r#""url":"s3://<ID>@bucket""#, "\"url\"", "access key id"),
        (
            r#""n":{"file":["[default]\naws_secret_access_key = <SECRET>\n"]}"#,
            "\"file\"",
            "secret access key",
        ),
        (r#""x":"<ID> ""#, "\"x\"", "access key id"),
        (r#""<ID>":1"#, "the name of a field", "access key id"),
        (
            r#""url":"smtp://x:PERCENT@host""#,
            "\"url\"",
            "secret access key",
        ),
    ] {
        let mut world = World::from(Source::Role, 2);
        let key = current(&world);
        let percent: String = key
            .secret
            .bytes()
            .map(|byte| format!("%{byte:02x}"))
            .collect();
        let rest = template.replace("PERCENT", &percent);
        let template =
            format!(r#"{{"username":"alice","accesskey":"<ID>","secretkey":"<SECRET>",{rest}}}"#);
        store(&world, &with(&template, &key));
        assert!(world.test_rotation().await.is_err());
        world.stage();
        for step in STEPS {
            refused(
                &mut world,
                step,
                "SecretMalformed",
                &[field, what, "inside a longer text"],
            )
            .await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_candidates_are_refused_by_name_until_the_variable_decides() {
    let template = r#"{"username":"alice","AccessKeyId":"<ID>","AWS_ACCESS_KEY_ID":"<ID>","secretkey":"<SECRET>"}"#;
    let mut world = World::from(Source::Role, 2);
    store(&world, &with(template, &current(&world)));
    world.stage();
    for step in STEPS {
        let named = [
            "\"AccessKeyId\"",
            "\"AWS_ACCESS_KEY_ID\"",
            "ACCESS_KEY_FIELD",
        ];
        refused(&mut world, step, "SecretMalformed", &named).await;
    }
    let fields = FieldNames {
        access_key: Some("AccessKeyId".to_owned()),
        ..FieldNames::default()
    };
    let mut world = World::with(
        setup(Source::Role, 2),
        Config {
            fields,
            ..Config::default()
        },
    );
    let key = current(&world);
    store(&world, &with(template, &key));
    world.rotate().await.unwrap();
    rotated(&world, template, &key);
}

/// A person changes the names of the key's fields after createSecret. Two texts without a key do not hold the same key.
#[tokio::test(start_paused = true)]
async fn names_of_fields_that_change_between_two_steps_stop_the_rotation_and_lose_nothing() {
    let mut world = World::from(Source::Role, 2);
    world.stage();
    world.step("createSecret").await.unwrap();
    let pending = world.pending_key();
    let fields = FieldNames {
        access_key: Some("id".to_owned()),
        secret_key: Some("secret".to_owned()),
        ..FieldNames::default()
    };
    world.reconfigure(Config {
        fields,
        ..Config::default()
    });
    for step in ["setSecret", "testSecret", "finishSecret"] {
        let named = ["AWSPENDING", "\"id\"", "ACCESS_KEY_FIELD"];
        refused(&mut world, step, "SecretMalformed", &named).await;
    }
    // Secrets Manager retries, and then starts again with a new token.
    refused(
        &mut world,
        "createSecret",
        "SecretMalformed",
        &["AWSPENDING"],
    )
    .await;
    world.aws.remove_label(world.arn(), AWSPENDING);
    world.fresh_token();
    world.stage();
    let key = world.current_key();
    refused(
        &mut world,
        "createSecret",
        "SecretMalformed",
        &[&key, "ACCESS_KEY_FIELD"],
    )
    .await;
    assert!(world.keys().contains(&key) && world.keys().contains(&pending));
    // With the old names, the rotation continues.
    world.reconfigure(Config::default());
    world.rotate().await.unwrap();
    assert_eq!(world.lost_keys(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_secret_with_a_byte_order_mark_is_rotated_and_keeps_it() {
    let template =
        "\u{feff}{\"username\":\"alice\",\"accesskey\":\"<ID>\",\"secretkey\":\"<SECRET>\"}\r\n";
    let mut world = World::from(Source::Role, 2);
    let key = current(&world);
    store(&world, &with(template, &key));
    world.rotate().await.unwrap();
    rotated(&world, template, &key);
}

#[tokio::test(start_paused = true)]
async fn what_a_person_or_a_tool_stored_in_its_place_is_called_by_its_name() {
    for (template, named) in [
        (
            "[default]\naws_access_key_id = <ID>\naws_secret_access_key = <SECRET>\n",
            &["an AWS credentials file"][..],
        ),
        (
            "export AWS_ACCESS_KEY_ID=<ID>\nexport AWS_SECRET_ACCESS_KEY=<SECRET>\n",
            &["a file of environment variables"],
        ),
        ("Access key ID,Secret access key\n<ID>,<SECRET>\n", &["CSV"]),
        (
            "username: alice\naccesskey: <ID>\nsecretkey: <SECRET>\n",
            &["YAML"],
        ),
        (
            r#""{\"username\":\"alice\",\"accesskey\":\"<ID>\",\"secretkey\":\"<SECRET>\"}""#,
            &["encoded twice"],
        ),
        (
            r#"{"owner":"alice","accesskey":"<ID>","secretkey":"<SECRET>"}"#,
            &["\"username\" is missing", "\"owner\"", "USERNAME_FIELD"],
        ),
        (
            r#"{"username":"arn:aws:iam::123456789012:user/alice","accesskey":"<ID>","secretkey":"<SECRET>"}"#,
            &["\"username\" is an ARN", "\"alice\""],
        ),
        (
            r#"{"username":"/team/alice","accesskey":"<ID>","secretkey":"<SECRET>"}"#,
            &["\"username\" is a path", "\"alice\""],
        ),
    ] {
        let mut world = World::from(Source::Role, 2);
        store(&world, &with(template, &current(&world)));
        world.stage();
        for step in STEPS {
            refused(&mut world, step, "SecretMalformed", named).await;
        }
    }
}
