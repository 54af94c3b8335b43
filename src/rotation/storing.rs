//! Making and storing an access key takes two calls that cannot be combined. So each possible failure is followed by a
//! clean-up that leaves no key behind (P3).

use std::time::Duration;

use tracing::warn;

use crate::aws::failure::{AwsFailure, Effect};
use crate::aws::iam::Iam;
use crate::key::access_key::{AccessKey, AccessKeyId, KeyStatus};
use crate::key::deletion_rule::{HeldKeys, unstored};
use crate::rotation::context::Rotation;
use crate::rotation::deactivation::{Basis, Deactivation, LEAST_TIME};
use crate::rotation::give_back;
use crate::rotation::pending::Pending;
use crate::rotation::problem::{CleanUp, Problem};
use crate::rotation::removal::{Removal, Removed};
use crate::rotation::staged_secret::Staged;

/// How long storing may take. Well below [`crate::key::deletion_rule::SETTLE`], the time that other runs wait before
/// they treat a key as lost.
const STORE_TIME: Duration = Duration::from_secs(10);
/// The part of the invocation's time that is kept to look for a stored key if storing fails. If there is no time to take
/// our key away too, the next attempt does that.
const CLEAN_UP_TIME: Duration = Duration::from_secs(3);

/// Temporary refusals. A deletion that has not propagated yet still counts against the quota (fact 27), and IAM refuses
/// concurrent changes of one user.
const PASSING: [&str; 3] = [
    QUOTA,
    "ConcurrentModification",
    "EntityTemporarilyUnmodifiable",
];
/// The error code for a third access key (fact 21).
pub(crate) const QUOTA: &str = "LimitExceeded";

/// Where the new key is.
#[derive(Debug)]
pub(crate) enum Stored {
    /// In AWSPENDING.
    Ours,
    /// Nowhere. Another run stored this other key first, and ours was taken away.
    Another(AccessKeyId),
}

/// Whether IAM may allow the key if the call is retried shortly.
pub(crate) fn passes(failure: &AwsFailure) -> bool {
    PASSING.iter().any(|code| failure.is(code))
}

/// Stores the new key in AWSPENDING, or takes it away again. A key that may have been stored is left alone. A refusal of
/// a later attempt does not prove that an earlier one failed.
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
        // A read that does not show it yet proves nothing (fact 19).
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

/// Puts the value, and retries while it is not known whether it was stored. The response to a put of the same value is
/// reliable (fact 15); a read may be stale.
///
/// A put moves AWSPENDING. So there is a look before each put: no newer rotation must lose AWSPENDING.
async fn put(rotation: &Rotation<'_>, staged: &Staged, key: &AccessKey) -> Result<(), AwsFailure> {
    let secrets = &rotation.resources.secrets;
    let until = rotation.clock.now() + STORE_TIME;
    let failed = |message: &str, effect| AwsFailure {
        action: "secretsmanager:PutSecretValue",
        resource: staged.secret_arn.clone(),
        code: None,
        message: message.to_owned(),
        effect,
        unreached: false,
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

/// Takes away a key that was made just now and that no version holds.
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
    if rotation.clock.remaining() <= LEAST_TIME {
        return CleanUp::NoTime;
    }
    let removal = Removal {
        deactivation: Deactivation::new(rotation, staged, iam, deletable.to_deactivate(), true),
        key: &deletable,
        status: KeyStatus::Active,
        since_before: false,
    };
    let to_go = async || {
        let given_out = give_back::given_out(rotation, staged).await?;
        Ok(match given_out.holds(&key.id) {
            true => Basis::Changed,
            false => Basis::Unchanged(None),
        })
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
