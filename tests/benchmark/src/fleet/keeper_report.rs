//! The keeper's figures as Markdown.

use std::fmt::Write as _;

use super::keeper::KeeperFigures;
use super::members;
use super::memory::KeeperMemory;
use super::scenario::{Due, Watch};
use super::window::{Span, thousands};
use crate::table::{figure, markdown};

/// The memory that the price is for, in GB: 128 MB.
const GB: f64 = 0.125;

/// A fleet, and what the keeper did.
#[derive(Clone, Debug)]
pub(super) struct KeeperRow {
    /// What was simulated.
    pub(super) watched: Watch,
    /// The results.
    pub(super) figures: KeeperFigures,
}

/// All results.
#[derive(Clone, Debug, Default)]
pub(super) struct KeeperResults {
    /// Each state of each fleet.
    pub(super) rows: Vec<KeeperRow>,
    /// The process's memory.
    pub(super) memory: Vec<KeeperMemory>,
}

impl KeeperRow {
    /// The message about secrets that were due and were not retired.
    pub(super) fn failure(&self) -> Option<String> {
        let Self { watched, figures } = self;
        let due = members::due(watched.secrets, watched.due);
        (figures.retired != due).then(|| {
            format!(
                "of {} secrets, {}, the keeper retired {} keys, and not {}",
                thousands(watched.secrets),
                watched.due.name(),
                thousands(figures.retired),
                thousands(due),
            )
        })
    }
}

const HEADER: [&str; 12] = [
    "what is due",
    "secrets",
    "retired by the first run",
    "left for the next",
    "calls of Secrets Manager",
    "calls of IAM",
    "refused calls",
    "time",
    "billed GB-s",
    "answer, KiB",
    "hourly runs until all are done",
    "billed GB-s of all",
];

/// The whole report.
pub(super) fn report(command: &str, results: &KeeperResults) -> String {
    let mut text = format!("# The keeper of a fleet\n\n`{command}`\n");
    if let Some(row) = results.rows.first() {
        text += &assumptions(&row.watched);
    }
    let _ = write!(text, "\n## Runs of `retire`\n\n{}", rows(&results.rows));
    let lines: String = results.rows.iter().filter_map(capacity).collect();
    if !lines.is_empty() {
        let _ = write!(text, "\n## What an hour holds\n\n{lines}");
    }
    if !results.memory.is_empty() {
        let _ = write!(text, "\n## Memory\n\n{}", memory(&results.memory));
    }
    text
}

fn assumptions(watched: &Watch) -> String {
    let (from, to) = watched.latency;
    format!(
        "\nThe real keeper in virtual time, with seed {}: the same figures on every machine. Each secret is of a user of its own with two \
         access keys. The execution role manages them. IAM takes {} calls a second, and what was not used of one second can be used in the next. \
         A call takes {} to {} ms, the start of an environment {} ms: assumed. The keeper's own CPU time, and TLS, are not in it. Its time-out is {}. \
         A GB-s is billed at 128 MB.\n\n\
         *Nothing due*: all have rotated a day ago. *A day of 90 due*: the fleet is on a schedule of 90 days. The secrets of one day are \
         due. Of 82 days, the keys are retired. Of 7, they wait for RETIRE_AFTER. *All due*: the keeper is new, and no key was retired so far.\n",
        watched.seed,
        watched.iam_rate,
        from.as_millis(),
        to.as_millis(),
        watched.init.as_millis(),
        Span(watched.time_out),
    )
}

fn rows(rows: &[KeeperRow]) -> String {
    let rows: Vec<_> = rows
        .iter()
        .map(|KeeperRow { watched, figures }| {
            let first = &figures.first;
            vec![
                watched.due.name().to_owned(),
                thousands(watched.secrets),
                thousands(first.retired),
                thousands(first.left),
                whole(first.traffic.secrets_manager_calls),
                whole(first.traffic.iam_calls),
                whole(first.traffic.throttled),
                Span(first.time).to_string(),
                gigabyte_seconds(first.billed),
                format!("{:.1}", float(first.answer as u64) / 1024.0),
                thousands(figures.runs),
                gigabyte_seconds(figures.billed),
            ]
        })
        .collect();
    markdown(&HEADER, &rows)
}

