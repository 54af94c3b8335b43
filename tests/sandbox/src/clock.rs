//! The sandbox's time, virtual when tokio's is.

use std::time::SystemTime;

use aws_smithy_async::time::TimeSource;
use tokio::time::Instant;

/// A wall clock that advances with tokio's time. In a test with `start_paused = true` it advances
/// only with sleeps; elsewhere it runs like any clock.
#[derive(Clone, Debug)]
pub struct Clock {
    base: SystemTime,
    start: Instant,
}

impl Clock {
    /// A clock that shows the machine's time.
    #[must_use]
    pub fn real() -> Self {
        Self::at(SystemTime::now())
    }

    /// A clock that shows `base` now.
    #[must_use]
    pub fn at(base: SystemTime) -> Self {
        Self {
            base,
            start: Instant::now(),
        }
    }
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        self.base + self.start.elapsed()
    }
}
