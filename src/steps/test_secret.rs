//! testSecret: verifies that AWSPENDING's key authenticates as the user. If AWSPENDING is a copy
//! of AWSCURRENT, it checks instead that a rotation would work (TestRotation, fact 4).

use crate::key::deletion_rule::Tries;
use crate::key::owner::ExpectedUser;
use crate::rotation::context::Rotation;
use crate::rotation::credential_source::CredentialSource;
use crate::rotation::deletion::{self, Plan};
use crate::rotation::outcome::{Done, Outcome};
use crate::rotation::pending::Pending;
use crate::rotation::problem::Problem;
use crate::rotation::smtp_logins::SmtpLogins;
use crate::rotation::staged_secret::Staged;
use crate::rotation::verification::{expected_user, verify};
use crate::secret::malformed::Malformed;
use crate::secret::stages::CURRENT;

/// Runs the step.
pub(crate) async fn run(rotation: &Rotation<'_>, staged: &Staged) -> Result<Outcome, Problem> {
    let (pending, expected) = tokio::join!(
        biased;
        Pending::read_stored(rotation, staged),
        expected_user(rotation, staged)
    );
    let pending = pending?;
    if pending.is_copy_of_current(staged) {
        return preflight(rotation, staged, expected).await;
    }
    let key = pending.key(rotation, staged)?;
    let logins = SmtpLogins::of(rotation, key, pending.smtp_regions()?)?;
    let successes = rotation.resources.config.verify_successes;
    let identity = verify(rotation, key, &expected?, &logins, successes).await?;
    let message = format!(
        "the access key {} authenticated as {}{} {successes} times in a row",
        key.id,
        identity.arn,
        logged_in(&logins)
    );
    let outcome = rotation.outcome(Done::Verified, message).about(&key.id);
    Ok(Outcome {
        key_works_after: pending.age(rotation.clock.now()),
        ..outcome
    })
}

/// Part of a sentence: the key's SMTP passwords are accepted.
fn logged_in(logins: &SmtpLogins) -> String {
    let regions = logins.regions();
    regions.map_or_else(String::new, |regions| format!(" and by SMTP in {regions}"))
}

/// Which fields a rotation would change.
fn would_store(staged: &Staged, smtp_regions: &[String]) -> Result<String, Problem> {
    let mut what = match staged.current.key() {
        Some(_) => "it would store a new key".to_owned(),
        None => "it would store the user's first key of this secret".to_owned(),
    };
    match staged.current.copies().map_err(malformed)? {
        0 => {}
        1 => what.push_str(", and one copy"),
        copies => what.push_str(&format!(", and {copies} copies")),
    }
    if !smtp_regions.is_empty() {
        let regions = smtp_regions.join(", ");
        what.push_str(&format!(", and its SMTP password of {regions}"));
    }
    Ok(what)
}

fn malformed(reason: Malformed) -> Problem {
    Problem::SecretMalformed {
        label: CURRENT,
        reason,
    }
}

/// Tries every part of a rotation that changes nothing.
async fn preflight(
    rotation: &Rotation<'_>,
    staged: &Staged,
    expected: Result<ExpectedUser, Problem>,
) -> Result<Outcome, Problem> {
    let source = CredentialSource::of(rotation, staged).await?;
    let iam = source.iam(rotation, staged);
    let (keys, held) = tokio::join!(
        biased;
        source.list_keys(rotation, &iam),
        deletion::held_keys(rotation, staged, &source)
    );
    let (keys, held) = (keys?, held?);
    let plan = |settled| {
        let tries = Tries {
            marks: Some(&staged.marks),
            run: &rotation.marks,
            unanswered: None,
            settled,
        };
        deletion::plan(rotation, staged, &source, &held, &iam, &keys, tries)
    };
    let plan = match plan(None).await? {
        // No rotation is in progress that could have made it.
        Plan::LookAgain(key) => plan(Some(&key)).await?,
        plan => plan,
    };
    let mut passed = vec![format!("{} can list the user's keys", source.name())];
    passed.push(match plan {
        Plan::Delete(key, _) => format!("a rotation would delete {}", key.id()),
        Plan::Nothing | Plan::LookAgain(_) => "a rotation would delete no key".to_owned(),
    });
    let regions = staged.current.smtp_regions().map_err(malformed)?;
    passed.push(would_store(staged, &regions)?);
    let expected = expected?;
    if let Some(key) = staged.current.key() {
        let logins = SmtpLogins::of(rotation, key, regions)?;
        let identity = verify(rotation, key, &expected, &logins, 1).await?;
        passed.push(format!(
            "the access key {} authenticates as {}{}",
            key.id,
            identity.arn,
            logged_in(&logins)
        ));
    }
    let message = format!("nothing was changed: {}", passed.join("; "));
    let outcome = rotation.outcome(Done::PreflightPassed, message);
    Ok(match staged.current.key_id() {
        Some(key) => outcome.about(key),
        None => outcome,
    })
}
