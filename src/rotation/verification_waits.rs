//! Pure: how long to wait between attempts to verify a new key.

use std::time::Duration;

/// The wait between two successes. Without it, the same host could answer both (fact 27).
pub(crate) const SPACING: Duration = Duration::from_secs(1);
/// The longest wait after a failure. The first wait is one second, and each is twice as long as the one before.
pub(crate) const LONGEST: Duration = Duration::from_secs(5);

/// The shortest time in which this many successes are possible.
pub(crate) fn least_time(successes: u32) -> Duration {
    SPACING * successes.saturating_sub(1)
}
