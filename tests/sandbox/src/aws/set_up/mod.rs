//! What a test, a person or AWS itself does to the account behind the API.
//!
//! A user, key or secret that does not exist is a mistake in the test, and these methods panic. The
//! exceptions are those that a rotation under way calls, because a person may delete its secret. No
//! read is stale for what only describes the account's past, such as a key's age.

mod hands;
mod policies;
mod secrets;
mod users;

use std::sync::Arc;
use std::time::Duration;

use super::{Aws, Call, Fault};

pub use policies::{QUARANTINE, QUARANTINE_V2};
pub use secrets::{RotateRequest, StageError};

/// The whole account.
impl Aws {
    /// Lets time pass: everything in the account gets older by this much, and no read is stale any more.
    pub fn age(&self, by: Duration) {
        let mut state = self.state();
        state.faults.settle();
        state
            .users
            .settle(|users| users.update_all(|user| user.age(by)));
        state
            .secrets
            .settle(|secrets| secrets.update_all(|secret| secret.age(by)));
    }

    /// Injects a fault into a later call.
    pub fn inject(&self, fault: Fault) {
        self.state().faults.inject(fault);
    }

    /// Sets how long a call takes to arrive; none at first. Bystanders' calls never take any.
    pub fn set_latency(&self, latency: Duration) {
        self.state().latency = latency;
    }

    /// Cuts callers off from a host, as a network without a route to it does: no connection to it is ever made.
    pub fn cut_off(&self, host: &str) {
        self.state().cut_off.push(host.to_owned());
    }

    pub(crate) fn is_cut_off(&self, host: &str) -> bool {
        self.state().cut_off.iter().any(|name| name == host)
    }

    /// Accepts signatures for other Regions, even ones that do not exist. IAM is the exception: its requests are signed
    /// for one Region wherever they come from (fact 30). The SDK clients of one process share a retry quota per Region.
    /// Functions in separate Regions have separate quotas, as they have on Lambda.
    pub fn accept_any_region(&self) {
        self.state().any_region = true;
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        let mut state = self.state();
        state.faults.clear();
        state.smtp.clear_faults();
    }

    /// Calls `hook` after every call, before its response. The hook may use the account.
    pub fn on_call(&self, hook: impl Fn(&Call) + Send + Sync + 'static) {
        self.state().hooks.push(Arc::new(hook));
    }

    /// Removes all hooks of [`Aws::on_call`]. A hook that holds the account keeps it alive.
    pub fn forget_hooks(&self) {
        self.state().hooks.clear();
    }

    /// Forgets the calls so far, and counts from 1 again. Also forgets the logins and mail commands over SMTP.
    pub fn clear_calls(&self) {
        let mut state = self.state();
        state.calls.clear();
        state.smtp.clear_record();
    }
}

#[track_caller]
#[allow(clippy::panic, reason = "a test that sets up nonsense is wrong itself")]
fn mistake(what: &str, name: &str) -> ! {
    panic!("the simulation has no {what} {name}")
}
