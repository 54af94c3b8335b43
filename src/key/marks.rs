//! Pure: the function's own staging labels. They are all that one run leaves for the next. Each label's name says what
//! it is for.
//!
//! A key that no version of the secret holds is our own, lost by an earlier run (fact 23), or someone else's. It may
//! belong to another secret of the same user. An Inactive key was deactivated by us or by a person (fact 42). Nothing
//! about the key itself tells which; the marks do.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::key::access_key::{AccessKeyId, ListedKey};

/// The prefix of every mark's name.
pub(crate) const PREFIX: &str = "iam-key-rotator-";
const CREATING: &str = "creating-";
const REMOVING: &str = "removing-";
const EXPOSED: &str = "exposed-";

/// How long after its mark's time a run may create a key: as long as it uses that mark, plus the time that a request
/// may take.
const MADE_WITHIN: Duration = Duration::from_secs(60);
/// How long a run uses the same mark. A run that looks for a key whose creation got no response keeps its mark longer:
/// as long as the mark covers what is created, if the clocks agree.
pub(crate) const FRESH: Duration = Duration::from_secs(30);
/// Like [`FRESH`], for a run that looks for such a key.
pub(crate) const KEPT: Duration = Duration::from_secs(300);
/// How far apart the function's clock and IAM's can be. If they are further apart, AWS refuses every request (fact 29).
const CLOCKS: Duration = Duration::from_secs(300);
/// The maximum number of marks of runs that create a key. With the mark of a key that is taken away that makes three,
/// of the twenty labels that a secret can have (fact 51).
const MOST: usize = 2;

/// The id that tells the marks of one run or rotation from another's. It consists of the parts of the token and of the
/// invocation's id that a label allows.
pub(crate) fn run_id(token: &str, invocation: &str) -> String {
    format!("{}{}", of_rotation(token), part_of_label(invocation))
}

/// The common prefix of the ids of a rotation's runs.
pub(crate) fn of_rotation(token: &str) -> String {
    format!("{}.", part_of_label(token))
}

fn part_of_label(id: &str) -> String {
    const LONGEST: usize = 64;
    let letters = id
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-');
    letters.take(LONGEST).collect()
}

/// What one of the labels means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A run creates a key. No version of the secret holds the key until it is stored.
    Creating {
        /// When it began to create the key.
        since: DateTime<Utc>,
        /// The rotation and the run. The mark belongs to this run, and no other run removes it while it matters.
        run: String,
    },
    /// A key is being taken away. If it is Inactive, the function deactivated it.
    Removing(AccessKeyId),
    /// A key was reported as exposed. It is deactivated once no version gives it out, and is never activated by *undo*.
    Exposed(AccessKeyId),
    /// A label of another release.
    Unknown(String),
}

impl Mark {
    /// Reads a label. Returns None for a label that is not ours.
    #[must_use]
    pub(crate) fn parse(label: &str) -> Option<Self> {
        let name = label.strip_prefix(PREFIX)?;
        let unknown = || Self::Unknown(label.to_owned());
        let creating = |rest: &str| {
            let (seconds, run) = rest.split_once('-')?;
            let since = DateTime::from_timestamp(seconds.parse().ok()?, 0)?;
            Some(Self::Creating {
                since,
                run: run.to_owned(),
            })
        };
        let mark = if let Some(rest) = name.strip_prefix(CREATING) {
            creating(rest)
        } else if let Some(id) = name.strip_prefix(REMOVING) {
            AccessKeyId::parse(id).map(Self::Removing)
        } else if let Some(id) = name.strip_prefix(EXPOSED) {
            AccessKeyId::parse(id).map(Self::Exposed)
        } else {
            None
        };
        Some(mark.unwrap_or_else(unknown))
    }

    /// The label.
    #[must_use]
    pub(crate) fn label(&self) -> String {
        match self {
            Self::Creating { since, run } => {
                format!("{PREFIX}{CREATING}{}-{run}", since.timestamp())
            }
            Self::Removing(key) => format!("{PREFIX}{REMOVING}{key}"),
            Self::Exposed(key) => format!("{PREFIX}{EXPOSED}{key}"),
            Self::Unknown(label) => label.clone(),
        }
    }

    /// Whether the mark's run can have created a key with this creation time, by IAM's clock.
    fn covers(&self, created: DateTime<Utc>) -> bool {
        let Self::Creating { since, .. } = self else {
            return false;
        };
        let clocks = TimeDelta::seconds(CLOCKS.as_secs().cast_signed());
        let within = TimeDelta::seconds(MADE_WITHIN.as_secs().cast_signed());
        (*since - clocks..=*since + within + clocks).contains(&created)
    }
}

