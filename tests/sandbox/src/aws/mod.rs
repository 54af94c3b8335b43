//! Secrets Manager, IAM and STS as one stateful simulation.
//!
//! [`Aws`] answers requests as the services do, including signatures, policies, staging labels,
//! quotas and delays. A test sets it up and inspects it through the same handle. The comments cite,
//! by number, the facts about AWS that a rule follows.

mod access;
mod answer;
mod calls;
mod canonical;
mod directory;
mod errors;
mod faults;
mod handle;
mod iam;
mod ids;
mod look;
mod policy;
mod propagation;
mod record;
mod request;
mod roles;
mod secrets;
mod secrets_manager;
mod set_up;
mod signature;
mod smtp;
mod snapshot;
mod state;
mod sts;
mod tags;
mod timeline;
mod users;
mod uses;
mod views;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod testing;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use aws_smithy_async::time::TimeSource;

use crate::clock::Clock;

pub use calls::{CALLS, Call, KEEPER_CALLS, Outcome, Service};
pub use canonical::Lens;
pub use faults::{Fault, FaultKind, When};
pub(crate) use handle::Bystander;
pub use handle::Lost;
pub use policy::PolicyError;
pub use propagation::Propagation;
pub use set_up::{QUARANTINE, QUARANTINE_V2, RotateRequest, StageError};
pub use smtp::{SmtpFault, SmtpLogin, smtp_password};
pub use snapshot::Snapshot;
pub use uses::UseRecord;
pub use views::{AccessKey, KeyStatus, KeyView, LastUsed, SecretContent, SecretView, VersionView};

use state::State;

/// The account of everything in the simulation.
pub const ACCOUNT: &str = "123456789012";
/// Another account, whose users the function manages through a role.
pub const OTHER_ACCOUNT: &str = "444455556666";
/// The only Region.
pub const REGION: &str = "us-east-1";
/// The function, which rotates every secret that names no other.
pub const FUNCTION_ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:iam-key-rotator";
/// The function's execution role.
pub const FUNCTION_ROLE: &str = "arn:aws:iam::123456789012:role/iam-key-rotator";
/// The function as a caller: the session of its execution role.
pub const FUNCTION_SESSION: &str =
    "arn:aws:sts::123456789012:assumed-role/iam-key-rotator/iam-key-rotator";
/// The keeper's execution role, which may do nothing until a policy is attached.
pub const KEEPER_ROLE: &str = "arn:aws:iam::123456789012:role/iam-key-keeper";
/// The keeper as a caller: the session of its execution role.
pub const KEEPER_SESSION: &str =
    "arn:aws:sts::123456789012:assumed-role/iam-key-keeper/iam-key-keeper";
/// The staging label of the version in use.
pub const AWSCURRENT: &str = "AWSCURRENT";
/// The staging label of the version that a rotation makes.
pub const AWSPENDING: &str = "AWSPENDING";
/// The staging label of the version that was current before.
pub const AWSPREVIOUS: &str = "AWSPREVIOUS";

/// A simulated AWS account; a clone is the same account.
#[derive(Clone)]
pub struct Aws {
    clock: Clock,
    state: Arc<Mutex<State>>,
}

impl Aws {
    /// An account that contains only the function's execution role, which is allowed nothing.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            state: Arc::new(Mutex::new(State::new())),
        }
    }

    /// The clock that the account runs on.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    fn now(&self) -> SystemTime {
        self.clock.now()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Aws {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Aws").finish_non_exhaustive()
    }
}
