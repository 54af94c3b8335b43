//! How an invocation and a rotation fail.

use std::error::Error;
use std::fmt;

use serde::Deserialize;

use crate::aws::StageError;

/// What the caller of a function gets when it fails, times out or exits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionError {
    /// The function's own error type, or Lambda's, such as `Sandbox.Timedout`.
    pub error_type: String,
    /// The message for a person.
    pub error_message: String,
}

impl fmt::Display for FunctionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.error_type, self.error_message)
    }
}

impl Error for FunctionError {}

/// Why a rotation ended without a new AWSCURRENT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RotationFailed {
    /// RotateSecret itself could not begin.
    NotStarted(StageError),
    /// A step failed in the last attempt.
    Step {
        /// One of [`STEPS`](super::STEPS).
        step: &'static str,
        /// How many times the rotation ran.
        attempts: u32,
        /// The function's error.
        error: FunctionError,
    },
    /// The token lost AWSPENDING, although no step had failed (fact 6).
    Abandoned {
        /// The step that was next.
        before: &'static str,
    },
    /// Every step succeeded, but AWSCURRENT is on another version.
    NotCurrent {
        /// The version that should have it.
        token: String,
    },
}

impl fmt::Display for RotationFailed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(reason) => write!(formatter, "the rotation can't start: {reason}"),
            Self::Step {
                step,
                attempts: 1,
                error,
            } => write!(formatter, "{step} failed: {error}"),
            Self::Step {
                step,
                attempts,
                error,
            } => {
                write!(
                    formatter,
                    "{step} failed in attempt {attempts}, the last one: {error}"
                )
            }
            Self::Abandoned { before } => write!(
                formatter,
                "the rotation was abandoned before {before}: its version is not AWSPENDING any more"
            ),
            Self::NotCurrent { token } => write!(
                formatter,
                "every step succeeded, but AWSCURRENT is not on version {token}"
            ),
        }
    }
}

impl Error for RotationFailed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotStarted(reason) => Some(reason),
            Self::Step { error, .. } => Some(error),
            Self::Abandoned { .. } | Self::NotCurrent { .. } => None,
        }
    }
}
