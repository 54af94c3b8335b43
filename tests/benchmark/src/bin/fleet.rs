//! Rotates fleets of secrets in virtual time: `cargo run -p benchmark --bin fleet`, and `--help` for its options.

use std::io::Write as _;
use std::process::ExitCode;

use benchmark::fleet::{Options, run};
use clap::Parser;

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            let _ = writeln!(anstream::stderr(), "\nerror: {failed}");
            ExitCode::FAILURE
        }
    }
}
