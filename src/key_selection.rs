//! Pure: which access key may go to make room for a new one, or why none may.
//!
//! [`Deletable`] is what [`crate::iam::Iam::delete`] takes, and only this module
//! makes one: no other part of the function can delete a key.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::access_key::{AccessKeyId, KeyStatus, LastUse, ListedKey};
use crate::config::DeleteKeyInUse;

/// How long a key that no version of the secret holds is given: until then it may be our
/// own, stored but not visible yet (facts 19 and 27). Longer than storing one may take. One second is for creation dates in whole seconds (fact 24).
pub const SETTLE: Duration = Duration::from_secs(15 + 1);

/// An abandoned rotation's own use of its key: GetCallerIdentity, soon after the key was made.
const VERIFIED_WITHIN: Duration = Duration::from_secs(15 * 60);

/// Which keys the secret's versions hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldKeys {
    /// AWSCURRENT's; none where the secret waits for its first key.
    pub current: Option<AccessKeyId>,
    /// AWSPENDING's.
    pub pending: Option<AccessKeyId>,
    /// AWSPREVIOUS's.
    pub previous: Option<AccessKeyId>,
    /// The credential source's: an administrator's own key may be among the user's.
    pub source: Option<AccessKeyId>,
}

impl HeldKeys {
    fn holds(&self, id: &AccessKeyId) -> bool {
        self.protects(id) || self.previous.as_ref() == Some(id)
    }

    fn protects(&self, id: &AccessKeyId) -> bool {
        [&self.current, &self.pending, &self.source]
            .into_iter()
            .any(|held| held.as_ref() == Some(id))
    }
}

/// A key that may be deleted. Only this module makes one.
#[derive(Debug, PartialEq, Eq)]
pub struct Deletable(AccessKeyId);

impl Deletable {
    /// The key's id.
    #[must_use]
    pub fn id(&self) -> &AccessKeyId {
        &self.0
    }
}

/// A key that may be deleted if it is not in use: ask for its last use, then [`Candidate::judge`].
#[derive(Debug, PartialEq, Eq)]
pub struct Candidate {
    id: AccessKeyId,
    /// When it was made, where it may be our own.
    made_by_us: Option<DateTime<Utc>>,
}

impl Candidate {
    /// The key's id.
    #[must_use]
    pub fn id(&self) -> &AccessKeyId {
        &self.id
    }

    /// Judges the key by its last use; none means that it was never used.
    ///
    /// A rotation that was given up may have used its own key to verify it; that is no use.
    ///
    /// # Errors
    /// [`Refusal::InUse`] where it was used within `window` before `now`.
    pub fn judge(
        self,
        last_use: Option<LastUse>,
        window: Duration,
        now: DateTime<Utc>,
    ) -> Result<Deletable, Refusal> {
        let verified = |last_use: &LastUse| {
            last_use.service == "sts"
                && self
                    .made_by_us
                    .is_some_and(|made| age(made, last_use.at) < VERIFIED_WITHIN)
        };
        match last_use {
            Some(last_use) if age(last_use.at, now) < window && !verified(&last_use) => {
                Err(Refusal::InUse {
                    key: self.id,
                    last_use,
                })
            }
            _ => Ok(Deletable(self.id)),
        }
    }
}

/// What to do about the user's keys before a new one is made.
#[derive(Debug, PartialEq, Eq)]
pub enum Selection {
    /// There is room.
    NothingToDelete,
    /// Delete this key.
    Delete(Deletable),
    /// Ask for this key's last use first.
    AskLastUse(Candidate),
    /// It may be our own: look at AWSPENDING again and again for this long, then decide again.
    LookAgain {
        /// The key.
        key: AccessKeyId,
        /// How long to look.
        wait: Duration,
    },
}

/// Why no key may go.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// AWSCURRENT's key is not among the user's.
    #[error("AWSCURRENT holds the access key {key}, and the user's keys are: {}", list(.keys))]
    CurrentNotListed {
        /// AWSCURRENT's key.
        key: AccessKeyId,
        /// The user's keys.
        keys: Vec<AccessKeyId>,
    },
    /// More keys than IAM's quota of two (fact 21); one deletion makes no room.
    #[error("the user has {} access keys, and IAM allows two: {}", .keys.len(), list(.keys))]
    TooManyKeys {
        /// The user's keys.
        keys: Vec<AccessKeyId>,
    },
    /// The user's two keys are AWSCURRENT's and AWSPENDING's or the credential source's.
    #[error("both of the user's access keys are needed, by AWSCURRENT, AWSPENDING or the credential source: {}", list(.keys))]
    BothProtected {
        /// The user's keys.
        keys: Vec<AccessKeyId>,
    },
    /// The key that would go was used lately.
    #[error("the access key {key} would have to go, and it was last used at {last_use}")]
    InUse {
        /// The key.
        key: AccessKeyId,
        /// Its last use.
        last_use: LastUse,
    },
}

