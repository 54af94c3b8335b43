//! The kinds of faults, and the random choices among them.

use std::time::Duration;

use fastrand::Rng;
use sandbox::aws::{FaultKind, Propagation};

use crate::explorer;

/// Longer than a stuck rotation is given.
pub const LATER: Duration = Duration::from_secs(400);

/// Every kind of fault that any call can have.
pub fn kinds() -> Vec<FaultKind> {
    let on = |action| explorer::kinds(action, true).into_iter();
    on("GetSecretValue")
        .chain(on("CreateAccessKey"))
        .map(|kind| kind.fault)
        .collect()
}

/// A delay of each kind, none of them too long for the function.
pub fn propagation(rng: &mut Rng) -> Propagation {
    Propagation {
        create_delay: seconds(rng, 20),
        list_delay: seconds(rng, 10),
        delete_delay: seconds(rng, 8),
        ..Propagation::default()
    }
}

/// Whether to explore only a short part. The exhaustive parts run only if `EXPLORE` asks for them.
pub fn is_short() -> bool {
    std::env::var_os("EXPLORE").is_none()
}

/// Whether to explore everything, however long it takes.
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
