//! What can go wrong with a call, and the conditions of a whole run.

use std::time::Duration;

use sandbox::aws::{FaultKind, Propagation, Service};

/// A fault, and how many kinds of faults it stands for.
#[derive(Clone)]
pub struct Kind {
    pub fault: FaultKind,
    pub stands_for: usize,
}

/// The number of kinds: those on a call that changes something, plus stale reads.
pub const KINDS: usize = 14;

/// What can go wrong with a call of this action.
///
/// On a read, "before" and "after" its effect are the same. So are a refused and a broken connection. These run once,
/// and count as all the kinds that they are, unless `all` asks for each. Stale reads begin at a read: if they began
/// at another call, they would be the same as at the read after it.
pub fn kinds(action: &str, all: bool) -> Vec<Kind> {
    let service = Service::of(action).expect("a call of the function");
    let writes = ["Put", "Update", "Create", "Delete", "Rotate"];
    let writes = writes.iter().any(|verb| action.starts_with(verb));
    let error = |status, code: &str| (status, code.to_owned());
    let (unavailable, failure, throttled) = match service {
        Service::SecretsManager => (
            error(503, "InternalServiceError"),
            error(500, "InternalServiceError"),
            error(400, "ThrottlingException"),
        ),
        Service::Iam | Service::Sts => (
            error(503, "ServiceUnavailable"),
            error(500, "ServiceFailure"),
            error(400, "Throttling"),
        ),
    };
    let before = |(status, code)| FaultKind::ErrorBefore { status, code };
    let after = |(status, code)| FaultKind::ErrorAfter { status, code };
    let mut kinds = Vec::new();
    let mut add = |fault, stands_for| kinds.push(Kind { fault, stands_for });
    for (one, same_on_a_read) in [
        (before(unavailable), after(failure)),
        (FaultKind::Refused, FaultKind::AnswerLost),
        (FaultKind::TimedOutBefore, FaultKind::TimedOutAfter),
        (FaultKind::KilledBefore, FaultKind::KilledAfter),
    ] {
        if writes || all {
            add(one, 1);
            add(same_on_a_read, 1);
        } else {
            add(one, 2);
        }
    }
    add(before(throttled), 1);
    add(FaultKind::Denied, 1);
    add(FaultKind::Garbled, 1);
    if !writes && service != Service::Sts {
        add(FaultKind::StaleReads(1), 1);
        add(FaultKind::StaleReads(3), 1);
        let (reads, changes) = (6, 3);
        add(FaultKind::StalerReads { reads, changes }, 1);
    }
    kinds
}

/// How many changes back a stale read of [`kinds`] can see.
pub const HISTORY: usize = 3;

/// The conditions of a whole run.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    pub name: String,
    pub propagation: Propagation,
    /// How far the function's clock is ahead of AWS's.
    pub ahead: Duration,
    /// How far it is behind.
    pub behind: Duration,
    /// Whether GetAccessKeyLastUsed never reports the uses during the run (fact 25).
    pub uses_unrecorded: bool,
}

impl Environment {
    /// Whether AWS refuses every call: its clock is more than five minutes off (fact 29).
    pub fn blocks(&self) -> bool {
        self.ahead.max(self.behind) > Duration::from_mins(5)
    }

    /// The age after which a key that worked is not refused again.
    pub fn settles(&self) -> Duration {
        let ends = self.propagation.flaps.iter().map(|(_, to)| *to);
        ends.max().unwrap_or_default()
    }
}

/// The environments other than the usual one.
pub fn environments() -> Vec<Environment> {
    let seconds = Duration::from_secs;
    let spreading = |name: String, propagation| Environment {
        name,
        propagation,
        ..Environment::default()
    };
    let mut all = vec![Environment {
        name: "uses are not recorded".to_owned(),
        uses_unrecorded: true,
        ..Environment::default()
    }];
    for delay in [2, 5, 15, 40, 70, 130] {
        let propagation = Propagation {
            create_delay: seconds(delay),
            ..Propagation::default()
        };
        all.push(spreading(
            format!("a new key works after {delay} s"),
            propagation,
        ));
    }
    for flaps in [vec![(1, 3)], vec![(2, 4), (6, 9)], vec![(0, 1), (3, 30)]] {
        let name = format!("a new key is refused at ages {flaps:?}");
        let flaps = flaps
            .iter()
            .map(|(from, to)| (seconds(*from), seconds(*to)));
        let propagation = Propagation {
            flaps: flaps.collect(),
            ..Propagation::default()
        };
        all.push(spreading(name, propagation));
    }
    for delay in [5, 15] {
        let propagation = Propagation {
            list_delay: seconds(delay),
            ..Propagation::default()
        };
        all.push(spreading(
            format!("a new key is listed after {delay} s"),
            propagation,
        ));
    }
    for delay in [4, 10] {
        let propagation = Propagation {
            delete_delay: seconds(delay),
            ..Propagation::default()
        };
        all.push(spreading(
            format!("a deleted key is gone after {delay} s"),
            propagation,
        ));
    }
    for off in [600, 240, 10] {
        let (one, other) = (seconds(off), Duration::ZERO);
        for (ahead, behind, how) in [(one, other, "ahead"), (other, one, "behind")] {
            all.push(Environment {
                name: format!("the function's clock is {off} s {how}"),
                ahead,
                behind,
                ..Environment::default()
            });
        }
    }
    all
}
