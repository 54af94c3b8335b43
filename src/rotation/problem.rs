//! Why a run stopped, with the details. The texts for the person on call are in [`crate::rotation::error_texts`].

use crate::aws::failure::{AwsFailure, Effect};
use crate::aws::invalid_setting::InvalidSetting;
use crate::key::access_key::AccessKeyId;
use crate::key::refusal::Refusal;
use crate::rotation::clock::OutOfTime;
use crate::rotation::keeper_problem::KeeperProblem;
use crate::secret::malformed::Malformed;

/// What happened to a new access key that could not be stored.
#[derive(Clone, Debug)]
pub enum CleanUp {
    /// It was deleted.
    Deleted,
    /// IAM did not know it when the run tried to delete it.
    NotFound,
    /// It was left alone, because it may have been stored after all.
    LeftAlone,
    /// No time was left to take it away.
    NoTime,
    /// It could not be taken away either.
    Failed(Box<Problem>),
}

/// Why a run stopped. Its texts are in [`crate::rotation::error_texts`].
#[derive(Clone, Debug)]
pub enum Problem {
    /// The payload is not a rotation event.
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
    /// `SECRET_NAME` requires a different name for this user's secret.
    SecretNotForUser {
        /// The secret's name, or its ARN if the ARN contains no name.
        name: String,
        /// The user that the secret names.
        user: String,
        /// The name that a secret of that user must have.
        wanted: String,
    },
    /// AWSPENDING has no value, but an earlier step should have stored one.
    PendingMissing,
    /// AWSPENDING holds no access key.
    PendingWithoutKey {
        /// The field that should hold it.
        field: String,
    },
    /// AWSPENDING and AWSCURRENT name different users.
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
    /// The pending version could never become current, so AWSPENDING was taken off it.
    RotationReset {
        /// Why it could never become current.
        reason: String,
    },
    /// The secret whose key should manage the user's keys cannot be used.
    SourceInvalid {
        /// Where it is named: the ARN in `secretarn`, or "in the secret's tags".
        named: String,
        /// Why.
        reason: String,
    },
    /// The credential source does not authenticate.
    SourceRefused {
        /// Whose credentials they are.
        source_name: String,
        /// The AWS error.
        failure: AwsFailure,
    },
    /// STS does not let the function assume the role.
    RoleNotAssumed {
        /// The value of `rolearn`.
        role_arn: String,
        /// The AWS error.
        failure: AwsFailure,
    },
    /// AWSCURRENT's key is not from the account whose users the credential source manages.
    AnotherAccount {
        /// AWSCURRENT's key.
        key: AccessKeyId,
        /// The user that it authenticates as.
        arn: String,
        /// Whose credentials they are.
        source_name: String,
        /// The account of those credentials.
        account: String,
    },
    /// IAM knows no such user.
    UserNotFound {
        /// The user that the secret names.
        user: String,
        /// Whose credentials made the request.
        source_name: String,
    },
    /// An access key belongs to a different identity from the one that the secret names.
    AnotherIdentity {
        /// The key.
        key: AccessKeyId,
        /// The label of the version that holds it.
        label: &'static str,
        /// The ARN that it authenticates as.
        found: String,
        /// What it should authenticate as.
        expected: String,
    },
    /// No key may be deleted.
    NothingDeletable {
        /// The user.
        user: String,
        /// Why.
        refusal: Refusal,
    },
    /// IAM repeatedly refused a new key because of its quota.
    QuotaReached {
        /// The user.
        user: String,
        /// The AWS error.
        failure: AwsFailure,
    },
    /// A new key was made but could not be stored.
    StoreFailed {
        /// The new key.
        key: AccessKeyId,
        /// Why it was not stored.
        failure: Box<AwsFailure>,
        /// What happened to it.
        clean_up: CleanUp,
    },
    /// The pending key did not authenticate.
    VerificationFailed {
        /// The key.
        key: AccessKeyId,
        /// How many successes in a row were required.
        wanted: u32,
        /// How long verification kept trying.
        waited: std::time::Duration,
        /// The result of the last attempt.
        last: String,
    },
    /// What only the keeper finds.
    Keeper(KeeperProblem),
    /// A policy lacks an action.
    PermissionMissing(AwsFailure),
    /// AWS kept refusing a call because of the rate limit until the invocation's time was up.
    Throttled(AwsFailure),
    /// No connection to a service could be made. The failure names the host.
    Unreachable(AwsFailure),
    /// Another failure of an AWS call.
    AwsCallFailed(AwsFailure),
    /// The invocation ran out of time.
    OutOfTime {
        /// What the step was doing.
        doing: String,
    },
}

impl Problem {
    /// Whether the step found this problem before it could have changed anything. Changes by earlier attempts of the
    /// same run are recorded separately.
    #[must_use]
    pub const fn changed_nothing(&self) -> bool {
        !matches!(
            self,
            Self::RotationReset { .. }
                | Self::QuotaReached { .. }
                | Self::StoreFailed { .. }
                | Self::Throttled(_)
                | Self::Unreachable(_)
                | Self::AwsCallFailed(_)
                | Self::OutOfTime { .. }
        )
    }
}

impl From<AwsFailure> for Problem {
    /// Picks out the failures that have their own way out.
    fn from(failure: AwsFailure) -> Self {
        if failure.is_denied() {
            Self::PermissionMissing(failure)
        } else if failure.effect == Effect::Throttled {
            Self::Throttled(failure)
        } else if failure.unreached {
            Self::Unreachable(failure)
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

impl From<KeeperProblem> for Problem {
    fn from(problem: KeeperProblem) -> Self {
        Self::Keeper(problem)
    }
}

impl From<InvalidSetting> for Problem {
    fn from(invalid: InvalidSetting) -> Self {
        Self::ConfigurationInvalid { reason: invalid.0 }
    }
}
