//! The command as a person runs it.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

const SANDBOX: &str = env!("CARGO_BIN_EXE_sandbox");

fn shell(script: &str, argument: &str) -> String {
    let output = Command::new("/bin/sh")
        .args(["-c", script, argument])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// What `look` gives once it gives something, for ten seconds.
fn within_ten_seconds<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    (0..200).find_map(|_| {
        sleep(Duration::from_millis(50));
        look()
    })
}

/// A rotation by a function that never answers. Gives the id of the function's process, too.
fn endless_rotation() -> (Child, String) {
    let path = std::env::temp_dir().join(format!("sandbox-{}-endless", std::process::id()));
    let path = path.to_str().unwrap();
    // Written by a child: a file that this process has open for writing can't be run.
    let script = r#"printf '#!/bin/sh\necho $$\nexec sleep 60\n' > "$0" && chmod +x "$0""#;
    shell(script, path);
    let mut sandbox = Command::new(SANDBOX)
        .args(["--logs", "--function", path])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(sandbox.stdout.take().unwrap());
    let mut lines = output.lines().map_while(Result::ok);
    let function = lines.find_map(|line| line.trim().strip_prefix("| ").map(str::to_owned));
    std::fs::remove_file(path).unwrap();
    (sandbox, function.unwrap())
}

#[test]
fn ctrl_c_ends_a_rotation_and_the_functions_process() {
    let (mut sandbox, function) = endless_rotation();
    shell(r#"kill -INT "$0""#, &sandbox.id().to_string());
    let status = within_ten_seconds(|| sandbox.try_wait().unwrap());
    if status.is_none() {
        sandbox.kill().unwrap();
    }
    assert_eq!(status.and_then(|status| status.code()), Some(130));
    // A process that is gone may be listed until somebody waits for it.
    let gone = within_ten_seconds(|| {
        let state = shell(r#"ps -o stat= -p "$0""#, &function);
        (state.is_empty() || state.trim().starts_with('Z')).then_some(())
    });
    assert!(gone.is_some(), "process {function} still runs");
}

#[test]
fn a_function_that_is_no_executable_file_is_bad_usage() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let output = Command::new(SANDBOX)
        .args(["--function", manifest])
        .output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("not an executable file"), "{message}");
}
