//! What a step returns when it succeeds.

use std::time::Duration;

use serde::Serialize;

use crate::key::access_key::AccessKeyId;
use crate::secret::plain::{LONGEST_SENTENCE, one_line};

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Done {
    /// Nothing: the token's version is AWSCURRENT.
    AlreadyCurrent,
    /// createSecret made a key and stored it as AWSPENDING.
    Created,
    /// createSecret found that AWSPENDING already holds a key.
    AlreadyCreated,
    /// setSecret confirmed that AWSPENDING holds a key.
    Confirmed,
    /// testSecret verified that AWSPENDING's key authenticates.
    Verified,
    /// testSecret checked that a rotation would work (TestRotation).
    PreflightPassed,
    /// finishSecret moved AWSCURRENT.
    Finished,
}

/// A step's response, as JSON. It holds key ids, never a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The step.
    pub step: &'static str,
    /// The secret, as the event named it.
    pub secret: String,
    /// The user. None if the step ended before it read the secret's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// What was done, in one word.
    pub outcome: Done,
    /// What was done, in a sentence. [`Outcome::bounded`] limits its length.
    pub message: String,
    /// The access key that the step was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
    /// The access key that was deleted to make room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_access_key_id: Option<String>,
    /// How long after AWSPENDING's version was made its key had authenticated. Only for the metrics.
    #[serde(skip)]
    pub key_works_after: Option<Duration>,
}

impl Outcome {
    /// Puts the sentence on one line of at most [`LONGEST_SENTENCE`] characters.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.message = one_line(&self.message, LONGEST_SENTENCE);
        self
    }

    /// Names the access key that the step was about.
    #[must_use]
    pub fn about(mut self, key: &AccessKeyId) -> Self {
        self.access_key_id = Some(key.to_string());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answers_sentence_is_one_bounded_line() {
        let outcome = Outcome {
            step: "testSecret",
            secret: String::new(),
            user: None,
            outcome: Done::Verified,
            message: "a\nb".repeat(LONGEST_SENTENCE),
            access_key_id: None,
            deleted_access_key_id: None,
            key_works_after: None,
        };
        let message = outcome.bounded().message;
        assert_eq!(message.chars().count(), LONGEST_SENTENCE);
        assert!(message.starts_with("a ba b") && message.ends_with('…'));
    }
}
