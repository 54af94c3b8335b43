//! Bad input gives a clear error. Nothing is changed and nothing is lost. Each kind of input is a case.

use sandbox::aws::{AWSCURRENT, FUNCTION_ROLE, SecretContent};
use sandbox::setup::Source;
use serde_json::json;

use crate::world::{World, with_key};

pub const STEPS: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

/// Runs a step that must refuse, and checks that it changed nothing.
pub async fn refused(world: &mut World, step: &str, error_type: &str, named: &[&str]) {
    let before = world.snapshot();
    let failed = world.step(step).await.unwrap_err();
    assert_eq!(failed.error_type, error_type, "{step}: {failed:?}");
    for named in named
        .iter()
        .chain(&["Nothing was changed. What to do: ", step])
    {
        assert!(failed.error_message.contains(named), "{named}: {failed:?}");
    }
    assert_eq!(world.snapshot(), before, "{step}: {failed:?}");
}

/// A world whose secret holds this text, with a rotation staged.
pub fn holding(source: Source, text: impl FnOnce(&World) -> String) -> World {
    let mut world = World::from(source, 2);
    let text = text(&world);
    world.a_person(|aws| drop(aws.put_secret_text(world.arn(), &text)));
    world.stage();
    world
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_no_rotation_event() {
    let mut world = World::from(Source::Role, 2);
    world.stage();
    let good = world.event("createSecret");
    let without = |field: &str| {
        let mut event = good.clone();
        event.as_object_mut().unwrap().remove(field);
        event.to_string()
    };
    let with = |field: &str, value: serde_json::Value| {
        let mut event = good.clone();
        event[field] = value;
        event.to_string()
    };
    let before = world.snapshot();
    for (event, named) in [
        ("no JSON".to_owned(), "not JSON"),
        ("{".to_owned(), "not JSON"),
        ("[]".to_owned(), "not a JSON object"),
        (without("Step"), "Step is missing"),
        (without("SecretId"), "SecretId is missing"),
        (
            without("ClientRequestToken"),
            "ClientRequestToken is missing",
        ),
        (with("Step", json!("deleteSecret")), "Step is none of"),
        (with("Step", json!(1)), "Step is not a string"),
        (
            with("ClientRequestToken", json!("")),
            "ClientRequestToken is empty",
        ),
        (with("RotationToken", json!("")), "RotationToken is empty"),
    ] {
        let failed = world.function.invoke_raw(&event).await.unwrap_err();
        assert_eq!(failed.error_type, "EventInvalid");
        assert!(failed.error_message.contains(named), "{named}: {failed:?}");
    }
    assert_eq!(world.snapshot(), before);
    assert!(world.aws.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_does_not_exist() {
    let mut world = World::from(Source::Role, 2);
    world.stage();
    let arn = world.arn().replace("alice", "nobody");
    world.allow(FUNCTION_ROLE, "secretsmanager:*", &arn);
    for step in STEPS {
        let mut event = world.event(step);
        event["SecretId"] = arn.as_str().into();
        let failed = world.invoke(event).await.unwrap_err();
        assert_eq!(failed.error_type, "SecretNotFound");
        assert!(failed.error_message.contains(&arn), "{failed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_marked_for_deletion() {
    for step in STEPS {
        let mut world = World::from(Source::Role, 2);
        world.stage();
        world.aws.delete_secret(world.arn());
        refused(&mut world, step, "SecretDeleted", &[]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_without_a_value() {
    let mut world = World::from(Source::Role, 2);
    let arn = world.aws.create_secret("empty", None);
    world.allow(FUNCTION_ROLE, "secretsmanager:*", &arn);
    world.prepared.secret_arn = arn;
    world.stage();
    refused(
        &mut world,
        "createSecret",
        "SecretMalformed",
        &["AWSCURRENT"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_binary() {
    let mut world = World::from(Source::Role, 2);
    let content = SecretContent::Binary(b"{}".to_vec());
    world.prepared.secret_arn = world.aws.create_secret("binary", Some(content));
    let arn = world.arn().to_owned();
    world.allow(FUNCTION_ROLE, "secretsmanager:*", &arn);
    world.stage();
    for step in STEPS {
        refused(&mut world, step, "SecretMalformed", &["binary"]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_not_the_json_it_should_be() {
    let id = "AKIAIOSFODNN7EXAMPLE";
    for (text, named) in [
        ("", "not JSON"),
        ("username=alice", "not JSON"),
        ("[1]", "not an object"),
        ("\"alice\"", "not an object"),
        ("{}", "\"username\" is missing"),
        (r#"{"username":""}"#, "\"username\" is empty"),
        (r#"{"username":7}"#, "\"username\" is not a string"),
        (r#"{"username":null}"#, "\"username\" is not a string"),
        (r#"{"username":"a b"}"#, "not the name of an IAM user"),
        (r#"{"username":"alice","username":"bob"}"#, "there twice"),
        (
            r#"{"username":"alice","secretkey":"x"}"#,
            "\"accesskey\" is missing",
        ),
        (
            &format!(r#"{{"username":"alice","accesskey":"{id}"}}"#),
            "\"secretkey\" is missing",
        ),
        (
            &format!(r#"{{"username":"alice","accesskey":"{id}","secretkey":""}}"#),
            "\"secretkey\" is empty",
        ),
        (
            r#"{"username":"alice","accesskey":1,"secretkey":"x"}"#,
            "\"accesskey\" is not a string",
        ),
        (
            &format!(r#"{{"username":"alice","accesskey":"{id}","secretkey":[]}}"#),
            "\"secretkey\" is not a string",
        ),
        (
            r#"{"username":"alice","secretarn":""}"#,
            "\"secretarn\" is empty",
        ),
        (
            r#"{"username":"alice","secretarn":true}"#,
            "\"secretarn\" is not a string",
        ),
    ] {
        let mut world = holding(Source::Role, |_| text.to_owned());
        for step in STEPS {
            refused(&mut world, step, "SecretMalformed", &["AWSCURRENT", named]).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_the_secret_does_not_know() {
    let mut world = World::from(Source::Role, 2);
    for step in STEPS {
        refused(&mut world, step, "NotStaged", &["aaaaaaaa-", "no version"]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_pending() {
    for step in STEPS {
        let mut world = World::from(Source::Role, 2);
        world.stage();
        let token = world.token().to_owned();
        world.aws.set_label(world.arn(), "MINE", &token);
        world.aws.remove_label(world.arn(), "AWSPENDING");
        refused(&mut world, step, "NotStaged", &[&token, "not AWSPENDING"]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_pending_value_for_someone_else() {
    for step in STEPS {
        let mut world = World::from(Source::Role, 2);
        world.aws.create_user("/", "bob");
        let bob = world.aws.create_access_key("bob");
        world.stage();
        let text = with_key(&world.text(AWSCURRENT), &bob).replace("\"alice\"", "\"bob\"");
        world
            .aws
            .put_version_text(world.arn(), world.token(), &text);
        let line = format!(
            "(`aws secretsmanager update-secret-version-stage --secret-id {} --version-stage AWSPENDING --remove-from-version-id {}`)",
            world.arn(),
            world.token()
        );
        let named = ["bob", "alice", &line];
        refused(&mut world, step, "SecretMalformed", &named).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_pending_value_that_cannot_be_used() {
    for (text, named) in [
        ("nonsense", "AWSPENDING"),
        (r#"{"username":"alice"}"#, "AWSPENDING holds no access key"),
    ] {
        for step in STEPS {
            let mut world = World::from(Source::Role, 2);
            world.stage();
            world.aws.put_version_text(world.arn(), world.token(), text);
            refused(
                &mut world,
                step,
                "SecretMalformed",
                &[named, "--remove-from"],
            )
            .await;
        }
    }
}
