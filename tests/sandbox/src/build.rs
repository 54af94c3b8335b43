//! The binaries, built for the run.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");

/// Builds a package whose one binary has its name, and returns the binary. Cargo prints its own messages.
///
/// # Errors
/// If the build fails.
pub async fn build(package: &str, release: bool) -> Result<PathBuf, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command
        .args(["build", "--manifest-path", MANIFEST, "--bin", package])
        .args(["--message-format", "json-render-diagnostics"]);
    if release {
        // By itself, as it is deployed: only with the features that it asks for.
        command.args(["--release", "--package", package]);
    } else {
        // With the whole workspace's features, as every test builds it.
        command.arg("--workspace");
    }
    // `cargo run` describes this package in the environment. A build script that reads such a
    // variable (ring's does) would run again, and half of the build with it.
    for (name, _) in env::vars_os() {
        let about_this_package = ["CARGO_PKG_", "CARGO_MANIFEST_"]
            .iter()
            .any(|prefix| name.to_string_lossy().starts_with(prefix));
        if about_this_package {
            command.env_remove(name);
        }
    }
    let no_cargo =
        |error| format!("{package} can't be built, because cargo does not start: {error}");
    let cargo = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // For example, that it waits for another cargo; --quiet would hide that.
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(no_cargo)?;
    let output = cargo.wait_with_output().await.map_err(no_cargo)?;
    if !output.status.success() {
        return Err(format!("{package} can't be built"));
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(|message| executable(message, package))
        .ok_or_else(|| format!("cargo built no binary {package}"))
}

/// The binary that a line of cargo's messages is about.
fn executable(message: &str, name: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let is_it = message["target"]["name"] == name;
    let path = message["executable"].as_str().filter(|_| is_it)?;
    Some(PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binary_is_the_one_that_cargo_names() {
        let message = |name: &str| {
            format!(r#"{{"target":{{"name":"{name}"}},"executable":"/target/release/{name}"}}"#)
        };
        let path = Some(PathBuf::from("/target/release/hello"));
        assert_eq!(executable(&message("hello"), "hello"), path);
        assert_eq!(executable(&message("other"), "hello"), None);
        assert_eq!(executable("not JSON", "hello"), None);
    }
}
