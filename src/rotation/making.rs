//! Makes an access key: decides which key goes, then the mark, the room and the new key, each after a fresh look.

use std::time::Duration;

use tracing::{info, warn};

use crate::aws::failure::{AwsFailure, Effect};
use crate::aws::iam::Iam;
use crate::key::access_key::{AccessKey, AccessKeyId, KeyStatus, ListedKey};
use crate::key::deletion_rule::{Deletable, HeldKeys, SETTLE, Tries};
use crate::key::marks::Mark;
use crate::rotation::clock::OutOfTime;
use crate::rotation::context::Rotation;
use crate::rotation::credential_source::CredentialSource;
use crate::rotation::deactivation::{self, Basis, Deactivation};
use crate::rotation::deletion::{self, Plan};
use crate::rotation::marking::take_off;
use crate::rotation::pending::Pending;
use crate::rotation::problem::Problem;
use crate::rotation::progress::Progress;
use crate::rotation::removal::{Removal, Removed};
use crate::rotation::staged_secret::Staged;
use crate::rotation::storing::{self, QUOTA};

/// With less than this left, no key is made.
const LEAST_TIME: Duration = Duration::from_secs(5);

/// What a decision is based on. All of it is read at the same time.
pub(crate) struct Facts<'f> {
    pub(crate) staged: &'f Staged,
    pub(crate) source: &'f CredentialSource,
    pub(crate) iam: &'f Iam,
    pub(crate) held: HeldKeys,
    pub(crate) keys: Vec<ListedKey>,
}

/// Makes room and then the key. Returns None if the decision must be made again.
pub(crate) async fn make_key(
    rotation: &Rotation<'_>,
    facts: &Facts<'_>,
    progress: &mut Progress,
) -> Result<Option<AccessKey>, Problem> {
    let tries = Tries {
        marks: Some(&facts.staged.marks),
        run: &rotation.marks,
        unanswered: progress.unanswered.as_ref().map(|(keys, _)| &**keys),
        settled: progress.settled.as_ref(),
    };
    let Facts {
        staged,
        source,
        held,
        iam,
        keys,
    } = facts;
    let plan = deletion::plan(rotation, staged, source, held, iam, keys, tries).await;
    let goes = match plan? {
        Plan::Nothing => None,
        Plan::Delete(key, status) => Some((key, status)),
        Plan::LookAgain(key) => {
            info!(access_key_id = %key, "checking whether AWSPENDING holds the access key");
            Pending::look_for(rotation, staged, SETTLE).await?;
            progress.settled = Some(key);
            return Ok(None);
        }
    };
    if goes.is_none() && has_to_wait_for_an_unanswered_key(rotation, staged, progress).await? {
        return Ok(None);
    }
    if let Some((key, KeyStatus::Active)) = &goes {
        rotation.doing(format!("take the access key {} away", key.id()));
        if rotation.clock.remaining() < deactivation::LEAST_TIME + LEAST_TIME {
            return Err(OutOfTime.into());
        }
    }
    time_for_a_key(rotation)?;
    if !mark(rotation, facts, progress).await? {
        return Ok(None);
    }
    let mut before: Vec<_> = keys.iter().map(|key| key.id.clone()).collect();
    if let Some((key, status)) = goes {
        before.retain(|id| id != key.id());
        if !make_room(rotation, facts, &key, status, progress).await? {
            return Ok(None);
        }
    }
    make(rotation, facts, before, progress).await
}

/// A key whose creation got no response may be listed later (fact 27). No other key is made before that time is over.
/// Returns whether it had to wait.
async fn has_to_wait_for_an_unanswered_key(
    rotation: &Rotation<'_>,
    staged: &Staged,
    progress: &Progress,
) -> Result<bool, Problem> {
    let Some((_, since)) = progress.unanswered else {
        return Ok(false);
    };
    let gone = (rotation.clock.now() - since).to_std().unwrap_or_default();
    let left = SETTLE.saturating_sub(gone);
    if left.is_zero() {
        return Ok(false);
    }
    Pending::look_for(rotation, staged, left).await?;
    Ok(true)
}

/// Puts this run's mark on, unless it is there and fresh. Takes off the marks whose reason is gone.
/// Returns whether this run's mark is on. If not, the decision must be made again.
async fn mark(
    rotation: &Rotation<'_>,
    facts: &Facts<'_>,
    progress: &mut Progress,
) -> Result<bool, Problem> {
    let (staged, now) = (facts.staged, rotation.clock.now());
    if progress.marked && progress.is_fresh(now) {
        return Ok(true);
    }
    let window = rotation.resources.config.in_use_window;
    for void in staged.marks.void(&rotation.marks, &facts.keys, window, now) {
        take_off(rotation, staged, &void.mark).await;
    }
    // Nothing is left of a request that AWS certainly refused.
    if progress.unanswered.is_none() {
        for own in std::mem::take(&mut progress.marks) {
            take_off(rotation, staged, &own).await;
        }
    }
    let mark = Mark::Creating {
        since: now,
        run: rotation.marks.clone(),
    };
    progress.marks.push(mark.clone());
    progress.marked = false;
    rotation.doing("mark AWSCURRENT's version before an access key is made");
    let look = async || Ok(Some(()));
    let put = async |(): &(), once| rotation.put_on(staged, &mark, once).await;
    let Some(Err(failure)) = rotation.change_once(look, put).await? else {
        progress.marked = true;
        return Ok(true);
    };
    match failure.effect {
        Effect::Throttled => {
            progress
                .turn
                .wait(rotation, now, LEAST_TIME, failure)
                .await?
        }
        Effect::Unknown => progress.fail(rotation, failure.into()),
        Effect::None => return Err(failure.into()),
    }
    Ok(false)
}

