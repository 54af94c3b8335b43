//! Rotates an access key with the real function in the simulated AWS, for a person to watch.

mod cli;
mod keeper_shows;
mod serve;
mod state;
mod steps;
mod table;
mod view;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use sandbox::aws::Aws;
use sandbox::build::build;
use sandbox::clock::Clock;
use sandbox::lambda::LambdaProcess;
use sandbox::rotation::{RotateOptions, RotationFailed, rotate, test_rotation};
use sandbox::server::Server;
use sandbox::setup::{Prepared, Setup, SetupError};

use self::cli::{Cli, Failure, Variable};
use self::state::State;
use self::steps::{Announced, StepView};

/// The days that pass between two rotations.
const INTERVAL_DAYS: u32 = 30;

/// The exit status of a command that Ctrl-C ended, as shells report it.
const INTERRUPTED: u8 = 130;

/// Why the command failed, in one or more lines.
type Failed = String;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = tokio::select! {
        result = run(&cli) => result,
        // Everything that runs is dropped, including a process of the function.
        Ok(()) = tokio::signal::ctrl_c() => {
            view::print("\n");
            return if cli.serve { ExitCode::SUCCESS } else { INTERRUPTED.into() };
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            view::failed(&failed);
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: &Cli) -> Result<(), Failed> {
    if cli.leak.is_some() || cli.retire {
        return keeper_shows::run(cli).await;
    }
    let aws = Aws::new(Clock::real());
    let setup = Setup {
        source: cli.source.into(),
        keys: cli.keys,
        ..Setup::default()
    };
    let prepared = match setup.prepare(&aws) {
        Err(error @ SetupError::NoKeyToManageItself) => usage(error),
        result => result.map_err(|error| error.to_string())?,
    };
    let binary = match &cli.function {
        Some(path) => path.clone(),
        None => {
            view::progress("Building the function");
            build("iam-key-rotator", !cfg!(debug_assertions)).await?
        }
    };
    for (index, failure) in cli.failures.iter().enumerate() {
        let before = cli
            .failures
            .iter()
            .take(index)
            .filter(|other| other.call == failure.call);
        aws.inject(failure.fault(before.count() + 1));
    }
    if cli.serve {
        return serve::serve(cli, &aws, &prepared, &binary).await;
    }

    let server = Server::start(aws.clone())
        .await
        .map_err(|error| format!("the simulated AWS can't listen on 127.0.0.1: {error}"))?;
    let mut function = process(cli, &aws, &server, &binary);
    view::introduction(cli, &prepared, &binary);
    let result = if cli.test_rotation {
        test_once(cli, &aws, &mut function, &prepared).await
    } else {
        rotations(cli, &aws, &mut function, &prepared).await
    };
    for failure in unfired(&cli.failures, &aws) {
        view::note(&format!(
            "the function made fewer calls of {failure} than were to go wrong."
        ));
    }
    function.kill().await;
    result
}

/// The function's process, set up by the options.
fn process(cli: &Cli, aws: &Aws, server: &Server, binary: &Path) -> LambdaProcess {
    let process = LambdaProcess::new(binary, aws, &server.endpoint());
    let variables = cli.variables.iter();
    let process = variables.fold(process, |process, Variable { name, value }| {
        process.env(name, value)
    });
    if cli.logs {
        process.on_log_line(view::log_line)
    } else {
        process
    }
}

async fn rotations(
    cli: &Cli,
    aws: &Aws,
    function: &mut LambdaProcess,
    prepared: &Prepared,
) -> Result<(), Failed> {
    let mut before = State::of(aws, &prepared.secret_arn);
    view::before(&before);
    for number in 1..=cli.rotations {
        if number > 1 {
            aws.age(Duration::from_secs(24 * 60 * 60) * INTERVAL_DAYS);
            before = before.later(aws);
        }
        view::rotation(number, cli.rotations, INTERVAL_DAYS);
        let mut steps = StepView::new(aws, cli.is_live());
        let mut function = Announced::new(function, cli.is_live());
        let options = RotateOptions::default();
        let result = rotate(
            aws,
            &mut function,
            &prepared.secret_arn,
            options,
            &mut |step| steps.show(step),
        )
        .await;
        let after = before.later(aws);
        view::after(&before, &after);
        result.map_err(|failed| rotation_failed(&failed))?;
        view::rotated(&before, &after);
    }
    Ok(())
}

async fn test_once(
    cli: &Cli,
    aws: &Aws,
    function: &mut LambdaProcess,
    prepared: &Prepared,
) -> Result<(), Failed> {
    let before = State::of(aws, &prepared.secret_arn);
    view::before(&before);
    view::heading("Test of the rotation");
    let mut steps = StepView::new(aws, cli.is_live());
    let arn = &prepared.secret_arn;
    let mut function = Announced::new(function, cli.is_live());
    let result = test_rotation(aws, &mut function, arn, &mut |step| steps.show(step)).await;
    let after = before.later(aws);
    if before.is_same(&after) {
        view::unchanged();
    } else {
        view::after(&before, &after);
    }
    result
        .map(|_| view::tested())
        .map_err(|failed| rotation_failed(&failed))
}

/// The step lines have already shown the function's error.
fn rotation_failed(failed: &RotationFailed) -> Failed {
    match failed {
        RotationFailed::Step { step, error, .. } => {
            format!("{step} failed with {}", error.error_type)
        }
        other => other.to_string(),
    }
}

/// The actions that were meant to fail more often than they were called.
fn unfired<'a>(failures: &'a [Failure], aws: &Aws) -> Vec<&'a str> {
    let calls = aws.calls();
    let count = |action: &str| calls.iter().filter(|call| call.action == action).count();
    let mut unfired: Vec<&str> = failures
        .iter()
        .map(|failure| failure.call)
        .filter(|action| {
            count(action)
                < failures
                    .iter()
                    .filter(|failure| failure.call == *action)
                    .count()
        })
        .collect();
    unfired.sort_unstable();
    unfired.dedup();
    unfired
}

/// Ends the program as clap does for a bad option.
fn usage(error: impl std::fmt::Display) -> ! {
    Cli::command()
        .error(ErrorKind::ArgumentConflict, error)
        .exit()
}
