//! createSecret: makes room, makes a new access key, and stores it as AWSPENDING.

use std::time::Duration;

use tracing::{info, warn};

use crate::access_key::{AccessKey, AccessKeyId, ListedKey};
use crate::aws_failure::{AwsFailure, Effect};
use crate::clock::OutOfTime;
use crate::creation_mark;
use crate::credentials::CredentialSource;
use crate::deletion::{self, Plan};
use crate::iam::Iam;
use crate::key_selection::{Deletable, HeldKeys, SETTLE, Tries};
use crate::new_key::{self, QUOTA, Stored};
use crate::outcome::{Done, Outcome};
use crate::pending::Pending;
use crate::problem::Problem;
use crate::rotation::Rotation;
use crate::staged_secret::Staged;
use crate::throttling::{Refusal, Turn};

/// Waits between tries to make a key: 31 s in all, longer than a deletion takes to spread (fact 27).
const TRY_AGAIN: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(16),
];

/// With less than this left, no key is made.
const LEAST_TIME: Duration = Duration::from_secs(5);

/// What the tries of one run hand on to each other.
#[derive(Debug, Default)]
struct Progress {
    /// The key that was deleted: at most one a run.
    deleted: Option<AccessKeyId>,
    /// The key that was looked at again.
    settled: Option<AccessKeyId>,
    /// Whether this run began to put the creation mark: from then on, what it reads may be its own.
    marked: bool,
    /// Whether this run, or one before it, may have made a key that nobody knows of.
    may_have_made: bool,
    /// Why the last try made no key.
    failed: Option<Problem>,
}

impl Progress {
    /// Notes why the last try made no key, for the next one and for the error if the time ends before that.
    fn fail(&mut self, rotation: &Rotation<'_>, why: Problem) {
        rotation.failed(&why);
        self.failed = Some(why);
    }
}

/// Runs the step.
pub(crate) async fn run(rotation: &Rotation<'_>, mut staged: Staged) -> Result<Outcome, Problem> {
    let mut progress = Progress::default();
    let result = create(rotation, &mut staged, &mut progress).await;
    if result.is_err() && progress.marked && !progress.may_have_made {
        creation_mark::take_back(rotation, &staged).await;
    }
    result
}

/// Each try decides anew, from what is there then.
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
        let (keys, held) = (keys?, held?);

        if let Some(key) = make_key(rotation, staged, &source, &held, &iam, &keys, progress).await?
        {
            let stored = new_key::store(rotation, staged, &iam, &key).await?;
            return Ok(created(rotation, &key.id, stored, progress.deleted.take()));
        }
        if let Some(problem) = progress.failed.clone() {
            let wait = waits.next().ok_or(problem)?;
            rotation.clock.sleep(wait).await?;
        }
        let Some(again) = rotation.read_staged().await? else {
            return Ok(rotation.already_current());
        };
        *staged = again;
    }
}

/// Makes room and then the key; none where it has to be decided again.
async fn make_key(
    rotation: &Rotation<'_>,
    staged: &Staged,
    source: &CredentialSource,
    held: &HeldKeys,
    iam: &Iam,
    keys: &[ListedKey],
    progress: &mut Progress,
) -> Result<Option<AccessKey>, Problem> {
    progress.may_have_made |= !progress.marked && creation_mark::is_there(staged, held);
    let tries = Tries {
        may_have_made: progress.may_have_made,
        settled: progress.settled.as_ref(),
    };
    let plan = deletion::plan(rotation, staged, source, held, iam, keys, tries).await?;
    let deletable = match plan {
        Plan::Nothing => None,
        Plan::Delete(key) => Some(key),
        Plan::LookAgain(key) => {
            info!(access_key_id = %key, "looking whether AWSPENDING holds the access key");
            Pending::look_for(rotation, staged, SETTLE).await?;
            progress.settled = Some(key);
            return Ok(None);
        }
    };
    time_for_a_key(rotation)?;
    progress.marked = true;
    if let Err(failure) = creation_mark::put(rotation, staged).await {
        // Another run may have moved it; or this one has, and the answer was lost.
        let passing = failure.effect != Effect::None || failure.is("InvalidParameterException");
        if !passing {
            return Err(failure.into());
        }
        progress.fail(rotation, failure.into());
        return Ok(None);
    }
    if let Some(key) = deletable {
        let second = progress
            .deleted
            .as_ref()
            .is_some_and(|gone| gone != key.id());
        if second && let Some(problem) = progress.failed.take() {
            return Err(problem);
        }
        if !delete(rotation, staged, iam, &key).await? {
            let moving = Problem::NotStaged {
                token: rotation.event.token.clone(),
                reason: "its staging labels keep moving",
            };
            progress.fail(rotation, moving);
            return Ok(None);
        }
        progress.deleted = Some(key.id().clone());
    }
    let Some(created) = create_key(rotation, staged, iam).await? else {
        return Ok(None);
    };
    match created {
        Ok(key) => {
            info!(access_key_id = %key.id, "access key created");
            rotation.changed(format!("the access key {} was made", key.id));
            rotation.went_well();
            progress.may_have_made = true;
            Ok(Some(key))
        }
        Err(failure) => {
            warn!("{failure}");
            let is_unknown = failure.effect == Effect::Unknown;
            if !is_unknown && !new_key::may_try_again(&failure) {
                return Err(failure.into());
            }
            progress.fail(rotation, not_created(staged, failure));
            if is_unknown {
                progress.may_have_made = true;
                rotation.changed("an access key may have been made, without an answer".to_owned());
                new_key::delete_lost(rotation, staged, source, iam, keys).await?;
            }
            Ok(None)
        }
    }
}

/// Has IAM make the key; none where IAM had this run wait for its turn, and another run was faster, or a person.
async fn create_key(
    rotation: &Rotation<'_>,
    staged: &Staged,
    iam: &Iam,
) -> Result<Option<Result<AccessKey, AwsFailure>>, Problem> {
    let mut turn = Turn::default();
    loop {
        time_for_a_key(rotation)?;
        rotation.doing("create an access key, and one may have been made");
        let since = rotation.clock.now();
        match iam.create().await {
            Err(refusal) if refusal.throttled().is_some() => {
                turn.wait(rotation, since, LEAST_TIME, refusal).await?;
                let pending = Pending::read(rotation, staged).await?;
                if pending.is_some() || !rotation.still_staged(staged).await? {
                    return Ok(None);
                }
            }
            ended => return Ok(Some(ended)),
        }
    }
}

/// Sees that there is the time to make a key, and to store it or to delete it again.
fn time_for_a_key(rotation: &Rotation<'_>) -> Result<(), OutOfTime> {
    if rotation.clock.remaining() < LEAST_TIME {
        return Err(OutOfTime);
    }
    Ok(())
}

/// Deletes the key that has to go, unless the labels have moved since that was decided.
async fn delete(
    rotation: &Rotation<'_>,
    staged: &Staged,
    iam: &Iam,
    key: &Deletable,
) -> Result<bool, Problem> {
    let delete = async || {
        let still_staged = rotation.still_staged(staged).await?;
        if still_staged {
            time_for_a_key(rotation)?;
            rotation.doing(format!("delete the access key {} to make room", key.id()));
            iam.delete(key).await?;
        }
        Ok::<_, Problem>(still_staged)
    };
    let deleted = rotation.patiently(LEAST_TIME, delete).await?;
    if deleted {
        info!(deleted_access_key_id = %key.id(), "access key deleted");
        rotation.changed(format!("the access key {} was deleted", key.id()));
    }
    Ok(deleted)
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
