//! Making an access key, and storing it: two calls that cannot be one, so each way in
//! which they can fail is followed by the clean-up that leaves no key behind (P3).

use std::time::Duration;

use tracing::warn;

use crate::access_key::{AccessKey, AccessKeyId, ListedKey};
use crate::aws_failure::{AwsFailure, Effect};
use crate::credentials::CredentialSource;
use crate::deletion::held_keys;
use crate::iam::{Deletion, Iam};
use crate::key_selection::{HeldKeys, SETTLE, lost, unstored};
use crate::pending::Pending;
use crate::problem::{CleanUp, Problem};
use crate::rotation::Rotation;
use crate::staged_secret::Staged;

/// Between two tries to delete a key that IAM does not know yet.
const DELETE_AGAIN: Duration = Duration::from_secs(2);
/// How long storing may take. Well within [`SETTLE`], which others give a key before they
/// take it for a lost one.
const STORE_TIME: Duration = Duration::from_secs(10);
/// What storing leaves of the invocation's time if it fails: to look for a stored key, and to
/// delete ours.
const CLEAN_UP_TIME: Duration = Duration::from_secs(3);

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

/// Whether a try to make a key may be followed by another, from fresh facts.
pub(crate) fn may_try_again(failure: &AwsFailure) -> bool {
    failure.effect == Effect::Unknown || PASSING.iter().any(|code| failure.is(code))
}

/// Deletes the key that a CreateAccessKey without an answer may have made.
///
/// Not before it has had its time: what shows up may be another run's, which is about to
/// store it. A key that shows later still is taken care of by the next decision.
pub(crate) async fn delete_lost(
    rotation: &Rotation<'_>,
    staged: &Staged,
    source: &CredentialSource,
    iam: &Iam,
    before: &[ListedKey],
) -> Result<(), Problem> {
    if Pending::look_for(rotation, staged, SETTLE).await?.is_some() {
        return Ok(());
    }
    rotation.doing("look for an access key whose creation got no answer");
    let list = async || iam.list().await;
    let after = rotation.patiently(Duration::ZERO, list).await?;
    // The rotation may have come to its end in the meantime.
    let Some(staged) = rotation.read_staged().await? else {
        return Ok(());
    };
    let held = held_keys(rotation, &staged, source).await?;
    let Some(candidate) = lost(before, &after, &held) else {
        return Ok(());
    };
    let ask = async || iam.last_use(&candidate).await;
    let last_use = rotation.patiently(Duration::ZERO, ask).await?;
    let Ok(key) = candidate.judge(last_use, Duration::MAX, rotation.clock.now()) else {
        return Ok(());
    };
    let delete = async || {
        let stored = Pending::read(rotation, &staged).await?.is_some();
        if !stored {
            iam.delete(&key).await?;
        }
        Ok::<_, Problem>(!stored)
    };
    if rotation.patiently(Duration::ZERO, delete).await? {
        warn!(deleted_access_key_id = %key.id(), "lost access key deleted");
        rotation.changed(format!("the lost access key {} was deleted", key.id()));
    }
    Ok(())
}

/// Stores the new key in AWSPENDING, or deletes it again.
pub(crate) async fn store(
    rotation: &Rotation<'_>,
    staged: &Staged,
    iam: &Iam,
    key: &AccessKey,
) -> Result<Stored, Problem> {
    rotation.doing("store the new access key in AWSPENDING");
    let failure = match put(rotation, staged, key).await {
        Ok(()) => return Ok(Stored::Ours),
        Err(failure) => failure,
    };
    let found = match failure.effect {
        Effect::None => Pending::read(rotation, staged).await,
        // A read that does not see it yet is no proof (fact 19).
        _ => Pending::look_for(rotation, staged, Duration::from_secs(2)).await,
    };
    let mut held = HeldKeys {
        given_out: staged.current.given_out(),
        ..HeldKeys::default()
    };
    let stored = match found {
        Ok(Some(pending)) => {
            held.given_out.extend(&pending.given_out());
            match pending.key(rotation, staged) {
                Ok(stored) => Some(stored.id.clone()),
                Err(problem) => {
                    delete_unstored(rotation, iam, key, &held).await;
                    return Err(problem);
                }
            }
        }
        Ok(None) => None,
        Err(_) if failure.effect == Effect::None => None,
        Err(_) => {
            return Err(Problem::StoreFailed {
                key: key.id.clone(),
                failure: Box::new(failure),
                clean_up: CleanUp::LeftAlone,
            });
        }
    };
    if stored.as_ref() == Some(&key.id) {
        return Ok(Stored::Ours);
    }
    match (stored, delete_unstored(rotation, iam, key, &held).await) {
        (Some(stored), CleanUp::Deleted) => Ok(Stored::Another(stored)),
        (_, clean_up) => Err(Problem::StoreFailed {
            key: key.id.clone(),
            failure: Box::new(failure),
            clean_up,
        }),
    }
}

/// Puts the value, and again for as long as it is not known whether it was stored: a put of
/// the same value is answered for certain (fact 15), where a read may be stale.
async fn put(rotation: &Rotation<'_>, staged: &Staged, key: &AccessKey) -> Result<(), AwsFailure> {
    let secrets = &rotation.rotator.secrets;
    let until = rotation.clock.now() + STORE_TIME;
    let failed = |message: &str, effect| AwsFailure {
        action: "secretsmanager:PutSecretValue",
        resource: staged.secret_arn.clone(),
        code: None,
        message: message.to_owned(),
        effect,
    };
    let value = staged.current.with_key(key);
    let value = value.map_err(|reason| failed(&reason.to_string(), Effect::None))?;
    if rotation.clock.remaining() <= CLEAN_UP_TIME {
        return Err(failed("no time was left for it", Effect::None));
    }
    loop {
        let left = (until - rotation.clock.now()).to_std().unwrap_or_default();
        let kept = rotation
            .clock
            .remaining()
            .saturating_sub(left)
            .max(CLEAN_UP_TIME);
        let put = secrets.put_pending(rotation.event, &staged.secret_arn, &value);
        let failure = match rotation.clock.limit(kept, put).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(failure)) => failure,
            Err(_) => failed("no answer in time", Effect::Unknown),
        };
        let wait = Duration::from_secs(1);
        let again = failure.effect != Effect::None
            && rotation.clock.now() + wait < until
            && rotation.clock.remaining() > CLEAN_UP_TIME + wait;
        if !again || rotation.clock.sleep(wait).await.is_err() {
            return Err(failure);
        }
    }
}

/// A key that was just made may not be known to every host of IAM, so "not found" is tried again.
async fn delete_unstored(
    rotation: &Rotation<'_>,
    iam: &Iam,
    key: &AccessKey,
    held: &HeldKeys,
) -> CleanUp {
    let Some(deletable) = unstored(&key.id, held) else {
        return CleanUp::LeftAlone;
    };
    for _ in 0..4 {
        let delete = async || iam.delete(&deletable).await;
        match rotation.patiently(Duration::ZERO, delete).await {
            Ok(Deletion::Deleted) => {
                warn!(deleted_access_key_id = %key.id, "access key that was not stored deleted");
                return CleanUp::Deleted;
            }
            Ok(Deletion::NotFound) => {
                if rotation.clock.sleep(DELETE_AGAIN).await.is_err() {
                    break;
                }
            }
            Err(failure) => return CleanUp::Failed(Box::new(failure)),
        }
    }
    CleanUp::NotFound
}
