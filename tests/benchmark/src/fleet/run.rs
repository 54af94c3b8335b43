//! The command: everything that was asked for, and the final report.

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sandbox::build::build;
use tokio::runtime::Builder;

use super::options::Options;
use super::plots::{billed_plot, time_plot};
use super::report::{Results, Row, errors, report};
use super::scenario::{Part, Scenario, Start};
use super::simulation::simulate;
use super::window::{Span, thousands, too_narrow};
use super::{keeper_run, memory};

const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/results");
/// The largest fleet that starts at once unless the options ask for another. A larger one takes minutes to simulate,
/// and half a day to rotate.
const MOST_AT_ONCE: usize = 1_000;
/// Timeouts that are tried besides the function's own: the longest is Lambda's.
const TIME_OUTS: [u64; 3] = [120, 300, 900];
/// Concurrencies that are tried besides the function's own.
const CONCURRENCIES: [usize; 3] = [100, 50, 20];
/// The users of the large account. More would take half of the short form's time.
const MANY: usize = 1_000;
const MANY_IN_SHORT: usize = 100;

/// Runs the command.
///
/// # Errors
/// For a person to read: what could not be done, or which fleets did not rotate in their window.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let failed = [
        options.does(Part::Rotations).then(|| rotations(options)),
        options.does(Part::Keeper).then(|| keeper_run::run(options)),
    ];
    let mut messages = Vec::new();
    for part in failed.into_iter().flatten() {
        messages.extend(part?);
    }
    match messages.is_empty() {
        true => Ok(()),
        false => Err(messages.join("\n").into()),
    }
}

/// Rotates the fleets. Returns which did not rotate in their window.
fn rotations(options: &Options) -> Result<Vec<String>, Box<dyn Error>> {
    let mut results = Results::default();
    for start in [Start::Spread, Start::AtOnce] {
        if options.start.is_some_and(|only| only != start) {
            continue;
        }
        for secrets in options.sizes() {
            if options.start.is_none() && start == Start::AtOnce && *secrets > MOST_AT_ONCE {
                continue;
            }
            let row = row(options.scenario(*secrets, start))?;
            match start {
                Start::Spread => results.spread.push(row),
                Start::AtOnce => results.at_once.push(row),
            }
        }
    }
    if let (None, false, Some(row)) = (options.start, options.short, results.at_once.last()) {
        results.choices = choices(row)?;
    }
    results.memory = measure_memory(options)?;

    let text = report(&command(), &results);
    print(&text);
    if options.save {
        save(&text, &results)?;
    }
    let rows = results.spread.iter().chain(&results.at_once);
    Ok(rows.filter_map(failure).collect())
}

fn row(scenario: Scenario) -> Result<Row, Box<dyn Error>> {
    let (secrets, start) = (thousands(scenario.secrets), scenario.start.name());
    let began = Instant::now();
    let figures = simulate(&scenario)?;
    progress(&format!(
        "{secrets} {start}, time-out {}, {} at a time: {} rotated; {:.1} s",
        Span(scenario.time_out),
        thousands(scenario.concurrency),
        thousands(figures.finished),
        began.elapsed().as_secs_f64(),
    ));
    Ok(Row { scenario, figures })
}

/// The fleet with other timeouts, then with fewer invocations at a time.
fn choices(fleet: &Row) -> Result<Vec<Row>, Box<dyn Error>> {
    let own = &fleet.scenario;
    let time_outs = TIME_OUTS.map(|seconds| Scenario {
        time_out: Duration::from_secs(seconds),
        ..own.clone()
    });
    let concurrencies = CONCURRENCIES.map(|concurrency| Scenario {
        concurrency,
        ..own.clone()
    });
    let tried = time_outs.into_iter().chain(concurrencies);
    tried
        .map(|scenario| match scenario == *own {
            true => Ok(fleet.clone()),
            false => row(scenario),
        })
        .collect()
}

fn measure_memory(options: &Options) -> Result<Vec<memory::Memory>, Box<dyn Error>> {
    let binary = function(options)?;
    let (many, repeats) = if options.short {
        (MANY_IN_SHORT, 1)
    } else {
        (MANY, 3)
    };
    progress(&format!(
        "the memory of {} in accounts of 1 and {} users",
        binary.display(),
        thousands(many)
    ));
    [1, many]
        .map(|users| memory::measure(&binary, users, repeats))
        .into_iter()
        .collect()
}

/// The message about a fleet that did not rotate in its window.
pub(super) fn failure(row: &Row) -> Option<String> {
    let Row { scenario, figures } = row;
    if figures.failed == 0 {
        return None;
    }
    let why = too_narrow(scenario.secrets, scenario.iam_rate, scenario.window)
        .unwrap_or_else(|| format!("steps failed: {}", errors(figures)));
    Some(format!(
        "{} of {} secrets, {}, had not rotated when the window of {} ended: {why}",
        thousands(figures.failed),
        thousands(scenario.secrets),
        scenario.start.name(),
        Span(scenario.window),
    ))
}

/// The command as a person would type it.
pub(super) fn command() -> String {
    let profile = if cfg!(debug_assertions) {
        ""
    } else {
        "--profile measure "
    };
    let mut command = format!("cargo run {profile}-p benchmark --bin fleet");
    for (index, argument) in std::env::args().skip(1).enumerate() {
        command += if index == 0 { " -- " } else { " " };
        command += &argument;
    }
    command
}

fn save(text: &str, results: &Results) -> Result<(), Box<dyn Error>> {
    save_as("fleet.md", text)?;
    save_as("fleet.svg", &time_plot(results).svg()?)?;
    save_as("fleet-billed.svg", &billed_plot(results).svg()?)
}

/// Writes one of the results.
pub(super) fn save_as(name: &str, text: &str) -> Result<(), Box<dyn Error>> {
    let directory = Path::new(RESULTS);
    fs::create_dir_all(directory)?;
    fs::write(directory.join(name), text)?;
    Ok(())
}

/// Reports progress on stderr.
pub(super) fn progress(what: &str) {
    let _ = writeln!(anstream::stderr(), "{what}");
}

/// Prints a result. It is not a failure if the reader has gone.
pub(super) fn print(text: &str) {
    let _ = anstream::stdout().write_all(text.as_bytes());
}

/// The function's binary. Without an option, it is built as it is deployed; in the short form, as every test builds it.
pub(super) fn function(options: &Options) -> Result<PathBuf, Box<dyn Error>> {
    if let Some(path) = &options.function {
        return Ok(path.clone());
    }
    let runtime = Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(build("iam-key-rotator", !options.short))?)
}