/// How many secrets can be due within an hour, and the calls for each. A run that had no time for more shows it.
fn capacity(row: &KeeperRow) -> Option<String> {
    let (first, due) = (&row.figures.first, row.watched.due);
    if due != Due::All || first.left == 0 {
        return None;
    }
    let each = |calls: u64| figure(float(calls) / float(first.retired as u64));
    let retired = thousands(first.retired);
    Some(format!(
        "- One run of {} retires {retired} keys, with {} calls of Secrets Manager and {} of IAM for each. That is {} calls of IAM a second. \
         Of {} that are due at once, {} are left for the next runs. All are done after {} hourly runs, since each also looks in full at the keys that were retired within a day.\n",
        Span(row.watched.time_out),
        each(first.traffic.secrets_manager_calls),
        each(first.traffic.iam_calls),
        figure(float(first.traffic.iam_calls) / first.time.as_secs_f64()),
        thousands(row.watched.secrets),
        thousands(first.left),
        thousands(row.figures.runs),
    ))
}

fn memory(rows: &[KeeperMemory]) -> String {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            vec![
                row.due.name().to_owned(),
                thousands(row.secrets),
                thousands(row.done),
                format!("{:.1}", float(row.peak) / 1024.0),
            ]
        })
        .collect();
    let header = [
        "what is due",
        "secrets",
        "done within the time",
        "peak of the process, MiB",
    ];
    let text = "The real binary in real time, with a short time-out and no rate limit. The peak is that of its resident memory (VmHWM), once it has \
                answered.\n\n";
    text.to_owned() + &markdown(&header, &rows)
}

fn gigabyte_seconds(milliseconds: u64) -> String {
    figure(float(milliseconds) / 1_000.0 * GB)
}

fn whole(count: u64) -> String {
    crate::table::thousands(&count.to_string())
}

#[allow(
    clippy::cast_precision_loss,
    reason = "figures here are far below 2^52"
)]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::Parser as _;

    use super::*;
    use crate::fleet::account::Traffic;
    use crate::fleet::keeper::KeeperRun;
    use crate::fleet::options::Options;

    #[test]
    fn a_report_has_every_run_and_what_an_hour_holds() {
        let first = KeeperRun {
            retired: 1_000,
            failed: 0,
            left: 500,
            traffic: Traffic {
                calls: 14_100,
                iam_calls: 3_000,
                secrets_manager_calls: 11_000,
                throttled: 100,
                ..Traffic::default()
            },
            time: Duration::from_secs(870),
            billed: 870_000,
            answer: 2_048,
        };
        let figures = KeeperFigures {
            first,
            runs: 2,
            retired: 1_500,
            billed: 1_304_000,
        };
        let watched = Options::parse_from(["fleet"]).watch(1_500, Due::All);
        let results = KeeperResults {
            rows: vec![KeeperRow { watched, figures }],
            memory: Vec::new(),
        };
        let report = report("cargo run", &results);
        let line = "| all due | 1,500 | 1,000 | 500 | 11,000 | 3,000 | 100 | 14 min 30 s | 109 | 2.0 | 2 | 163 |";
        assert!(report.contains(line), "{report}");
        let line = "One run of 15 min retires 1,000 keys, with 11.0 calls of Secrets Manager and 3.00 of IAM for each. \
                    That is 3.45 calls of IAM a second. Of 1,500 that are due at once, 500 are left for the next runs. \
                    All are done after 2 hourly runs, since each also looks in full at the keys that were retired within a day.";
        assert!(report.contains(line), "{report}");
    }
}
