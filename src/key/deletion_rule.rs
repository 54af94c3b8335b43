//! Pure: which access key may be deleted, to make room for a new one or because it was lost; or why none may.
//!
//! [`crate::aws::iam::Iam::delete`] takes a [`Deletable`]. Only this module makes one, so no other part of the function
//! can delete a key.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::key::access_key::{AccessKeyId, KeyStatus, LastUse, ListedKey};
use crate::key::deactivatable::Deactivatable;
use crate::key::given_out::GivenOut;
use crate::key::marks::Marks;
use crate::key::refusal::Refusal;

/// How long the function keeps reading AWSPENDING before it judges a key that no version of the secret holds. The key
/// may be our own, stored but not visible yet (facts 19 and 27). Longer than storing a key may take.
pub(crate) const SETTLE: Duration = Duration::from_secs(15 + 1);

/// `DELETE_KEY_IN_USE`: whether a recently used key may be deleted to make room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeleteKeyInUse {
    /// Only AWSPREVIOUS's key may be deleted.
    #[default]
    Previous,
    /// No such key may be deleted, not even AWSPREVIOUS's.
    Never,
    /// Any such key may be deleted, except AWSCURRENT's and AWSPENDING's.
    Any,
}

/// The function's settings for the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeletionRule {
    /// Whether a recently used key may be deleted.
    pub delete_key_in_use: DeleteKeyInUse,
    /// A key that was used within this time is in use.
    pub in_use_window: Duration,
}

impl Default for DeletionRule {
    fn default() -> Self {
        Self {
            delete_key_in_use: DeleteKeyInUse::default(),
            in_use_window: Duration::from_secs(24 * 60 * 60),
        }
    }
}

/// Which keys the secret's versions hold, and which keys they give out under any name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HeldKeys {
    /// AWSCURRENT's key. None if the secret waits for its first key.
    pub current: Option<AccessKeyId>,
    /// AWSPENDING's key.
    pub pending: Option<AccessKeyId>,
    /// AWSPREVIOUS's key.
    pub previous: Option<AccessKeyId>,
    /// The credential source's key. An administrator's own key may be among the user's.
    pub source: Option<AccessKeyId>,
    /// The texts of AWSCURRENT and AWSPENDING. A key whose id occurs in them is never deleted.
    pub given_out: GivenOut,
}

impl HeldKeys {
    fn holds(&self, id: &AccessKeyId) -> bool {
        self.protects(id) || self.previous.as_ref() == Some(id)
    }

    pub(super) fn protects(&self, id: &AccessKeyId) -> bool {
        let held = [&self.current, &self.pending, &self.source];
        held.into_iter().any(|held| held.as_ref() == Some(id)) || self.given_out.holds(id)
    }
}

/// A key that may be deleted. Only this module makes one, and never for a protected key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Deletable(Deactivatable);

impl Deletable {
    /// Returns None if the key is AWSCURRENT's, AWSPENDING's or the source's, or if its id is in one of their texts.
    fn of(key: &AccessKeyId, held: &HeldKeys) -> Option<Self> {
        (!held.protects(key)).then(|| Self(Deactivatable::decided(key)))
    }

    /// The key's id.
    #[must_use]
    pub(crate) fn id(&self) -> &AccessKeyId {
        self.0.id()
    }

    /// The same key, to be deactivated first.
    #[must_use]
    pub(crate) fn to_deactivate(&self) -> &Deactivatable {
        &self.0
    }
}

/// A key that may be deleted if it is not in use. Ask for its last use, then call [`Candidate::judge`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    key: Deletable,
    /// Whether the key is our own if it was never used.
    lost: bool,
}

impl Candidate {
    /// The key's id.
    #[must_use]
    pub(crate) fn id(&self) -> &AccessKeyId {
        self.key.id()
    }

    /// Judges the key by its last use; `None` means that it was never used. Nobody can have used a key of our own that
    /// was lost: its secret was in the response that was lost.
    ///
    /// # Errors
    /// [`Refusal::InUse`] if the key was used within `window` before `now`, or ever if it counts as lost.
    pub(crate) fn judge(
        self,
        last_use: Option<LastUse>,
        window: Duration,
        now: DateTime<Utc>,
    ) -> Result<Deletable, Refusal> {
        match last_use {
            Some(last_use) if self.lost || age(last_use.at, now) < window => Err(Refusal::InUse {
                key: self.key.id().clone(),
                last_use,
            }),
            _ => Ok(self.key),
        }
    }
}

