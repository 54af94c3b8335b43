//! Verifies that an access key authenticates as the expected user, and keeps doing so.

use std::time::Duration;

use crate::key::access_key::AccessKey;
use crate::key::owner::{ExpectedUser, Identity, Verdict, judge};
use crate::rotation::context::Run;
use crate::rotation::credential_source::CredentialSource;
use crate::rotation::problem::Problem;
use crate::rotation::smtp_logins::SmtpLogins;
use crate::rotation::staged_secret::Staged;
use crate::rotation::verification_waits::{LONGEST, SPACING};
use crate::secret::stages::{CURRENT, PENDING};

/// The user that AWSPENDING's key must authenticate as: the user of AWSCURRENT's key. If that key does not work, or
/// there is none, it is the user of that name in the credential source's account.
pub(crate) async fn expected_user(run: &Run<'_>, staged: &Staged) -> Result<ExpectedUser, Problem> {
    run.doing("find out whose the current access key is");
    let name = staged.current.username().to_owned();
    if let Some(key) = staged.current.key() {
        let identify = async || run.identity(key).await;
        match run.patiently(Duration::ZERO, identify).await {
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
    let source = match CredentialSource::of(run, staged).await? {
        // This is the current key again, and it does not work.
        CredentialSource::OwnKey(_) => CredentialSource::ExecutionRole,
        source => source,
    };
    Ok(ExpectedUser {
        name,
        account: source.identity(run).await?.account,
        user_id: None,
    })
}

/// Waits until AWSPENDING's key has authenticated as the user `successes` times in a row. Each time, the SMTP passwords
/// derived from it must log in too.
pub(crate) async fn verify(
    run: &Run<'_>,
    key: &AccessKey,
    expected: &ExpectedUser,
    logins: &SmtpLogins,
    successes: u32,
) -> Result<Identity, Problem> {
    run.doing("verify the pending access key");
    let started = run.clock.now();
    let timeout = run.resources.config.verify_timeout;
    let mut streak = 0;
    let mut backoff = SPACING;
    loop {
        let identity = run.identity(key).await;
        let unreachable = identity.as_ref().err().filter(|failure| failure.unreached);
        let unreachable = unreachable.cloned().map(Problem::Unreachable);
        let verdict = match judge(identity, expected) {
            Verdict::SameUser(identity) => match logins.all(run, key).await {
                Ok(()) => Verdict::SameUser(identity),
                Err(why) => Verdict::NotYet(why),
            },
            other => other,
        };
        let (wait, last) = match verdict {
            Verdict::SameUser(identity) => {
                streak += 1;
                if streak >= successes {
                    run.went_well();
                    return Ok(identity);
                }
                backoff = SPACING;
                (SPACING, format!("it did so {streak} times so far"))
            }
            Verdict::NotYet(why) => {
                streak = 0;
                let wait = backoff;
                backoff = (backoff * 2).min(LONGEST);
                (wait, why)
            }
            Verdict::AnotherIdentity(identity) => {
                return Err(another_identity(key, PENDING, identity, &expected.name));
            }
        };
        let waited = (run.clock.now() - started).to_std().unwrap_or_default();
        let failed = unreachable.unwrap_or_else(|| Problem::VerificationFailed {
            key: key.id.clone(),
            wanted: successes,
            waited,
            last,
        });
        run.failed(&failed);
        if waited + wait > timeout {
            return Err(failed);
        }
        run.clock.sleep(wait).await?;
    }
}

/// Whether AWSPENDING's key authenticates now, in a single attempt.
pub(crate) async fn authenticates(
    run: &Run<'_>,
    key: &AccessKey,
    expected: &ExpectedUser,
) -> Result<bool, Problem> {
    match judge(run.identity(key).await, expected) {
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
