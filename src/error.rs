//! The function's error: a [`Problem`], and what it is about.

use std::fmt;

use lambda_runtime::Diagnostic;

use crate::event::Step;
use crate::problem::Problem;

/// A [`Problem`] with the step, the secret and the user that it is about.
#[derive(Clone, Debug)]
pub struct RotationError {
    /// The step, unless the event did not say.
    pub step: Option<Step>,
    /// The secret, unless the event did not say.
    pub secret: Option<String>,
    /// The user, where the secret was read.
    pub user: Option<String>,
    /// What the step had changed by then, each a sentence without its full stop.
    pub changed: Vec<String>,
    /// Why the step stopped.
    pub problem: Box<Problem>,
}

impl fmt::Display for RotationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(step) = self.step {
            write!(f, "{step}")?;
        }
        if let Some(secret) = &self.secret {
            write!(f, " of the secret {secret}")?;
        }
        if let Some(user) = &self.user {
            write!(f, " (user {user})")?;
        }
        if self.step.is_some() {
            f.write_str(" stopped: ")?;
        }
        write!(f, "{}. ", self.problem)?;
        if !self.changed.is_empty() {
            write!(f, "Before that, {}. ", self.changed.join(", "))?;
        } else if self.problem.changed_nothing() {
            f.write_str("Nothing was changed. ")?;
        }
        write!(f, "What to do: {}.", self.problem.way_out())
    }
}

impl std::error::Error for RotationError {}

impl From<RotationError> for Diagnostic {
    fn from(error: RotationError) -> Self {
        Self {
            error_type: error.problem.error_type().to_owned(),
            error_message: error.to_string(),
        }
    }
}

impl From<Problem> for RotationError {
    /// For a problem that is found before the event is known.
    fn from(problem: Problem) -> Self {
        Self {
            step: None,
            secret: None,
            user: None,
            changed: Vec::new(),
            problem: Box::new(problem),
        }
    }
}