/// What earlier attempts to create a key, or to take one away, left behind.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tries<'a> {
    /// The function's marks on the secret.
    pub marks: Option<&'a Marks>,
    /// This run's id.
    pub run: &'a str,
    /// The keys that existed right before this run asked for one and got no response.
    pub unanswered: Option<&'a [AccessKeyId]>,
    /// The key whose [`Selection::LookAgain`] is over, whatever the clocks say.
    pub settled: Option<&'a AccessKeyId>,
}

impl Tries<'_> {
    /// Whether another run, stopped after it set its mark, can have created this key.
    fn made_by_another(&self, key: &ListedKey) -> bool {
        let made = |marks: &Marks| marks.made_by_another(self.run, key.created);
        self.marks.is_some_and(made)
    }

    /// Whether this run can have created this key: it did not exist before, and exists now.
    fn made_by_this(&self, key: &ListedKey) -> bool {
        let appeared = |before: &[AccessKeyId]| !before.contains(&key.id);
        let made = |marks: &Marks| marks.made_by(self.run, key.created);
        self.unanswered.is_some_and(appeared) && self.marks.is_some_and(made)
    }

    /// Whether the function itself deactivated this key.
    fn deactivated(&self, key: &ListedKey) -> bool {
        key.status == KeyStatus::Inactive
            && (self.marks).is_some_and(|marks| marks.removing().any(|id| *id == key.id))
    }
}

/// What to do about the user's keys before a new one is created.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// There is room.
    NothingToDelete,
    /// Delete this key.
    Delete(Deletable),
    /// Ask for this key's last use first.
    AskLastUse(Candidate),
    /// The key may be our own. Read AWSPENDING repeatedly for [`SETTLE`], then list the keys again and decide again.
    LookAgain(AccessKeyId),
}

/// Chooses the key to delete to make room for a new one: the oldest one, inactive before active. It is never
/// AWSCURRENT's, AWSPENDING's or the credential source's key, and its id is in none of their texts. No active key is
/// deleted for a first key.
///
/// A key that no version of the secret holds was lost by an earlier attempt, if one may have created a key at that
/// time. Otherwise it is someone else's, and is left alone for `in_use_window`. A key that this run lost is deleted
/// even if there is room.
///
/// # Errors
/// [`Refusal`]: no key may be deleted, and none created.
pub(crate) fn select(
    keys: &[ListedKey],
    held: &HeldKeys,
    tries: Tries<'_>,
    rule: &DeletionRule,
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
    let current = keys
        .iter()
        .find(|one| held.current.as_ref() == Some(&one.id));
    // Our own keys are no older than AWSCURRENT's.
    let could_be_ours = |key: &ListedKey| {
        !held.holds(&key.id) && current.is_none_or(|one| key.created >= one.created)
    };
    let appeared = |key: &ListedKey| could_be_ours(key) && tries.made_by_this(key);
    // If several appeared, nobody knows which one is ours.
    let is_one = keys.iter().filter(|key| appeared(key)).count() == 1;
    let just_lost = |key: &ListedKey| is_one && appeared(key);
    if keys.len() < 2 && !is_one {
        return Ok(Selection::NothingToDelete);
    }
    let is_active = |key: &ListedKey| key.status == KeyStatus::Active || tries.deactivated(key);
    let oldest = keys
        .iter()
        .filter(|key| !held.protects(&key.id))
        .min_by_key(|key| (!just_lost(key), is_active(key), key.created, &key.id));
    let Some((key, deletable)) = oldest.and_then(|key| Some((key, Deletable::of(&key.id, held)?)))
    else {
        return Err(Refusal::BothProtected { keys: ids() });
    };

    let ours = just_lost(key) || (could_be_ours(key) && tries.made_by_another(key));
    let could_be_ours = could_be_ours(key);
    let new = !held.holds(&key.id) && age(key.created, now) < rule.in_use_window;
    // We time the wait by our own clock, not by IAM's.
    if (could_be_ours || new) && tries.settled != Some(&key.id) {
        return Ok(Selection::LookAgain(key.id.clone()));
    }
    if !is_active(key) {
        return Ok(Selection::Delete(deletable));
    }
    if is_first && !just_lost(key) {
        return Err(Refusal::NoRoomForFirst { keys: ids() });
    }
    let ask = match rule.delete_key_in_use {
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
    Ok(Selection::AskLastUse(Candidate {
        key: deletable,
        lost: new,
    }))
}

/// A key that this run created and could not store. Returns None if its id is in a text of the secret after all.
#[must_use]
pub(crate) fn unstored(key: &AccessKeyId, held: &HeldKeys) -> Option<Deletable> {
    Deletable::of(key, held)
}

/// Zero for a date in the future, which occurs when the clocks differ.
pub(super) fn age(then: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (now - then).to_std().unwrap_or_default()
}

#[cfg(test)]
#[path = "deletion_rule_tests.rs"]
mod tests;
