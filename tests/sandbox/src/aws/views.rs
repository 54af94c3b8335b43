//! What a test sees of the simulation: plain copies of its state.

use std::fmt;
use std::time::SystemTime;

/// An access key with its secret, as CreateAccessKey returns it once.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// The access key id, `AKIA…`.
    pub id: String,
    /// The secret access key.
    pub secret: String,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AccessKey")
            .field("id", &self.id)
            .field("secret", &"***")
            .finish()
    }
}

/// The status that ListAccessKeys shows (fact 24).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStatus {
    /// Requests signed with the key are accepted.
    Active,
    /// Deactivated by UpdateAccessKey; still counts toward the quota (fact 21).
    Inactive,
    /// Switched off by AWS.
    Expired,
}

impl KeyStatus {
    /// The word that IAM uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Inactive => "Inactive",
            Self::Expired => "Expired",
        }
    }
}

/// The last use of an access key, as GetAccessKeyLastUsed reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUsed {
    /// When; IAM shows whole seconds.
    pub at: SystemTime,
    /// The service's short name, such as `s3`.
    pub service: String,
    /// The Region, such as `us-east-1`.
    pub region: String,
}

/// A user's access key as it is, whatever ListAccessKeys shows of it so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyView {
    /// The access key id.
    pub id: String,
    /// Its status.
    pub status: KeyStatus,
    /// When it was created.
    pub created: SystemTime,
    /// Its last use, as GetAccessKeyLastUsed shows it so far.
    pub last_used: Option<LastUsed>,
    /// Whether a request signed with it is accepted now.
    pub usable: bool,
}

/// What a version of a secret holds.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretContent {
    /// SecretString.
    Text(String),
    /// SecretBinary.
    Binary(Vec<u8>),
}

impl SecretContent {
    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Binary(_) => None,
        }
    }

    /// Whether an access key's id stands anywhere in it, however JSON writes it.
    #[must_use]
    pub fn gives_out(&self, id: &str) -> bool {
        let Some(text) = self.as_text() else {
            return false;
        };
        let read =
            || serde_json::from_str::<serde_json::Value>(text.trim_start_matches('\u{feff}'));
        text.contains(id) || read().is_ok_and(|value| value.to_string().contains(id))
    }

    /// The length in bytes.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }
}

impl From<&str> for SecretContent {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for SecretContent {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl fmt::Debug for SecretContent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Text(_) => "Text(***)",
            Self::Binary(_) => "Binary(***)",
        })
    }
}

/// A secret as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretView {
    /// The full ARN.
    pub arn: String,
    /// The name.
    pub name: String,
    /// All versions in order of creation, including those without a label or a value.
    pub versions: Vec<VersionView>,
}

impl SecretView {
    /// The version that carries a staging label.
    #[must_use]
    pub fn with_label(&self, label: &str) -> Option<&VersionView> {
        let carries = |version: &&VersionView| version.labels.iter().any(|have| have == label);
        self.versions.iter().find(carries)
    }

    /// The version with an id.
    #[must_use]
    pub fn version(&self, id: &str) -> Option<&VersionView> {
        self.versions.iter().find(|version| version.id == id)
    }
}

/// A version of a secret as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionView {
    /// The version id, which is the token of the rotation that made it.
    pub id: String,
    /// Its staging labels.
    pub labels: Vec<String>,
    /// When it was created.
    pub created: SystemTime,
    /// Its value; a version just staged has none (fact 2).
    pub content: Option<SecretContent>,
}
