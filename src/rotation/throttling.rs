//! Calls that AWS refuses because of a rate limit. IAM allows an account a handful of calls a second, and a fleet
//! rotates all at once. So each function waits for its turn for as long as it may run.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tracing::info;

use crate::aws::failure::{AwsFailure, Effect};
use crate::rotation::context::Run;
use crate::rotation::problem::Problem;

/// The upper limit of the first wait. The limit doubles with each further wait.
const FIRST: Duration = Duration::from_secs(1);
/// The upper limit of any wait.
const LONGEST: Duration = Duration::from_secs(20);

/// How long to wait after this many refusals in a row: the upper limit times `chance`, a number from 0 to 1. The whole
/// wait is random ("full jitter"), so that functions that were refused together do not retry together.
#[must_use]
pub(crate) fn backoff(refusals: u32, chance: f64) -> Duration {
    let doubled = FIRST.saturating_mul(2_u32.saturating_pow(refusals.saturating_sub(1)));
    doubled.min(LONGEST).mul_f64(chance)
}

/// A call's error, which may be a refusal because of the rate limit.
pub(crate) trait Refusal {
    /// Returns the refusal if the error is one.
    fn throttled(&self) -> Option<&AwsFailure>;
}

impl Refusal for AwsFailure {
    fn throttled(&self) -> Option<&AwsFailure> {
        (self.effect == Effect::Throttled).then_some(self)
    }
}

impl Refusal for Problem {
    fn throttled(&self) -> Option<&AwsFailure> {
        match self {
            Self::Throttled(failure) => Some(failure),
            _ => None,
        }
    }
}

/// One call's wait for its turn.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    refusals: u32,
}

impl Turn {
    /// Waits after a call made at `since` was refused, if the wait leaves more than `kept` of the invocation's time.
    ///
    /// # Errors
    /// The refusal, at once, if less time would be left.
    pub(crate) async fn wait<E: Refusal>(
        &mut self,
        run: &Run<'_>,
        since: DateTime<Utc>,
        kept: Duration,
        refusal: E,
    ) -> Result<(), E> {
        self.refusals += 1;
        let now = run.clock.now();
        // The call itself counts as waiting too: the SDK makes its own attempts within it.
        run.notes.refused(since, now, refusal.throttled());
        let wait = backoff(self.refusals, fastrand::f64());
        let refusals = self.refusals;
        info!(refusals, "over the rate limit: trying again in {wait:.1?}");
        if wait + kept >= run.clock.remaining() || run.clock.sleep(wait).await.is_err() {
            return Err(refusal);
        }
        run.notes.waited(now, run.clock.now());
        Ok(())
    }
}

impl Run<'_> {
    /// Makes a call, and retries it while AWS refuses it because of the rate limit and more than `kept` of the
    /// invocation's time is left. Such a refusal has no effect, so any call can be repeated after it. `call` must then
    /// include the reads that it was decided on.
    ///
    /// The SDK makes its own few attempts within each of these calls.
    pub(crate) async fn patiently<T, E: Refusal>(
        &self,
        kept: Duration,
        call: impl AsyncFn() -> Result<T, E>,
    ) -> Result<T, E> {
        let mut turn = Turn::default();
        loop {
            let since = self.clock.now();
            match call().await {
                Err(refusal) if refusal.throttled().is_some() => {
                    turn.wait(self, since, kept, refusal).await?;
                }
                ended => return ended,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_wait_doubles_up_to_twenty_seconds() {
        let longest: Vec<_> = (1..=7)
            .map(|refusals| backoff(refusals, 1.0).as_secs())
            .collect();
        assert_eq!(longest, [1, 2, 4, 8, 16, 20, 20]);
        assert_eq!(backoff(u32::MAX, 1.0), LONGEST);
    }

    #[test]
    fn all_of_a_wait_is_left_to_chance() {
        assert_eq!(backoff(5, 0.0), Duration::ZERO);
        assert_eq!(backoff(5, 0.25), Duration::from_secs(4));
    }
}
