//! P6, P9 and P10 over the life of keys that are retired, and of two that leak. Consumers keep the secret from 0 s to
//! 12 hours, and one reads it once a week. The keeper runs each hour, and faults at random are in its runs too. Once a key
//! has been retired for two days, it runs every 6 hours, or half of the time would go there.
//!
//! What is promised to a consumer that holds the replaced key: it works for `RETIRE_AFTER`, and as long as IAM shows its
//! use within `IN_USE_WINDOW`. Which of the two protects the weekly reader differs by the seed (`rules.rs`). Revocation
//! beats caches: whoever still holds the exposed key is refused, until it reads the secret again.
//!
//! Consumers call once a second around each rotation, retirement and leak, less often for an hour after that, and every
//! 6 hours otherwise. Each cache has a consumer that waits for it, and one that looks past it once when it is refused.

use std::time::Duration;

use sandbox::setup::Source;
use tokio::time::Instant;
use tracing::subscriber::NoSubscriber;

use super::rules::DAY;
use super::years::{Sum, Years};
use super::{LEAD, ROTATIONS};
use crate::faults::{is_short, seconds, variable};
use crate::figures::figure;
use crate::world::SOURCES;

const HOUR: Duration = Duration::from_hours(1);

async fn years(seed: u64) -> Sum {
    fastrand::seed(seed);
    let source = SOURCES[usize::try_from(seed).unwrap() % SOURCES.len()];
    let mut years = Years::new(seed, source);
    // The log of so many runs would take more memory than all else. `keeper/` searches it for secrets.
    let _quiet = tracing::subscriber::set_default(NoSubscriber::default());
    let leaks = [years.rng.usize(2..=10), years.rng.usize(11..=ROTATIONS)];
    // A key that cuts itself off cannot make another.
    let first_at_once = seed.is_multiple_of(2);
    let mut due = Instant::now();
    for number in 1..=ROTATIONS {
        let before = due;
        due += years.rule.interval;
        let which = leaks.iter().position(|leak| *leak == number);
        let leak = which.map(|which| {
            let days = u32::try_from(years.rule.interval.as_secs() / DAY.as_secs()).unwrap();
            let at = before + DAY * years.rng.u32(..days - 1) + HOUR * years.rng.u32(3..24);
            let at_once = (which == 0) == first_at_once;
            (at, at_once && source != Source::SelfKey)
        });
        // Somewhere in the rotation window.
        let start = due + seconds(&mut years.rng, 3_600);
        years.hours_until(start - LEAD, leak).await;
        years.rotate().await;
    }
    years.hours_until(due + years.rule.interval, None).await;
    years.sum()
}

#[tokio::test(start_paused = true)]
async fn no_call_is_refused_over_twenty_retirements_but_with_a_key_that_leaked() {
    if is_short() {
        return;
    }
    let (first, seeds) = (variable("FIRST_SEED", 1), variable("RUNS", 4));
    let mut sum = Sum::default();
    for seed in first..first + seeds {
        let began = std::time::Instant::now();
        let more = years(seed).await;
        println!("seed {seed}: {:?}", began.elapsed());
        sum.runs += more.runs;
        sum.retired += more.retired;
        sum.in_use += more.in_use;
        sum.leaks += more.leaks;
        sum.calls += more.calls;
        sum.judged.in_leaks += more.judged.in_leaks;
        sum.judged.otherwise.extend(more.judged.otherwise);
        let longest = [
            (&mut sum.judged.rotating_first, more.judged.rotating_first),
            (&mut sum.judged.at_once, more.judged.at_once),
            (&mut sum.judged.by_cache, more.judged.by_cache),
        ];
        for (longest, more) in longest {
            *longest = (*longest).max(more);
        }
    }
    let mut refused = sum.judged.otherwise;
    let count = refused.len();
    refused.truncate(5);
    assert_eq!(count, 0, "refused outside a leak: {refused:#?} and so on");
    let seconds = |time: Duration| usize::try_from(time.as_secs()).unwrap();
    let rotations = usize::try_from(seeds).unwrap() * ROTATIONS;
    figure("rotations with retirement", rotations);
    figure("runs of the keeper between them", sum.runs);
    figure("keys retired", sum.retired);
    figure("runs that found the replaced key in use", sum.in_use);
    figure("leaks", sum.leaks);
    figure(
        "calls of consumers through retirements and leaks",
        sum.calls,
    );
    figure("of them refused in a leak", sum.judged.in_leaks);
    figure("of them refused otherwise", count);
    figure(
        "longest seconds refused, reading again, rotated first",
        seconds(sum.judged.rotating_first),
    );
    figure(
        "longest seconds refused, reading again, cut off at once",
        seconds(sum.judged.at_once),
    );
    figure(
        "longest seconds refused, waiting for the cache",
        seconds(sum.judged.by_cache),
    );
}
