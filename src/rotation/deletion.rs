//! Gathers the facts for the decision of [`crate::key::deletion_rule`].

use std::time::Duration;

use crate::aws::iam::Iam;
use crate::aws::secrets_manager::VersionRef;
use crate::key::access_key::{AccessKeyId, KeyStatus, ListedKey};
use crate::key::deletion_rule::{Deletable, HeldKeys, Selection, Tries, select};
use crate::key::refusal::Refusal;
use crate::rotation::context::Run;
use crate::rotation::credential_source::CredentialSource;
use crate::rotation::problem::Problem;
use crate::rotation::staged_secret::Staged;
use crate::rotation::verification::another_identity;
use crate::secret::stages::{CURRENT, PREVIOUS};

/// What must happen before there is room for a new key.
#[derive(Debug)]
pub(crate) enum Plan {
    /// There is room.
    Nothing,
    /// This key must go. Includes its status.
    Delete(Deletable, KeyStatus),
    /// This key may be our own. Decide again after looking at AWSPENDING for a while.
    LookAgain(AccessKeyId),
}

/// Which keys the secret's versions and the credential source hold. AWSPENDING holds none.
pub(crate) async fn held_keys(
    run: &Run<'_>,
    staged: &Staged,
    source: &CredentialSource,
) -> Result<HeldKeys, Problem> {
    let previous = previous_key(run, staged).await?;
    Ok(held_with(staged, source, previous))
}

/// The same, if AWSPREVIOUS's key is known.
pub(crate) fn held_with(
    staged: &Staged,
    source: &CredentialSource,
    previous: Option<AccessKeyId>,
) -> HeldKeys {
    HeldKeys {
        current: staged.current.key_id().cloned(),
        pending: None,
        previous,
        source: source.key_id().cloned(),
        given_out: staged.current.given_out(),
    }
}

/// AWSPREVIOUS's key.
pub(crate) async fn previous_key(
    run: &Run<'_>,
    staged: &Staged,
) -> Result<Option<AccessKeyId>, Problem> {
    let Some(id) = &staged.previous_version else {
        return Ok(None);
    };
    let version = VersionRef {
        id: Some(id),
        label: PREVIOUS,
    };
    let version = run.read(&staged.secret_arn, version).await?;
    // A previous value with another layout holds no key that this secret would know.
    let document = version.and_then(|version| version.parse(&run.resources.config.fields).ok());
    Ok(document.and_then(|document| document.key_id().cloned()))
}

/// Plans the deletion. Changes nothing.
pub(crate) async fn plan(
    run: &Run<'_>,
    staged: &Staged,
    source: &CredentialSource,
    held: &HeldKeys,
    iam: &Iam,
    keys: &[ListedKey],
    tries: Tries<'_>,
) -> Result<Plan, Problem> {
    run.doing("decide which access key may go");
    let rule = run.resources.config.deletion_rule();
    let now = run.clock.now();
    let selection = select(keys, held, tries, &rule, now);
    let goes = |key: Deletable| {
        let listed = keys.iter().find(|listed| listed.id == *key.id());
        Plan::Delete(
            key,
            listed.map_or(KeyStatus::Active, |listed| listed.status),
        )
    };
    let refused = |refusal| Problem::NothingDeletable {
        user: staged.current.username().to_owned(),
        refusal,
    };
    match selection {
        Ok(Selection::NothingToDelete) => Ok(Plan::Nothing),
        Ok(Selection::Delete(key)) => Ok(goes(key)),
        Ok(Selection::LookAgain(key)) => Ok(Plan::LookAgain(key)),
        Ok(Selection::AskLastUse(candidate)) => {
            let ask = async || iam.last_use(candidate.id()).await;
            let last_use = run.patiently(Duration::ZERO, ask).await?;
            candidate
                .judge(last_use, rule.in_use_window, now)
                .map(goes)
                .map_err(refused)
        }
        Err(Refusal::NotUnderstood { key }) => Err(Problem::SecretMalformed {
            label: CURRENT,
            reason: staged.current.not_understood(&key),
        }),
        Err(refusal @ Refusal::CurrentNotListed { .. }) => {
            let whose = whose_is_current(run, staged, source).await;
            Err(whose.unwrap_or_else(|| refused(refusal)))
        }
        Err(refusal) => Err(refused(refusal)),
    }
}

/// Returns the problem if AWSCURRENT's key belongs to a user that the secret does not name, or to a different account
/// than the credential source.
async fn whose_is_current(
    run: &Run<'_>,
    staged: &Staged,
    source: &CredentialSource,
) -> Option<Problem> {
    let key = staged.current.key()?;
    let identity = run.identity(key).await.ok()?;
    let name = staged.current.username();
    let same = identity
        .user_name()
        .is_some_and(|found| found.eq_ignore_ascii_case(name));
    if !same {
        return Some(another_identity(key, CURRENT, identity, name));
    }
    let account = source.identity(run).await.ok()?.account;
    (identity.account != account).then(|| Problem::AnotherAccount {
        key: key.id.clone(),
        arn: identity.arn,
        source_name: source.name(),
        account,
    })
}
