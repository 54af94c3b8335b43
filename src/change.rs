//! The one place that changes things: a look, and right behind it one attempt.
//!
//! The SDK's own retries are off for every call that changes something, and each of these takes [`Once`], which nothing
//! else makes. So nothing is changed that was not looked at just before, and nothing is tried again without another look.

use std::time::Duration;

use crate::aws_failure::{AwsFailure, Effect};
use crate::problem::Problem;
use crate::rotation::Rotation;
use crate::throttling::Turn;

/// How often a change is tried whose outcome is not known. Only of a change that does the same when it is repeated.
const TRIES: u32 = 3;
/// Before it is looked at and tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Leave for one attempt at a change.
#[derive(Debug)]
pub struct Once(());

/// What came of a change.
pub(crate) type Changed<T> = Result<T, AwsFailure>;

impl Rotation<'_> {
    /// Looks, and where `look` gives what was decided, tries the change once. None where there is nothing to change.
    ///
    /// # Errors
    /// The look's. How the attempt ended is in the answer: what it may have done is for the caller to find out.
    pub(crate) async fn change_once<D, T>(
        &self,
        look: impl AsyncFn() -> Result<Option<D>, Problem>,
        attempt: impl AsyncFn(&D, Once) -> Changed<T>,
    ) -> Result<Option<Changed<T>>, Problem> {
        let Some(decided) = look().await? else {
            return Ok(None);
        };
        Ok(Some(attempt(&decided, Once(())).await))
    }

    /// As [`Rotation::change_once`], of a change that does the same when it is repeated. Refused for its rate, it waits,
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
            let mut failure = match self.change_once(&look, &attempt).await? {
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
