//! Why a run of the keeper stopped. The texts are in [`crate::rotation::keeper_texts`].

use std::time::Duration;

use crate::aws::failure::AwsFailure;
use crate::key::access_key::AccessKeyId;
use crate::key::revocation::NotRevoked;
use crate::key::undoing::NotUndone;
use crate::rotation::keeper_config::Watches;

/// Why a run of the keeper stopped.
#[derive(Clone, Debug)]
pub enum KeeperProblem {
    /// The event names a secret that this keeper does not look after.
    SecretNotOurs {
        /// The secrets that it looks after.
        watches: Watches,
    },
    /// None of the keeper's secrets has anything to do with the key.
    KeyUnknown {
        /// The key.
        key: AccessKeyId,
        /// Its user, if IAM says so.
        user: Option<String>,
    },
    /// Another secret gives the key out.
    KeyOfAnotherSecret {
        /// The key.
        key: AccessKeyId,
        /// The ARN of that secret.
        secret: String,
    },
    /// AWSCURRENT holds no key.
    NoKey,
    /// A rotation is under way, and decides about the keys.
    RotationUnderWay,
    /// No key is activated again.
    NotUndone {
        /// The user.
        user: String,
        /// Why.
        reason: NotUndone,
    },
    /// The key is not revoked.
    NotRevoked {
        /// The user.
        user: String,
        /// Why.
        reason: NotRevoked,
    },
    /// AWS has put the user in quarantine, and the user's own key is the credential source.
    Quarantined {
        /// The user.
        user: String,
        /// The policy that AWS has attached.
        policy: String,
        /// The exposed key.
        key: AccessKeyId,
    },
    /// The rotation that replaces an exposed key could not be started.
    NotRotated {
        /// The exposed key.
        key: AccessKeyId,
        /// Whether it was deactivated already.
        cut_off: bool,
        /// Why.
        why: Box<AwsFailure>,
    },
    /// AWSCURRENT did not move to another key in time, so the exposed key still works.
    StillExposed {
        /// The exposed key.
        key: AccessKeyId,
        /// How long the run waited.
        waited: Duration,
    },
}

impl KeeperProblem {
    /// Whether the event asked for what cannot be. Then there is nothing to be alarmed at.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        !matches!(
            self,
            Self::Quarantined { .. } | Self::NotRotated { .. } | Self::StillExposed { .. }
        )
    }
}
