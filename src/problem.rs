//! Why a step stopped, in the words of the person on call.

use crate::access_key::AccessKeyId;
use crate::aws_failure::{AwsFailure, Effect};
use crate::clock::OutOfTime;
use crate::fields::Field;
use crate::key_selection::Refusal;
use crate::malformed::Malformed;

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

/// Why a step stopped. Display says what is the case; [`Problem::way_out`] what to do.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Problem {
    /// The payload is no rotation event.
    #[error("the event is not valid: {reason}")]
    EventInvalid {
        /// Which field, and why.
        reason: String,
    },
    /// An environment variable's value cannot be used.
    #[error("the function's configuration is not valid: {reason}")]
    ConfigurationInvalid {
        /// Which variable, and why.
        reason: String,
    },
    /// The secret does not exist.
    #[error("Secrets Manager cannot find the secret")]
    SecretNotFound,
    /// The secret is scheduled for deletion.
    #[error("the secret is marked for deletion")]
    SecretDeleted,
    /// No version of the secret is AWSCURRENT.
    #[error("the secret has no AWSCURRENT version, so nothing says which user it is for")]
    NoCurrentVersion,
    /// The event's token is not this secret's pending version.
    #[error("the version {token} is not staged for rotation: {reason}")]
    NotStaged {
        /// The event's ClientRequestToken.
        token: String,
        /// What the labels say instead.
        reason: &'static str,
    },
    /// A version's value cannot be used.
    #[error("the value of {label} cannot be used: {reason}")]
    SecretMalformed {
        /// The version's staging label.
        label: &'static str,
        /// Why.
        reason: Malformed,
    },
    /// The secret's name is not that of its user's secret, by `SECRET_NAME`.
    #[error(
        "the secret's name is {name}, and one that holds a key of the user {user} must have the name {wanted}"
    )]
    SecretNotForUser {
        /// The secret's name, or its ARN where that has none.
        name: String,
        /// The user that it names.
        user: String,
        /// The name that a secret of that user must have.
        wanted: String,
    },
    /// AWSPENDING has no value, though a step before should have stored one.
    #[error("AWSPENDING has no value: createSecret has not stored an access key in it")]
    PendingMissing,
    /// AWSPENDING holds no access key.
    #[error("AWSPENDING holds no access key: it has no field \"{field}\", nor another that {} finds", Field::AccessKey.variable())]
    PendingWithoutKey {
        /// What the field would be called.
        field: String,
    },
    /// AWSPENDING holds another user's name than AWSCURRENT.
    #[error("AWSPENDING is for the user {pending}, and AWSCURRENT for {current}")]
    PendingForAnotherUser {
        /// The user that AWSPENDING names.
        pending: String,
        /// The user that AWSCURRENT names.
        current: String,
    },
    /// AWSPENDING's key was deactivated.
    #[error("AWSPENDING's access key {key} is inactive in IAM")]
    PendingInactive {
        /// AWSPENDING's key.
        key: AccessKeyId,
    },
    /// The pending version could never become current; AWSPENDING was taken off it.
    #[error("{reason}; AWSPENDING was taken off the version")]
    RotationReset {
        /// Why it could not.
        reason: String,
    },
    /// The secret whose key should manage the user's keys cannot be used.
    #[error("the credential source {named} cannot be used: {reason}")]
    SourceInvalid {
        /// What names it: the ARN in `secretarn`, or "in the secret's tags".
        named: String,
        /// Why.
        reason: String,
    },
    /// The credential source does not authenticate.
    #[error("the credential source, {source_name}, does not authenticate: {failure}")]
    SourceRefused {
        /// Whose credentials they are.
        source_name: String,
        /// What AWS said.
        failure: AwsFailure,
    },
    /// STS does not let the function assume the role.
    #[error("the role {role_arn} cannot be assumed: {}", denial(.failure))]
    RoleNotAssumed {
        /// What `rolearn` says.
        role_arn: String,
        /// What AWS said.
        failure: AwsFailure,
    },
    /// AWSCURRENT's key is of another account than the one whose users the credential source manages.
    #[error(
        "AWSCURRENT's access key {key} is {arn}'s, and the credential source, {source_name}, manages users of the account {account}"
    )]
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
    #[error("IAM has no user {user} in the account of the credential source, {source_name}")]
    UserNotFound {
        /// The user that the secret names.
        user: String,
        /// Whose credentials asked.
        source_name: String,
    },
    /// An access key is another identity's than the secret says.
    #[error(
        "the access key {key} of {label} authenticates as {found}, and the secret is for {expected}"
    )]
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
    #[error("no access key of the user {user} may be deleted: {refusal}")]
    NothingDeletable {
        /// The user.
        user: String,
        /// Why.
        refusal: Refusal,
    },
    /// IAM refused a new key for its quota, again and again.
    #[error("IAM makes no access key for the user {user}: {failure}")]
    QuotaReached {
        /// The user.
        user: String,
        /// What AWS said.
        failure: AwsFailure,
    },
    /// A new key was made and could not be stored.
    #[error("the new access key {key} could not be stored: {}; {}", denial(.failure), cleaned_up(.clean_up))]
    StoreFailed {
        /// The new key.
        key: AccessKeyId,
        /// Why it was not stored.
        failure: Box<AwsFailure>,
        /// What became of it.
        clean_up: CleanUp,
    },
    /// The pending key did not authenticate.
    #[error(
        "the access key {key} did not authenticate {wanted} times in a row within {waited:?}: {last}"
    )]
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
    #[error("a permission is missing: {}", denial(.0))]
    PermissionMissing(AwsFailure),
    /// AWS went on refusing a call for its rate until the invocation's time was up.
    #[error("too many calls in the account at once: {0}, again and again")]
    Throttled(AwsFailure),
    /// Another failure of an AWS call.
    #[error("{0}")]
    AwsCallFailed(AwsFailure),
    /// The invocation's time ended.
    #[error("the function's time was up while it was about to {doing}")]
    OutOfTime {
        /// What the step was doing.
        doing: String,
    },
}

