//! Faults that a test injects into the calls, except the operator's.

#[cfg(test)]
mod tests;

use std::time::Duration;

/// A fault to inject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The call it hits.
    pub on: When,
    /// What happens to that call.
    pub kind: FaultKind,
}

/// The call that a fault hits, counted from 1 after the injection. The operator's calls do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// The n-th call of any kind, once.
    Call(usize),
    /// The n-th call of one action, once.
    Action {
        /// The API action, such as `CreateAccessKey`.
        action: String,
        /// Which of its calls.
        nth: usize,
    },
    /// Every call of one action.
    Every {
        /// The API action.
        action: String,
    },
}

/// What happens to the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The service returns an error and does nothing.
    ErrorBefore {
        /// The HTTP status.
        status: u16,
        /// The error code, such as `Throttling`.
        code: String,
    },
    /// The service does what was asked and returns an error.
    ErrorAfter {
        /// The HTTP status.
        status: u16,
        /// The error code, such as `ServiceFailure`.
        code: String,
    },
    /// The connection is refused; nothing is done.
    Refused,
    /// The service does what was asked; the connection breaks before the response.
    AnswerLost,
    /// No response ever comes; nothing is done.
    TimedOutBefore,
    /// No response ever comes; what was asked is done.
    TimedOutAfter,
    /// The caller is authenticated, but not allowed.
    Denied,
    /// This read and the ones after it, this many in total, miss the last change (fact 19).
    StaleReads(usize),
    /// Like `StaleReads`, but these reads miss more than the last change.
    StalerReads {
        /// How many reads.
        reads: usize,
        /// How many of the last changes each misses: at most 8, and only those of its own service.
        changes: usize,
    },
    /// The service does what was asked and returns 200 with a body that cannot be parsed and that
    /// repeats every secret of the exchange (fact 36).
    Garbled,
    /// The caller's process dies just before it sends the call; nothing is done. The function in
    /// [`InProcess`](crate::in_process::InProcess) ends there. Any other caller's connection breaks.
    KilledBefore,
    /// Like `KilledBefore`, but what was asked is done.
    KilledAfter,
    /// The service does what was asked when the request arrives; the response comes this much later.
    SlowAnswer(Duration),
    /// The service does what was asked, and responds, this much later, even if the caller has given up by then.
    SlowEffect(Duration),
}

/// The faults that wait for their call.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    waiting: Vec<Waiting>,
    stale_reads: usize,
    missed_changes: usize,
}

#[derive(Clone, Debug)]
struct Waiting {
    fault: Fault,
    seen: usize,
}

/// What hits one call.
#[derive(Debug, Default)]
pub(super) struct Hit {
    /// The fault, other than a stale read.
    pub(super) kind: Option<FaultKind>,
    /// How many of the last changes the call misses.
    pub(super) stale: usize,
}

impl Faults {
    pub(super) fn inject(&mut self, fault: Fault) {
        self.waiting.push(Waiting { fault, seen: 0 });
    }

    /// How many of the next reads are stale, and how many changes each misses.
    pub(super) fn stale(&self) -> Option<(usize, usize)> {
        (self.stale_reads > 0).then_some((self.stale_reads, self.missed_changes))
    }

    /// What remains of the faults that have already hit a call.
    pub(super) fn left_over(&self) -> Self {
        Self {
            waiting: Vec::new(),
            ..*self
        }
    }

    /// Reads see the current state again.
    pub(super) fn settle(&mut self) {
        self.stale_reads = 0;
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Counts a call, and removes the faults that hit it. Of several, the first injected wins.
    pub(super) fn hit(&mut self, action: &str, is_read: bool) -> Hit {
        let mut hit = Hit::default();
        self.waiting.retain_mut(|waiting| {
            let fires = waiting.count(action);
            if fires {
                match waiting.fault.kind {
                    FaultKind::StaleReads(reads) => {
                        (self.stale_reads, self.missed_changes) = (reads, 1);
                    }
                    FaultKind::StalerReads { reads, changes } => {
                        (self.stale_reads, self.missed_changes) = (reads, changes);
                    }
                    ref kind => hit.kind = hit.kind.take().or_else(|| Some(kind.clone())),
                }
            }
            !fires || matches!(waiting.fault.on, When::Every { .. })
        });
        if is_read && self.stale_reads > 0 {
            self.stale_reads -= 1;
            hit.stale = self.missed_changes;
        }
        hit
    }
}

impl Hit {
    pub(super) fn effect_delay(&self) -> Option<Duration> {
        match self.kind {
            Some(FaultKind::SlowEffect(delay)) => Some(delay),
            _ => None,
        }
    }

    pub(super) fn answer_delay(&self) -> Option<Duration> {
        match self.kind {
            Some(FaultKind::SlowAnswer(delay)) => Some(delay),
            _ => None,
        }
    }
}

impl Waiting {
    fn count(&mut self, called: &str) -> bool {
        let (counts, nth) = match &self.fault.on {
            When::Call(nth) => (true, Some(*nth)),
            When::Action { action, nth } => (action == called, Some(*nth)),
            When::Every { action } => (action == called, None),
        };
        self.seen += usize::from(counts);
        counts && nth.is_none_or(|nth| nth == self.seen)
    }
}
