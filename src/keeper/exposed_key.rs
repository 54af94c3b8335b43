//! The changes that a revocation makes, each after a look of its own.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tracing::{info, warn};

use crate::aws::failure::AwsFailure;
use crate::aws::iam::Iam;
use crate::keeper::deactivating::deactivate;
use crate::key::access_key::AccessKeyId;
use crate::key::deactivatable::Deactivatable;
use crate::key::marks::Mark;
use crate::key::revocation::{Gone, Revocation};
use crate::rotation::context::Run;
use crate::rotation::credential_source::CredentialSource;
use crate::rotation::deactivation::{Basis, Deactivated};
use crate::rotation::keeper_problem::KeeperProblem;
use crate::rotation::problem::Problem;
use crate::rotation::watched_secret::Watched;

/// The wait between the looks whether AWSCURRENT has moved.
pub(super) const POLL: Duration = Duration::from_secs(3);

/// What a round's decision is based on.
pub(super) struct Round {
    pub(super) watched: Watched,
    pub(super) source: CredentialSource,
    pub(super) iam: Iam,
    pub(super) decided: Revocation,
}

/// Marks the key as exposed. Returns whether the mark is on.
pub(super) async fn mark(
    run: &Run<'_>,
    watched: &Watched,
    key: &AccessKeyId,
) -> Result<bool, Problem> {
    let mark = Mark::Exposed(key.clone());
    let staged = &watched.staged;
    if staged.marks.find(&mark).is_some() {
        return Ok(true);
    }
    run.doing(format!("mark the access key {key} as exposed"));
    let look = async || Ok(Some(()));
    let put = async |(): &(), once| run.put_on(staged, &mark, once).await;
    match run.change(Duration::ZERO, look, put).await? {
        Some(Ok(())) => {
            run.changed(format!("the access key {key} was marked as exposed"));
            Ok(true)
        }
        // Another run has put it on, on a version that was AWSCURRENT before.
        Some(Err(failure)) if failure.is("InvalidParameterException") => {
            run.clock.sleep(POLL).await?;
            Ok(false)
        }
        Some(Err(failure)) => Err(failure.into()),
        None => Ok(false),
    }
}

/// Deactivates a key that no version gives out. Returns when IAM answered, or no time if IAM knows no such key any more.
/// Returns None if a version gives it out now.
pub(super) async fn take_away(
    run: &Run<'_>,
    round: &Round,
    key: &Deactivatable,
) -> Result<Option<(Gone, Option<DateTime<Utc>>)>, Problem> {
    let (staged, id) = (&round.watched.staged, key.id());
    let to_go = async || {
        Ok(match run.gives_out(staged, id).await? {
            true => Basis::Changed,
            false => Basis::Unchanged(None),
        })
    };
    let mut ended = deactivate(run, staged, &round.iam, key, &to_go).await;
    if let Err(Problem::PermissionMissing(failure)) = &ended
        && let Some(role) = role_instead(run, round, failure)
    {
        ended = deactivate(run, staged, &role, key, &to_go).await;
    }
    Ok(match ended? {
        Deactivated::Done { at } => {
            info!(access_key_id = %id, "exposed access key deactivated");
            Some((Gone::Inactive, Some(at)))
        }
        Deactivated::NotFound => Some((Gone::Deleted, None)),
        Deactivated::Kept => None,
    })
}

/// The keeper's own role, if AWS's quarantine may be what denies a deactivation to the user's own key (fact 48). It
/// denies nothing to a role.
fn role_instead(run: &Run<'_>, round: &Round, failure: &AwsFailure) -> Option<Iam> {
    let own_key = matches!(round.source, CredentialSource::OwnKey(_));
    let user = round.watched.staged.current.username();
    (own_key && failure.is_denied()).then(|| Iam::new(&run.resources.iam, None, user))
}

/// Deactivates a key that consumers still use. No mark says that it may be given back.
pub(super) async fn cut_off(
    run: &Run<'_>,
    round: &Round,
    key: &Deactivatable,
) -> Result<(), Problem> {
    let id = key.id();
    run.doing(format!("deactivate the exposed access key {id}"));
    let look = async || Ok(Some(()));
    let deactivate = async |(): &(), once| round.iam.deactivate(key, once).await;
    let mut ended = run.change(Duration::ZERO, look, deactivate).await?;
    if let Some(Err(failure)) = &ended
        && let Some(role) = role_instead(run, round, failure)
    {
        let deactivate = async |(): &(), once| role.deactivate(key, once).await;
        ended = run.change(Duration::ZERO, look, deactivate).await?;
    }
    ended.transpose().map_err(Problem::from)?;
    warn!(access_key_id = %id, "exposed access key cut off before its replacement is there");
    run.changed(format!("the access key {id} was deactivated"));
    Ok(())
}

/// Starts the rotation that replaces the key, or goes on with the one that is not complete.
pub(super) async fn rotate(
    run: &Run<'_>,
    round: &Round,
    key: &AccessKeyId,
    cut_off: bool,
) -> Result<(), Problem> {
    let staged = &round.watched.staged;
    if let CredentialSource::OwnKey(_) = round.source {
        // Only a hint: whether the rotation works is seen by AWSCURRENT.
        let asked = run.patiently(Duration::ZERO, async || round.iam.quarantine().await);
        if let Ok(Some(policy)) = asked.await {
            let (user, key) = (staged.current.username().to_owned(), key.clone());
            return Err(KeeperProblem::Quarantined { user, policy, key }.into());
        }
    }
    run.doing("start the rotation that replaces the exposed key");
    let look = async || Ok(run.gives_out(staged, key).await?.then_some(()));
    let ask = async |(): &(), once| {
        let secrets = &run.resources.secrets;
        secrets.rotate(&staged.secret_arn, once).await
    };
    let failed = |failure: AwsFailure| KeeperProblem::NotRotated {
        key: key.clone(),
        cut_off,
        why: Box::new(failure),
    };
    match run.change(Duration::ZERO, look, ask).await? {
        Some(Err(failure)) => Err(failed(failure).into()),
        Some(Ok(())) => {
            run.changed("a rotation was started".to_owned());
            Ok(())
        }
        None => Ok(()),
    }
}
