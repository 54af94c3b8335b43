//! Calls that AWS refuses for their rate. IAM lets an account make a handful a second, and a fleet rotates at once: so each
//! of its functions waits for its turn for as long as it may run.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tracing::info;

use crate::aws::failure::{AwsFailure, Effect};
use crate::rotation::context::Run;
use crate::rotation::problem::Problem;

/// The longest that the first wait can be; each one behind it can be twice as long.
const FIRST: Duration = Duration::from_secs(1);
/// The longest that any wait can be.
const LONGEST: Duration = Duration::from_secs(20);

/// How long to wait behind so many refusals in a row: `chance`, from 0 to 1, of the longest wait. All of it is left to chance
/// ("full jitter"), so that functions that were refused together do not come back together.
#[must_use]
pub(crate) fn backoff(refusals: u32, chance: f64) -> Duration {
    let doubled = FIRST.saturating_mul(2_u32.saturating_pow(refusals.saturating_sub(1)));
    doubled.min(LONGEST).mul_f64(chance)
}

/// What a call fails with that can be a refusal for its rate.
pub(crate) trait Refusal {
    /// The refusal, where it is one.
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

/// The wait of one call for its turn.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    refusals: u32,
}

impl Turn {
    /// Waits behind a refusal of a call that was made at `since`, if more than `kept` of the invocation's time is left then.
    ///
    /// # Errors
    /// The refusal, at once, where it is not.
    pub(crate) async fn wait<E: Refusal>(
        &mut self,
        run: &Run<'_>,
        since: DateTime<Utc>,
        kept: Duration,
        refusal: E,
    ) -> Result<(), E> {
        self.refusals += 1;
        let now = run.clock.now();
        // The call too was one of waiting: the SDK has its own tries within it.
        run.notes.refused(since, now, refusal.throttled());
        let wait = backoff(self.refusals, fastrand::f64());
        let refusals = self.refusals;
        info!(refusals, "refused for its rate: trying again in {wait:.1?}");
        if wait + kept >= run.clock.remaining() || run.clock.sleep(wait).await.is_err() {
            return Err(refusal);
        }
        run.notes.waited(now, run.clock.now());
        Ok(())
    }
}

impl Run<'_> {
    /// Makes a call, and makes it again while AWS refuses it for its rate and more than `kept` of the invocation's time
    /// is left. Such a refusal has no effect, so any call can be repeated behind it; what the call was decided on must
    /// then be part of it.
    ///
    /// The SDK's own few tries are within each of these.
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
