//! Why no access key may be deleted. The texts for the person on call are in `rotation/refusal_texts.rs`.

use chrono::{DateTime, Utc};

use crate::key::access_key::{AccessKeyId, LastUse};

/// Why no key may be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// AWSCURRENT's key is not among the user's keys.
    CurrentNotListed {
        /// AWSCURRENT's key.
        key: AccessKeyId,
        /// The user's keys.
        keys: Vec<AccessKeyId>,
    },
    /// More keys than IAM's quota of two (fact 21). One deletion does not make room.
    TooManyKeys {
        /// The user's keys.
        keys: Vec<AccessKeyId>,
    },
    /// Both keys are protected: AWSCURRENT's, AWSPENDING's or the credential source's, or in one of their texts.
    BothProtected {
        /// The user's keys.
        keys: Vec<AccessKeyId>,
    },
    /// No key was found in the secret's fields, but the id of one of the user's keys is in its text.
    NotUnderstood {
        /// The key.
        key: AccessKeyId,
    },
    /// The secret waits for its first key, and the user has two active keys.
    NoRoomForFirst {
        /// The user's keys.
        keys: Vec<AccessKeyId>,
    },
    /// The key to delete is new, is not our own, and is in no version of the secret. Whoever created it, such as the
    /// rotation of another secret, may just have started to use it (fact 25: the record lags).
    MadeLately {
        /// The key.
        key: AccessKeyId,
        /// When it was created.
        created: DateTime<Utc>,
    },
    /// The key was deactivated before its deletion. It is active again, and the function did not activate it.
    ActivatedAgain {
        /// The key.
        key: AccessKeyId,
    },
    /// The key to delete was used recently.
    InUse {
        /// The key.
        key: AccessKeyId,
        /// Its last use.
        last_use: LastUse,
    },
}
