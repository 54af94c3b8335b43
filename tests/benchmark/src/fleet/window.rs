//! How wide a rotation window must be: only arithmetic.

use std::fmt;
use std::time::Duration;

use crate::table;

/// The IAM calls in one rotation of a user with two access keys: ListAccessKeys twice, UpdateAccessKey,
/// DeleteAccessKey, CreateAccessKey.
pub(super) const IAM_CALLS: f64 = 5.0;
/// Secrets Manager accepts a window only in whole hours (fact 12).
pub(super) const HOUR: Duration = Duration::from_secs(60 * 60);
/// The widest window: it must end within the day.
pub(super) const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// How much wider a window is than the minimum. A fleet that fills its window completely does not fit. Refused calls
/// come too late, and the work that they belong to starts again.
const ROOM: f64 = 1.15;

/// The minimum time in which this many secrets can rotate, with this many IAM calls a second.
pub(super) fn least(secrets: usize, iam_rate: f64) -> Duration {
    // No fleet is so large, and no rate so low, that the seconds overflow a Duration.
    Duration::try_from_secs_f64(count(secrets) * IAM_CALLS / iam_rate).unwrap_or(Duration::MAX)
}

/// The narrowest window of whole hours that fits this many secrets, with some room. Returns None if a day is too
/// short.
pub(super) fn narrowest(secrets: usize, iam_rate: f64) -> Option<Duration> {
    let needed = least(secrets, iam_rate).as_secs_f64() * ROOM;
    let mut windows = (1..)
        .map(|hours| HOUR * hours)
        .take_while(|window| *window <= LONGEST);
    windows.find(|window| window.as_secs_f64() >= needed)
}

/// How many secrets the widest window fits, with some room.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is above 0, and rounded down on purpose"
)]
pub(super) fn most(iam_rate: f64) -> usize {
    (LONGEST.as_secs_f64() * iam_rate / IAM_CALLS / ROOM) as usize
}

/// The message about a window that does not fit a fleet with some room. Returns None if it does.
pub(super) fn too_narrow(secrets: usize, iam_rate: f64, window: Duration) -> Option<String> {
    if narrowest(secrets, iam_rate).is_some_and(|narrowest| narrowest <= window) {
        return None;
    }
    Some(format!(
        "{} secrets need {} calls of IAM, at {iam_rate} a second at least {}: \
         a window of {} can't hold them; {}",
        thousands(secrets),
        thousands(secrets * 5),
        Span(least(secrets, iam_rate)),
        Span(window),
        advice(secrets, iam_rate),
    ))
}

/// The window to use.
fn advice(secrets: usize, iam_rate: f64) -> String {
    match narrowest(secrets, iam_rate) {
        Some(window) => format!("make it {}", Span(window)),
        None => format!(
            "not even 24 h can, which hold {}: spread them over more than one day",
            thousands(most(iam_rate)),
        ),
    }
}

/// A count with a comma for the thousands.
pub(super) fn thousands(count: usize) -> String {
    table::thousands(&count.to_string())
}

/// A time in readable form: 2 h, 1 h 40 min, 12 min 5 s, 9.4 s.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span(pub Duration);

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        if seconds < 60 {
            return write!(formatter, "{:.1} s", self.0.as_secs_f64());
        }
        let (large, small, units) = match seconds {
            ..3600 => (seconds / 60, seconds % 60, ("min", "s")),
            _ => (seconds / 3600, seconds % 3600 / 60, ("h", "min")),
        };
        match small {
            0 => write!(formatter, "{large} {}", units.0),
            small => write!(formatter, "{large} {} {small} {}", units.0, units.1),
        }
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "a count of secrets is far below 2^52"
)]
fn count(secrets: usize) -> f64 {
    secrets as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(window: Option<Duration>) -> Option<u64> {
        window.map(|window| window.as_secs() / 3600)
    }

    #[test]
    fn the_least_time_is_that_of_the_calls_of_iam() {
        assert_eq!(least(10_000, 5.0), Duration::from_secs(10_000));
        assert_eq!(least(1, 5.0), Duration::from_secs(1));
    }

    #[test]
    fn the_narrowest_window_has_whole_hours_and_some_room() {
        for (secrets, expected) in [
            (1, Some(1)),
            (1_000, Some(1)),
            // 3,600 s fit 3,600 without any room, and 3,130 with room.
            (3_130, Some(1)),
            (3_131, Some(2)),
            (10_000, Some(4)),
            (75_130, Some(24)),
            (75_131, None),
        ] {
            assert_eq!(hours(narrowest(secrets, 5.0)), expected, "{secrets}");
        }
        assert_eq!(most(5.0), 75_130);
        assert_eq!(hours(narrowest(12, 0.001)), Some(20));
    }

    #[test]
    fn what_a_window_cannot_hold_is_said_with_the_window_that_can() {
        let hour = Duration::from_secs(3600);
        assert_eq!(too_narrow(3_130, 5.0, hour), None);
        assert_eq!(
            too_narrow(10_000, 5.0, hour).as_deref(),
            Some(
                "10,000 secrets need 50,000 calls of IAM, at 5 a second at least 2 h 46 min: \
                 a window of 1 h can't hold them; make it 4 h"
            )
        );
        // A fleet that fills a window completely does not fit in it.
        let full = too_narrow(3_600, 5.0, hour).unwrap_or_default();
        assert!(full.ends_with("make it 2 h"), "{full}");
        let day = hour * 24;
        let said = too_narrow(1_000_000, 5.0, day).unwrap_or_default();
        assert!(
            said.ends_with(
                "not even 24 h can, which hold 75,130: spread them over more than one day"
            ),
            "{said}"
        );
    }

    #[test]
    fn times_are_told_in_their_largest_units() {
        for (milliseconds, text) in [
            (9_400, "9.4 s"),
            (60_000, "1 min"),
            (725_000, "12 min 5 s"),
            (6_000_000, "1 h 40 min"),
            (7_200_000, "2 h"),
        ] {
            assert_eq!(Span(Duration::from_millis(milliseconds)).to_string(), text);
        }
        for (number, text) in [
            (1, "1"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(thousands(number), text);
        }
    }
}
