//! What the metrics count: of a step of a rotation, and of the keeper's response.

use std::time::Duration;

use crate::function::error_answer::RotationError;
use crate::function::keeper_answer::Entry;
use crate::function::metrics::Counts;
use crate::keeper::found::Kept;
use crate::rotation::outcome::{Done, Outcome};

/// How long calls waited for their turn, in seconds, rounded up.
const THROTTLED: &str = "ThrottledSeconds";

/// The counts of a step. `throttled` is how long its calls waited for their turn.
pub(crate) fn of_step<'c>(
    result: &'c Result<Outcome, RotationError>,
    step: &'static str,
    secret: &'c str,
    throttled: Duration,
) -> Counts<'c> {
    let mut counts = Counts::default();
    match result {
        Ok(outcome) => {
            if outcome.outcome == Done::Finished {
                counts.add("RotationsFinished", 1);
            }
            let works = outcome.key_works_after.map(whole_seconds);
            counts.add("SecondsUntilKeyWorks", works.unwrap_or_default());
        }
        Err(failed) => counts.failed("StepsFailed", failed.problem.error_type()),
    }
    counts.add(THROTTLED, whole_seconds(throttled));
    counts.property("Secret", secret);
    counts.property("Step", step);
    counts
}

/// The counts of a response of the keeper. `revoking` says whether the invocation was to revoke a key. `throttled` is
/// how long its calls waited for their turn, all secrets together.
pub(crate) fn of_keeper<'c>(
    entries: &'c [Entry],
    action: &'static str,
    revoking: bool,
    throttled: Duration,
) -> Counts<'c> {
    let mut counts = Counts::default();
    for entry in entries {
        match entry.outcome {
            Kept::StillInUse => counts.add("KeysStillInUse", 1),
            Kept::Retired => counts.add("KeysRetired", 1),
            Kept::Revoked => counts.add("KeysRevoked", 1),
            Kept::Exposed | Kept::Rotating => counts.add("KeysExposed", 1),
            Kept::Failed if revoking => {
                counts.add("RevokeFailed", 1);
                counts.add("KeysExposed", 1);
            }
            Kept::Failed => counts.add("KeeperFailed", 1),
            _ => {}
        }
    }
    let reports = entries.iter().filter_map(|entry| entry.report.as_ref());
    let oldest = reports.filter_map(|report| report.oldest_active()).max();
    counts.add("OldestActiveKeyDays", oldest.unwrap_or_default());
    counts.add(THROTTLED, whole_seconds(throttled));
    if let [entry] = entries
        && let Some(secret) = &entry.secret
    {
        counts.property("Secret", secret);
    }
    counts.property("Action", action);
    counts
}

/// Rounded up, so that what took less than a second counts.
fn whole_seconds(time: Duration) -> i64 {
    let rest = i64::from(time.subsec_nanos() > 0);
    i64::try_from(time.as_secs())
        .unwrap_or(i64::MAX)
        .saturating_add(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keeper::found::Found;

    fn entry(outcome: Kept) -> Entry {
        let found = Found {
            outcome,
            message: String::new(),
            key: None,
        };
        Entry::without_a_run(None, found)
    }

    fn counted(entries: &[Entry], revoking: bool, expected: &[(&'static str, i64)]) {
        let mut counts = Counts::default();
        for (name, value) in expected {
            counts.add(name, *value);
        }
        counts.property("Action", "retire");
        let found = of_keeper(entries, "retire", revoking, Duration::ZERO);
        assert_eq!(found, counts);
    }

    #[test]
    fn each_outcome_that_needs_a_person_counts() {
        let entries = [
            entry(Kept::StillInUse),
            entry(Kept::StillInUse),
            entry(Kept::NothingToDo),
            entry(Kept::Rotating),
            entry(Kept::Failed),
            entry(Kept::Refused),
        ];
        let still = ("KeysStillInUse", 2);
        counted(
            &entries,
            false,
            &[still, ("KeysExposed", 1), ("KeeperFailed", 1)],
        );
        counted(
            &entries,
            true,
            &[still, ("KeysExposed", 2), ("RevokeFailed", 1)],
        );
        counted(&[entry(Kept::NothingToDo)], true, &[]);
    }

    #[test]
    fn a_part_of_a_second_counts_as_one() {
        for (millis, expected) in [(0, 0), (1, 1), (1_000, 1), (1_001, 2)] {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), expected);
        }
    }
}
