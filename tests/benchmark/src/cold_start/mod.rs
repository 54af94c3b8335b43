//! Measures the cold start: the real binary, and others to compare with, under the Lambda Runtime API and against TLS
//! endpoints on loopback.
//!
//! ```text
//! options ─► build, contestants ─► [cgroup: a share of a processor] ─► measure ─► report
//! measure: a repeat = an account (aws_side: three hosts) + processes (process: one execution environment each)
//! ```

mod aws_side;
mod cgroup;
mod contestants;
mod cpu;
mod figures;
mod machine;
mod measure;
mod options;
mod process;
mod report;
mod run;
mod tables;
mod targets;
mod traffic;

use std::io::Write as _;

pub use self::options::Options;
pub use self::run::run;

/// Why the command ended, for a person to read, in one or more lines.
pub type Failed = String;

/// Reports slow work on stderr.
fn progress(what: &str) {
    let _ = writeln!(anstream::stderr(), "{what} ...");
}

/// Prints a result.
fn print(text: &str) {
    let mut out = anstream::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
