//! The faults there are, and what of them is left to chance.

use std::time::Duration;

use fastrand::Rng;
use sandbox::aws::{FaultKind, Propagation};

use crate::explorer;

/// Longer than the time that a rotation which is stuck is given.
pub const LATER: Duration = Duration::from_secs(400);

/// Every kind of fault on a call, whatever the call.
pub fn kinds() -> Vec<FaultKind> {
    let on = |action| explorer::kinds(action, true).into_iter();
    on("GetSecretValue")
        .chain(on("CreateAccessKey"))
        .map(|kind| kind.fault)
        .collect()
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

/// Whether only a short part is explored: what is exhaustive is asked for by `EXPLORE`.
pub fn is_short() -> bool {
    std::env::var_os("EXPLORE").is_none()
}

/// Whether everything is to be explored, however long it takes.
pub fn explores_all() -> bool {
    std::env::var("EXPLORE").is_ok_and(|extent| extent == "all")
}

/// A number from the environment.
pub fn variable(name: &str, default: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.map_or(default, |text| text.parse().expect(name))
}

pub fn seconds(rng: &mut Rng, below: u64) -> Duration {
    Duration::from_secs(rng.u64(..below))
}
