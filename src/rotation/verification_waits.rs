//! Pure: how long is waited between the tries to verify a new key.

use std::time::Duration;

/// Between two successes: at once, both could be answered by the same host (fact 27).
pub(crate) const SPACING: Duration = Duration::from_secs(1);
/// The longest wait behind a failure; the first is one second, and each is twice as long as the one before.
pub(crate) const LONGEST: Duration = Duration::from_secs(5);

/// The least that so many successes take.
pub(crate) fn least_time(successes: u32) -> Duration {
    SPACING * successes.saturating_sub(1)
}
