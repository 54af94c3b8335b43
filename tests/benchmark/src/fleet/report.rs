//! The figures as Markdown and as plots.

use std::fmt::Write as _;

use super::figures::Figures;
use super::memory::Memory;
use super::scenario::Scenario;
use super::window::{Span, thousands};
use crate::table::{self, figure, markdown};

/// A fleet, and its results.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// What was simulated.
    pub(super) scenario: Scenario,
    /// The results.
    pub(super) figures: Figures,
}

/// All results of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Results {
    /// Fleets whose rotations start at random moments of the window.
    pub(super) spread: Vec<Row>,
    /// Fleets whose rotations all start at its beginning.
    pub(super) at_once: Vec<Row>,
    /// One of these, with other settings of the function.
    pub(super) choices: Vec<Row>,
    /// One rotation, in a small and in a large account.
    pub(super) memory: Vec<Memory>,
}

const HEADER: [&str; 12] = [
    "secrets",
    "window",
    "finished",
    "failed",
    "retried",
    "invocations a rotation",
    "calls of IAM a rotation",
    "refused calls a rotation",
    "billed ms a rotation, median",
    "99 of 100 below",
    "invocations at a time",
    "the last after",
];
const CHOICES: [&str; 10] = [
    "time-out",
    "concurrency",
    "finished",
    "retried",
    "invocations a rotation",
    "refused calls a rotation",
    "billed ms a rotation, median",
    "99 of 100 below",
    "the last after",
    "failed steps",
];

/// The whole report.
pub(super) fn report(command: &str, results: &Results) -> String {
    let mut text = format!("# A fleet of secrets\n\n`{command}`\n");
    let rows = results.spread.iter().chain(&results.at_once);
    if let Some(row) = rows.clone().next() {
        text += &assumptions(&row.scenario);
    }
    for (title, rows) in [
        (
            "Each starts at a random moment of the window",
            &results.spread,
        ),
        ("All start at its beginning", &results.at_once),
    ] {
        if !rows.is_empty() {
            let _ = write!(text, "\n## {title}\n\n{}", fleets(rows));
        }
    }
    let failures = failures(rows);
    if !failures.is_empty() {
        let _ = write!(
            text,
            "\n## Steps that failed, and were tried again\n\n{failures}"
        );
    }
    if let Some(row) = results.choices.first() {
        let count = thousands(row.scenario.secrets);
        let _ = write!(
            text,
            "\n## {count} at once, by time-out and concurrency\n\n"
        );
        text += &choices(&results.choices);
    }
    if !results.memory.is_empty() {
        let _ = write!(
            text,
            "\n## One rotation in a small and in a large account\n\n"
        );
        text += &memory(&results.memory);
    }
    text
}

fn assumptions(scenario: &Scenario) -> String {
    let (from, to) = scenario.latency;
    let sts = scenario
        .sts_rate
        .map_or("any number".to_owned(), |rate| rate.to_string());
    format!(
        "\nThe real function in virtual time, with seed {}: the same figures on every machine. Each secret is of a user of its own \
         with two access keys, managed by the execution role. The account takes {} calls of IAM a second, 50 of PutSecretValue and \
         UpdateSecretVersionStage together, and {sts} of STS; what was not used of one second can be used in the next, and a refused call uses nothing.\n\n\
         Assumed, since AWS documents nothing: Secrets Manager tries a failed rotation again after {}, for as long as the window lasts; an \
         attempt that has begun goes on behind it. A call takes {} to {} ms, the start of an environment {} ms, and an idle one is kept 5 \
         minutes. A new key works after 2 to 15 s, and one in four is refused once more; a deleted one works for 3 to 4 s. \
         The function's own CPU time, and TLS, are not in it. The time-out is {} and {} run at a time, unless it says otherwise.\n",
        scenario.seed,
        scenario.iam_rate,
        Span(scenario.pause),
        from.as_millis(),
        to.as_millis(),
        scenario.init.as_millis(),
        Span(scenario.time_out),
        thousands(scenario.concurrency),
    )
}

