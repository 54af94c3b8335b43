//! Makes changes. Each try is a look and one attempt ([`change_once`]).

use std::time::Duration;

use crate::aws::failure::Effect;
use crate::aws::once::{Changed, Once, change_once};
use crate::rotation::context::Run;
use crate::rotation::problem::Problem;
use crate::rotation::throttling::Turn;

/// How often a change is tried if its outcome is not known. Only for an idempotent change.
const TRIES: u32 = 3;
/// The wait before the next look and attempt.
const AGAIN: Duration = Duration::from_secs(1);

impl Run<'_> {
    /// As [`change_once`].
    ///
    /// # Errors
    /// The look's error.
    pub(crate) async fn change_once<D, T>(
        &self,
        look: impl AsyncFn() -> Result<Option<D>, Problem>,
        attempt: impl AsyncFn(&D, Once) -> Changed<T>,
    ) -> Result<Option<Changed<T>>, Problem> {
        change_once(look, attempt).await
    }

    /// As [`change_once`], for an idempotent change. If it hits the rate limit, waits, looks again and tries
    /// again while more than `kept` of the invocation's time is left. Tries it a few times if the outcome is not known.
    ///
    /// # Errors
    /// The look's error. A returned failure has [`Effect::Unknown`] if any of the attempts may have taken effect.
    pub(crate) async fn change<D, T>(
        &self,
        kept: Duration,
        look: impl AsyncFn() -> Result<Option<D>, Problem>,
        attempt: impl AsyncFn(&D, Once) -> Changed<T>,
    ) -> Result<Option<Changed<T>>, Problem> {
        let mut turn = Turn::default();
        let mut unknown = 0;
        loop {
            let since = self.clock.now();
            let mut failure = match change_once(&look, &attempt).await? {
                Some(Err(failure)) => failure,
                ended => return Ok(ended),
            };
            let again = match failure.effect {
                Effect::None => false,
                Effect::Throttled => match turn.wait(self, since, kept, failure.clone()).await {
                    Ok(()) => continue,
                    Err(_) => false,
                },
                Effect::Unknown => {
                    unknown += 1;
                    unknown < TRIES && AGAIN + kept < self.clock.remaining()
                }
            };
            if again && self.clock.sleep(AGAIN).await.is_ok() {
                continue;
            }
            if unknown > 0 {
                failure.effect = Effect::Unknown;
            }
            return Ok(Some(Err(failure)));
        }
    }
}
