//! When a secret is rotated, and by which function.

use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_hours(24);
const HOUR: Duration = Duration::from_hours(1);

/// The rotation of a secret, as RotateSecret configures it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::aws) struct Schedule {
    /// Whether it is on; `None` if it never was.
    pub(in crate::aws) enabled: Option<bool>,
    /// When it was turned on.
    since: Option<SystemTime>,
    pub(in crate::aws) function: Option<String>,
    pub(in crate::aws) rules: Rules,
}

/// RotationRules, of which AutomaticallyAfterDays and ScheduleExpression exclude each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::aws) struct Rules {
    pub(in crate::aws) days: Option<u64>,
    pub(in crate::aws) duration: Option<String>,
    pub(in crate::aws) expression: Option<String>,
}

impl Schedule {
    pub(in crate::aws) fn is_on(&self) -> bool {
        self.enabled == Some(true)
    }

    pub(in crate::aws) fn turn_on(&mut self, now: SystemTime) {
        if !self.is_on() {
            self.enabled = Some(true);
            self.since = Some(now);
        }
    }

    pub(in crate::aws) fn turn_off(&mut self) {
        self.enabled = Some(false);
        self.since = None;
    }

    /// The day by which the next rotation happens, which is not told of a `cron()` expression here.
    pub(in crate::aws) fn next(&self, rotated: Option<SystemTime>) -> Option<SystemTime> {
        let since = self.since.filter(|_| self.is_on())?;
        let last = rotated.map_or(since, |rotated| rotated.max(since));
        Some(last + self.rules.interval()?)
    }

    pub(super) fn age(&mut self, by: Duration) {
        if let Some(since) = &mut self.since {
            *since -= by;
        }
    }
}

impl Rules {
    fn interval(&self) -> Option<Duration> {
        if let Some(days) = self.days {
            return Some(DAY * u32::try_from(days).ok()?);
        }
        let expression = self.expression.as_deref()?;
        let rate = expression.strip_prefix("rate(")?.strip_suffix(')')?;
        let (count, unit) = rate.split_once(' ')?;
        let unit = match unit {
            "day" | "days" => DAY,
            "hour" | "hours" => HOUR,
            _ => return None,
        };
        Some(unit * count.parse().ok()?)
    }
}
