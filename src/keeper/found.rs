//! What the keeper did for a secret, or would do.

use serde::Serialize;

use crate::key::access_key::AccessKeyId;

/// What was done, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kept {
    /// Nothing: there was nothing to do.
    NothingToDo,
    /// The key that was replaced was deactivated.
    Retired,
    /// The key that was replaced would be deactivated.
    WouldRetire,
    /// The key that was replaced stays active, since it is in use.
    StillInUse,
    /// A retired key was activated again.
    Activated,
    /// A retired key would be activated again.
    WouldActivate,
    /// An exposed key no longer authenticates.
    Revoked,
    /// An exposed key would be deactivated.
    WouldRevoke,
    /// An exposed key still authenticates: the rotation that replaces it is under way.
    Rotating,
    /// The secret was looked at for a report.
    Reported,
    /// AWS reported a key that is in none of the secrets, or no key of a user.
    NotOurs,
    /// An exposed key was reported by AWS, and nothing was done, as the settings say.
    Exposed,
    /// The event asked for what cannot be: nothing was changed.
    Refused,
    /// The run for this secret stopped with an error.
    Failed,
}

/// What a run for one secret did.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) outcome: Kept,
    /// What was done and why, in a sentence.
    pub(crate) message: String,
    /// The key that it was about.
    pub(crate) key: Option<AccessKeyId>,
}

impl Found {
    pub(crate) fn nothing(message: impl Into<String>) -> Self {
        Self {
            outcome: Kept::NothingToDo,
            message: message.into(),
            key: None,
        }
    }

    pub(crate) fn of(outcome: Kept, key: &AccessKeyId, message: impl Into<String>) -> Self {
        Self {
            outcome,
            message: message.into(),
            key: Some(key.clone()),
        }
    }
}
