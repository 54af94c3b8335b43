//! The real binary under the Lambda Runtime API, its calls over HTTP.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use sandbox::aws::{AWSCURRENT, AWSPENDING};
use sandbox::rotation::{Function, event, test_rotation};
use sandbox::setup::Source;
use serde_json::{Value, json};

use crate::local::{BINARY, Local};
use crate::look::key_of;
use crate::world::{SOURCES, TOKEN};

fn current_key(local: &Local) -> String {
    key_of(&local.aws, &local.prepared.secret_arn, AWSCURRENT).unwrap()
}

#[tokio::test]
async fn it_rotates_in_each_credential_source() {
    for source in SOURCES {
        let mut local = Local::new(source).await;
        let old = local.prepared.current_key.clone().unwrap().id;
        local.rotate().await.unwrap();
        assert_ne!(current_key(&local), old, "{source:?}");
        // The same process again: nothing from one rotation is left for the next.
        local.rotate().await.unwrap();
        assert_eq!(local.aws.user_keys("alice").len(), 2);
        local.logs().await;
    }
}

#[tokio::test]
async fn every_line_it_writes_at_trace_is_json_with_time_level_and_request() {
    let mut local = Local::new(Source::SelfKey).await;
    local.rotate().await.unwrap();
    local.function.invoke(json!("nonsense")).await.unwrap_err();
    let logs = local.logs().await;
    assert!(logs.lines().count() >= 6, "{logs}");
    for line in logs.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(
            line["timestamp"].is_string() && line["level"].is_string(),
            "fact 37: {line}"
        );
        if line["_aws"].is_object() {
            assert!(line["requestId"].is_string(), "{line}");
            continue;
        }
        assert!(line["span"]["requestId"].is_string(), "{line}");
        let is_rotation = line["error_type"] != "EventInvalid";
        assert_eq!(line["span"]["step"].is_string(), is_rotation, "{line}");
    }
}

#[tokio::test]
async fn a_test_of_the_rotation_passes() {
    let mut local = Local::new(Source::Administrator).await;
    let arn = local.prepared.secret_arn.clone();
    let tested = test_rotation(&local.aws, &mut local.function, &arn, &mut |_| {}).await;
    assert_eq!(tested.unwrap().steps.len(), 1);
    local.logs().await;
}

#[tokio::test]
async fn killed_behind_put_secret_value_the_next_process_goes_on_with_the_stored_key() {
    let mut local = Local::new(Source::SelfKey).await;
    let killer = local.function.killer();
    let once = AtomicBool::new(true);
    local.aws.on_call(move |call| {
        if call.action == "PutSecretValue" && once.swap(false, Ordering::SeqCst) {
            killer.kill();
        }
    });
    local.rotate().await.unwrap_err();
    let keys = local.aws.user_keys("alice");
    local.rotate().await.unwrap();
    assert_eq!(local.aws.user_keys("alice"), keys);
    assert!(keys.iter().any(|key| key.id == current_key(&local)));
    local.logs().await;
}

#[tokio::test]
async fn an_error_goes_back_with_a_type_of_its_own() {
    let mut local = Local::new(Source::Role).await;
    let arn = local.prepared.secret_arn.clone();
    local.aws.delete_secret(&arn);
    for (event, error_type) in [
        (json!("nonsense"), "EventInvalid"),
        (json!({"Step": "createSecret"}), "EventInvalid"),
        (event("createSecret", &arn, TOKEN, None), "SecretDeleted"),
    ] {
        let failed = local.function.invoke(event).await.unwrap_err();
        assert_eq!(failed.error_type, error_type, "{failed:?}");
        assert!(failed.error_message.contains("What to do: "), "{failed:?}");
    }
    assert!(local.logs().await.contains("EventInvalid"));
}

#[tokio::test]
async fn a_setting_that_cannot_be_read_is_said_at_start_up_and_to_the_caller() {
    for (name, value) in [
        ("VERIFY_TIMEOUT", "soon"),
        ("IN_USE_WINDOW", "a day"),
        ("USERNAME_FIELD", ""),
        ("SECRET_KEY_FIELD", "accesskey"),
    ] {
        let mut local = Local::new(Source::Role).await.with(name, value);
        let arn = local.prepared.secret_arn.clone();
        local.aws.stage_pending(&arn, TOKEN).unwrap();
        let event = event("createSecret", &arn, TOKEN, None);
        let failed = local.function.invoke(event).await.unwrap_err();
        assert_eq!(failed.error_type, "ConfigurationInvalid");
        assert!(failed.error_message.contains(name), "{failed:?}");
        assert!(local.aws.calls().is_empty());
        let logs = local.logs().await;
        assert!(logs.lines().next().unwrap().contains(name), "{logs}");
    }
}

#[test]
fn run_outside_lambda_it_says_so_in_one_line_and_exits_with_2() {
    let ran = Command::new(BINARY).env_clear().output().unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(2));
    assert!(ran.stdout.is_empty());
    assert_eq!(said.lines().count(), 1);
    assert!(said.contains("cargo run -p sandbox"), "{said}");
}

#[tokio::test]
async fn the_environments_field_names_are_used() {
    let mut local = Local::new(Source::Role)
        .await
        .with("ACCESS_KEY_FIELD", "id");
    let arn = local.prepared.secret_arn.clone();
    let key = local.prepared.current_key.clone().unwrap();
    let text = json!({"username": "alice", "id": key.id, "secretkey": key.secret});
    local.aws.put_secret_text(&arn, &text.to_string());
    local.aws.stage_pending(&arn, TOKEN).unwrap();
    let answer = local
        .function
        .invoke(event("createSecret", &arn, TOKEN, None))
        .await
        .unwrap();
    let view = local.aws.secret(&arn).unwrap();
    let pending = view
        .with_label(AWSPENDING)
        .unwrap()
        .content
        .clone()
        .unwrap();
    let id = answer["accessKeyId"].as_str().unwrap();
    assert!(
        pending
            .as_text()
            .unwrap()
            .contains(&format!("\"id\":\"{id}\""))
    );
    local.logs().await;
}
