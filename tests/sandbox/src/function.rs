//! The function's binary, built for the run.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");

/// Builds the function and returns its binary. What cargo has to say, it says itself.
///
/// # Errors
///
/// When it can't be built.
pub(crate) async fn build() -> Result<PathBuf, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    // The whole workspace's features, so that nothing is built twice that `cargo run` has built.
    let mut command = Command::new(cargo);
    command
        .args(["build", "--workspace", "--bin", "iam-key-rotator"])
        .args([
            "--message-format",
            "json-render-diagnostics",
            "--manifest-path",
            MANIFEST,
        ]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    // `cargo run` describes this package in the environment; a build script that looks at such a
    // variable (ring's does) would run again, and with it half of the build.
    for (name, _) in env::vars_os() {
        let about_this_package = ["CARGO_PKG_", "CARGO_MANIFEST_"]
            .iter()
            .any(|prefix| name.to_string_lossy().starts_with(prefix));
        if about_this_package {
            command.env_remove(name);
        }
    }
    let cargo = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // Such as that it waits for another cargo; with --quiet it would not say so.
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(no_cargo)?;
    let output = cargo.wait_with_output().await.map_err(no_cargo)?;
    if !output.status.success() {
        return Err("the function can't be built".to_owned());
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(executable)
        .ok_or_else(|| "cargo built no binary iam-key-rotator".to_owned())
}

fn no_cargo(error: io::Error) -> String {
    format!("the function can't be built, because cargo does not start: {error}")
}

/// The binary that a line of cargo's messages is about.
fn executable(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let is_function = message["target"]["name"] == "iam-key-rotator";
    let path = message["executable"].as_str().filter(|_| is_function)?;
    Some(PathBuf::from(path))
}
