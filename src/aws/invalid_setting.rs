//! What is wrong with an environment variable.

/// Which variable's value cannot be used, and why. It never quotes a value that can hold a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidSetting(pub String);

impl InvalidSetting {
    /// Names the variable and gives the reason.
    #[must_use]
    pub fn of(variable: &str, reason: &str) -> Self {
        Self(format!("{variable} {reason}"))
    }
}
