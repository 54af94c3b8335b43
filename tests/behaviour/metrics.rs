//! The metrics of a rotation, as lines of the log.

use std::time::Duration;

use iam_key_rotator::Config;
use sandbox::aws::FaultKind;
use sandbox::setup::Source;
use serde_json::{Value, json};

use crate::local::Local;
use crate::world::{World, setup};

/// The metrics' lines of a log.
fn lines(log: &str) -> Vec<Value> {
    let lines = log.lines().filter(|line| line.contains("\"_aws\""));
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn named() -> Config {
    Config {
        function_name: "rotate-alice".to_owned(),
        ..Config::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotation_counts_once_and_tells_how_soon_its_key_worked() {
    let mut world = World::with(setup(Source::Role, 1), named());
    world.stage();
    // What a step does again counts no second rotation.
    for step in [
        "createSecret",
        "setSecret",
        "testSecret",
        "finishSecret",
        "finishSecret",
    ] {
        world.step(step).await.unwrap();
    }
    let lines = lines(&world.logs());
    assert_eq!(lines.len(), 2, "{lines:#?}");
    let [works, finished] = lines.try_into().unwrap();
    assert_eq!(works["Step"], "testSecret");
    let seconds = works["SecondsUntilKeyWorks"].as_i64().unwrap();
    assert!((1..60).contains(&seconds), "{works}");
    assert_eq!(finished["RotationsFinished"], 1);
    assert_eq!(finished["Function"], "rotate-alice");
    assert_eq!(finished["Secret"], world.arn());
    let dimensions = &finished["_aws"]["CloudWatchMetrics"][0]["Dimensions"];
    assert_eq!(dimensions, &json!([["Function"]]));
}

#[tokio::test(start_paused = true)]
async fn a_test_of_a_rotation_counts_as_none() {
    let mut world = World::with(setup(Source::Role, 1), named());
    world.test_rotation().await.unwrap();
    assert_eq!(lines(&world.logs()), Vec::<Value>::new());
}

#[tokio::test(start_paused = true)]
async fn a_step_that_fails_counts_by_its_error_type_with_the_time_that_throttling_took() {
    let mut world = World::with(setup(Source::Role, 1), named());
    world.function_time_out(Duration::from_secs(30));
    world.stage();
    let throttled = FaultKind::ErrorBefore {
        status: 400,
        code: "Throttling".into(),
    };
    world.always_fail("ListAccessKeys", throttled);
    let failed = world.step("createSecret").await.unwrap_err();
    let lines = lines(&world.logs());
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert_eq!(lines[0]["StepsFailed"], 1);
    assert_eq!(lines[0]["ErrorType"], *failed.error_type);
    assert_eq!(lines[0]["ErrorType"], "Throttled");
    let seconds = lines[0]["ThrottledSeconds"].as_i64().unwrap();
    assert!((15..=30).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn metrics_off_writes_none() {
    let config = Config {
        metrics: false,
        ..named()
    };
    let mut world = World::with(setup(Source::Role, 1), config);
    world.rotate().await.unwrap();
    assert_eq!(lines(&world.logs()), Vec::<Value>::new());
}

#[tokio::test]
async fn they_are_written_whatever_the_log_level_is() {
    let mut local = Local::new(Source::Role).await;
    for (name, value) in [
        ("AWS_LAMBDA_LOG_LEVEL", "FATAL"),
        ("AWS_LAMBDA_FUNCTION_NAME", "rotate-alice"),
    ] {
        local = local.with(name, value);
    }
    local.rotate().await.unwrap();
    let log = local.logs().await;
    let finished: Vec<_> = lines(&log)
        .into_iter()
        .filter(|line| line["RotationsFinished"] == 1)
        .collect();
    assert_eq!(finished.len(), 1, "{log}");
    assert_eq!(finished[0]["level"], "FATAL");
    assert!(!log.contains("\"level\":\"INFO\""), "{log}");
}
