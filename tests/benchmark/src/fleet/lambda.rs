//! Lambda's side of a fleet: execution environments, started, reused and billed.

use std::time::Duration;

/// How long an environment is kept when nobody invokes it. AWS does not document it; observations show minutes.
const KEPT: Duration = Duration::from_secs(5 * 60);

/// The environments of one function. Lambda reuses an idle one, or else starts another, up to the function's share of
/// the account's concurrency.
#[derive(Clone, Debug)]
pub(super) struct Lambda {
    concurrency: usize,
    running: usize,
    most: usize,
    /// When each idle environment became idle, the latest one last.
    idle: Vec<Duration>,
}

/// The environment that an invocation gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A new environment, which has to be initialised.
    Cold,
    /// An idle environment.
    Warm,
}

impl Lambda {
    /// A function that nobody has invoked.
    pub(super) fn new(concurrency: usize) -> Self {
        Self {
            concurrency,
            running: 0,
            most: 0,
            idle: Vec::new(),
        }
    }

    /// Begins an invocation. Returns None if as many run as may.
    pub(super) fn begin(&mut self, now: Duration) -> Option<Found> {
        if self.running >= self.concurrency {
            return None;
        }
        self.running += 1;
        self.most = self.most.max(self.running);
        self.idle.retain(|since| now.saturating_sub(*since) < KEPT);
        Some(match self.idle.pop() {
            Some(_) => Found::Warm,
            None => Found::Cold,
        })
    }

    /// Ends an invocation.
    pub(super) fn end(&mut self, now: Duration) {
        self.running -= 1;
        self.idle.push(now);
    }

    /// The most invocations that ran at the same time.
    pub(super) fn most(&self) -> usize {
        self.most
    }
}

/// What Lambda bills for a duration: whole milliseconds, rounded up.
pub(super) fn billed(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;

    #[test]
    fn an_idle_environment_is_reused_for_five_minutes() {
        let mut lambda = Lambda::new(10);
        assert_eq!(lambda.begin(NOW), Some(Found::Cold));
        lambda.end(NOW);
        assert_eq!(
            lambda.begin(KEPT - Duration::from_millis(1)),
            Some(Found::Warm)
        );
        lambda.end(KEPT);
        assert_eq!(lambda.begin(KEPT * 2), Some(Found::Cold));
        assert_eq!(lambda.most(), 1);
    }

    #[test]
    fn no_more_run_at_a_time_than_may() {
        let mut lambda = Lambda::new(2);
        assert_eq!(lambda.begin(NOW), Some(Found::Cold));
        assert_eq!(lambda.begin(NOW), Some(Found::Cold));
        assert_eq!(lambda.begin(NOW), None);
        lambda.end(NOW);
        assert_eq!(lambda.begin(NOW), Some(Found::Warm));
        assert_eq!(lambda.most(), 2);
    }

    #[test]
    fn a_begun_millisecond_is_billed() {
        assert_eq!(billed(Duration::ZERO), 0);
        assert_eq!(billed(Duration::from_micros(1)), 1);
        assert_eq!(billed(Duration::from_millis(7)), 7);
    }
}