/// Takes a key away. Returns whether it is gone. If not, the decision must be made again.
async fn make_room(
    rotation: &Rotation<'_>,
    facts: &Facts<'_>,
    key: &Deletable,
    status: KeyStatus,
    progress: &mut Progress,
) -> Result<bool, Problem> {
    let (staged, id) = (facts.staged, key.id());
    let is_lost = |(before, _): &(Vec<_>, _)| !before.contains(id);
    let lost = progress.unanswered.as_ref().is_some_and(is_lost);
    if !lost && progress.deleted.is_some() {
        let changing = || rotation.not_staged("the user's access keys keep changing");
        return Err(progress.failed.take().unwrap_or_else(changing));
    }
    let marked = staged.marks.removing().any(|marked| marked == id);
    let removal = Removal {
        deactivation: Deactivation::new(rotation, staged, facts.iam, key.to_deactivate(), false),
        key,
        status,
        since_before: marked
            && status == KeyStatus::Inactive
            && progress.removing.as_ref() != Some(id),
    };
    progress.removing = Some(id.clone());
    let known = facts.held.previous.as_ref() == Some(id);
    let to_go = async || {
        // Another run may be about to store a key that nobody knows of. Check the labels last: a read can wait.
        let stored = match known {
            true => Ok(None),
            false => Pending::read(rotation, staged).await,
        };
        let marks = rotation.still_staged(staged).await?;
        Ok(match (marks, stored?) {
            (Some(marks), None) => Basis::Unchanged(Some(marks)),
            _ => Basis::Changed,
        })
    };
    match removal.run(to_go).await? {
        Removed::Deleted | Removed::NotFound => {
            info!(deleted_access_key_id = %id, "access key deleted");
            rotation.changed(format!("the access key {id} was deleted"));
            if lost {
                progress.unanswered = None;
            } else {
                progress.deleted = Some(id.clone());
            }
            Ok(true)
        }
        Removed::Kept => {
            let moving = rotation.not_staged("its staging labels keep moving");
            progress.fail(rotation, moving);
            Ok(false)
        }
    }
}

/// Creates the key in IAM. Returns None if the decision must be made again.
async fn make(
    rotation: &Rotation<'_>,
    facts: &Facts<'_>,
    before: Vec<AccessKeyId>,
    progress: &mut Progress,
) -> Result<Option<AccessKey>, Problem> {
    let (staged, since) = (facts.staged, rotation.clock.now());
    if !progress.is_fresh(since) {
        return Ok(None);
    }
    let look = async || {
        time_for_a_key(rotation)?;
        Ok(rotation.still_staged(staged).await?.map(drop))
    };
    rotation.doing("create an access key, and may have created one");
    let create = async |(): &(), once| facts.iam.create(once).await;
    let failure = match rotation.change_once(look, create).await? {
        None => return Ok(None),
        Some(Ok(key)) => {
            info!(access_key_id = %key.id, "access key created");
            rotation.changed(format!("the access key {} was made", key.id));
            rotation.went_well();
            return Ok(Some(key));
        }
        Some(Err(failure)) => failure,
    };
    match failure.effect {
        Effect::Throttled => {
            progress
                .turn
                .wait(rotation, since, LEAST_TIME, failure)
                .await?;
            return Ok(None);
        }
        Effect::Unknown => {
            progress.unanswered = Some((before, since));
            rotation
                .changed("an access key may have been made, but AWS did not respond".to_owned());
        }
        Effect::None if !storing::passes(&failure) => return Err(failure.into()),
        Effect::None => {}
    }
    warn!("{failure}");
    progress.fail(rotation, not_created(staged, failure));
    Ok(None)
}

/// Makes sure that there is time to make a key and to store it.
fn time_for_a_key(rotation: &Rotation<'_>) -> Result<(), OutOfTime> {
    if rotation.clock.remaining() < LEAST_TIME {
        return Err(OutOfTime);
    }
    Ok(())
}

fn not_created(staged: &Staged, failure: AwsFailure) -> Problem {
    if failure.is(QUOTA) {
        Problem::QuotaReached {
            user: staged.current.username().to_owned(),
            failure,
        }
    } else {
        failure.into()
    }
}
