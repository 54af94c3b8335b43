//! The SDK configuration's time and sleep, and the invocation's deadline.

use std::future::Future;
use std::pin::pin;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_smithy_async::future::timeout::Timeout;
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep};
use aws_smithy_async::time::SharedTimeSource;
use chrono::{DateTime, Utc};

/// The time that the function keeps before Lambda's deadline, to respond.
const RESERVE: Duration = Duration::from_millis(500);

/// The invocation's time is up, or would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfTime;

/// When Lambda kills the function, from what the runtime says and the current time.
///
/// `cargo lambda watch` gives a duration instead of a deadline: 600,000 ms. That reads as ten minutes past midnight on
/// 1970-01-01.
#[must_use]
pub fn deadline(said: SystemTime, now: SystemTime) -> SystemTime {
    match said.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(time) if time < Duration::from_secs(24 * 60 * 60) => now + time,
        _ => said,
    }
}

/// The clock of one invocation.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    time: SharedTimeSource,
    sleep: SharedAsyncSleep,
    deadline: SystemTime,
}

impl Clock {
    /// Takes the time source and sleep from the SDK's configuration. `deadline` is when Lambda kills the function.
    #[must_use]
    pub(crate) fn new(sdk: &SdkConfig, deadline: SystemTime) -> Self {
        Self {
            time: sdk.time_source().unwrap_or_default(),
            sleep: sdk.sleep_impl().unwrap_or_else(|| {
                SharedAsyncSleep::new(aws_smithy_async::rt::sleep::TokioSleep::new())
            }),
            deadline,
        }
    }

    /// The current time.
    #[must_use]
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.time.now().into()
    }

    /// What is left of the invocation's time, minus the reserve.
    #[must_use]
    pub(crate) fn remaining(&self) -> Duration {
        self.deadline
            .duration_since(self.time.now())
            .unwrap_or_default()
            .saturating_sub(RESERVE)
    }

    /// Sleeps for `duration`.
    ///
    /// # Errors
    /// [`OutOfTime`], at once, if no time would be left after the sleep.
    pub(crate) async fn sleep(&self, duration: Duration) -> Result<(), OutOfTime> {
        if duration >= self.remaining() {
            return Err(OutOfTime);
        }
        self.sleep.sleep(duration).await;
        Ok(())
    }

    /// Runs a future for at most the rest of the invocation's time, minus `kept`.
    ///
    /// # Errors
    /// [`OutOfTime`] if the future did not end by then. It is dropped.
    pub(crate) async fn limit<T>(
        &self,
        kept: Duration,
        future: impl Future<Output = T>,
    ) -> Result<T, OutOfTime> {
        let limit = self.remaining().saturating_sub(kept);
        self.within(limit, future).await
    }

    /// Runs a future for at most `limit`.
    ///
    /// # Errors
    /// [`OutOfTime`] if the future did not end by then. It is dropped.
    pub(crate) async fn within<T>(
        &self,
        limit: Duration,
        future: impl Future<Output = T>,
    ) -> Result<T, OutOfTime> {
        Timeout::new(pin!(future), self.sleep.sleep(limit))
            .await
            .map_err(|_| OutOfTime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_in_1970_is_a_time_from_now() {
        let (now, minutes) = (SystemTime::now(), Duration::from_secs(600));
        assert_eq!(
            deadline(SystemTime::UNIX_EPOCH + minutes, now),
            now + minutes
        );
        assert_eq!(deadline(now + minutes, now), now + minutes);
        // Lambda's own deadline stays, even if it has passed.
        assert_eq!(deadline(now - minutes, now), now - minutes);
    }
}
