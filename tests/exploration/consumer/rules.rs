//! When a replaced key is retired, and how consumers keep the secret meanwhile.

use std::time::Duration;

use super::MINUTE;
use super::cache::Cache;
use super::clients::Habit;

const HOUR: Duration = Duration::from_hours(1);
pub const DAY: Duration = Duration::from_hours(24);

/// When a replaced key is retired.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The time between two rotations.
    pub interval: Duration,
    pub retire_after: Duration,
    pub in_use_window: Duration,
    /// How late IAM shows a use.
    pub lag: Duration,
}

pub const RULES: [Rule; 3] = [
    // The defaults.
    Rule {
        interval: DAY.saturating_mul(30),
        retire_after: DAY.saturating_mul(7),
        in_use_window: DAY,
        lag: Duration::from_mins(15),
    },
    // Consumers call less often than the window is long, so only RETIRE_AFTER protects them.
    Rule {
        interval: DAY.saturating_mul(30),
        retire_after: DAY.saturating_mul(7),
        in_use_window: HOUR,
        lag: Duration::ZERO,
    },
    // The weekly reader holds the key for longer than RETIRE_AFTER, so only its use protects it.
    Rule {
        interval: DAY.saturating_mul(9),
        retire_after: DAY,
        in_use_window: DAY,
        lag: HOUR.saturating_mul(4),
    },
];

/// Each way to keep the secret, with and without a second look.
pub fn habits() -> Vec<Habit> {
    let caches = [
        Cache::Agent(MINUTE),
        Cache::Agent(MINUTE.saturating_mul(5)),
        Cache::Library(HOUR),
        Cache::Library(HOUR.saturating_mul(12)),
        Cache::Agent(DAY.saturating_mul(7)),
    ];
    let off = Habit {
        cache: Cache::Off,
        rereads: false,
    };
    let twins = caches.into_iter().flat_map(|cache| {
        let with = move |rereads| Habit { cache, rereads };
        [with(false), with(true)]
    });
    [off].into_iter().chain(twins).collect()
}
