//! Why no access key may go. The texts for the person on call are in `rotation/refusal_texts.rs`.

use chrono::{DateTime, Utc};

use crate::key::access_key::{AccessKeyId, LastUse};

/// Why no key may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// AWSCURRENT's key is not among the user's.
    CurrentNotListed {
        /// AWSCURRENT's key.
        key: AccessKeyId,
        /// The user's keys.
        keys: Vec<AccessKeyId>,
    },
    /// More keys than IAM's quota of two (fact 21); one deletion makes no room.
    TooManyKeys {
        /// The user's keys.
        keys: Vec<AccessKeyId>,
    },
    /// The user's two keys are AWSCURRENT's and AWSPENDING's or the credential source's, or stand in their texts.
    BothProtected {
        /// The user's keys.
        keys: Vec<AccessKeyId>,
    },
    /// The secret holds no key that was found, and one of the user's stands in its text.
    NotUnderstood {
        /// The key.
        key: AccessKeyId,
    },
    /// The secret waits for its first key, and the user has two that are active.
    NoRoomForFirst {
        /// The user's keys.
        keys: Vec<AccessKeyId>,
    },
    /// The key that would go is in no version of the secret, none of our own, and new: whoever made
    /// it, such as the rotation of another secret, may just begin to use it (fact 25: the record lags).
    MadeLately {
        /// The key.
        key: AccessKeyId,
        /// When it was made.
        created: DateTime<Utc>,
    },
    /// The key that was deactivated to go is active again, and it was not the function that activated it.
    ActivatedAgain {
        /// The key.
        key: AccessKeyId,
    },
    /// The key that would go was used lately.
    InUse {
        /// The key.
        key: AccessKeyId,
        /// Its last use.
        last_use: LastUse,
    },
}
