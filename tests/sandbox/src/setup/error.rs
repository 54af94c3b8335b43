//! Why there is no set-up.

use std::error::Error;
use std::fmt;

use crate::aws::PolicyError;

/// Why a set-up is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetupError {
    /// A user without a key cannot manage its own.
    NoKeyToManageItself,
    /// IAM allows two keys (fact 21).
    TooManyKeys(u8),
    /// A shipped policy is not JSON, for this reason.
    NotJson(String),
    /// The simulation cannot evaluate a shipped policy.
    Policy(PolicyError),
}

impl fmt::Display for SetupError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKeyToManageItself => formatter.write_str(
                "a user without an access key can't manage its own keys; \
                 choose an administrator or the execution role as the source",
            ),
            Self::TooManyKeys(keys) => {
                write!(
                    formatter,
                    "{keys} access keys are more than a user may have, which is 2"
                )
            }
            Self::NotJson(reason) => write!(formatter, "a policy is not JSON: {reason}"),
            Self::Policy(reason) => write!(formatter, "a policy is refused: {reason}"),
        }
    }
}

impl Error for SetupError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Policy(reason) => Some(reason),
            _ => None,
        }
    }
}
