//! The command line.

use std::path::PathBuf;

use clap::Parser;

use super::contestants::Kind;

/// Measures how fast the function starts, beside a hello world in Rust and functions in Python and Node.
///
/// Builds release, installs the Python and Node functions below target/tools, and runs them all under the Lambda
/// Runtime API against TLS endpoints on 127.0.0.1. Where the machine lets it limit a process's share of a processor, it
/// measures at Lambda's shares too.
#[derive(Clone, Debug, Parser)]
#[command(name = "cold-start")]
pub struct Options {
    /// See that all of it works, with dev binaries, once, at 128 MB alone; judges no time
    #[arg(long, conflicts_with_all = ["repeats", "save"])]
    pub(super) short: bool,

    /// How often each is measured; the median counts
    #[arg(
        long,
        default_value_t = 10,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=1000)
    )]
    pub(super) repeats: u32,

    /// Measure this one; may be given several times. The function is measured always
    #[arg(long = "only", value_name = "NAME", value_enum)]
    pub(super) only: Vec<Kind>,

    /// How much later each answer of AWS comes, to see what round trips cost
    #[arg(long, default_value_t = 0, value_name = "MS")]
    pub(super) latency: u64,

    /// The function's binary, built already
    #[arg(long, value_name = "PATH")]
    pub(super) function: Option<PathBuf>,

    /// The binary of the hello world, built already
    #[arg(long, value_name = "PATH")]
    pub(super) hello: Option<PathBuf>,

    /// Write tests/benchmark/results/cold-start.md and cold-start.svg
    #[arg(long)]
    pub(super) save: bool,
}

impl Options {
    pub(super) fn repeats(&self) -> u32 {
        if self.short { 1 } else { self.repeats }
    }

    pub(super) fn measures(&self, kind: Kind) -> bool {
        kind == Kind::Ours || self.only.is_empty() || self.only.contains(&kind)
    }

    /// The command as a person would type it.
    pub(super) fn command(&self) -> String {
        let profile = if cfg!(debug_assertions) {
            ""
        } else {
            " --profile measure"
        };
        let mut command = format!("cargo run{profile} -p benchmark --bin cold-start");
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        if !arguments.is_empty() {
            command += " -- ";
            command += &arguments.join(" ");
        }
        command
    }
}
