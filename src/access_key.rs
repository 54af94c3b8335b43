//! An access key: its id, and its secret.

use std::fmt;

use secrecy::SecretString;

/// An access key's id; no secret, and shown in logs and errors.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccessKeyId(String);

impl AccessKeyId {
    /// Takes an id, if it looks like one: 16 to 128 capital letters and digits.
    ///
    /// The check keeps a secret that stands in the wrong field out of the logs.
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

/// An access key: its id, and its secret, which is redacted and wiped on drop.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// The id, `AKIA…`.
    pub id: AccessKeyId,
    /// The secret access key.
    pub secret: SecretString,
}
