//! Pure: whether the key that was replaced may be retired. It is deactivated then, and the next rotation deletes it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::key::access_key::{AccessKeyId, KeyStatus, LastUse, ListedKey};
use crate::key::deactivatable::Deactivatable;
use crate::key::deletion_rule::{HeldKeys, age};
use crate::key::marks::{Mark, Marks};

/// How long each run looks at a retired key in IAM, to notice that an earlier run was cut off. Any change of the secret
/// begins this time afresh.
const WATCHED: Duration = Duration::from_secs(24 * 60 * 60);
/// Longer than any run: Lambda's longest time-out is 900 s (fact 52).
const LONGEST_RUN: Duration = Duration::from_secs(1_000);

/// The function's settings for the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RetirementRule {
    /// `RETIRE_AFTER`: how long consumers may hold a key that was replaced.
    pub retire_after: Duration,
    /// A key that was used within this time is in use.
    pub in_use_window: Duration,
}

/// What the labels and dates of a secret say. DescribeSecret and ListSecrets show them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Timeline {
    /// Whether AWSPENDING is on another version than AWSCURRENT.
    pub rotating: bool,
    /// AWSCURRENT's version.
    pub current: Option<String>,
    /// Whether a version is AWSPREVIOUS.
    pub has_previous: bool,
    /// When anything about the secret last changed. AWSCURRENT has not moved since.
    pub changed: Option<DateTime<Utc>>,
    /// The function's own marks.
    pub marks: Marks,
}

/// Why no key is retired now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotRetired {
    /// AWSPREVIOUS holds no key that the user still has.
    NothingReplaced,
    /// A rotation is under way, or is stuck.
    RotationUnderWay,
    /// The secret changed too lately.
    NotYet {
        /// When the key can be retired. None if AWS does not say when the secret changed.
        until: Option<DateTime<Utc>>,
    },
    /// AWSCURRENT's key does not work, so consumers may need the other one.
    CurrentNotActive {
        /// AWSCURRENT's key. None if the secret holds none.
        current: Option<AccessKeyId>,
    },
    /// A version or the credential source still gives the key out.
    StillNeeded {
        /// The key.
        key: AccessKeyId,
    },
    /// The key was retired by an earlier run.
    Retired {
        /// The key.
        key: AccessKeyId,
    },
    /// An earlier run marked the key, and was cut off before it deactivated it. The key is in its time again.
    Interrupted {
        /// The key.
        key: AccessKeyId,
    },
    /// Somebody else deactivated the key.
    DeactivatedByOthers {
        /// The key.
        key: AccessKeyId,
    },
    /// The key is in use. The next rotation takes it away from that consumer.
    InUse {
        /// The key.
        key: AccessKeyId,
        /// Its last use.
        last_use: LastUse,
    },
}

/// A key that may be retired if it is not in use. Ask for its last use, then call [`Replaced::judge`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Replaced(Deactivatable);

impl Replaced {
    /// The key's id.
    pub(crate) fn id(&self) -> &AccessKeyId {
        self.0.id()
    }

    /// Judges the key by its last use. None means that it was never used.
    ///
    /// # Errors
    /// [`NotRetired::InUse`] if it was used within the rule's window before `now`.
    pub(crate) fn judge(
        self,
        last_use: Option<LastUse>,
        rule: &RetirementRule,
        now: DateTime<Utc>,
    ) -> Result<Deactivatable, NotRetired> {
        match last_use {
            Some(last_use) if age(last_use.at, now) < rule.in_use_window => {
                Err(NotRetired::InUse {
                    key: self.0.id().clone(),
                    last_use,
                })
            }
            _ => Ok(self.0),
        }
    }
}

/// Judges by labels and dates alone, before any value is read and before IAM is asked.
///
/// # Errors
/// [`NotRetired`]: there is nothing to do for this secret now.
pub(crate) fn due(
    timeline: &Timeline,
    rule: &RetirementRule,
    now: DateTime<Utc>,
) -> Result<(), NotRetired> {
    if timeline.rotating {
        return Err(NotRetired::RotationUnderWay);
    }
    if !timeline.has_previous {
        return Err(NotRetired::NothingReplaced);
    }
    // A marked key is looked at for a while: an earlier run may have been cut off.
    match timeline.marks.removing().next() {
        Some(_) => Ok(()),
        None => waited(timeline, rule.retire_after, now),
    }
}

