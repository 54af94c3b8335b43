//! Making an access key, and storing it: two calls that cannot be one, so each way in
//! which they can fail is followed by the clean-up that leaves no key behind (P3).

use std::time::Duration;

use secrecy::SecretString;
use tracing::{info, warn};

use crate::access_key::{AccessKey, AccessKeyId};
use crate::aws_failure::{AwsFailure, Effect};
use crate::deletion::held_keys;
use crate::iam::{Deletion, Iam};
use crate::key_selection::{ListedKey, SETTLE, lost, unstored};
use crate::pending::Pending;
use crate::problem::{CleanUp, Problem};
use crate::rotation::{Rotation, Staged};

/// Between two looks for a key that may have been made, and between two tries to delete one.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// What storing leaves of the invocation's time, to delete the key if it fails.
const CLEAN_UP_TIME: Duration = Duration::from_secs(2);

/// Refusals that pass: a deletion that has not spread yet still counts against the
/// quota (fact 27), and IAM refuses changes of one user at the same time.
const PASSING: [&str; 3] = [
    QUOTA,
    "ConcurrentModification",
    "EntityTemporarilyUnmodifiable",
];
/// The code for a third access key (fact 21).
pub(crate) const QUOTA: &str = "LimitExceeded";

/// Where the new key is.
#[derive(Debug)]
pub(crate) enum Stored {
    /// In AWSPENDING.
    Ours,
    /// Nowhere: another run stored this key first, and ours was deleted.
    Another(AccessKeyId),
}

/// Makes an access key. The inner error asks for another try, from fresh facts.
pub(crate) async fn create(
    rotation: &Rotation<'_>,
    staged: &Staged,
    iam: &Iam,
    before: &[ListedKey],
) -> Result<Result<AccessKey, AwsFailure>, Problem> {
    rotation.doing("create an access key");
    let failure = match iam.create().await {
        Ok(key) => {
            info!(access_key_id = %key.id, "access key created");
            return Ok(Ok(key));
        }
        Err(failure) => failure,
    };
    match failure.effect {
        Effect::Throttled => {}
        Effect::None if PASSING.iter().any(|code| failure.is(code)) => {}
        Effect::None => return Err(failure.into()),
        Effect::Unknown => delete_lost(rotation, staged, iam, before).await?,
    }
    warn!("{failure}");
    Ok(Err(failure))
}

/// Deletes the key that a CreateAccessKey without an answer may have made, as soon as it shows.
async fn delete_lost(
    rotation: &Rotation<'_>,
    staged: &Staged,
    iam: &Iam,
    before: &[ListedKey],
) -> Result<(), Problem> {
    rotation.doing("look for an access key whose creation got no answer");
    let until = rotation.clock.now() + SETTLE;
    loop {
        let after = iam.list().await?;
        // What another run has stored in the meantime is not lost.
        let mut held = held_keys(rotation, staged).await?;
        if let Some(pending) = Pending::read(rotation, staged).await? {
            held.pending = Some(pending.key(staged)?.id.clone());
        }
        if let Some(key) = lost(before, &after, &held) {
            iam.delete(&key).await?;
            warn!(deleted_access_key_id = %key.id(), "lost access key deleted");
            return Ok(());
        }
        if rotation.clock.now() >= until || held.pending.is_some() {
            return Ok(());
        }
        rotation.clock.sleep(LOOK_AGAIN).await?;
    }
}

/// Stores the new key in AWSPENDING, or deletes it again.
pub(crate) async fn store(
    rotation: &Rotation<'_>,
    staged: &Staged,
    iam: &Iam,
    key: &AccessKey,
) -> Result<Stored, Problem> {
    rotation.doing("store the new access key in AWSPENDING");
    let value: SecretString = staged.current.with_key(key);
    let secrets = &rotation.rotator.secrets;
    let put = secrets.put_pending(rotation.event, &staged.secret_arn, &value);
    let failure = match rotation.clock.limit(CLEAN_UP_TIME, put).await {
        Ok(Ok(())) => return Ok(Stored::Ours),
        Ok(Err(failure)) => failure,
        Err(_) => AwsFailure {
            action: "secretsmanager:PutSecretValue",
            resource: staged.secret_arn.clone(),
            code: None,
            message: "the function's time was up".to_owned(),
            effect: Effect::Unknown,
        },
    };

    let (stored, clean_up) = match look_for_stored(rotation, staged, &failure).await {
        Ok(Some(stored)) if stored == key.id => return Ok(Stored::Ours),
        Ok(stored) => (stored, delete_unstored(rotation, iam, key).await),
        // Nothing was stored for certain, whatever the read says.
        Err(_) if failure.effect != Effect::Unknown => {
            (None, delete_unstored(rotation, iam, key).await)
        }
        Err(_) => (None, CleanUp::LeftAlone),
    };
    match (stored, clean_up) {
        (Some(stored), CleanUp::Deleted) => Ok(Stored::Another(stored)),
        (_, clean_up) => Err(Problem::StoreFailed {
            key: key.id.clone(),
            failure: Box::new(failure),
            clean_up,
        }),
    }
}

/// The key that AWSPENDING holds. Where ours may have been stored, a read that
/// does not see it yet is no proof (fact 19), so it is repeated.
async fn look_for_stored(
    rotation: &Rotation<'_>,
    staged: &Staged,
    failure: &AwsFailure,
) -> Result<Option<AccessKeyId>, Problem> {
    let reads = match failure.effect {
        Effect::Unknown => 3,
        _ => 1,
    };
    for read in 0..reads {
        if read > 0 && rotation.clock.sleep(Duration::from_secs(1)).await.is_err() {
            break;
        }
        if let Some(pending) = Pending::read(rotation, staged).await? {
            return Ok(Some(pending.key(staged)?.id.clone()));
        }
    }
    Ok(None)
}

/// A key that was just made may not be known to every host of IAM, so "not found" is tried again.
async fn delete_unstored(rotation: &Rotation<'_>, iam: &Iam, key: &AccessKey) -> CleanUp {
    let deletable = unstored(&key.id);
    for _ in 0..4 {
        match iam.delete(&deletable).await {
            Ok(Deletion::Deleted) => break,
            Ok(Deletion::NotFound) if rotation.clock.sleep(LOOK_AGAIN).await.is_ok() => {}
            Ok(Deletion::NotFound) => break,
            Err(failure) => return CleanUp::Failed(Box::new(failure)),
        }
    }
    warn!(deleted_access_key_id = %key.id, "access key that was not stored deleted");
    CleanUp::Deleted
}
