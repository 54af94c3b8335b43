//! Measures how fast the function starts: `cargo run -p benchmark --bin cold-start`, and `--help` for its options.

use std::io::{self, Write as _};
use std::process::ExitCode;

use benchmark::cold_start::{Options, run};
use clap::Parser;

/// The exit status that a shell reports for a command that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let options = Options::parse();
    let result = tokio::select! {
        result = run(&options) => result,
        // Everything that runs is dropped, and with it processes, files and the control group.
        Ok(()) = interrupted() => return INTERRUPTED.into(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            let _ = writeln!(anstream::stderr(), "\nerror: {failed}");
            ExitCode::FAILURE
        }
    }
}

/// Waits for a signal by which a person or a system ends a command.
async fn interrupted() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminated = signal(SignalKind::terminate())?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result,
            _ = terminated.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