/// Whether the secret has not changed for this long.
fn waited(timeline: &Timeline, long: Duration, now: DateTime<Utc>) -> Result<(), NotRetired> {
    let Some(changed) = timeline.changed else {
        return Err(NotRetired::NotYet { until: None });
    };
    let long = TimeDelta::from_std(long).unwrap_or(TimeDelta::MAX);
    if now - changed < long {
        let until = changed.checked_add_signed(long);
        return Err(NotRetired::NotYet { until });
    }
    Ok(())
}

/// Whether an earlier run has retired AWSPREVIOUS's key, so long ago that IAM need not be asked.
pub(crate) fn retired_long_ago(
    timeline: &Timeline,
    previous: Option<&AccessKeyId>,
    now: DateTime<Utc>,
) -> bool {
    let marked = previous.is_some_and(|key| timeline.marks.removing().any(|marked| marked == key));
    let changed = timeline.changed;
    marked && changed.is_some_and(|changed| age(changed, now) > WATCHED)
}

/// Whether labels and dates say that an earlier run has retired a key long ago, and that nobody has changed the secret
/// since. Only its value says whether that key is AWSPREVIOUS's. A mark that AWSCURRENT's version does not carry is from
/// before AWSCURRENT moved.
pub(crate) fn is_settled(timeline: &Timeline, now: DateTime<Utc>) -> bool {
    let (marks, current) = (&timeline.marks, timeline.current.as_ref());
    let on_current = |key: &AccessKeyId| {
        let placed = marks.find(&Mark::Removing(key.clone()));
        placed.is_some_and(|placed| Some(&placed.version) == current)
    };
    let settled = |key| on_current(key) && retired_long_ago(timeline, Some(key), now);
    !timeline.rotating
        && marks.exposed().next().is_none()
        && marks.removing().next().is_some_and(settled)
}

/// Chooses the key to retire: AWSPREVIOUS's, if the user still has it, it is Active, and AWSCURRENT's key is Active.
/// Nothing that AWSCURRENT, AWSPENDING or the credential source gives out is retired.
///
/// # Errors
/// [`NotRetired`].
pub(crate) fn choose(
    keys: &[ListedKey],
    held: &HeldKeys,
    timeline: &Timeline,
    rule: &RetirementRule,
    now: DateTime<Utc>,
) -> Result<Replaced, NotRetired> {
    due(timeline, rule, now)?;
    let listed = |id: &AccessKeyId| keys.iter().find(|key| key.id == *id);
    let Some(key) = held.previous.as_ref().and_then(listed) else {
        return Err(NotRetired::NothingReplaced);
    };
    let id = key.id.clone();
    let marked = timeline.marks.removing().any(|marked| *marked == id);
    if held.protects(&id) {
        return Err(NotRetired::StillNeeded { key: id });
    }
    match (key.status, marked) {
        (KeyStatus::Inactive, true) => return Err(NotRetired::Retired { key: id }),
        (KeyStatus::Inactive, false) => return Err(NotRetired::DeactivatedByOthers { key: id }),
        (KeyStatus::Active, true) => {
            // Another run may be about to deactivate it.
            waited(timeline, LONGEST_RUN, now)?;
            return Err(NotRetired::Interrupted { key: id });
        }
        (KeyStatus::Active, false) => waited(timeline, rule.retire_after, now)?,
    }
    let current = held.current.as_ref();
    let works = |key: &ListedKey| key.status == KeyStatus::Active;
    if !current.and_then(listed).is_some_and(works) {
        let current = current.cloned();
        return Err(NotRetired::CurrentNotActive { current });
    }
    Ok(Replaced(Deactivatable::decided(&id)))
}

#[cfg(test)]
#[path = "retirement_tests.rs"]
mod tests;
