//! Why a run stopped, and what goes with it. The texts for the person on call are in [`crate::rotation::error_texts`].

use crate::aws::failure::{AwsFailure, Effect};
use crate::aws::invalid_setting::InvalidSetting;
use crate::key::access_key::AccessKeyId;
use crate::key::refusal::Refusal;
use crate::rotation::clock::OutOfTime;
use crate::secret::malformed::Malformed;

/// What became of a new access key that could not be stored.
#[derive(Clone, Debug)]
pub enum CleanUp {
    /// It was deleted.
    Deleted,
    /// IAM did not know it when it was to be deleted.
    NotFound,
    /// It is not known whether it was stored after all, so it was left alone.
    LeftAlone,
    /// No time was left to take it away.
    NoTime,
    /// It could not be taken away either.
    Failed(Box<Problem>),
}

/// Why a run stopped. Its texts are in [`crate::rotation::error_texts`].
#[derive(Clone, Debug)]
pub enum Problem {
    /// The payload is no rotation event.
    EventInvalid {
        /// Which field, and why.
        reason: String,
    },
    /// An environment variable's value cannot be used.
    ConfigurationInvalid {
        /// Which variable, and why.
        reason: String,
    },
    /// The secret does not exist.
    SecretNotFound,
    /// The secret is scheduled for deletion.
    SecretDeleted,
    /// No version of the secret is AWSCURRENT.
    NoCurrentVersion,
    /// The event's token is not this secret's pending version.
    NotStaged {
        /// The event's ClientRequestToken.
        token: String,
        /// What the labels say instead.
        reason: &'static str,
    },
    /// A version's value cannot be used.
    SecretMalformed {
        /// The version's staging label.
        label: &'static str,
        /// Why.
        reason: Malformed,
    },
    /// The secret's name is not that of its user's secret, by `SECRET_NAME`.
    SecretNotForUser {
        /// The secret's name, or its ARN where that has none.
        name: String,
        /// The user that it names.
        user: String,
        /// The name that a secret of that user must have.
        wanted: String,
    },
    /// AWSPENDING has no value, though a step before should have stored one.
    PendingMissing,
    /// AWSPENDING holds no access key.
    PendingWithoutKey {
        /// What the field would be called.
        field: String,
    },
    /// AWSPENDING holds another user's name than AWSCURRENT.
    PendingForAnotherUser {
        /// The user that AWSPENDING names.
        pending: String,
        /// The user that AWSCURRENT names.
        current: String,
    },
    /// AWSPENDING's key was deactivated.
    PendingInactive {
        /// AWSPENDING's key.
        key: AccessKeyId,
    },
    /// The pending version could never become current; AWSPENDING was taken off it.
    RotationReset {
        /// Why it could not.
        reason: String,
    },
    /// The secret whose key should manage the user's keys cannot be used.
    SourceInvalid {
        /// What names it: the ARN in `secretarn`, or "in the secret's tags".
        named: String,
        /// Why.
        reason: String,
    },
    /// The credential source does not authenticate.
    SourceRefused {
        /// Whose credentials they are.
        source_name: String,
        /// What AWS said.
        failure: AwsFailure,
    },
    /// STS does not let the function assume the role.
    RoleNotAssumed {
        /// What `rolearn` says.
        role_arn: String,
        /// What AWS said.
        failure: AwsFailure,
    },
    /// AWSCURRENT's key is of another account than the one whose users the credential source manages.
    AnotherAccount {
        /// AWSCURRENT's key.
        key: AccessKeyId,
        /// The user that it authenticates as.
        arn: String,
        /// Whose credentials they are.
        source_name: String,
        /// Their account.
        account: String,
    },
    /// IAM knows no such user.
    UserNotFound {
        /// The user that the secret names.
        user: String,
        /// Whose credentials asked.
        source_name: String,
    },
    /// An access key is another identity's than the secret says.
    AnotherIdentity {
        /// The key.
        key: AccessKeyId,
        /// The label of the version that holds it.
        label: &'static str,
        /// The ARN that it authenticates as.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// No key may be deleted.
    NothingDeletable {
        /// The user.
        user: String,
        /// Why.
        refusal: Refusal,
    },
    /// IAM refused a new key for its quota, again and again.
    QuotaReached {
        /// The user.
        user: String,
        /// What AWS said.
        failure: AwsFailure,
    },
    /// A new key was made and could not be stored.
    StoreFailed {
        /// The new key.
        key: AccessKeyId,
        /// Why it was not stored.
        failure: Box<AwsFailure>,
        /// What became of it.
        clean_up: CleanUp,
    },
    /// The pending key did not authenticate.
    VerificationFailed {
        /// The key.
        key: AccessKeyId,
        /// How many times in a row were asked for.
        wanted: u32,
        /// How long was tried.
        waited: std::time::Duration,
        /// The last answer.
        last: String,
    },
    /// A policy lacks an action.
    PermissionMissing(AwsFailure),
    /// AWS went on refusing a call for its rate until the invocation's time was up.
    Throttled(AwsFailure),
    /// Another failure of an AWS call.
    AwsCallFailed(AwsFailure),
    /// The invocation's time ended.
    OutOfTime {
        /// What the step was doing.
        doing: String,
    },
}

impl Problem {
    /// Whether the step found this out before it could have changed anything; what it changed
    /// in an earlier try of the same run is known apart from that.
    #[must_use]
    pub const fn changed_nothing(&self) -> bool {
        !matches!(
            self,
            Self::RotationReset { .. }
                | Self::QuotaReached { .. }
                | Self::StoreFailed { .. }
                | Self::Throttled(_)
                | Self::AwsCallFailed(_)
                | Self::OutOfTime { .. }
        )
    }
}

impl From<AwsFailure> for Problem {
    /// Sorts out the failure that has a way out of its own.
    fn from(failure: AwsFailure) -> Self {
        if failure.is_denied() {
            Self::PermissionMissing(failure)
        } else if failure.effect == Effect::Throttled {
            Self::Throttled(failure)
        } else {
            Self::AwsCallFailed(failure)
        }
    }
}

impl From<OutOfTime> for Problem {
    fn from(_: OutOfTime) -> Self {
        Self::OutOfTime {
            doing: "wait".to_owned(),
        }
    }
}

impl From<InvalidSetting> for Problem {
    fn from(invalid: InvalidSetting) -> Self {
        Self::ConfigurationInvalid { reason: invalid.0 }
    }
}
