//! A rate limit of an account.

use std::time::Duration;

/// So many calls a second, and as many at once after a quiet second. A refused call takes nothing from the limit.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    /// The time between calls that come evenly.
    spacing: Duration,
    /// How far ahead of that the calls may be.
    ahead: Duration,
    /// When the next call would be due if the calls came evenly.
    next: Duration,
}

impl Bucket {
    /// A rate that has not been used so far.
    pub(super) fn new(rate: f64) -> Self {
        let spacing = Duration::try_from_secs_f64(rate.recip()).unwrap_or(Duration::MAX);
        Self {
            spacing,
            ahead: spacing.mul_f64((rate - 1.0).max(0.0)),
            next: Duration::ZERO,
        }
    }

    /// Whether a call at the time `at` is let in. Times never go back.
    pub(super) fn admits(&mut self, at: Duration) -> bool {
        let admitted = self.next <= at + self.ahead;
        if admitted {
            self.next = self.next.max(at).saturating_add(self.spacing);
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(rate: f64, times: impl IntoIterator<Item = u64>) -> usize {
        let mut bucket = Bucket::new(rate);
        let times = times.into_iter().map(Duration::from_millis);
        times.filter(|at| bucket.admits(*at)).count()
    }

    #[test]
    fn as_many_as_a_second_holds_come_in_at_once() {
        assert_eq!(admitted(5.0, [0; 20]), 5);
        assert_eq!(admitted(0.25, [0; 20]), 1);
    }

    #[test]
    fn then_the_rate_is_kept_however_many_ask() {
        // The 5 at the beginning, plus 5 a second for 100 seconds.
        assert_eq!(admitted(5.0, 0..=100_000), 505);
        assert_eq!(admitted(0.25, 0..=100_000), 26);
    }

    #[test]
    fn a_long_silence_saves_no_more_than_a_second() {
        assert_eq!(admitted(5.0, [[0; 10], [3_600_000; 10]].concat()), 10);
    }
}
