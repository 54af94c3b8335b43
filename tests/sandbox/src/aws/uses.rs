//! The record of an access key's last use (facts 25 and 43).

#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use super::LastUsed;

/// How IAM records the uses of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UseRecord {
    /// Uses that are this close to the one recorded before count as one with it.
    pub window: Duration,
    /// GetAccessKeyLastUsed shows a use this much later.
    pub lag: Duration,
}

/// The window that AWS tells of; it documents no lag (fact 43).
impl Default for UseRecord {
    fn default() -> Self {
        Self {
            window: Duration::from_mins(15),
            lag: Duration::ZERO,
        }
    }
}

impl UseRecord {
    /// Every use, as soon as it happens.
    pub(super) fn at_once() -> Self {
        Self {
            window: Duration::ZERO,
            lag: Duration::ZERO,
        }
    }
}

/// What is recorded of a key's uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Uses {
    shown: Option<LastUsed>,
    /// What is shown from a time on, oldest first.
    coming: Vec<(SystemTime, LastUsed)>,
}

impl Uses {
    pub(super) fn last(used: LastUsed) -> Self {
        Self {
            shown: Some(used),
            coming: Vec::new(),
        }
    }

    /// What GetAccessKeyLastUsed shows.
    pub(super) fn shown(&self, now: SystemTime) -> Option<&LastUsed> {
        let mut coming = self.coming.iter().rev();
        let come = coming.find(|(from, _)| *from <= now);
        come.map(|(_, used)| used).or(self.shown.as_ref())
    }

    /// What it shows later, and from when.
    pub(super) fn coming(&self, now: SystemTime) -> impl Iterator<Item = &(SystemTime, LastUsed)> {
        self.coming.iter().filter(move |(from, _)| *from > now)
    }

    pub(super) fn note(&mut self, used: LastUsed, record: UseRecord) {
        let now = used.at;
        self.shown = self.shown(now).cloned();
        self.coming.retain(|(from, _)| *from > now);
        let recorded = self.coming.last().map(|(_, used)| used);
        let since = recorded
            .or(self.shown.as_ref())
            .map(|last| now.duration_since(last.at).unwrap_or_default());
        if since.is_some_and(|since| since < record.window) {
            return;
        }
        if record.lag.is_zero() {
            *self = Self::last(used);
        } else {
            self.coming.push((now + record.lag, used));
        }
    }

    pub(super) fn age(&mut self, by: Duration) {
        for (from, used) in &mut self.coming {
            *from -= by;
            used.at -= by;
        }
        if let Some(used) = &mut self.shown {
            used.at -= by;
        }
    }
}
