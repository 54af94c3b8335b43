//! createSecret: makes room, makes a new access key, and stores it as AWSPENDING.

use std::time::Duration;

use crate::key::access_key::AccessKeyId;
use crate::rotation::context::Rotation;
use crate::rotation::credential_source::CredentialSource;
use crate::rotation::deletion;
use crate::rotation::give_back;
use crate::rotation::making::{Facts, make_key};
use crate::rotation::marking::take_off;
use crate::rotation::outcome::{Done, Outcome};
use crate::rotation::pending::Pending;
use crate::rotation::problem::{CleanUp, Problem};
use crate::rotation::progress::Progress;
use crate::rotation::staged_secret::Staged;
use crate::rotation::storing::{self, Stored};

/// Waits between attempts to make a key: 31 s in all, longer than a deletion takes to propagate (fact 27).
const TRY_AGAIN: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(16),
];

/// Runs the step.
pub(crate) async fn run(rotation: &Rotation<'_>, mut staged: Staged) -> Result<Outcome, Problem> {
    let mut progress = Progress::default();
    let result = create(rotation, &mut staged, &mut progress).await;
    // A mark is no longer needed if the run certainly leaves no key. The mark of a stored key is needed until the key is
    // AWSCURRENT's: a rotation can be abandoned.
    if progress.unanswered.is_none() && !progress.leaves_a_key {
        for mark in &progress.marks {
            take_off(rotation, &staged, mark).await;
        }
    }
    result
}

/// Each attempt decides afresh, from what is there then.
async fn create(
    rotation: &Rotation<'_>,
    staged: &mut Staged,
    progress: &mut Progress,
) -> Result<Outcome, Problem> {
    let mut waits = TRY_AGAIN.into_iter();
    loop {
        if let Some(pending) = Pending::read(rotation, staged).await? {
            let key = pending.unstick(rotation, staged).await?;
            return Ok(already_created(rotation, &key.id));
        }
        let source = CredentialSource::of(rotation, staged).await?;
        let iam = source.iam(rotation, staged);
        let (keys, held) = tokio::join!(
            biased;
            source.list_keys(rotation, &iam),
            deletion::held_keys(rotation, staged, &source)
        );
        // IAM may still list the key that was deleted a moment ago (fact 27).
        let mut keys = keys?;
        keys.retain(|key| progress.deleted.as_ref() != Some(&key.id));
        let facts = Facts {
            staged,
            source: &source,
            iam: &iam,
            held: held?,
            keys,
        };

        if let Some(key) = make_key(rotation, &facts, progress).await? {
            progress.leaves_a_key = true;
            let stored = storing::store(rotation, staged, &iam, &key).await;
            progress.leaves_a_key = leaves_a_key(&stored);
            return Ok(created(rotation, &key.id, stored?, progress.deleted.take()));
        }
        if let Some(problem) = progress.failed.clone() {
            let wait = waits.next().ok_or(problem)?;
            rotation.clock.sleep(wait).await?;
        }
        let Some(again) = rotation.read_staged().await? else {
            return Ok(rotation.already_current());
        };
        *staged = again;
        give_back::give_back(rotation, staged).await?;
    }
}

/// Whether the key still exists.
fn leaves_a_key(stored: &Result<Stored, Problem>) -> bool {
    let is_gone = |clean_up: &CleanUp| matches!(clean_up, CleanUp::Deleted);
    match stored {
        Ok(Stored::Ours) => true,
        Ok(Stored::Another(_)) => false,
        Err(Problem::StoreFailed { clean_up, .. }) => !is_gone(clean_up),
        Err(_) => true,
    }
}

fn already_created(rotation: &Rotation<'_>, key: &AccessKeyId) -> Outcome {
    let message = format!("AWSPENDING holds the new access key {key} already");
    rotation.outcome(Done::AlreadyCreated, message).about(key)
}

fn created(
    rotation: &Rotation<'_>,
    made: &AccessKeyId,
    stored: Stored,
    deleted: Option<AccessKeyId>,
) -> Outcome {
    let mut outcome = match stored {
        Stored::Ours => {
            let message = format!("stored the new access key {made} as AWSPENDING");
            rotation.outcome(Done::Created, message).about(made)
        }
        Stored::Another(key) => {
            let message = format!(
                "another run has stored {key} as AWSPENDING; deleted {made}, which this one made"
            );
            rotation.outcome(Done::AlreadyCreated, message).about(&key)
        }
    };
    if let Some(deleted) = deleted {
        outcome.message = format!("deleted the access key {deleted}; {}", outcome.message);
        outcome.deleted_access_key_id = Some(deleted.to_string());
    }
    outcome
}
