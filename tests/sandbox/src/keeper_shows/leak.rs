//! A consumer's key has leaked, and AWS Health reports it to the keeper.

use std::time::{Duration, SystemTime};

use aws_smithy_async::time::TimeSource;
use sandbox::aws::{AccessKey, Aws, RotateRequest};
use sandbox::in_process::InProcess;
use sandbox::rotation::{Function, FunctionError, StepReport, carry_out};
use serde_json::Value;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::sleep;

use super::consumer::{Consumer, Use, call_with};
use super::journal::{Journal, Moment};
use super::{EXAMPLE_KEY, Stage, introduce};
use crate::Failed;
use crate::cli::Cli;
use crate::steps::wrap;
use crate::table::{Cell, render};
use crate::view::{self, BAD, DIM, GOOD, WARN};

/// The event that AWS documents.
const EVENT: &str = include_str!("../../../events/aws_health.json");
/// How long everybody calls before the report, and how long after the keeper has ended.
const BEFORE: Duration = Duration::from_secs(10);
const AFTER: Duration = Duration::from_secs(15);
/// How often consumers call, and whoever found the key.
const EVERY: Duration = Duration::from_secs(1);
const OFTEN: Duration = Duration::from_millis(100);
/// How long the second consumer keeps a key.
const CACHE: Duration = Duration::from_secs(5 * 60);

/// Shows what happens from the report on, and how each consumer came through.
///
/// # Errors
/// If the keeper fails, or a consumer can't read the secret.
pub(super) async fn show(cli: &Cli, mut stage: Stage) -> Result<(), Failed> {
    let setting = match stage.at_once {
        false => {
            "REVOKE=rotate-first: consumers get another key, then the exposed one is deactivated"
        }
        true => "REVOKE=at-once: the exposed key is deactivated, then consumers get another one",
    };
    introduce(cli, &stage, "A key has leaked", setting);
    let exposed = stage.current_key()?;
    let secret = stage.aws.secret_of(&exposed);
    let secret = secret.ok_or_else(|| "the user does not have the secret's key".to_owned())?;
    let leaked = AccessKey {
        id: exposed.clone(),
        secret,
    };
    let arn = stage.prepared.secret_arn.clone();
    let consumer = |name, keeps| Consumer::new(&stage.aws, &arn, name, keeps);
    let mut reads = consumer("consumer-that-reads", Duration::ZERO)?;
    let mut caches = consumer("consumer-that-caches", CACHE)?;
    let mut found = Vec::new();
    let journal = Journal::default();
    journal.follow(&stage.aws, &arn, &stage.prepared.username);

    let reported = stage.aws.clock().now() + BEFORE;
    let aws = stage.aws.clone();
    let keeper = &mut stage.keeper;
    let script = async {
        sleep(BEFORE).await;
        let report = format!("AWS_RISK_CREDENTIALS_EXPOSED: {exposed}");
        journal.note(witnessed(aws.clock().now(), "AWS Health", report));
        let answer = keeper.invoke(event(&exposed)?).await;
        sleep(AFTER).await;
        Ok::<_, Failed>(answer)
    };
    let answer = tokio::select! {
        biased;
        ended = script => ended?,
        () = rotations(&aws, &mut stage.rotator, &mut stage.asked, &journal) => {
            return Err("Secrets Manager hears no more of the keeper".to_owned());
        }
        failed = reads.call_every(EVERY) => return Err(failed),
        failed = caches.call_every(EVERY) => return Err(failed),
        failed = call_with(&aws, &leaked, OFTEN, &mut found) => return Err(failed),
    };

    let consumers = [("A", reads), ("B", caches)];
    let uses = consumers.iter().flat_map(|(_, consumer)| &consumer.uses);
    let last = last_success(uses.chain(&found), &exposed);
    let still_works = stage.aws.authenticates(&leaked.id, &leaked.secret);
    if let Some(last) = last.filter(|_| !still_works) {
        let what = format!("{exposed} is accepted for the last time");
        journal.note(witnessed(last, "anybody", what));
    }
    for (name, consumer) in &consumers {
        for moment in moments_of(name, consumer, &exposed) {
            journal.note(moment);
        }
    }
    view::heading("What happened");
    view::print(&moments_table(&journal.in_order(), reported));
    view::heading("The consumers, which call once a second");
    view::print(&format!(
        "  A reads the secret before each call, B keeps what it read for {} minutes. Refused, each reads it\n  \
         afresh and tries once more. If that is refused too, the call is not made. Whoever found the\n  \
         exposed key calls with it every {} ms.\n\n",
        CACHE.as_secs() / 60,
        OFTEN.as_millis(),
    ));
    view::print(&consumers_table(&consumers));
    tell_end(
        &stage,
        &answer,
        &exposed,
        &consumers,
        seconds(reported, last),
    )
}

