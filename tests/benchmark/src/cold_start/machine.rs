//! The machine that a run was measured on, for the report.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::contestants::{Contestant, Kind};

/// A list of everything that the figures depend on.
pub(super) fn describe(contestants: &[Contestant], system_roots: usize) -> String {
    let processors = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let mut lines = vec![
        format!("{}, {processors} processors", processor()),
        format!("Linux {}", read("/proc/sys/kernel/osrelease")),
        says("rustc", &["--version"]),
        format!("{system_roots} TLS roots of the machine and the run's own"),
    ];
    for contestant in contestants {
        match contestant.kind {
            Kind::Python => {
                let script = "import boto3, botocore, sys; print('Python', sys.version.split()[0] + ', boto3', \
                              boto3.__version__ + ', botocore', botocore.__version__)";
                lines.push(says(&contestant.program, &["-c", script]));
            }
            Kind::Node => {
                let version = says(&contestant.program, &["--version"]);
                lines.push(format!("Node {version}, AWS SDK {}", sdk_of_node()));
            }
            Kind::Ours | Kind::Hello => {}
        }
    }
    lines.iter().map(|line| format!("- {line}\n")).collect()
}

fn processor() -> String {
    let text = read("/proc/cpuinfo");
    let mut lines = text.lines();
    let name = lines.find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or(std::env::consts::ARCH.to_owned(), |(_, name)| {
        name.trim().to_owned()
    })
}

fn read(path: &str) -> String {
    fs::read_to_string(path)
        .unwrap_or_else(|_| "unknown".to_owned())
        .trim()
        .to_owned()
}

fn says(program: impl AsRef<Path>, arguments: &[&str]) -> String {
    let program = program.as_ref();
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |error| format!("{}: {error}", program.display()),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

/// The pinned versions of what the bundle contains.
fn sdk_of_node() -> String {
    let pins = include_str!("../../functions/node/package.json");
    let pins: serde_json::Value = serde_json::from_str(pins).unwrap_or_default();
    let clients = ["secrets-manager", "iam", "sts"].map(|client| {
        let version = pins["dependencies"][format!("@aws-sdk/client-{client}")].as_str();
        format!("client-{client} {}", version.unwrap_or("unknown"))
    });
    clients.join(", ")
}
