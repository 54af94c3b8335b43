//! The secrets that the keeper looks after, and in which order.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::aws::secret_list::ListedSecret;
use crate::rotation::context::Run;
use crate::rotation::problem::Problem;

/// The fractional part of the golden ratio. Starting points that are its multiples spread evenly, however many there are.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// How many runs it takes, about, until every secret has had its turn.
const TURNS: f64 = 24.0;

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

/// Whether a secret has its turn in this hour. About one in [`TURNS`] hours is a secret's, whichever of them have a run.
pub(crate) fn has_turn(arn: &str, now: DateTime<Utc>) -> bool {
    let fnv = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let hash = arn.bytes().fold(0x811c_9dc5, fnv);
    let own = f64::from(hash) / (f64::from(u32::MAX) + 1.0);
    (own + place(now)).fract() * TURNS < 1.0
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

    /// However the runs are scheduled, a secret has a turn in some 24 of them, and never waits for long.
    #[test]
    fn each_secret_has_its_turn_whatever_the_schedule() {
        let arns: Vec<_> = (0..1_000).map(|number| format!("arn-{number}")).collect();
        for (every, first) in [(1, 0), (1, 500_000), (2, 1), (24, 7), (168, 3)] {
            let at = |run| DateTime::UNIX_EPOCH + TimeDelta::hours(first + every * run);
            let mut turns = 0;
            for arn in &arns {
                let own = (0..240).filter(|run| has_turn(arn, at(*run)));
                let own: Vec<i64> = own.collect();
                turns += own.len();
                let longest = own.windows(2).map(|pair| pair[1] - pair[0]).max();
                assert!(longest.is_some_and(|runs| runs < 72), "{every}: {own:?}");
            }
            assert!((9_500..10_500).contains(&turns), "{every}: {turns}");
        }
    }

    #[test]
    fn one_secret_and_none_are_in_any_order() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::hours(7);
        assert_eq!(in_turn(vec!['a'], now), ['a']);
        assert!(in_turn(Vec::<char>::new(), now).is_empty());
    }
}
