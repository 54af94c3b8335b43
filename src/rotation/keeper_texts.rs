//! The texts for each problem that only the keeper finds, side by side.

use crate::key::access_key::AccessKeyId;
use crate::key::revocation::NotRevoked;
use crate::key::undoing::NotUndone;
use crate::rotation::cli::{About, last_uses, listing};
use crate::rotation::keeper_config::Watches;
use crate::rotation::keeper_problem::KeeperProblem;
use crate::rotation::refusal_texts::list;
use crate::rotation::texts::Texts;

/// Returns all texts of a problem.
pub(crate) fn of(problem: &KeeperProblem, about: &About<'_>) -> Texts {
    match problem {
        KeeperProblem::SecretNotOurs { watches } => Texts::of(
            "SecretNotOurs",
            match watches {
                Watches::One(arn) => format!("this keeper looks after another secret, {arn}"),
                Watches::Fleet(fleet) => format!(
                    "the secret has no tag iam-key-rotator with the value {fleet}, so this keeper does not look after it"
                ),
            },
            "Invoke the keeper of that secret, or correct SecretId",
        ),
        KeeperProblem::KeyUnknown { key, user } => Texts::of(
            "KeyUnknown",
            match user {
                Some(user) => format!(
                    "the access key {key} is of the user {user}, and none of this keeper's secrets is that user's"
                ),
                None => format!(
                    "no version of this keeper's secrets holds the access key {key}, and IAM does not say whose it is"
                ),
            },
            match user {
                Some(user) => format!(
                    "Invoke the keeper that looks after that user's secret. If the key has leaked and nothing rotates it, deactivate it{}",
                    About {
                        user: Some(user),
                        ..*about
                    }
                    .set_status(key, "Inactive")
                ),
                None => "Check the id, and the account and Region of the keeper".to_owned(),
            },
        ),
        KeeperProblem::KeyOfAnotherSecret { key, secret } => Texts::of(
            "KeyOfAnotherSecret",
            format!("the access key {key} is given out by another secret, {secret}"),
            "Revoke it with that secret's SecretId, or with the AccessKeyId alone",
        ),
        KeeperProblem::NoKey => Texts::of(
            "NoKey",
            "AWSCURRENT holds no access key, so there is none to revoke",
            "Name the key: revoke takes an AccessKeyId",
        ),
        KeeperProblem::RotationUnderWay => Texts::of(
            "RotationUnderWay",
            "a rotation of the secret is under way, and decides about the user's keys",
            format!(
                "Wait until it is complete, and try again. If it is stuck, see its error{}",
                about.of_secret("describe-secret")
            ),
        ),
        KeeperProblem::NotUndone { user, reason } => {
            let about = About {
                user: Some(user),
                ..*about
            };
            not_undone(reason, &about)
        }
        KeeperProblem::NotRevoked { user, reason } => {
            let about = About {
                user: Some(user),
                ..*about
            };
            not_revoked(reason, &about)
        }
        KeeperProblem::Quarantined { user, policy, key } => Texts::of(
            "UserQuarantined",
            format!(
                "AWS has attached {policy} to the user {user}. It denies the user's own key what a rotation does, and that key is the credential source. The exposed access key {key} still works"
            ),
            format!(
                "Leave the policy attached until AWS closes the case. Let a role manage the user's keys: take secretarn out of the secret, or name a role in rolearn, and rotate{}. To cut the key off first, invoke revoke with \"AtOnce\": true",
                about.rotate()
            ),
        ),
        KeeperProblem::NotRotated { key, cut_off, why } => Texts::of(
            "RevocationFailed",
            format!(
                "the replacement of the exposed access key {key}, which {}, could not be started: {why}",
                if *cut_off {
                    "is Inactive, so that consumers have no key now"
                } else {
                    "still works"
                }
            ),
            format!(
                "Fix the cause: the next hourly run tries again. Or start the rotation{}; to cut the key off first, invoke revoke with \"AtOnce\": true",
                about.rotate()
            ),
        ),
        KeeperProblem::StillExposed { key, waited } => Texts::of(
            "RevocationFailed",
            format!(
                "AWSCURRENT has not moved to another access key within {} s, so a version still gives out the exposed {key}",
                waited.as_secs()
            ),
            format!(
                "The next hourly run goes on. See why the rotation is not complete{}, in the rotation function's log; to cut the key off first, invoke revoke with \"AtOnce\": true",
                about.of_secret("describe-secret")
            ),
        ),
    }
}

fn not_undone(reason: &NotUndone, about: &About<'_>) -> Texts {
    match reason {
        NotUndone::NothingRetired { keys } => Texts::of(
            "NothingRetired",
            format!("none of the user's access keys was retired: {}", list(keys)),
            format!("See which keys the user has{}", listing(about.user)),
        ),
        NotUndone::NotTheUsers { key, keys } => not_the_users(key, keys, about),
        NotUndone::Active { key } => Texts::of(
            "KeyIsActive",
            format!("the access key {key} is active already"),
            format!("See which keys the user has{}", listing(about.user)),
        ),
        NotUndone::DeactivatedByOthers { key } => Texts::of(
            "DeactivatedByOthers",
            format!("somebody else deactivated the access key {key}, so it is not activated here"),
            format!(
                "Find out who did, and why. If it is still needed, activate it{}",
                about.set_status(key, "Active")
            ),
        ),
        NotUndone::Revoked { key } => Texts::of(
            "KeyWasRevoked",
            format!(
                "the access key {key} was revoked because it was exposed, so it is not activated again"
            ),
            format!(
                "Give its consumers the key in AWSCURRENT. If the report was wrong, take the staging label iam-key-rotator-exposed-{key} off its version{}, and activate the key{}",
                about.of_secret("describe-secret"),
                about.set_status(key, "Active")
            ),
        ),
    }
}

fn not_the_users(key: &AccessKeyId, keys: &[AccessKeyId], about: &About<'_>) -> Texts {
    let case = format!(
        "the access key {key} is not among the user's: {}",
        list(keys)
    );
    let way_out = format!(
        "Correct AccessKeyId, or SecretId. See which keys the user has{}",
        listing(about.user)
    );
    Texts::of("NotTheUsersKey", case, way_out)
}

fn not_revoked(reason: &NotRevoked, about: &About<'_>) -> Texts {
    match reason {
        NotRevoked::OfTheSource { key } => Texts::of(
            "KeyOfTheSource",
            format!(
                "the access key {key} is the administrator's, whose key manages this secret's user"
            ),
            format!(
                "Replace the key in the administrator's secret, and then deactivate it. See who uses it{}",
                last_uses(std::slice::from_ref(key))
            ),
        ),
        NotRevoked::NotTheUsers { key, keys } => not_the_users(key, keys, about),
    }
}

#[cfg(test)]
#[path = "keeper_texts_samples.rs"]
pub(crate) mod samples;
