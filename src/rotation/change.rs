//! Changes, each try of which is a look and one attempt ([`change_once`]).

use std::time::Duration;

use crate::aws::failure::Effect;
use crate::aws::once::{Changed, Once, change_once};
use crate::rotation::context::Run;
use crate::rotation::problem::Problem;
use crate::rotation::throttling::Turn;

/// How often a change is tried whose outcome is not known. Only of a change that does the same when it is repeated.
const TRIES: u32 = 3;
/// Before it is looked at and tried again.
const AGAIN: Duration = Duration::from_secs(1);

impl Run<'_> {
    /// As [`change_once`].
    ///
    /// # Errors
    /// The look's.
    pub(crate) async fn change_once<D, T>(
        &self,
        look: impl AsyncFn() -> Result<Option<D>, Problem>,
        attempt: impl AsyncFn(&D, Once) -> Changed<T>,
    ) -> Result<Option<Changed<T>>, Problem> {
        change_once(look, attempt).await
    }

    /// As [`change_once`], of a change that does the same when it is repeated. Refused for its rate, it waits,
    /// looks again and tries again, while more than `kept` of the invocation's time is left; and a few times where the
    /// outcome is not known.
    ///
    /// # Errors
    /// The look's. A failure in the answer has [`Effect::Unknown`] if any of the attempts may have had its effect.
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
