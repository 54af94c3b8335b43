//! Pure: which access key may go to make room for a new one, or why none may.
//!
//! [`Deletable`] is what [`crate::iam::Iam::delete`] takes, and only this module
//! makes one: no other part of the function can delete a key.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::access_key::{AccessKeyId, KeyStatus, LastUse, ListedKey};
use crate::config::{Config, DeleteKeyInUse};
use crate::given_out::GivenOut;

/// How long AWSPENDING is looked at before a key that no version of the secret holds is judged: it
/// may be our own, stored but not visible yet (facts 19 and 27). Longer than storing one may take.
pub const SETTLE: Duration = Duration::from_secs(15 + 1);

/// Which keys the secret's versions hold, and which they give out under whatever name.
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
    /// The texts of AWSCURRENT and AWSPENDING: a key whose id occurs there never goes.
    pub given_out: GivenOut,
}

impl HeldKeys {
    fn holds(&self, id: &AccessKeyId) -> bool {
        self.protects(id) || self.previous.as_ref() == Some(id)
    }

    fn protects(&self, id: &AccessKeyId) -> bool {
        let held = [&self.current, &self.pending, &self.source];
        held.into_iter().any(|held| held.as_ref() == Some(id)) || self.given_out.holds(id)
    }
}

/// A key that may be deleted. Only this module makes one, and of no key that is protected.
#[derive(Debug, PartialEq, Eq)]
pub struct Deletable(AccessKeyId);

impl Deletable {
    /// None where the key is AWSCURRENT's, AWSPENDING's or the source's, or stands in one of their texts.
    fn of(key: &AccessKeyId, held: &HeldKeys) -> Option<Self> {
        (!held.protects(key)).then(|| Self(key.clone()))
    }

    /// The key's id.
    #[must_use]
    pub fn id(&self) -> &AccessKeyId {
        &self.0
    }
}

/// A key that may be deleted if it is not in use: ask for its last use, then [`Candidate::judge`].
#[derive(Debug, PartialEq, Eq)]
pub struct Candidate(Deletable);

impl Candidate {
    /// The key's id.
    #[must_use]
    pub fn id(&self) -> &AccessKeyId {
        self.0.id()
    }

    /// Judges the key by its last use; none means that it was never used.
    ///
    /// # Errors
    /// [`Refusal::InUse`] where it was used within `window` before `now`.
    pub fn judge(
        self,
        last_use: Option<LastUse>,
        window: Duration,
        now: DateTime<Utc>,
    ) -> Result<Deletable, Refusal> {
        match last_use {
            Some(last_use) if age(last_use.at, now) < window => Err(Refusal::InUse {
                key: self.0.0,
                last_use,
            }),
            _ => Ok(self.0),
        }
    }
}

/// What earlier tries to make a key tell.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tries<'a> {
    /// Whether one may have made a key beside AWSCURRENT's that nobody knows of.
    pub may_have_made: bool,
    /// The key whose [`Selection::LookAgain`] is over, whatever the clocks say.
    pub settled: Option<&'a AccessKeyId>,
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
    /// It may be our own: look at AWSPENDING again and again for [`SETTLE`], then decide again.
    LookAgain(AccessKeyId),
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
    /// The user's two keys are AWSCURRENT's and AWSPENDING's or the credential source's, or stand in their texts.
    #[error("both of the user's access keys are needed, by AWSCURRENT, AWSPENDING or the credential source, or stand in AWSCURRENT's text: {}", list(.keys))]
    BothProtected {
        /// The user's keys.
        keys: Vec<AccessKeyId>,
    },
    /// The secret holds no key that was found, and one of the user's stands in its text.
    #[error(
        "the access key {key} stands in AWSCURRENT's text, and was not found as the secret's key"
    )]
    NotUnderstood {
        /// The key.
        key: AccessKeyId,
    },
    /// The secret waits for its first key, and the user has two that are active.
    #[error("the secret holds no access key, and the user has two active ones, of which none is taken away for a first key: {}", list(.keys))]
    NoRoomForFirst {
        /// The user's keys.
        keys: Vec<AccessKeyId>,
    },
    /// The key that would go is in no version of the secret, none of our own, and new: whoever made
    /// it, such as the rotation of another secret, may just begin to use it (fact 25: the record lags).
    #[error(
        "the access key {key} would have to go, and someone else made it at {created}: no version of this secret holds it"
    )]
    MadeLately {
        /// The key.
        key: AccessKeyId,
        /// When it was made.
        created: DateTime<Utc>,
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
/// AWSPENDING's nor the credential source's, and stands in none of their texts; inactive before active. For a first
/// key none that is active goes.
///
/// A key that no version of the secret holds is one that an earlier try has lost, if one may have
/// made a key; else someone else's, which is left alone for `in_use_window`.
///
/// # Errors
/// [`Refusal`]: nothing may be deleted, and nothing made.
pub fn select(
    keys: &[ListedKey],
    held: &HeldKeys,
    tries: Tries<'_>,
    config: &Config,
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
    let is_first = held.current.is_none();
    if is_first && let Some(key) = keys.iter().find(|key| held.given_out.holds(&key.id)) {
        return Err(Refusal::NotUnderstood {
            key: key.id.clone(),
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
    let Some((key, deletable)) = oldest.and_then(|key| Some((key, Deletable::of(&key.id, held)?)))
    else {
        return Err(Refusal::BothProtected { keys: ids() });
    };

    let current = keys
        .iter()
        .find(|one| held.current.as_ref() == Some(&one.id));
    // Our own are no older than AWSCURRENT's.
    let could_be_ours =
        !held.holds(&key.id) && current.is_none_or(|one| key.created >= one.created);
    let ours = could_be_ours && tries.may_have_made;
    let new = !held.holds(&key.id) && age(key.created, now) < config.in_use_window;
    // Given its time by our clock, not by IAM's.
    if (could_be_ours || new) && tries.settled != Some(&key.id) {
        return Ok(Selection::LookAgain(key.id.clone()));
    }
    if key.status != KeyStatus::Active {
        return Ok(Selection::Delete(deletable));
    }
    if is_first {
        return Err(Refusal::NoRoomForFirst { keys: ids() });
    }
    let ask = match config.delete_key_in_use {
        DeleteKeyInUse::Any => false,
        DeleteKeyInUse::Previous => held.previous.as_ref() != Some(&key.id),
        DeleteKeyInUse::Never => true,
    };
    if !ask {
        return Ok(Selection::Delete(deletable));
    }
    if new && !ours {
        return Err(Refusal::MadeLately {
            key: key.id.clone(),
            created: key.created,
        });
    }
    Ok(Selection::AskLastUse(Candidate(deletable)))
}

/// A key that this run made and could not store; none where it stands in a text of the secret after all.
#[must_use]
pub fn unstored(key: &AccessKeyId, held: &HeldKeys) -> Option<Deletable> {
    Deletable::of(key, held)
}

/// The key that a CreateAccessKey whose answer was lost has left behind: not
/// there before, there now, and in no version of the secret (fact 23).
///
/// None where no key appeared, and where several did: then it is not known which. Nobody can
/// have used it: its answer held its secret.
#[must_use]
pub fn lost(before: &[ListedKey], after: &[ListedKey], held: &HeldKeys) -> Option<Candidate> {
    let mut appeared = after
        .iter()
        .filter(|key| !before.iter().any(|old| old.id == key.id) && !held.holds(&key.id));
    match (appeared.next(), appeared.next()) {
        (Some(key), None) => Deletable::of(&key.id, held).map(Candidate),
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
