//! The texts for each reason why no access key may be taken away, side by side.

use crate::key::access_key::AccessKeyId;
use crate::key::refusal::Refusal;
use crate::rotation::cli::{About, last_uses};
use crate::rotation::texts::Texts;

/// Returns all texts of a refusal. The user is one of the things in `about`.
pub(crate) fn of(refusal: &Refusal, about: &About<'_>) -> Texts {
    match refusal {
        Refusal::CurrentNotListed { key, keys } => Texts::of(
            "CurrentKeyNotListed",
            format!(
                "AWSCURRENT holds the access key {key}, and the user's keys are: {}",
                list(keys)
            ),
            "The secret is stale or names the wrong user: store the key that is in use, or the right username",
        ),
        Refusal::TooManyKeys { keys } => Texts::of(
            "TooManyKeys",
            format!(
                "the user has {} access keys, and IAM allows two: {}",
                keys.len(),
                list(keys)
            ),
            find_out(keys),
        ),
        Refusal::BothProtected { keys } => Texts::of(
            "BothKeysProtected",
            format!(
                "both of the user's access keys are needed, by AWSCURRENT, AWSPENDING or the credential source, or stand in AWSCURRENT's text: {}",
                list(keys)
            ),
            find_out(keys),
        ),
        Refusal::NotUnderstood { key } => Texts::of(
            "SecretMalformed",
            format!(
                "the access key {key} stands in AWSCURRENT's text, but was not found as the secret's key"
            ),
            "Correct the secret's value",
        ),
        Refusal::NoRoomForFirst { keys } => Texts::of(
            "NoRoomForFirstKey",
            format!(
                "the secret holds no access key, and the user has two active ones, and neither is deleted to make room for a first key: {}",
                list(keys)
            ),
            format!(
                "If one of them is the secret's, store it there with its secret access key. Else find out which is used{}, deactivate one that is not, and rotate again{}",
                last_uses(keys),
                about.rotate()
            ),
        ),
        Refusal::MadeLately { key, created } => Texts::of(
            "KeyMadeLately",
            format!(
                "the access key {key} would have to be deleted, but someone else made it at {created}: no version of this secret holds it"
            ),
            format!(
                "Find out who made that key, such as another secret for the same user: each user needs one secret. If nobody needs it{}, deactivate it{} and rotate again{}; it can also be deleted once it is older than IN_USE_WINDOW",
                last_uses(std::slice::from_ref(key)),
                about.set_status(key, "Inactive"),
                about.rotate()
            ),
        ),
        Refusal::ActivatedAgain { key } => Texts::of(
            "KeyActivatedAgain",
            format!(
                "the access key {key} was deactivated before its deletion, and somebody has activated it again"
            ),
            format!(
                "Find out who activated that key and who needs it{}. Once nobody does, deactivate it{} and rotate again{}",
                last_uses(std::slice::from_ref(key)),
                about.set_status(key, "Inactive"),
                about.rotate()
            ),
        ),
        Refusal::InUse { key, last_use } => Texts::of(
            "KeyInUse",
            format!(
                "the access key {key} would have to be deleted, but it was last used at {last_use}"
            ),
            format!(
                "Move whoever uses that key to the secret, or deactivate the key{}, and rotate again{}; DELETE_KEY_IN_USE and IN_USE_WINDOW set the rule",
                about.set_status(key, "Inactive"),
                about.rotate()
            ),
        ),
    }
}

fn find_out(keys: &[AccessKeyId]) -> String {
    format!(
        "Find out which keys are used{} and delete one that is not AWSCURRENT's",
        last_uses(keys)
    )
}

/// Formats ids for a sentence.
pub(super) fn list(keys: &[AccessKeyId]) -> String {
    if keys.is_empty() {
        return "none".to_owned();
    }
    let ids: Vec<_> = keys.iter().map(AccessKeyId::as_str).collect();
    ids.join(", ")
}
