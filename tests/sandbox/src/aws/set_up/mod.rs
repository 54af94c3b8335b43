//! What a test, a person or AWS itself does to the account behind the API.
//!
//! A user, key or secret that does not exist is a mistake of the test: these methods then panic,
//! but for those that a rotation under way calls, whose secret a person may delete.
//! What only describes the account's past, such as a key's age, no read is stale for.

mod hands;
mod secrets;
mod users;

use std::sync::Arc;
use std::time::Duration;

use super::{Aws, Call, Fault};

pub use secrets::{RotateRequest, StageError};

/// The whole account.
impl Aws {
    /// Lets time pass: everything in the account is older by so much, and no read is stale any
    /// more.
    pub fn age(&self, by: Duration) {
        let mut state = self.state();
        state.faults.settle();
        state
            .users
            .settle(|users| users.iter_mut().for_each(|user| user.age(by)));
        state
            .secrets
            .settle(|secrets| secrets.iter_mut().for_each(|secret| secret.age(by)));
    }

    /// Puts a fault in the way of a call to come.
    pub fn inject(&self, fault: Fault) {
        self.state().faults.inject(fault);
    }

    /// Sets how long a call takes to arrive; at first none. Bystanders' calls take none ever.
    pub fn set_latency(&self, latency: Duration) {
        self.state().latency = latency;
    }

    /// Accepts signatures for other Regions, also such that there are none of; but IAM, whose requests are signed for
    /// one Region wherever they come from (fact 30). To the SDK clients of one process, a
    /// Region is what they share a quota of retries by: functions in Regions of their own have
    /// theirs to themselves, as they have on Lambda.
    pub fn accept_any_region(&self) {
        self.state().any_region = true;
    }

    /// Takes every fault out of the way.
    pub fn clear_faults(&self) {
        let mut state = self.state();
        state.faults.clear();
        state.smtp.clear_faults();
    }

    /// Calls `hook` after every call, before its answer. The hook may use the account.
    pub fn on_call(&self, hook: impl Fn(&Call) + Send + Sync + 'static) {
        self.state().hooks.push(Arc::new(hook));
    }

    /// Calls no hook of [`Aws::on_call`] any more. A hook that holds the account keeps it alive.
    pub fn forget_hooks(&self) {
        self.state().hooks.clear();
    }

    /// Forgets the calls so far, and counts from 1 again; forgets the logins over SMTP too, and what was said of mail there.
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