fn fleets(rows: &[Row]) -> String {
    let rows: Vec<_> = rows
        .iter()
        .map(|Row { scenario, figures }| {
            vec![
                thousands(scenario.secrets),
                Span(scenario.window).to_string(),
                thousands(figures.finished),
                thousands(figures.failed),
                thousands(figures.retried),
                figure(figures.invocations),
                figure(figures.iam_calls),
                figure(figures.throttled),
                figure(figures.billed_median),
                figure(figures.billed_99),
                thousands(figures.concurrent),
                Span(figures.last).to_string(),
            ]
        })
        .collect();
    markdown(&HEADER, &rows)
}

fn choices(rows: &[Row]) -> String {
    let rows: Vec<_> = rows
        .iter()
        .map(|Row { scenario, figures }| {
            vec![
                Span(scenario.time_out).to_string(),
                thousands(scenario.concurrency),
                thousands(figures.finished),
                thousands(figures.retried),
                figure(figures.invocations),
                figure(figures.throttled),
                figure(figures.billed_median),
                figure(figures.billed_99),
                Span(figures.last).to_string(),
                errors(figures),
            ]
        })
        .collect();
    markdown(&CHOICES, &rows)
}

/// How often each error ended a step, with a line for each fleet in which one did.
fn failures<'a>(rows: impl Iterator<Item = &'a Row>) -> String {
    let failing = rows.filter(|row| !row.figures.errors.is_empty());
    let lines = failing.map(|Row { scenario, figures }| {
        let (secrets, start) = (thousands(scenario.secrets), scenario.start.name());
        format!("- {secrets} {start}: {}\n", errors(figures))
    });
    lines.collect()
}

/// How often each error ended a step.
pub(super) fn errors(figures: &Figures) -> String {
    let errors = figures.errors.iter();
    let errors: Vec<_> = errors
        .map(|(name, times)| format!("{} × {name}", table::thousands(&times.to_string())))
        .collect();
    errors.join(", ")
}

fn memory(rows: &[Memory]) -> String {
    let rows: Vec<_> = rows
        .iter()
        .map(
            |Memory {
                 users,
                 peak,
                 traffic,
             }| {
                vec![
                    thousands(*users),
                    format!("{:.1}", kib(*peak) / 1024.0),
                    traffic.calls.to_string(),
                    format!("{:.1}", kib(traffic.sent) / 1024.0),
                    format!("{:.1}", kib(traffic.received) / 1024.0),
                ]
            },
        )
        .collect();
    let header = [
        "users and secrets",
        "peak of the process, MiB",
        "calls",
        "bodies sent, KiB",
        "bodies received, KiB",
    ];
    markdown(&header, &rows)
}

#[allow(clippy::cast_precision_loss, reason = "sizes here are far below 2^52")]
fn kib(size: u64) -> f64 {
    size as f64
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use clap::Parser;

    use super::*;
    use crate::fleet::options::Options;
    use crate::fleet::scenario::Start;

    fn row(secrets: usize, start: Start) -> Row {
        let throttled = BTreeMap::from([("Throttled".to_owned(), 4_400)]);
        Row {
            scenario: Options::parse_from(["fleet"]).scenario(secrets, start),
            figures: Figures {
                finished: secrets,
                failed: 0,
                retried: 7,
                invocations: 4.25,
                iam_calls: 3.0,
                throttled: 222.1,
                billed_median: 14_851.0,
                billed_99: 24_840.0,
                concurrent: 1_000,
                last: Duration::from_secs(725),
                errors: throttled,
            },
        }
    }

    pub(in crate::fleet) fn results() -> Results {
        Results {
            spread: vec![row(1_000, Start::Spread)],
            at_once: vec![row(100, Start::AtOnce), row(1_000, Start::AtOnce)],
            choices: vec![row(1_000, Start::AtOnce)],
            memory: Vec::new(),
        }
    }

    #[test]
    fn a_report_has_every_fleet_and_what_failed_in_it() {
        let report = report("cargo run", &results());
        let line = "| 1,000 | 1 h | 1,000 | 0 | 7 | 4.25 | 3.00 | 222 | 14,851 | 24,840 | 1,000 | 12 min 5 s |";
        assert_eq!(report.matches(line).count(), 2, "{report}");
        assert!(
            report.contains("- 100 at once: 4,400 × Throttled\n"),
            "{report}"
        );
        assert!(
            report.contains("## 1,000 at once, by time-out and concurrency"),
            "{report}"
        );
    }
}
