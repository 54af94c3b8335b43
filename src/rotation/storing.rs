//! Making an access key, and storing it: two calls that cannot be one, so each way in
//! which they can fail is followed by the clean-up that leaves no key behind (P3).

use std::cell::Cell;
use std::time::Duration;

use tracing::warn;

use crate::aws::failure::{AwsFailure, Effect};
use crate::aws::iam::Iam;
use crate::key::access_key::{AccessKey, AccessKeyId, KeyStatus};
use crate::key::deletion_rule::{HeldKeys, unstored};
use crate::rotation::context::Rotation;
use crate::rotation::give_back;
use crate::rotation::pending::Pending;
use crate::rotation::problem::{CleanUp, Problem};
use crate::rotation::removal::{self, Removal, Removed};
use crate::rotation::staged_secret::Staged;

/// How long storing may take. Well within [`crate::key::deletion_rule::SETTLE`], which others give a key before they
/// take it for a lost one.
const STORE_TIME: Duration = Duration::from_secs(10);
/// What storing leaves of the invocation's time if it fails, to look for a stored key. Where there is not the time to take
/// ours away too, the next attempt does.
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
    /// Nowhere: another run stored this key first, and ours was taken away.
    Another(AccessKeyId),
}

/// Whether IAM may make the key a moment later.
pub(crate) fn passes(failure: &AwsFailure) -> bool {
    PASSING.iter().any(|code| failure.is(code))
}

/// Stores the new key in AWSPENDING, or takes it away again. A key that may have been stored is left alone: that is not
/// known for certain either where a later try to store it is refused.
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
    let may_be_stored = failure.effect == Effect::Unknown;
    let found = match may_be_stored {
        false => Pending::read(rotation, staged).await,
        // A read that does not see it yet is no proof (fact 19).
        true => Pending::look_for(rotation, staged, Duration::from_secs(2)).await,
    };
    let failed = |clean_up| Problem::StoreFailed {
        key: key.id.clone(),
        failure: Box::new(failure.clone()),
        clean_up,
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
                    let clean_up = take_unstored_away(rotation, staged, iam, key, &held).await;
                    let became = match clean_up {
                        CleanUp::Deleted => "deleted",
                        _ => "left",
                    };
                    rotation.changed(format!("the access key {} was {became}", key.id));
                    return Err(problem);
                }
            }
        }
        Ok(None) | Err(_) if may_be_stored => return Err(failed(CleanUp::LeftAlone)),
        Ok(None) | Err(_) => None,
    };
    if stored.as_ref() == Some(&key.id) {
        return Ok(Stored::Ours);
    }
    let clean_up = take_unstored_away(rotation, staged, iam, key, &held).await;
    match (stored, clean_up) {
        (Some(stored), CleanUp::Deleted) => Ok(Stored::Another(stored)),
        (_, clean_up) => Err(failed(clean_up)),
    }
}

/// Puts the value, and again for as long as it is not known whether it was stored: a put of
/// the same value is answered for certain (fact 15), where a read may be stale.
///
/// A put moves AWSPENDING: it is looked at before each, so that no newer rotation loses it.
async fn put(rotation: &Rotation<'_>, staged: &Staged, key: &AccessKey) -> Result<(), AwsFailure> {
    let secrets = &rotation.resources.secrets;
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
    let mut may_be_stored = false;
    loop {
        let left = (until - rotation.clock.now()).to_std().unwrap_or_default();
        let kept = rotation
            .clock
            .remaining()
            .saturating_sub(left)
            .max(CLEAN_UP_TIME);
        let look = async || Ok(rotation.is_pending().await?.then_some(()));
        let put = async |(): &(), once| {
            let put = secrets.put_pending(&staged.secret_arn, rotation.proof(), &value, once);
            put.await
        };
        let (mut failure, look_failed) = match rotation
            .clock
            .limit(kept, rotation.change_once(look, put))
            .await
        {
            Ok(Ok(Some(Ok(())))) => return Ok(()),
            Ok(Ok(Some(Err(failure)))) => (failure, false),
            Ok(Ok(None)) => (
                failed("the version is not AWSPENDING any more", Effect::None),
                false,
            ),
            Ok(Err(problem)) => (failed(&problem.to_string(), Effect::None), true),
            Err(_) => (failed("no answer in time", Effect::Unknown), false),
        };
        may_be_stored |= failure.effect == Effect::Unknown;
        let wait = Duration::from_secs(1);
        let again = (failure.effect != Effect::None || look_failed)
            && rotation.clock.now() + wait < until
            && rotation.clock.remaining() > CLEAN_UP_TIME + wait;
        if !again || rotation.clock.sleep(wait).await.is_err() {
            if may_be_stored {
                failure.effect = Effect::Unknown;
            }
            return Err(failure);
        }
    }
}

/// Takes a key away that was made just now and that no version holds.
async fn take_unstored_away(
    rotation: &Rotation<'_>,
    staged: &Staged,
    iam: &Iam,
    key: &AccessKey,
    held: &HeldKeys,
) -> CleanUp {
    let Some(deletable) = unstored(&key.id, held) else {
        return CleanUp::LeftAlone;
    };
    if rotation.clock.remaining() <= removal::LEAST_TIME {
        return CleanUp::NoTime;
    }
    let removal = Removal {
        run: rotation,
        staged,
        iam,
        key: &deletable,
        status: KeyStatus::Active,
        since_before: false,
        made_now: true,
        deactivated: Cell::new(false),
    };
    let to_go = async || {
        let given_out = give_back::given_out(rotation, staged).await?;
        Ok(!given_out.holds(&key.id))
    };
    match removal.run(to_go).await {
        Ok(Removed::Deleted) => {
            warn!(deleted_access_key_id = %key.id, "access key that was not stored deleted");
            CleanUp::Deleted
        }
        Ok(Removed::NotFound) => CleanUp::NotFound,
        Ok(Removed::Kept) => CleanUp::LeftAlone,
        Err(problem) => CleanUp::Failed(Box::new(problem)),
    }
}
