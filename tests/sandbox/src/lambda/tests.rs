use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde_json::json;

use super::*;
use crate::clock::Clock;

/// A shell script that stands in for the function, removed at the end.
struct Script(PathBuf);

impl Script {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sandbox-{}-{name}", std::process::id()));
        // Written by a child: a file cannot be run if this process has it open for writing while
        // another test starts a process ("Text file busy").
        let written = Command::new("/bin/sh")
            .args([
                "-c",
                r#"printf '#!/bin/sh\n%s\n' "$1" > "$0" && chmod +x "$0""#,
            ])
            .arg(&path)
            .arg(text)
            .status();
        assert!(written.is_ok_and(|status| status.success()));
        Self(path)
    }

    fn process(&self) -> LambdaProcess {
        process(&self.0)
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn process(binary: &Path) -> LambdaProcess {
    LambdaProcess::new(binary, &Aws::new(Clock::real()), "http://127.0.0.1:9")
}

fn error_of(result: Result<Value, FunctionError>) -> FunctionError {
    match result {
        Err(error) => error,
        Ok(value) => FunctionError {
            error_type: "none".to_owned(),
            error_message: value.to_string(),
        },
    }
}

#[tokio::test]
async fn the_time_out_kills_the_process() {
    let script = Script::new("time-out", "echo $$; exec sleep 60");
    let mut function = script.process().time_out(Duration::from_secs(1));
    let started = Instant::now();
    let error = error_of(function.invoke(json!({})).await);
    assert_eq!(error.error_type, "Sandbox.Timedout");
    assert!(
        error
            .error_message
            .ends_with("Task timed out after 1.00 seconds"),
        "{error}"
    );
    assert!(started.elapsed() < Duration::from_secs(30));
    assert_gone(&function.logs());
}

#[tokio::test]
async fn an_exit_in_mid_invocation_is_reported_with_its_status() {
    let script = Script::new("exit", "exit 3");
    let error = error_of(script.process().invoke(json!({})).await);
    assert_eq!(error.error_type, "Runtime.ExitError");
    assert!(
        error
            .error_message
            .ends_with("Runtime exited with error: exit status: 3"),
        "{error}"
    );
}

#[tokio::test]
async fn the_invocation_after_an_exit_starts_a_new_process() {
    let script = Script::new("again", "echo started");
    let mut function = script.process();
    for _ in 0..2 {
        let error = error_of(function.invoke(json!({})).await);
        assert!(
            error
                .error_message
                .ends_with("exited without providing a reason"),
            "{error}"
        );
    }
    assert_eq!(function.logs(), "started\nstarted\n");
}

#[tokio::test]
async fn a_killer_ends_the_invocation() {
    let script = Script::new("killer", "echo $$; exec sleep 60");
    let function = script.process();
    let killer = function.killer();
    let mut function = function.on_log_line(move |_| killer.kill());
    let error = error_of(function.invoke(json!({})).await);
    assert_eq!(error.error_type, "Runtime.ExitError");
    assert!(error.error_message.contains("signal: 9"), "{error}");
    assert_gone(&function.logs());
}

#[tokio::test]
async fn the_process_ends_with_its_owner_though_a_killer_is_left() {
    let script = Script::new("drop", "echo $$; exec sleep 60");
    let (begun, mut begins) = tokio::sync::mpsc::unbounded_channel();
    let mut function = script.process().on_log_line(move |_| {
        let _ = begun.send(());
    });
    let killer = function.killer();
    tokio::select! {
        _ = function.invoke(json!({})) => {}
        _ = begins.recv() => {}
    }
    let logs = function.logs();
    drop(function);
    // A killed process is still listed until it is waited for.
    exit(&killer.0).await;
    assert_gone(&logs);
}

#[tokio::test]
async fn a_signal_to_the_sandboxs_process_group_does_not_reach_the_process() {
    // Only the leader of a group has the group's id.
    let script = Script::new("group", "kill -s 0 -- -$$ && echo leads");
    let mut function = script.process();
    error_of(function.invoke(json!({})).await);
    assert_eq!(function.logs(), "leads\n");
}

#[tokio::test]
async fn the_process_has_no_environment_but_the_execution_environment() {
    let mut function = process(Path::new("/usr/bin/env")).env("RUST_LOG", "trace");
    error_of(function.invoke(json!({})).await);
    let logs = function.logs();
    let mut names: Vec<&str> = logs
        .lines()
        .filter_map(|line| line.split('=').next())
        .collect();
    names.sort_unstable();
    let expected = [
        "AWS_ACCESS_KEY_ID",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_ENDPOINT_URL",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "RUST_LOG",
    ];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn a_binary_that_does_not_start_is_reported() {
    let error = error_of(
        process(Path::new("/no/such/function"))
            .invoke(json!({}))
            .await,
    );
    assert_eq!(error.error_type, "Runtime.InvalidEntrypoint");
    assert!(
        error
            .error_message
            .starts_with("/no/such/function does not start"),
        "{error}"
    );
}

/// The first line of the log is the id of a process that must not exist.
fn assert_gone(logs: &str) {
    let pid = logs.lines().next().unwrap_or_default();
    assert!(!pid.is_empty(), "the process had not begun");
    let alive = Command::new("/bin/sh")
        .args(["-c", r#"kill -0 "$0" 2>/dev/null"#, pid])
        .status();
    assert!(
        alive.is_ok_and(|status| !status.success()),
        "process {pid} still runs"
    );
}
