//! The secrets that the keeper looks after, and in which order.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::aws::secret_list::ListedSecret;
use crate::rotation::context::Run;
use crate::rotation::problem::Problem;

/// The fractional part of the golden ratio. Starting points that are its multiples spread evenly, however many there are.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// Lists all secrets of a fleet.
pub(crate) async fn list(run: &Run<'_>, fleet: &str) -> Result<Vec<ListedSecret>, Problem> {
    run.doing("list the fleet's secrets");
    let mut all = Vec::new();
    let mut from: Option<String> = None;
    loop {
        let secrets = &run.resources.secrets;
        let list = async || secrets.list(fleet, from.as_deref()).await;
        let (page, next) = run.patiently(Duration::ZERO, list).await?;
        all.extend(page);
        match next {
            Some(next) => from = Some(next),
            None => return Ok(all),
        }
    }
}

/// Begins elsewhere each hour. So a fleet that is too large for one run is looked at whole over several, and no run has
/// to know where another ended.
pub(crate) fn in_turn<T>(mut secrets: Vec<T>, now: DateTime<Utc>) -> Vec<T> {
    let hours = now.timestamp().div_euclid(3_600);
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "hours and secrets are far below 2^52, and the product is a number from 0 to their count"
    )]
    let start = ((hours as f64 * GOLDEN).fract() * secrets.len() as f64) as usize;
    if !secrets.is_empty() {
        let length = secrets.len();
        secrets.rotate_left(start.min(length - 1));
    }
    secrets
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

    #[test]
    fn one_secret_and_none_are_in_any_order() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::hours(7);
        assert_eq!(in_turn(vec!['a'], now), ['a']);
        assert!(in_turn(Vec::<char>::new(), now).is_empty());
    }
}
