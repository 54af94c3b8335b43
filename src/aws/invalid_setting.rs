//! What is wrong with an environment variable.

/// A variable whose value cannot be used: which, and why. It never quotes a value that can hold a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidSetting(pub String);

impl InvalidSetting {
    /// Names the variable, and says why.
    #[must_use]
    pub fn of(variable: &str, reason: &str) -> Self {
        Self(format!("{variable} {reason}"))
    }
}
