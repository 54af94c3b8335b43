//! An access key: its id, its secret, and what IAM says about it.

use std::fmt;

use chrono::{DateTime, Utc};
use secrecy::SecretString;

/// An access key's id. It is not secret, and is shown in logs and errors.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccessKeyId(String);

impl AccessKeyId {
    /// Returns the id if it looks like one: 16 to 128 capital letters and digits.
    ///
    /// The check keeps a secret that is in the wrong field out of the logs.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        let shaped = (16..=128).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        shaped.then(|| Self(id.to_owned()))
    }

    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An access key: its id and its secret. The secret is redacted, and wiped on drop.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// The id, `AKIA…`.
    pub id: AccessKeyId,
    /// The secret access key.
    pub secret: SecretString,
}

/// A key's status (fact 24). A status that IAM may add later counts as active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyStatus {
    /// The key signs requests.
    Active,
    /// The key does not sign requests: Inactive or Expired.
    Inactive,
}

/// One of the user's access keys, as ListAccessKeys shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedKey {
    /// The key's id.
    pub id: AccessKeyId,
    /// Whether the key signs requests.
    pub status: KeyStatus,
    /// When the key was created, in whole seconds.
    pub created: DateTime<Utc>,
}

/// When, where and for what a key was last used. The record lags (fact 25).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUse {
    /// The time of the last use.
    pub at: DateTime<Utc>,
    /// The service that was called.
    pub service: String,
    /// The Region that was called.
    pub region: String,
}

impl fmt::Display for LastUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} by {} in {}",
            self.at.format("%Y-%m-%dT%H:%M:%SZ"),
            self.service,
            self.region
        )
    }
}