/// A mark, and the version of the secret that it is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    /// What the mark says.
    pub mark: Mark,
    /// The version's id.
    pub version: String,
}

/// The marks on a secret's versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks(Vec<Placed>);

impl Marks {
    /// Finds the marks among all labels, the oldest first.
    #[must_use]
    pub(crate) fn of(labels: &HashMap<String, Vec<String>>) -> Self {
        let mut marks: Vec<_> = labels
            .iter()
            .flat_map(|(version, labels)| labels.iter().map(move |label| (version, label)))
            .filter_map(|(version, label)| {
                let (mark, version) = (Mark::parse(label)?, version.clone());
                Some(Placed { mark, version })
            })
            .collect();
        marks.sort_by_cached_key(|placed| placed.mark.label());
        Self(marks)
    }

    /// Finds where a mark is.
    #[must_use]
    pub(crate) fn find(&self, mark: &Mark) -> Option<&Placed> {
        self.0.iter().find(|placed| placed.mark == *mark)
    }

    /// The keys that are being taken away.
    pub(crate) fn removing(&self) -> impl Iterator<Item = &AccessKeyId> {
        self.0.iter().filter_map(|placed| match &placed.mark {
            Mark::Removing(key) => Some(key),
            _ => None,
        })
    }

    /// The keys that were reported as exposed.
    pub(crate) fn exposed(&self) -> impl Iterator<Item = &AccessKeyId> {
        self.0.iter().filter_map(|placed| match &placed.mark {
            Mark::Exposed(key) => Some(key),
            _ => None,
        })
    }

    /// The marks of a rotation's runs, whose ids have this prefix.
    pub(crate) fn of_rotation(&self, rotation: &str) -> impl Iterator<Item = &Mark> {
        let own = move |mark: &&Mark| matches!(mark, Mark::Creating { run, .. } if run.starts_with(rotation));
        self.0.iter().map(|placed| &placed.mark).filter(own)
    }

    /// Whether a run other than this one can have created a key with this creation time, by IAM's clock.
    #[must_use]
    pub(crate) fn made_by_another(&self, run: &str, created: DateTime<Utc>) -> bool {
        let another = |mark: &Mark| matches!(mark, Mark::Creating { run: of, .. } if of != run);
        let marks = self.0.iter().map(|placed| &placed.mark);
        marks
            .into_iter()
            .any(|mark| another(mark) && mark.covers(created))
    }

    /// Whether this run can have created a key with this creation time, by IAM's clock.
    #[must_use]
    pub(crate) fn made_by(&self, run: &str, created: DateTime<Utc>) -> bool {
        let own = |mark: &Mark| matches!(mark, Mark::Creating { run: of, .. } if of == run);
        let marks = self.0.iter().map(|placed| &placed.mark);
        marks
            .into_iter()
            .any(|mark| own(mark) && mark.covers(created))
    }

    /// The marks of others that are no longer needed:
    /// - of a key that is no longer among the user's;
    /// - of a run whose keys must all be listed by now, if none fits its time;
    /// - so old that a key of its time is judged by its age, `in_use_window`;
    /// - of another release;
    /// - all but the oldest, if this run's mark would make too many. The oldest run's key may still appear in the list,
    ///   and then IAM's quota left none for the others (fact 21).
    #[must_use]
    pub(crate) fn void(
        &self,
        run: &str,
        keys: &[ListedKey],
        in_use_window: Duration,
        now: DateTime<Utc>,
    ) -> Vec<&Placed> {
        let has_no_reason = |placed: &&Placed| match &placed.mark {
            Mark::Creating { since, .. } => {
                let age = (now - *since).to_std().unwrap_or_default();
                let has_key = keys.iter().any(|key| placed.mark.covers(key.created));
                let judged_by_age = age > in_use_window.saturating_add(MADE_WITHIN + CLOCKS);
                judged_by_age || (age > MADE_WITHIN + CLOCKS && !has_key)
            }
            Mark::Removing(key) | Mark::Exposed(key) => {
                !keys.iter().any(|listed| listed.id == *key)
            }
            Mark::Unknown(_) => true,
        };
        let of_others =
            |placed: &&Placed| !matches!(&placed.mark, Mark::Creating { run: of, .. } if of == run);
        let others = self.0.iter().filter(of_others);
        let (mut void, kept): (Vec<_>, Vec<_>) = others.partition(has_no_reason);
        let creating = kept
            .into_iter()
            .filter(|placed| matches!(placed.mark, Mark::Creating { .. }));
        void.extend(creating.skip(MOST - 1));
        void
    }
}

#[cfg(test)]
#[path = "marks_tests.rs"]
mod tests;
