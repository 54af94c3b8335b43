//! undo: activates a retired key again. Never one that somebody else deactivated, and never one that was revoked.

use std::time::Duration;

use tracing::info;

use crate::keeper::found::{Found, Kept};
use crate::key::access_key::AccessKeyId;
use crate::key::marks::Mark;
use crate::key::undoing::choose;
use crate::rotation::context::Run;
use crate::rotation::credential_source::CredentialSource;
use crate::rotation::give_back::source_for;
use crate::rotation::keeper_problem::KeeperProblem;
use crate::rotation::marking::take_off;
use crate::rotation::problem::Problem;

/// Runs the action for one secret. `asked` is the key, if the event names one.
pub(crate) async fn run(
    run: &Run<'_>,
    asked: Option<&AccessKeyId>,
    dry_run: bool,
) -> Result<Found, Problem> {
    let watched = run.read_watched().await?;
    if watched.timeline.rotating {
        return Err(KeeperProblem::RotationUnderWay.into());
    }
    let staged = &watched.staged;
    let source = match staged.current.key_id() {
        // AWSCURRENT was moved back to the retired key, which cannot sign its own activation.
        Some(id) if staged.marks.find(&Mark::Removing(id.clone())).is_some() => {
            source_for(run, staged, id).await?
        }
        _ => CredentialSource::of(run, staged).await?,
    };
    let iam = source.iam(run, staged);
    let keys = source.list_keys(run, &iam).await?;
    let user = || staged.current.username().to_owned();
    let not_undone = |reason| KeeperProblem::NotUndone {
        user: user(),
        reason,
    };
    let id = choose(asked, &keys, &watched.timeline.marks).map_err(not_undone)?;
    if dry_run {
        let message = format!("the access key {id} would be activated again");
        return Ok(Found::of(Kept::WouldActivate, &id, message));
    }
    run.doing(format!("activate the access key {id} again"));
    let look = async || {
        let now = run.still_watched(staged).await?;
        let still_ours = now.is_some_and(|now| choose(Some(&id), &keys, &now.marks).is_ok());
        Ok(still_ours.then_some(()))
    };
    let activate = async |(): &(), once| iam.activate(&id, once).await;
    match run.change(Duration::ZERO, look, activate).await? {
        None => return Err(KeeperProblem::RotationUnderWay.into()),
        Some(ended) => ended?,
    }
    info!(access_key_id = %id, "access key activated again");
    run.changed(format!("the access key {id} was activated again"));
    take_off(run, staged, &Mark::Removing(id.clone())).await;
    let message = format!(
        "activated the access key {id} again; it is retired again after RETIRE_AFTER, once nobody uses it"
    );
    Ok(Found::of(Kept::Activated, &id, message))
}
