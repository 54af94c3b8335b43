//! All error texts in one place: the `errorType`, what is wrong, and the way out. The texts for a key that may not be
//! deleted are in [`crate::rotation::refusal_texts`], and those of the keeper in [`crate::rotation::keeper_texts`].

use std::fmt;

use crate::aws::failure::AwsFailure;
use crate::rotation::cli::{About, listing};
use crate::rotation::keeper_texts;
use crate::rotation::problem::{CleanUp, Problem};
use crate::rotation::refusal_texts;
use crate::rotation::texts::Texts;
use crate::secret::fields::Field;
use crate::secret::name::is_possible;
use crate::secret::stages::PENDING;

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.texts(&About::default()).case)
    }
}

impl std::error::Error for Problem {}

impl Problem {
    /// The `errorType` of the function's response.
    #[must_use]
    pub fn error_type(&self) -> &'static str {
        self.texts(&About::default()).error_type
    }

    /// All texts of the error.
    pub(crate) fn texts(&self, about: &About<'_>) -> Texts {
        match self {
            Self::EventInvalid { reason } => Texts::of(
                "EventInvalid",
                format!("the event is not valid: {reason}"),
                "Invoke the function through Secrets Manager, or with an event such as those in tests/events",
            ),
            Self::ConfigurationInvalid { reason } => Texts::of(
                "ConfigurationInvalid",
                format!("the function's configuration is not valid: {reason}"),
                "Correct the function's environment variable",
            ),
            Self::SecretNotFound => Texts::of(
                "SecretNotFound",
                "Secrets Manager cannot find the secret",
                "Check the secret's ARN and the function's Region",
            ),
            Self::SecretDeleted => Texts::of(
                "SecretDeleted",
                "the secret is marked for deletion",
                format!(
                    "Restore the secret{}, or turn its rotation off",
                    about.of_secret("restore-secret")
                ),
            ),
            Self::NoCurrentVersion => Texts::of(
                "SecretMalformed",
                "the secret has no AWSCURRENT version, so nothing says which user it is for",
                "Store a value with the user's name and, if there is one, the current access key",
            ),
            Self::NotStaged { token, reason } => Texts::of(
                "NotStaged",
                format!("the version {token} is not staged for rotation: {reason}"),
                format!(
                    "Start a rotation{}: Secrets Manager stages a version and calls the steps itself",
                    about.rotate()
                ),
            ),
            Self::SecretMalformed { label, reason } => Texts::of(
                "SecretMalformed",
                format!("the value of {label} cannot be used: {reason}"),
                if *label == PENDING {
                    about.take_pending_off()
                } else {
                    "Correct the secret's value".to_owned()
                },
            ),
            Self::SecretNotForUser { name, user, wanted } => Texts::of(
                "SecretNotForUser",
                format!("the secret's name is {name}, and one that holds a key of the user {user} must have the name {wanted}"),
                if is_possible(wanted) {
                    "If the username in the secret is wrong, correct it. Else store the value in a new secret with that name, since a secret's name cannot be changed. Or change the pattern in SECRET_NAME"
                } else {
                    "If the username in the secret is wrong, correct it. Else this user needs a function without SECRET_NAME, since no secret can have that name"
                },
            ),
            Self::PendingMissing => Texts::of(
                "PendingMissing",
                "AWSPENDING has no value: createSecret has not stored an access key in it",
                format!("Start the rotation again{}", about.rotate()),
            ),
            Self::PendingWithoutKey { field } => Texts::of(
                "SecretMalformed",
                format!(
                    "AWSPENDING holds no access key: it has no field \"{field}\", nor another that {} finds",
                    Field::AccessKey.variable()
                ),
                format!(
                    "If the names of the fields were changed, change them back; else {}",
                    about.take_pending_off()
                ),
            ),
            Self::PendingForAnotherUser { pending, current } => Texts::of(
                "SecretMalformed",
                format!("AWSPENDING is for the user {pending}, and AWSCURRENT for {current}"),
                about.take_pending_off(),
            ),
            Self::PendingInactive { key } => Texts::of(
                "PendingInactive",
                format!("AWSPENDING's access key {key} is inactive in IAM"),
                format!(
                    "Activate the key{} to go on, or delete it{}: then the next rotation{} starts afresh",
                    about.set_status(key, "Active"),
                    about.of_key("delete-access-key", key),
                    about.rotate()
                ),
            ),
            Self::RotationReset { reason } => Texts::of(
                "RotationReset",
                format!("{reason}; AWSPENDING was taken off the version"),
                format!(
                    "AWSCURRENT is untouched; the next rotation starts afresh: start it{}, or wait for the schedule",
                    about.rotate()
                ),
            ),
            Self::SourceInvalid { named, reason } => Texts::of(
                "SourceInvalid",
                format!("the credential source {named} cannot be used: {reason}"),
                "Correct the source, or leave it out to use the function's execution role",
            ),
            Self::SourceRefused { source_name, failure } => Texts::of(
                "SourceInvalid",
                format!("the credential source, {source_name}, does not authenticate: {failure}"),
                "Put working credentials in that secret, or leave secretarn out to use the function's execution role; the next attempt starts a new session of a role",
            ),
            Self::RoleNotAssumed { role_arn, failure } => Texts::of(
                "RoleNotAssumed",
                format!("the role {role_arn} cannot be assumed: {}", denial(failure)),
                "Allow sts:AssumeRole on that role to the execution role, and make sure that the role exists and that its trust policy names the execution role, and the secret's external id if it asks for one (see policies/)",
            ),
            Self::AnotherAccount { key, arn, source_name, account } => Texts::of(
                "SourceInvalid",
                format!("AWSCURRENT's access key {key} is {arn}'s, and the credential source, {source_name}, manages users of the account {account}"),
                "Correct rolearn or secretarn: the source must be of the user's account",
            ),
            Self::UserNotFound { user, source_name } => Texts::of(
                "UserNotFound",
                format!("IAM has no user {user} in the account of the credential source, {source_name}"),
                "Correct the username in the secret, or the credential source if the user is in another account",
            ),
            Self::AnotherIdentity { key, label, found, expected } => Texts::of(
                "AnotherIdentity",
                format!("the access key {key} of {label} authenticates as {found}, and the secret is for {expected}"),
                if *label == PENDING {
                    about.take_pending_off()
                } else {
                    "AWSCURRENT is untouched; correct the username or the access key in the secret".to_owned()
                },
            ),
            Self::NothingDeletable { user, refusal } => {
                let about = About { user: Some(user), ..*about };
                let texts = refusal_texts::of(refusal, &about);
                let case = format!("no access key of the user {user} may be deleted: {}", texts.case);
                Texts { case, ..texts }
            }
            Self::QuotaReached { user, failure } => Texts::of(
                "QuotaReached",
                format!("IAM does not create an access key for the user {user}: {failure}"),
                format!(
                    "AWSCURRENT is untouched; check which keys the user has{}, and rotate again{}",
                    listing(Some(user)),
                    about.rotate()
                ),
            ),
            Self::StoreFailed { key, failure, clean_up } => Texts::of(
                "StoreFailed",
                format!("the new access key {key} could not be stored: {}; {}", denial(failure), cleaned_up(clean_up)),
                match clean_up {
                    CleanUp::Deleted => format!(
                        "AWSCURRENT is untouched; rotate again{} once the cause is fixed",
                        about.rotate()
                    ),
                    CleanUp::LeftAlone | CleanUp::NotFound | CleanUp::NoTime | CleanUp::Failed(_) => {
                        "AWSCURRENT is untouched; the next attempt uses the key if it was stored, and else deletes it once the user has two".to_owned()
                    }
                },
            ),
            Self::VerificationFailed { key, wanted, waited, last } => Texts::of(
                "VerificationFailed",
                format!("the access key {key} did not authenticate {wanted} times in a row within {waited:?}; the last result: {last}"),
                format!(
                    "AWSCURRENT is untouched; Secrets Manager tries again. If it keeps failing, check whether the key is active{}, and raise VERIFY_TIMEOUT, or the function's time-out where that was up first",
                    listing(about.user)
                ),
            ),
            Self::Keeper(problem) => keeper_texts::of(problem, about),
            Self::PermissionMissing(failure) => Texts::of(
                "PermissionMissing",
                format!("a permission is missing: {}", denial(failure)),
                format!(
                    "Allow that action on that resource to the caller (see policies/), and {}",
                    if about.token.is_some() {
                        format!("rotate again{}", about.rotate())
                    } else {
                        "try again".to_owned()
                    }
                ),
            ),
            Self::Throttled(failure) => Texts::of(
                "Throttled",
                format!("too many calls in the account at once: {failure}, again and again"),
                match about.token {
                    Some(_) => "Secrets Manager tries again. If it keeps failing, too many secrets rotate at once for the account's rate of IAM calls: a rotation makes five (ListAccessKeys twice, UpdateAccessKey, DeleteAccessKey, CreateAccessKey), so a window must be at least 5 × secrets ÷ rate wide; widen it (Duration of the rotation rules) or spread the schedules",
                    None => "The next run tries again. If it keeps failing, too much of the account's rate of IAM calls is used by others at that time: move the schedule",
                },
            ),
            Self::Unreachable(failure) => Texts::of(
                "Unreachable",
                failure.to_string(),
                "Open a way from the function to that host: a route to a NAT gateway, an endpoint of the service in the VPC, or a proxy (HTTPS_PROXY), and a security group that lets port 443 out (see \"A private network\" in infra/README.md). More time does not help",
            ),
            Self::AwsCallFailed(failure) => Texts::of(
                "AwsCallFailed",
                failure.to_string(),
                format!("{}; if it keeps failing, read AWS's message", tries_again(about)),
            ),
            Self::OutOfTime { doing } => Texts::of(
                "OutOfTime",
                format!("the function's time was up while it was about to {doing}"),
                match about.token {
                    Some(_) => "Secrets Manager tries again; if it keeps failing, raise the function's time-out (120 s is ample)",
                    None => "The next run goes on; if it keeps failing, raise the function's time-out (900 s is Lambda's longest)",
                },
            ),
        }
    }
}

/// Who tries again. The keeper's runs have no token.
fn tries_again(about: &About<'_>) -> &'static str {
    match about.token {
        Some(_) => "Secrets Manager tries again",
        None => "The next run tries again",
    }
}

/// A denial: only AWS's message if it names caller, action and resource, as it mostly does.
/// For a customer managed key, the message only says that KMS refused (fact 41).
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
        CleanUp::NotFound => {
            "and IAM did not know it when the function tried to delete it".to_owned()
        }
        CleanUp::LeftAlone => {
            "it was left alone, since it may have been stored after all".to_owned()
        }
        CleanUp::NoTime => "and no time was left to delete it".to_owned(),
        CleanUp::Failed(problem) => format!("and it could not be deleted: {problem}"),
    }
}

#[cfg(test)]
#[path = "error_texts_tests.rs"]
pub(crate) mod tests;
