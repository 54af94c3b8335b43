//! The figures of a fleet's rotations.

use std::collections::BTreeMap;
use std::time::Duration;

use super::lambda::Lambda;
use super::rotation::Rotation;
use crate::table::{median, quantile};

/// The figures of one fleet in one window.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figures {
    /// Rotations that moved AWSCURRENT.
    pub(super) finished: usize,
    /// Rotations that had not finished when the window ended.
    pub(super) failed: usize,
    /// Rotations that took more than one attempt, or failed in the first.
    pub(super) retried: usize,
    /// Invocations of the function per rotation.
    pub(super) invocations: f64,
    /// IAM calls that were let in, per rotation.
    pub(super) iam_calls: f64,
    /// Calls that were refused by a rate limit, per rotation.
    pub(super) throttled: f64,
    /// Billed milliseconds per rotation: the median.
    pub(super) billed_median: f64,
    /// Billed milliseconds that 99 in 100 rotations stay below.
    pub(super) billed_99: f64,
    /// The most invocations that ran at the same time.
    pub(super) concurrent: usize,
    /// From the start of the window to the last rotation that finished.
    pub(super) last: Duration,
    /// How often each error type ended a step.
    pub(super) errors: BTreeMap<String, u64>,
}

impl Figures {
    /// Adds up the results of the rotations.
    pub(super) fn of(rotations: &[Rotation], lambda: &Lambda) -> Self {
        let finished = rotations.iter().filter_map(|rotation| rotation.finished);
        let (count, last) = (finished.clone().count(), finished.max());
        let billed: Vec<f64> = rotations
            .iter()
            .map(|rotation| float(rotation.billed))
            .collect();
        let sum = |of: fn(&Rotation) -> u64| rotations.iter().map(of).sum::<u64>();
        let share = |sum: u64| float(sum) / float(rotations.len() as u64).max(1.0);
        let mut errors = BTreeMap::new();
        for (name, times) in rotations.iter().flat_map(|rotation| &rotation.errors) {
            *errors.entry(name.clone()).or_default() += times;
        }
        Self {
            finished: count,
            failed: rotations.len() - count,
            retried: rotations
                .iter()
                .filter(|rotation| rotation.attempts > 1)
                .count(),
            invocations: share(sum(|rotation| rotation.invocations)),
            iam_calls: share(sum(|rotation| rotation.traffic.iam_calls)),
            throttled: share(sum(|rotation| rotation.traffic.throttled)),
            billed_median: median(&billed).unwrap_or_default(),
            billed_99: quantile(&billed, 0.99).unwrap_or_default(),
            concurrent: lambda.most(),
            last: last.unwrap_or_default(),
            errors,
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
fn float(count: u64) -> f64 {
    count as f64
}
