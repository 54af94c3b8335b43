//! P5: no secret key, RotationToken or secret value reaches a log, an error or a panic, at any log
//! level. `World` searches the output of each test. The cases here are made for that search.

use sandbox::aws::{AWSCURRENT, CALLS, FaultKind};
use sandbox::setup::Source;

use crate::world::{SOURCES, World};

#[tokio::test(start_paused = true)]
async fn a_rotation_at_trace_says_key_ids_and_no_secret() {
    for source in SOURCES {
        let mut world = World::from(source, 2);
        world.rotate().await.unwrap();
        let logs = world.logs();
        assert!(
            logs.contains(&world.older_key()) && logs.contains(&world.key_of(AWSCURRENT).unwrap())
        );
        let confidential = world.aws.confidential();
        // Two keys, the new one, the role's session token, and the RotationToken.
        assert!(confidential.len() >= 5, "{}", confidential.len());
        assert!(
            confidential
                .iter()
                .any(|one| one.contains("SANDBOXROTATIONTOKEN"))
        );
        assert!(
            confidential
                .iter()
                .any(|one| one.contains("SANDBOXSECRETKEY"))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_read_is_not_repeated() {
    for action in CALLS {
        let source = match action {
            "AssumeRole" => Source::AnotherAccount,
            _ => Source::SelfKey,
        };
        let mut world = World::from(source, 2);
        world.always_fail(action, FaultKind::Garbled);
        // The result does not matter. The search runs when the world is dropped.
        let _ = world.rotate().await;
        assert!(world.count(action) > 0, "{action}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_in_the_wrong_field_is_not_repeated() {
    let mut world = World::from(Source::Role, 2);
    let key = world.prepared.current_key.clone().unwrap();
    for text in [
        format!(
            r#"{{"username":"alice","accesskey":"{0}","secretkey":"{1}"}}"#,
            key.secret, key.id
        ),
        format!(
            r#"{{"username":"{0}","accesskey":"{1}","secretkey":"{0}"}}"#,
            key.secret, key.id
        ),
        format!(
            r#"{{"username":"alice","accesskey":"{1}","secretkey":"{0}","secretarn":"{0}"}}"#,
            key.secret, key.id
        ),
        format!(
            r#"{{"username":"alice","accesskey":"{1}","secretkey":"{0}","secretarn":"{2} {0}\n"}}"#,
            key.secret,
            key.id,
            world.arn()
        ),
        format!(
            "{{\"username\":\"alice\",\"accesskey\":\"{0}\" \"{1}\"",
            key.id, key.secret
        ),
        format!("\"{}\"", key.secret),
        key.secret.clone(),
    ] {
        world.a_person(|aws| drop(aws.put_secret_text(world.arn(), &text)));
        world.stage();
        let failed = world.step("createSecret").await.unwrap_err();
        assert_eq!(failed.error_type, "SecretMalformed", "{failed:?}");
        world.aws.remove_label(world.arn(), "AWSPENDING");
        world.fresh_token();
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotation_token_in_a_malformed_event_is_not_repeated() {
    let mut world = World::from(Source::Role, 2);
    world.stage();
    let good = world.event("createSecret").to_string();
    for event in [
        good.replace("createSecret", "destroySecret"),
        good.replace("\"RotationToken\":", "\"Step\":"),
        good.replace("\"SecretId\":", "\"RotationToken\":"),
        good[..good.len() - 1].to_owned(),
        format!("[{good}]"),
    ] {
        let failed = world.function.invoke_raw(&event).await.unwrap_err();
        world.hear(&format!("{failed:?}"));
        assert_eq!(failed.error_type, "EventInvalid", "{failed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_rotation_token_is_passed_on() {
    let mut world = World::from(Source::Role, 2);
    // The simulated Secrets Manager refuses a PutSecretValue without it (fact 8).
    world.aws.require_rotation_token(true);
    world.rotate().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_log_line_has_time_level_request_step_secret_user_and_key() {
    let mut world = World::from(Source::Role, 2);
    world.stage();
    world.step("createSecret").await.unwrap();
    let logs = world.logs();
    let line = logs
        .lines()
        .find(|line| line.contains("access key deleted"))
        .unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert!(
        line["timestamp"].as_str().unwrap().ends_with('Z'),
        "fact 37"
    );
    assert_eq!(line["level"], "INFO");
    assert!(line["span"]["requestId"].is_string());
    assert_eq!(line["span"]["step"], "createSecret");
    assert_eq!(line["span"]["secret"], world.arn());
    assert_eq!(line["span"]["user"], "alice");
    assert_eq!(line["deleted_access_key_id"], world.older_key());
}
