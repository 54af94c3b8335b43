//! Gives back an access key that was being taken away and is wanted after all. Activates it again if the function
//! deactivated it.

use std::time::Duration;

use tracing::warn;

use crate::aws::iam::Iam;
use crate::aws::secrets_manager::VersionRef;
use crate::key::access_key::{AccessKeyId, KeyStatus};
use crate::key::given_out::GivenOut;
use crate::key::marks::Mark;
use crate::rotation::context::Run;
use crate::rotation::credential_source::CredentialSource;
use crate::rotation::marking::take_off;
use crate::rotation::problem::Problem;
use crate::rotation::staged_secret::Staged;
use crate::secret::stages::{CURRENT, PENDING, PREVIOUS};

/// Activates the keys that were being taken away and that AWSCURRENT or AWSPENDING gives out. Either an earlier run was
/// cut off between the deactivation and its look, or a person has moved AWSCURRENT back since.
///
/// # Errors
/// A read's error, or why IAM did not activate a key.
pub(crate) async fn give_back(run: &Run<'_>, staged: &Staged) -> Result<(), Problem> {
    if staged.marks.removing().next().is_none() {
        return Ok(());
    }
    let mut wanted = staged.current.given_out();
    wanted.extend(&given_out(run, staged).await?);
    for id in staged.marks.removing().filter(|id| wanted.holds(id)) {
        let source = source_for(run, staged, id).await?;
        let iam = source.iam(run, staged);
        let keys = source.list_keys(run, &iam).await?;
        match keys.iter().find(|listed| listed.id == *id) {
            Some(listed) if listed.status == KeyStatus::Inactive => {
                activate(run, staged, &iam, id).await?;
            }
            _ => take_off(run, staged, &Mark::Removing(id.clone())).await,
        }
    }
    Ok(())
}

/// The credential source. If that is the Inactive key itself, the user's other key, AWSPREVIOUS's.
///
/// # Errors
/// A read's error, or what is wrong with the credential source.
pub(crate) async fn source_for(
    run: &Run<'_>,
    staged: &Staged,
    id: &AccessKeyId,
) -> Result<CredentialSource, Problem> {
    let source = CredentialSource::of(run, staged).await?;
    let (CredentialSource::OwnKey(key), Some(previous)) = (&source, &staged.previous_version)
    else {
        return Ok(source);
    };
    if key.id != *id {
        return Ok(source);
    }
    let version = VersionRef {
        id: Some(previous),
        label: PREVIOUS,
    };
    let version = run.read(&staged.secret_arn, version).await?;
    let document = version.and_then(|version| version.parse(&run.resources.config.fields).ok());
    let other = document
        .filter(|document| document.username() == staged.current.username())
        .and_then(|document| document.key().cloned());
    Ok(other.map_or(source, CredentialSource::OwnKey))
}

/// What AWSCURRENT and AWSPENDING give out now, whichever versions they are on.
pub(crate) async fn given_out(run: &Run<'_>, staged: &Staged) -> Result<GivenOut, Problem> {
    let mut all = GivenOut::default();
    for label in [PENDING, CURRENT] {
        let version = VersionRef { id: None, label };
        if let Some(version) = run.read(&staged.secret_arn, version).await? {
            all.extend(&version.given_out());
        }
    }
    Ok(all)
}

/// Activates a key that has our mark, if a version of the secret gives it out. Returns whether one does.
pub(crate) async fn activate(
    run: &Run<'_>,
    staged: &Staged,
    iam: &Iam,
    id: &AccessKeyId,
) -> Result<bool, Problem> {
    run.doing(format!("activate the access key {id} again"));
    let look = async || {
        let wanted = given_out(run, staged).await?.holds(id);
        Ok(wanted.then_some(()))
    };
    let activate = async |(): &(), once| iam.activate(id, once).await;
    match run.change(Duration::ZERO, look, activate).await? {
        None => return Ok(false),
        Some(ended) => ended?,
    }
    warn!(access_key_id = %id, "access key activated again: a version of the secret gives it out");
    run.changed(format!("the access key {id} was activated again"));
    take_off(run, staged, &Mark::Removing(id.clone())).await;
    Ok(true)
}
