//! How a change to an access key spreads (fact 27).

use std::time::{Duration, SystemTime};

/// The delays of keys created and deleted through the API; all zero unless set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Propagation {
    /// A new key is refused for this long.
    pub create_delay: Duration,
    /// The ages of a new key, from and up to, at which it is refused once more.
    pub flaps: Vec<(Duration, Duration)>,
    /// A new key shows in ListAccessKeys this long after its creation.
    pub list_delay: Duration,
    /// A deleted key is accepted and listed for this long.
    pub delete_delay: Duration,
}

/// How far one key has spread.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spread {
    made: SystemTime,
    gone: Option<SystemTime>,
    propagation: Propagation,
}

impl Spread {
    pub(super) fn begin(propagation: Propagation, now: SystemTime) -> Self {
        Self {
            made: now,
            gone: None,
            propagation,
        }
    }

    pub(super) fn delete(&mut self, delay: Duration, now: SystemTime) {
        self.gone = Some(now + delay);
    }

    pub(super) fn is_deleted(&self) -> bool {
        self.gone.is_some()
    }

    pub(super) fn is_accepted(&self, now: SystemTime) -> bool {
        let age = self.age_at(now);
        let flaps = &self.propagation.flaps;
        let refused = flaps.iter().any(|(from, to)| (*from..*to).contains(&age));
        age >= self.propagation.create_delay && !refused && !self.is_gone(now)
    }

    pub(super) fn is_listed(&self, now: SystemTime) -> bool {
        self.age_at(now) >= self.propagation.list_delay && !self.is_gone(now)
    }

    pub(super) fn age(&mut self, by: Duration) {
        self.made -= by;
        if let Some(gone) = &mut self.gone {
            *gone -= by;
        }
    }

    fn age_at(&self, now: SystemTime) -> Duration {
        now.duration_since(self.made).unwrap_or_default()
    }

    fn is_gone(&self, now: SystemTime) -> bool {
        self.gone.is_some_and(|gone| now >= gone)
    }
}
