//! Metrics, as log lines in CloudWatch's embedded metric format (fact 54).

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use tracing::info;

use crate::rotation::config::Config;

/// The target of the log lines that are written as they are.
pub(crate) const TARGET: &str = "iam_key_rotator::metrics";
const NAMESPACE: &str = "iam-key-rotator";
/// The dimension of every metric. Each set of dimensions is billed, so the secret is a property only.
const FUNCTION: &str = "Function";
/// The second dimension of [`Counts::failed`].
const ERROR_TYPE: &str = "ErrorType";

/// What an invocation counts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts<'c> {
    metrics: Vec<(&'static str, i64)>,
    failed: Option<(&'static str, &'static str)>,
    properties: Vec<(&'static str, &'c str)>,
}

impl<'c> Counts<'c> {
    /// Adds to a metric. Zero is left out, since each metric is billed for each hour in which it is written.
    pub(crate) fn add(&mut self, name: &'static str, value: i64) {
        if value == 0 {
            return;
        }
        match self.metrics.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += value,
            None => self.metrics.push((name, value)),
        }
    }

    /// Counts a failure, also by its error type.
    pub(crate) fn failed(&mut self, name: &'static str, error_type: &'static str) {
        self.failed = Some((name, error_type));
    }

    /// Adds what a search of the log finds, and no metric is split by.
    pub(crate) fn property(&mut self, name: &'static str, value: &'c str) {
        self.properties.push((name, value));
    }

    /// Writes the line, if anything was counted and `METRICS` is not `off`.
    pub(crate) fn write(&self, config: &Config, now: DateTime<Utc>) {
        let is_empty = self.metrics.is_empty() && self.failed.is_none();
        if config.metrics && !is_empty {
            let line = self.line(&config.function_name, now);
            info!(target: TARGET, "{line}");
        }
    }

    fn line(&self, function: &str, now: DateTime<Utc>) -> Value {
        let names: Vec<_> = self.metrics.iter().map(|(name, _)| *name).collect();
        let mut directives = Vec::new();
        if !names.is_empty() {
            directives.push(directive(json!([[FUNCTION]]), &names));
        }
        if let Some((name, _)) = self.failed {
            let dimensions = json!([[FUNCTION], [FUNCTION, ERROR_TYPE]]);
            directives.push(directive(dimensions, &[name]));
        }
        let mut line = json!({
            "_aws": {
                "Timestamp": now.timestamp_millis(),
                "CloudWatchMetrics": directives,
            },
            // Lambda drops a line below the function's log level, and takes one without both of these as INFO (fact
            // 54). No level drops FATAL, and no line about a failure has it.
            "timestamp": now.to_rfc3339_opts(SecondsFormat::Millis, true),
            "level": "FATAL",
            FUNCTION: function,
        });
        for (name, value) in &self.metrics {
            line[*name] = (*value).into();
        }
        if let Some((name, error_type)) = self.failed {
            line[name] = 1.into();
            line[ERROR_TYPE] = error_type.into();
        }
        for (name, value) in &self.properties {
            line[*name] = (*value).into();
        }
        line
    }
}

fn directive(dimensions: Value, names: &[&str]) -> Value {
    let metrics: Vec<_> = names.iter().map(|name| json!({"Name": name})).collect();
    json!({
        "Namespace": NAMESPACE,
        "Dimensions": dimensions,
        "Metrics": metrics,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn line(counts: &Counts<'_>) -> Value {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let line = counts.line("rotate-alice", now);
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
            for metric in directive["Metrics"].as_array().unwrap() {
                assert!(line[metric["Name"].as_str().unwrap()].is_i64());
            }
            for dimension in directive["Dimensions"].as_array().unwrap() {
                for name in dimension.as_array().unwrap() {
                    assert!(line[name.as_str().unwrap()].is_string());
                }
            }
        }
        line
    }

    #[test]
    fn a_line_holds_what_it_names_and_the_secret_is_no_dimension() {
        let mut counts = Counts::default();
        counts.add("KeysExposed", 1);
        counts.add("KeysExposed", 1);
        counts.add("KeysRevoked", 0);
        counts.property("Secret", "arn");
        let line = line(&counts);
        assert_eq!(line["_aws"]["Timestamp"], 1_800_000_000_000_i64);
        let expected = json!([{
            "Namespace": "iam-key-rotator",
            "Dimensions": [["Function"]],
            "Metrics": [{"Name": "KeysExposed"}],
        }]);
        assert_eq!(line["_aws"]["CloudWatchMetrics"], expected);
        assert_eq!(line["KeysExposed"], 2);
        assert_eq!(line["Function"], "rotate-alice");
        assert_eq!(line["Secret"], "arn");
    }

    #[test]
    fn a_failure_counts_in_all_and_by_its_type() {
        let mut counts = Counts::default();
        counts.failed("StepsFailed", "Throttled");
        counts.add("ThrottledSeconds", 9);
        let line = line(&counts);
        let directives = &line["_aws"]["CloudWatchMetrics"];
        assert_eq!(directives[0]["Dimensions"], json!([["Function"]]));
        let expected = json!([["Function"], ["Function", "ErrorType"]]);
        assert_eq!(directives[1]["Dimensions"], expected);
        assert_eq!(line["StepsFailed"], 1);
        assert_eq!(line["ErrorType"], "Throttled");
    }

    #[test]
    fn no_log_level_of_lambda_drops_a_line() {
        let mut counts = Counts::default();
        counts.add("RotationsFinished", 1);
        let line = line(&counts);
        assert_eq!(line["level"], "FATAL");
        assert_eq!(line["timestamp"], "2027-01-15T08:00:00.000Z");
    }
}
