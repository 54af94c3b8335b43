//! What the person on call can do about each [`Problem`].

use crate::key_selection::Refusal;
use crate::problem::{CleanUp, Problem};
use crate::stages::PENDING;

/// A version's value cannot be written again, and rotate-secret runs the old version again (facts 5 and 15).
const TAKE_PENDING_OFF: &str = "AWSCURRENT is untouched; take AWSPENDING off that version (aws secretsmanager update-secret-version-stage --version-stage AWSPENDING --remove-from-version-id) and rotate again";

impl Problem {
    /// What the person on call can do now.
    #[must_use]
    pub fn way_out(&self) -> &'static str {
        match self {
            Self::EventInvalid { .. } => {
                "Invoke the function through Secrets Manager, or with an event such as those in tests/events"
            }
            Self::ConfigurationInvalid { .. } => "Correct the function's environment variable",
            Self::SecretNotFound => "Check the secret's ARN and the function's Region",
            Self::SecretDeleted => "Restore the secret, or turn its rotation off",
            Self::NoCurrentVersion => {
                "Store a value with the user's name, and the current access key if there is one"
            }
            Self::NotStaged { .. } => {
                "Start a rotation (rotate-secret): Secrets Manager stages a version and calls the steps itself"
            }
            Self::SecretMalformed { label, .. } | Self::AnotherIdentity { label, .. }
                if *label == PENDING =>
            {
                TAKE_PENDING_OFF
            }
            Self::SecretMalformed { .. } => "Correct the secret's value",
            Self::PendingMissing => "Start the rotation again (rotate-secret)",
            Self::PendingWithoutKey | Self::PendingForAnotherUser { .. } => TAKE_PENDING_OFF,
            Self::PendingInactive { .. } => {
                "Activate the key in IAM to go on, or delete it: then the next rotation starts afresh"
            }
            Self::RotationReset { .. } => {
                "AWSCURRENT is untouched; the next rotation starts afresh (rotate-secret, or wait for the schedule)"
            }
            Self::SourceInvalid { .. } => {
                "Correct the source, or leave it out to use the function's execution role"
            }
            Self::SourceRefused { .. } => {
                "Put working credentials in that secret, or leave secretarn out to use the function's execution role; a role's session is made anew by the next attempt"
            }
            Self::RoleNotAssumed { .. } => {
                "Allow sts:AssumeRole on that role to the execution role, and see that the role exists and that its trust policy names the execution role, and the secret's external id if it asks for one (see policies/)"
            }
            Self::AnotherAccount { .. } => {
                "Correct rolearn or secretarn: the source must be of the user's account"
            }
            Self::UserNotFound { .. } => {
                "Correct the username in the secret, or the credential source if the user is in another account"
            }
            Self::AnotherIdentity { .. } => {
                "AWSCURRENT is untouched; correct the username or the access key in the secret"
            }
            Self::NothingDeletable { refusal, .. } => match refusal {
                Refusal::CurrentNotListed { .. } => {
                    "The secret is stale or names the wrong user: store the key that is in use, or the right username"
                }
                Refusal::TooManyKeys { .. } | Refusal::BothProtected { .. } => {
                    "Find out which keys are used (aws iam get-access-key-last-used) and delete one that is not AWSCURRENT's"
                }
                Refusal::MadeLately { .. } => {
                    "See who made that key, such as another secret for the same user: each user needs one secret. If nobody needs it, deactivate it and rotate again; it also may go once it is older than IN_USE_WINDOW"
                }
                Refusal::InUse { .. } => {
                    "Move whoever uses that key to the secret, or deactivate the key, and rotate again (DELETE_KEY_IN_USE and IN_USE_WINDOW set the rule)"
                }
            },
            Self::QuotaReached { .. } => {
                "AWSCURRENT is untouched; see which keys the user has (aws iam list-access-keys) and rotate again"
            }
            Self::StoreFailed { clean_up, .. } => match clean_up {
                CleanUp::Deleted => {
                    "AWSCURRENT is untouched; rotate again once the cause is mended"
                }
                CleanUp::LeftAlone | CleanUp::NotFound | CleanUp::Failed(_) => {
                    "AWSCURRENT is untouched; the next attempt uses the key if it was stored, and else deletes it once the user has two"
                }
            },
            Self::VerificationFailed { .. } => {
                "AWSCURRENT is untouched; Secrets Manager tries again. If it stays so, see whether the key is active, and raise VERIFY_TIMEOUT"
            }
            Self::PermissionMissing(_) => {
                "Allow that action on that resource to the caller (see policies/), and rotate again"
            }
            Self::Throttled(_) => {
                "Secrets Manager tries again. If it stays so, too many secrets rotate at once for the account's rate of IAM calls: a rotation makes three (ListAccessKeys, DeleteAccessKey, CreateAccessKey), so a window must be at least 3 × secrets ÷ rate wide; widen it (Duration of the rotation rules) or spread the schedules"
            }
            Self::AwsCallFailed(_) => {
                "Secrets Manager tries again; if it stays so, see AWS's message"
            }
            Self::OutOfTime { .. } => {
                "Secrets Manager tries again; if it stays so, raise the function's time-out (120 s is ample)"
            }
        }
    }
}
