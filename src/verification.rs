//! Seeing that an access key authenticates as the expected user, and goes on doing so.

use std::time::Duration;

use crate::access_key::AccessKey;
use crate::aws_failure::AwsFailure;
use crate::credentials::CredentialSource;
use crate::problem::Problem;
use crate::rotation::Rotation;
use crate::smtp_logins::SmtpLogins;
use crate::staged_secret::Staged;
use crate::stages::{CURRENT, PENDING};
use crate::sts::Identity;

/// Between two successes: at once, both could be answered by the same host (fact 27).
pub(crate) const SPACING: Duration = Duration::from_secs(1);
/// The longest wait behind a failure; the first is one second.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Who a key must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedUser {
    /// The user's name. IAM tells names apart without regard to case.
    pub name: String,
    /// The user's account.
    pub account: String,
    /// AWSCURRENT's `AIDA…`; none where there is no current key that works.
    pub user_id: Option<String>,
}

impl ExpectedUser {
    /// Whether an identity is this user (fact 9: the same principal).
    #[must_use]
    pub fn is(&self, identity: &Identity) -> bool {
        identity.account == self.account
            && identity
                .user_name()
                .is_some_and(|name| name.eq_ignore_ascii_case(&self.name))
            && self
                .user_id
                .as_ref()
                .is_none_or(|user_id| *user_id == identity.user_id)
    }
}

/// What one answer of GetCallerIdentity means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The key is the expected user's.
    SameUser(Identity),
    /// The key is someone else's, and will stay so.
    AnotherIdentity(Identity),
    /// Nothing is known yet; the text says why.
    NotYet(String),
}

/// Judges one answer.
#[must_use]
pub fn judge(answer: Result<Identity, AwsFailure>, expected: &ExpectedUser) -> Verdict {
    match answer {
        Ok(identity) if expected.is(&identity) => Verdict::SameUser(identity),
        Ok(identity) => Verdict::AnotherIdentity(identity),
        Err(failure) => Verdict::NotYet(failure.to_string()),
    }
}

