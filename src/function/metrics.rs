//! The keeper's metrics, as log lines in CloudWatch's embedded metric format (fact 54).

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::function::keeper_answer::Entry;
use crate::keeper::found::Kept;

/// The target of the log lines that are written as they are.
pub(crate) const TARGET: &str = "iam_key_rotator::metrics";
const NAMESPACE: &str = "iam-key-rotator";

/// The metrics of a response: only those that are not zero, since each is billed. `revoking` says whether the
/// invocation was to revoke a key.
pub(crate) fn of(entries: &[Entry], revoking: bool) -> Vec<(&'static str, i64)> {
    let mut metrics: Vec<(&'static str, i64)> = Vec::new();
    let mut add = |name| match metrics.iter_mut().find(|(known, _)| *known == name) {
        Some((_, count)) => *count += 1,
        None => metrics.push((name, 1)),
    };
    for entry in entries {
        match entry.outcome {
            Kept::StillInUse => add("StillInUse"),
            Kept::Retired => add("Retired"),
            Kept::Revoked => add("Revoked"),
            Kept::Exposed | Kept::Rotating => add("Exposed"),
            Kept::Refused => {}
            Kept::Failed if revoking => {
                add("RevokeFailed");
                add("Exposed");
            }
            Kept::Failed => add("KeeperFailed"),
            _ => {}
        }
    }
    let reports = entries.iter().filter_map(|entry| entry.report.as_ref());
    let oldest = reports.filter_map(|report| report.oldest_active()).max();
    metrics.extend(oldest.map(|days| ("OldestActiveKeyAge", days)));
    metrics
}

/// The log line.
pub(crate) fn line(metrics: &[(&'static str, i64)], function: &str, now: DateTime<Utc>) -> String {
    let names: Vec<_> = metrics
        .iter()
        .map(|(name, _)| json!({"Name": name}))
        .collect();
    let mut line = json!({
        "_aws": {
            "Timestamp": now.timestamp_millis(),
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [["Function"]],
                "Metrics": names,
            }],
        },
        "Function": function,
    });
    for (name, value) in metrics {
        line[*name] = (*value).into();
    }
    line.to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::Value;

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
        let expected = [("StillInUse", 2), ("Exposed", 1), ("KeeperFailed", 1)];
        assert_eq!(of(&entries, false), expected);
        let expected = [("StillInUse", 2), ("Exposed", 2), ("RevokeFailed", 1)];
        assert_eq!(of(&entries, true), expected);
        assert_eq!(of(&[entry(Kept::NothingToDo)], true), []);
    }

    #[test]
    fn a_line_is_one_object_that_holds_what_it_names() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let line = line(&[("Exposed", 1), ("Revoked", 2)], "keeper", now);
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["_aws"]["Timestamp"], 1_800_000_000_000_i64);
        let described = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(described["Dimensions"], json!([["Function"]]));
        for metric in described["Metrics"].as_array().unwrap() {
            assert!(line[metric["Name"].as_str().unwrap()].is_i64());
        }
        assert_eq!(line["Function"], "keeper");
    }
}