/// Chooses the key that makes room for a new one: the oldest that is neither AWSCURRENT's,
/// AWSPENDING's nor the credential source's, inactive before active.
///
/// `settled` names a key whose [`Selection::LookAgain`] is over, whatever the clocks say.
///
/// # Errors
/// [`Refusal`]: nothing may be deleted, and nothing made.
pub fn select(
    keys: &[ListedKey],
    held: &HeldKeys,
    in_use: DeleteKeyInUse,
    settled: Option<&AccessKeyId>,
    now: DateTime<Utc>,
) -> Result<Selection, Refusal> {
    let ids = || keys.iter().map(|key| key.id.clone()).collect::<Vec<_>>();
    if let Some(current) = &held.current
        && !keys.iter().any(|key| key.id == *current)
    {
        return Err(Refusal::CurrentNotListed {
            key: current.clone(),
            keys: ids(),
        });
    }
    if keys.len() > 2 {
        return Err(Refusal::TooManyKeys { keys: ids() });
    }
    if keys.len() < 2 {
        return Ok(Selection::NothingToDelete);
    }
    let oldest = keys
        .iter()
        .filter(|key| !held.protects(&key.id))
        .min_by_key(|key| (key.status == KeyStatus::Active, key.created, &key.id));
    let Some(key) = oldest else {
        return Err(Refusal::BothProtected { keys: ids() });
    };

    // Our own are no older than AWSCURRENT's. They are given their time by our clock, not by IAM's.
    let current = keys
        .iter()
        .find(|one| held.current.as_ref() == Some(&one.id));
    let may_be_ours = !held.holds(&key.id) && current.is_none_or(|one| key.created >= one.created);
    let wait = match (held.holds(&key.id), may_be_ours) {
        (true, _) => Duration::ZERO,
        (false, true) => SETTLE,
        (false, false) => SETTLE.saturating_sub(age(key.created, now)),
    };
    if !wait.is_zero() && settled != Some(&key.id) {
        return Ok(Selection::LookAgain {
            key: key.id.clone(),
            wait,
        });
    }
    let ask = key.status == KeyStatus::Active
        && match in_use {
            DeleteKeyInUse::Any => false,
            DeleteKeyInUse::Previous => held.previous.as_ref() != Some(&key.id),
            DeleteKeyInUse::Never => true,
        };
    Ok(if ask {
        Selection::AskLastUse(Candidate {
            id: key.id.clone(),
            made_by_us: may_be_ours.then_some(key.created),
        })
    } else {
        Selection::Delete(Deletable(key.id.clone()))
    })
}

/// A key that this run made and could not store.
#[must_use]
pub fn unstored(key: &AccessKeyId) -> Deletable {
    Deletable(key.clone())
}

/// The key that a CreateAccessKey whose answer was lost has left behind: not
/// there before, there now, and in no version of the secret (fact 23).
///
/// None where no key appeared, and where several did: then it is not known which.
#[must_use]
pub fn lost(before: &[ListedKey], after: &[ListedKey], held: &HeldKeys) -> Option<Deletable> {
    let mut appeared = after
        .iter()
        .filter(|key| !before.iter().any(|old| old.id == key.id) && !held.holds(&key.id));
    match (appeared.next(), appeared.next()) {
        (Some(key), None) => Some(Deletable(key.id.clone())),
        _ => None,
    }
}

/// Zero for a date in the future, as where the clocks differ.
fn age(then: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (now - then).to_std().unwrap_or_default()
}

/// Ids in a sentence.
fn list(keys: &[AccessKeyId]) -> String {
    if keys.is_empty() {
        return "none".to_owned();
    }
    let ids: Vec<_> = keys.iter().map(AccessKeyId::as_str).collect();
    ids.join(", ")
}

#[cfg(test)]
#[path = "key_selection_tests.rs"]
mod tests;