/// Who AWSPENDING's key must be: the user that AWSCURRENT's key is. Where that key does
/// not work, or there is none, the user of that name in the credential source's account.
pub(crate) async fn expected_user(
    rotation: &Rotation<'_>,
    staged: &Staged,
) -> Result<ExpectedUser, Problem> {
    rotation.doing("see who the current access key is");
    let name = staged.current.username().to_owned();
    if let Some(key) = staged.current.key() {
        let identify = async || rotation.identity(key).await;
        match rotation.patiently(Duration::ZERO, identify).await {
            Ok(identity) => {
                let expected = ExpectedUser {
                    name,
                    account: identity.account.clone(),
                    user_id: Some(identity.user_id.clone()),
                };
                return if expected.is(&identity) {
                    Ok(expected)
                } else {
                    Err(another_identity(key, CURRENT, identity, &expected.name))
                };
            }
            Err(failure) if failure.is_unauthenticated() => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    let source = match CredentialSource::of(rotation, staged).await? {
        // The current key again, which does not work.
        CredentialSource::OwnKey(_) => CredentialSource::ExecutionRole,
        source => source,
    };
    Ok(ExpectedUser {
        name,
        account: source.identity(rotation).await?.account,
        user_id: None,
    })
}

/// Waits until AWSPENDING's key has authenticated as the user `successes` times in a row, and each time logged in with the
/// SMTP passwords that were derived from it.
pub(crate) async fn verify(
    rotation: &Rotation<'_>,
    key: &AccessKey,
    expected: &ExpectedUser,
    logins: &SmtpLogins,
    successes: u32,
) -> Result<Identity, Problem> {
    rotation.doing("see whether the pending access key authenticates");
    let started = rotation.clock.now();
    let timeout = rotation.rotator.config.verify_timeout;
    let mut streak = 0;
    let mut backoff = SPACING;
    loop {
        let verdict = match judge(rotation.identity(key).await, expected) {
            Verdict::SameUser(identity) => match logins.all(rotation, key).await {
                Ok(()) => Verdict::SameUser(identity),
                Err(why) => Verdict::NotYet(why),
            },
            other => other,
        };
        let (wait, last) = match verdict {
            Verdict::SameUser(identity) => {
                streak += 1;
                if streak >= successes {
                    rotation.went_well();
                    return Ok(identity);
                }
                backoff = SPACING;
                (SPACING, format!("it did so {streak} times so far"))
            }
            Verdict::NotYet(why) => {
                streak = 0;
                let wait = backoff;
                backoff = (backoff * 2).min(LONGEST_WAIT);
                (wait, why)
            }
            Verdict::AnotherIdentity(identity) => {
                return Err(another_identity(key, PENDING, identity, &expected.name));
            }
        };
        let waited = (rotation.clock.now() - started)
            .to_std()
            .unwrap_or_default();
        let failed = Problem::VerificationFailed {
            key: key.id.clone(),
            wanted: successes,
            waited,
            last,
        };
        rotation.failed(&failed);
        if waited + wait > timeout {
            return Err(failed);
        }
        rotation.clock.sleep(wait).await?;
    }
}

/// Whether AWSPENDING's key authenticates now, by a single answer.
pub(crate) async fn authenticates(
    rotation: &Rotation<'_>,
    key: &AccessKey,
    expected: &ExpectedUser,
) -> Result<bool, Problem> {
    match judge(rotation.identity(key).await, expected) {
        Verdict::SameUser(_) => Ok(true),
        Verdict::NotYet(_) => Ok(false),
        Verdict::AnotherIdentity(identity) => {
            Err(another_identity(key, PENDING, identity, &expected.name))
        }
    }
}

pub(crate) fn another_identity(
    key: &AccessKey,
    label: &'static str,
    found: Identity,
    expected: &str,
) -> Problem {
    Problem::AnotherIdentity {
        key: key.id.clone(),
        label,
        found: found.arn,
        expected: format!("the user {expected}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws_failure::Effect;

    fn identity(account: &str, name: &str, user_id: &str) -> Identity {
        Identity {
            account: account.into(),
            arn: format!("arn:aws:iam::{account}:user/{name}"),
            user_id: user_id.into(),
        }
    }

    fn expected(user_id: Option<&str>) -> ExpectedUser {
        ExpectedUser {
            name: "alice".into(),
            account: "1".into(),
            user_id: user_id.map(str::to_owned),
        }
    }

    #[test]
    fn the_user_is_told_by_account_name_and_user_id() {
        for (found, user_id, same) in [
            (identity("1", "alice", "AIDA1"), Some("AIDA1"), true),
            (identity("1", "alice", "AIDA1"), None, true),
            (
                identity("1", "team/blue/alice", "AIDA1"),
                Some("AIDA1"),
                true,
            ),
            (identity("1", "Alice", "AIDA1"), Some("AIDA1"), true),
            // A user of the same name, made again.
            (identity("1", "alice", "AIDA2"), Some("AIDA1"), false),
            (identity("2", "alice", "AIDA1"), Some("AIDA1"), false),
            (identity("2", "alice", "AIDA1"), None, false),
            (identity("1", "alice2", "AIDA1"), None, false),
            (identity("1", "alice/bob", "AIDA1"), None, false),
        ] {
            let verdict = judge(Ok(found.clone()), &expected(user_id));
            let wanted = if same {
                Verdict::SameUser(found.clone())
            } else {
                Verdict::AnotherIdentity(found.clone())
            };
            assert_eq!(verdict, wanted, "{found:?}");
        }
    }

    #[test]
    fn a_failure_of_any_kind_proves_nothing_yet() {
        for code in [
            None,
            Some("InvalidClientTokenId"),
            Some("SignatureDoesNotMatch"),
            Some("RequestExpired"),
            Some("Throttling"),
            Some("AccessDenied"),
        ] {
            let failure = AwsFailure {
                action: "sts:GetCallerIdentity",
                resource: String::new(),
                code: code.map(str::to_owned),
                message: String::new(),
                effect: Effect::None,
            };
            let verdict = judge(Err(failure), &expected(None));
            assert!(matches!(verdict, Verdict::NotYet(_)), "{code:?}");
        }
    }
}
