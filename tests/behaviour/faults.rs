//! The faults there are, and what of them is left to chance.

use std::time::Duration;

use fastrand::Rng;
use sandbox::aws::{FaultKind, Propagation};

/// Longer than the time that a rotation which is stuck is given.
pub const LATER: Duration = Duration::from_secs(400);

pub fn kinds() -> Vec<FaultKind> {
    let error = |status, code: &str| FaultKind::ErrorBefore {
        status,
        code: code.to_owned(),
    };
    vec![
        error(503, "ServiceUnavailable"),
        error(400, "Throttling"),
        error(400, "ThrottlingException"),
        FaultKind::ErrorAfter {
            status: 500,
            code: "InternalFailure".to_owned(),
        },
        FaultKind::Refused,
        FaultKind::AnswerLost,
        FaultKind::TimedOutBefore,
        FaultKind::TimedOutAfter,
        FaultKind::Denied,
        FaultKind::Garbled,
        FaultKind::StaleReads(1),
        FaultKind::StaleReads(3),
        FaultKind::StalerReads {
            reads: 6,
            changes: 3,
        },
    ]
}

/// A delay of each kind, none too long for the function.
pub fn propagation(rng: &mut Rng) -> Propagation {
    Propagation {
        create_delay: seconds(rng, 20),
        list_delay: seconds(rng, 10),
        delete_delay: seconds(rng, 8),
        ..Propagation::default()
    }
}

pub fn variable(name: &str, default: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.map_or(default, |text| text.parse().expect(name))
}

pub fn seconds(rng: &mut Rng, below: u64) -> Duration {
    Duration::from_secs(rng.u64(..below))
}
