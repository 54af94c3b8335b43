//! The secrets that the keeper looks after, and in which order.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::aws::secret_list::ListedSecret;
use crate::rotation::context::Run;
use crate::rotation::problem::Problem;

/// The fractional part of the golden ratio. Starting points that are its multiples spread evenly, however many there are.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// In one of how many runs a secret has its turn.
const TURNS: u64 = 24;

/// Lists all secrets of a fleet. Keeps what `keep` returns of each: a large fleet's labels and dates need not be in memory
/// at the same time.
pub(crate) async fn list<T>(
    run: &Run<'_>,
    fleet: &str,
    mut keep: impl FnMut(ListedSecret) -> Option<T>,
) -> Result<Vec<T>, Problem> {
    run.doing("list the fleet's secrets");
    let mut all = Vec::new();
    let mut from: Option<String> = None;
    loop {
        let secrets = &run.resources.secrets;
        let list = async || secrets.list(fleet, from.as_deref()).await;
        let (page, next) = run.patiently(Duration::ZERO, list).await?;
        all.extend(page.into_iter().filter_map(&mut keep));
        match next {
            Some(next) => from = Some(next),
            None => return Ok(all),
        }
    }
}

/// Begins elsewhere each hour. So a fleet that is too large for one run is looked at whole over several, and no run has
/// to know where another ended.
pub(crate) fn in_turn<T>(mut secrets: Vec<T>, now: DateTime<Utc>) -> Vec<T> {
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "secrets are far below 2^52, and the product is a number from 0 to their count"
    )]
    let start = (place(now) * secrets.len() as f64) as usize;
    if !secrets.is_empty() {
        let length = secrets.len();
        secrets.rotate_left(start.min(length - 1));
    }
    secrets
}

/// Whether a secret has its turn in this hour: one in [`TURNS`] by chance, so that it has one soon whatever the schedule.
pub(crate) fn has_turn(arn: &str, now: DateTime<Utc>) -> bool {
    let hours = now.timestamp().div_euclid(3_600);
    // FNV-1a, and the last step of MurmurHash3, which spreads what differs in one bit alone.
    let fnv = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let bytes = arn.bytes().chain(hours.to_le_bytes());
    let mut hash = bytes.fold(0xcbf2_9ce4_8422_2325, fnv);
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        hash = (hash ^ (hash >> 33)).wrapping_mul(factor);
    }
    (hash ^ (hash >> 33)).is_multiple_of(TURNS)
}

/// A number from 0 to 1 that is another one each hour.
fn place(now: DateTime<Utc>) -> f64 {
    let hours = now.timestamp().div_euclid(3_600);
    #[allow(clippy::cast_precision_loss, reason = "hours are far below 2^52")]
    (hours as f64 * GOLDEN).fract()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    /// Runs that reach a tenth of the fleet have reached all of it after a bit more than ten.
    #[test]
    fn short_runs_reach_every_secret_soon() {
        for first in [0, 17, 500_000] {
            let mut seen = std::collections::BTreeSet::new();
            for hour in 0..20 {
                let now = DateTime::UNIX_EPOCH + TimeDelta::hours(first + hour);
                let turn = in_turn((0..1_000).collect(), now);
                assert_eq!(turn.len(), 1_000);
                seen.extend(turn.into_iter().take(100));
            }
            assert_eq!(seen.len(), 1_000, "{first}");
        }
    }

    /// However the runs are scheduled, a secret has a turn in one of 24 of them.
    #[test]
    fn each_secret_has_its_turn_whatever_the_schedule() {
        let arns: Vec<_> = (0..1_000).map(|number| format!("arn-{number}")).collect();
        for (every, first) in [(1, 0), (1, 500_000), (2, 1), (24, 7), (168, 3)] {
            let at = |run: i64| DateTime::UNIX_EPOCH + TimeDelta::hours(first + every * run);
            let mut turns = 0;
            for arn in &arns {
                let own = (0..500).filter(|run| has_turn(arn, at(*run))).count();
                assert!(own > 0, "{every}: {arn}");
                turns += own;
            }
            assert!((20_000..21_700).contains(&turns), "{every}: {turns}");
        }
    }

    #[test]
    fn one_secret_and_none_are_in_any_order() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::hours(7);
        assert_eq!(in_turn(vec!['a'], now), ['a']);
        assert!(in_turn(Vec::<char>::new(), now).is_empty());
    }
}
