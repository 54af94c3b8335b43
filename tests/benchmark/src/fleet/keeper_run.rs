//! The keeper's part of the command: each state of each fleet, and its memory.

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use super::keeper::watch;
use super::keeper_report::{KeeperResults, KeeperRow, report};
use super::memory::{KeeperMemory, measure_keeper};
use super::options::Options;
use super::run::{command, function, print, progress, save_as};
use super::scenario::Due;
use super::window::thousands;

/// For the memory, a run in real time: 15 s of looking, and the 45 s with which nothing is begun any more.
const TIME_OUT: Duration = Duration::from_secs(60);

/// Looks after the fleets. Returns which secrets it did not look after.
///
/// # Errors
/// If a fleet can't be set up, or a run ends with an error.
pub(super) fn run(options: &Options) -> Result<Vec<String>, Box<dyn Error>> {
    let mut results = KeeperResults::default();
    for due in Due::EACH {
        for secrets in options.sizes() {
            let began = Instant::now();
            let watched = options.watch(*secrets, due);
            let figures = watch(&watched)?;
            progress(&format!(
                "the keeper of {} secrets, {}: {} retired in {} runs; {:.1} s",
                thousands(watched.secrets),
                due.name(),
                thousands(figures.retired),
                thousands(figures.runs),
                began.elapsed().as_secs_f64(),
            ));
            results.rows.push(KeeperRow { watched, figures });
        }
    }
    results.memory = memory(options, &function(options)?)?;
    let text = report(&command(), &results);
    print(&text);
    if options.save {
        save_as("keeper.md", &text)?;
    }
    Ok(results.rows.iter().filter_map(KeeperRow::failure).collect())
}

fn memory(options: &Options, binary: &Path) -> Result<Vec<KeeperMemory>, Box<dyn Error>> {
    let sizes = options.sizes();
    // A key that is retired takes five seconds, which the short form does not have.
    let states: &[Due] = match options.short {
        true => &[Due::Nothing],
        false => &[Due::Nothing, Due::All],
    };
    let (Some(least), Some(most)) = (sizes.iter().min(), sizes.iter().max()) else {
        return Ok(Vec::new());
    };
    let mut measured = Vec::new();
    for due in states {
        for secrets in [*least, *most] {
            progress(&format!(
                "the keeper's memory with {} secrets, {}",
                thousands(secrets),
                due.name()
            ));
            measured.push(measure_keeper(binary, secrets, *due, TIME_OUT)?);
        }
    }
    Ok(measured)
}