/// Prints the keeper's answer and the figures.
fn tell_end(
    stage: &Stage,
    answer: &Result<Value, FunctionError>,
    exposed: &str,
    consumers: &[(&str, Consumer)],
    worked: Option<f64>,
) -> Result<(), Failed> {
    let answer = answer.as_ref().map_err(ToString::to_string)?;
    let entry = &answer["secrets"][0];
    let message = entry["message"].as_str().unwrap_or_default();
    view::heading("The keeper's answer");
    view::print(&format!("  {}\n", wrap(message, 2)));
    let status = stage.account().status(exposed).unwrap_or("deleted");
    let failed: usize = consumers.iter().map(|(_, consumer)| consumer.failed).sum();
    let pauses = consumers
        .iter()
        .map(|(_, consumer)| consumer.longest_pause());
    let pause = pauses.max().unwrap_or_default().as_secs_f64();
    let worked = worked.map_or("never".to_owned(), |seconds| format!("{seconds:.1} s"));
    if entry["outcome"] != "revoked" {
        return Err(format!(
            "the exposed key {exposed} is {status}: the keeper's outcome is {}",
            entry["outcome"]
        ));
    }
    view::print(&format!(
        "\n{GOOD}Revoked.{GOOD:#} {exposed} is {status}. It was accepted for {worked} after the report.\n\
         Calls that consumers could not make: {failed}. The longest pause: {pause:.0} s.\n"
    ));
    Ok(())
}

/// The report of the key, as EventBridge sends it.
fn event(key: &str) -> Result<Value, Failed> {
    let text = EVENT.replace(EXAMPLE_KEY, key);
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

/// What somebody sees who changes nothing.
fn witnessed(at: SystemTime, who: &str, what: String) -> Moment {
    Moment {
        at,
        who: who.to_owned(),
        call: String::new(),
        what,
    }
}

/// The first refusal of a consumer, and its first call with another key.
fn moments_of(name: &str, consumer: &Consumer, exposed: &str) -> Vec<Moment> {
    let who = format!("consumer {name}");
    let refused = consumer.first_refusal();
    let refused =
        refused.map(|one| witnessed(one.at, &who, format!("is refused with {}", one.key)));
    let other = consumer.first_without(exposed);
    let other = other.map(|one| witnessed(one.at, &who, format!("calls with {}", one.key)));
    refused.into_iter().chain(other).collect()
}

/// Secrets Manager, which runs the four steps whenever the keeper asks for a rotation.
async fn rotations(
    aws: &Aws,
    rotator: &mut InProcess,
    asked: &mut UnboundedReceiver<RotateRequest>,
    journal: &Journal,
) {
    while let Some(request) = asked.recv().await {
        let mut observe = |report: &StepReport| {
            if let Err(error) = &report.result {
                journal.note(Moment {
                    at: aws.clock().now(),
                    who: "Secrets Manager".to_owned(),
                    call: report.step.to_owned(),
                    what: format!("failed with {}", error.error_type),
                });
            }
        };
        // What failed is in the journal, and the keeper's answer says what comes of it.
        let _ = carry_out(aws, rotator, request, &mut observe).await;
    }
}

/// When a key was accepted for the last time.
fn last_success<'u>(uses: impl Iterator<Item = &'u Use>, key: &str) -> Option<SystemTime> {
    let accepted = uses.filter(|one| one.accepted && one.key == key);
    accepted.map(|one| one.at).max()
}

/// The seconds from one time to another, negative if it is earlier.
fn seconds(from: SystemTime, to: Option<SystemTime>) -> Option<f64> {
    let to = to?;
    Some(match to.duration_since(from) {
        Ok(after) => after.as_secs_f64(),
        Err(before) => -before.duration().as_secs_f64(),
    })
}

fn moments_table(moments: &[Moment], reported: SystemTime) -> String {
    let rows: Vec<_> = moments
        .iter()
        .map(|moment| {
            let second = seconds(reported, Some(moment.at)).unwrap_or_default();
            [
                Cell::new(format!("{second:>6.1}")),
                Cell::new(&moment.who),
                Cell::new(&moment.call).style(DIM),
                Cell::new(&moment.what),
            ]
        })
        .collect();
    render(2, ["SECOND", "WHO", "CALL", "WHAT"], &rows)
}

fn consumers_table(consumers: &[(&str, Consumer)]) -> String {
    let rows: Vec<_> = consumers
        .iter()
        .map(|(name, consumer)| {
            let count = |count: usize, style| match count {
                0 => Cell::new("0"),
                count => Cell::new(count.to_string()).style(style),
            };
            [
                Cell::new(*name),
                Cell::new((consumer.succeeded + consumer.failed).to_string()),
                count(consumer.refused(), WARN),
                count(consumer.failed, BAD),
                Cell::new(format!("{:.0} s", consumer.longest_pause().as_secs_f64())),
                Cell::new(consumer.holds().unwrap_or("no key")),
            ]
        })
        .collect();
    let header = [
        "CONSUMER",
        "CALLS",
        "REFUSED",
        "NOT MADE",
        "LONGEST PAUSE",
        "ITS KEY NOW",
    ];
    render(2, header, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_names_the_key_wherever_it_stands_and_no_other() {
        let event = event("AKIA1")
            .map(|event| event.to_string())
            .unwrap_or_default();
        assert_eq!(event.matches("AKIA1").count(), 3, "{event}");
        assert!(!event.contains(EXAMPLE_KEY));
        assert!(event.contains("AWS_RISK_CREDENTIALS_EXPOSED"));
    }

    #[test]
    fn the_last_success_is_that_of_the_key_and_no_refusal() {
        let start = SystemTime::UNIX_EPOCH;
        let used = |second, key: &str, accepted| Use {
            at: start + Duration::from_secs(second),
            key: key.to_owned(),
            accepted,
        };
        let uses = [
            used(3, "A", true),
            used(1, "A", true),
            used(4, "A", false),
            used(5, "B", true),
        ];
        let last = last_success(uses.iter(), "A");
        assert_eq!(seconds(start, last), Some(3.0));
        assert_eq!(last_success(uses.iter(), "C"), None);
    }
}