/// A denial in AWS's own words alone, where they name caller, action and resource as they mostly do.
/// Of a customer managed key they only say that KMS refused (fact 41).
fn denial(failure: &AwsFailure) -> String {
    if failure.message.contains(failure.action) {
        failure.message.clone()
    } else if failure.is_denied() && failure.message.contains("KMS") {
        let asked = match failure.action {
            "secretsmanager:PutSecretValue" => "kms:GenerateDataKey and kms:Decrypt",
            _ => "kms:Decrypt",
        };
        format!("{failure} (the caller needs {asked} on the KMS key that encrypts this secret)")
    } else {
        failure.to_string()
    }
}

fn cleaned_up(clean_up: &CleanUp) -> String {
    match clean_up {
        CleanUp::Deleted => "it was deleted again".to_owned(),
        CleanUp::NotFound => "and IAM did not know it when it was to be deleted".to_owned(),
        CleanUp::LeftAlone => {
            "it was left alone, since it may have been stored after all".to_owned()
        }
        CleanUp::NoTime => "and no time was left to delete it".to_owned(),
        CleanUp::Failed(problem) => format!("and it could not be deleted: {problem}"),
    }
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

    /// The `errorType` of the function's answer.
    #[must_use]
    pub const fn error_type(&self) -> &'static str {
        match self {
            Self::EventInvalid { .. } => "EventInvalid",
            Self::ConfigurationInvalid { .. } => "ConfigurationInvalid",
            Self::SecretNotFound => "SecretNotFound",
            Self::SecretDeleted => "SecretDeleted",
            Self::NotStaged { .. } => "NotStaged",
            Self::NoCurrentVersion
            | Self::SecretMalformed { .. }
            | Self::PendingWithoutKey { .. }
            | Self::PendingForAnotherUser { .. } => "SecretMalformed",
            Self::SecretNotForUser { .. } => "SecretNotForUser",
            Self::PendingMissing => "PendingMissing",
            Self::PendingInactive { .. } => "PendingInactive",
            Self::RotationReset { .. } => "RotationReset",
            Self::SourceInvalid { .. }
            | Self::SourceRefused { .. }
            | Self::AnotherAccount { .. } => "SourceInvalid",
            Self::RoleNotAssumed { .. } => "RoleNotAssumed",
            Self::UserNotFound { .. } => "UserNotFound",
            Self::AnotherIdentity { .. } => "AnotherIdentity",
            Self::NothingDeletable { refusal, .. } => match refusal {
                Refusal::CurrentNotListed { .. } => "CurrentKeyNotListed",
                Refusal::TooManyKeys { .. } => "TooManyKeys",
                Refusal::BothProtected { .. } => "BothKeysProtected",
                Refusal::NotUnderstood { .. } => "SecretMalformed",
                Refusal::NoRoomForFirst { .. } => "NoRoomForFirstKey",
                Refusal::MadeLately { .. } => "KeyMadeLately",
                Refusal::ActivatedAgain { .. } => "KeyActivatedAgain",
                Refusal::InUse { .. } => "KeyInUse",
            },
            Self::QuotaReached { .. } => "QuotaReached",
            Self::StoreFailed { .. } => "StoreFailed",
            Self::VerificationFailed { .. } => "VerificationFailed",
            Self::PermissionMissing(_) => "PermissionMissing",
            Self::Throttled(_) => "Throttled",
            Self::AwsCallFailed(_) => "AwsCallFailed",
            Self::OutOfTime { .. } => "OutOfTime",
        }
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
