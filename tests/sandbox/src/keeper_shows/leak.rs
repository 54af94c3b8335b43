//! A consumer's key has leaked, and AWS Health reports it to the keeper.

mod told;

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

/// A leak, as it went.
struct Leak {
    /// The id of the key that leaked, and its status at the end.
    exposed: String,
    status: &'static str,
    reported: SystemTime,
    answer: Result<Value, FunctionError>,
    consumers: [(&'static str, Consumer); 2],
    /// When anybody's call with the exposed key was accepted for the last time.
    last: Option<SystemTime>,
    moments: Vec<Moment>,
}

/// Shows what happens from the report on, and how each consumer came through.
///
/// # Errors
/// If the keeper fails, or a consumer can't read the secret.
pub(super) async fn show(cli: &Cli, stage: Stage) -> Result<(), Failed> {
    let setting = match stage.at_once {
        false => {
            "REVOKE=rotate-first: consumers get another key, then the exposed one is deactivated"
        }
        true => "REVOKE=at-once: the exposed key is deactivated, then consumers get another one",
    };
    introduce(cli, &stage, "A key has leaked", setting);
    play(stage).await?.tell()
}

/// Has consumers, whoever found the key, the keeper and Secrets Manager act side by side.
async fn play(mut stage: Stage) -> Result<Leak, Failed> {
    let exposed = stage.current_key()?;
    let secret = stage.aws.secret_of(&exposed);
    let secret = secret.ok_or_else(|| "the user does not have the secret's key".to_owned())?;
    let leaked = AccessKey {
        id: exposed.clone(),
        secret,
    };
    let aws = stage.aws.clone();
    let arn = stage.prepared.secret_arn.clone();
    let consumer = |name, keeps| Consumer::new(&aws, &arn, name, keeps);
    let mut reads = consumer("consumer-that-reads", Duration::ZERO)?;
    let mut caches = consumer("consumer-that-caches", CACHE)?;
    let mut found = Vec::new();
    let journal = Journal::default();
    journal.follow(&aws, &arn, &stage.prepared.username);

    let reported = aws.clock().now() + BEFORE;
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
    let still_works = aws.authenticates(&leaked.id, &leaked.secret);
    if let Some(last) = last.filter(|_| !still_works) {
        let what = format!("{exposed} is accepted for the last time");
        journal.note(witnessed(last, "anybody", what));
    }
    for (name, consumer) in &consumers {
        for moment in moments_of(name, consumer, &exposed) {
            journal.note(moment);
        }
    }
    Ok(Leak {
        status: stage.account().status(&exposed).unwrap_or("deleted"),
        exposed,
        reported,
        answer,
        consumers,
        last,
        moments: journal.in_order(),
    })
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
        assert_eq!(last, Some(start + Duration::from_secs(3)));
        assert_eq!(last_success(uses.iter(), "C"), None);
    }
}
