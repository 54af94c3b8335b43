//! Pure: what a report finds wrong with a secret and its user's keys, and which controls that fails.
//!
//! The controls are named with their version, since their numbers move (fact 44).

use serde::Serialize;

use chrono::{DateTime, TimeDelta, Utc};

use crate::key::access_key::{KeyStatus, LastUse, ListedKey};

/// The oldest that an active key may be, in days (fact 44).
pub(crate) const OLDEST: i64 = 90;
/// The longest that an active key may be unused, in days (fact 44).
const UNUSED: i64 = 45;
/// How long after its date a rotation is overdue: the widest window is a day (fact 58).
const OVERDUE: TimeDelta = TimeDelta::days(1);
/// How long a rotation may take before it is stuck.
const STUCK: TimeDelta = TimeDelta::days(1);

/// Whose a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Of {
    /// AWSCURRENT gives it out.
    Current,
    /// AWSPENDING gives it out.
    Pending,
    /// AWSPREVIOUS holds it.
    Previous,
    /// No version of this secret holds it.
    Other,
}

/// A key, and what is known of it.
#[derive(Clone, Debug)]
pub(crate) struct Looked {
    pub(crate) key: ListedKey,
    pub(crate) of: Of,
    pub(crate) last_use: Option<LastUse>,
    pub(crate) exposed: bool,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// In one word.
    pub finding: &'static str,
    /// The key, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
    /// The controls that it fails, by name and version.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub controls: &'static [&'static str],
}

/// What the labels and dates of the secret say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    pub(crate) rotating: bool,
    pub(crate) changed: Option<DateTime<Utc>>,
    pub(crate) next_rotation: Option<DateTime<Utc>>,
}

/// Finds what is wrong.
pub(crate) fn find(keys: &[Looked], schedule: Schedule, now: DateTime<Utc>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |finding, key: Option<&Looked>, controls| {
        found.push(Finding {
            finding,
            access_key_id: key.map(|key| key.key.id.to_string()),
            controls,
        });
    };
    let active = || {
        keys.iter()
            .filter(|key| key.key.status == KeyStatus::Active)
    };
    if active().count() > 1 {
        let controls = &[
            "CIS AWS Foundations 3.0.0 1.13",
            "CIS AWS Foundations 5.0.0 1.12",
        ];
        add("twoActiveKeys", None, controls);
    }
    for key in active() {
        if age_in_days(key, now) > OLDEST {
            let controls = &[
                "CIS AWS Foundations 3.0.0 1.14",
                "CIS AWS Foundations 5.0.0 1.13",
                "Security Hub IAM.3",
            ];
            add("olderThan90Days", Some(key), controls);
        }
        let used = key
            .last_use
            .as_ref()
            .map_or(key.key.created, |last| last.at);
        if (now - used).num_days() > UNUSED {
            let controls = &["CIS AWS Foundations 3.0.0 1.12", "Security Hub IAM.22"];
            add("unusedFor45Days", Some(key), controls);
        }
        if key.exposed {
            add("exposed", Some(key), &[]);
        }
    }
    for key in keys.iter().filter(|key| key.of == Of::Other) {
        add("notTheSecrets", Some(key), &[]);
    }
    let since_change = schedule.changed.map(|changed| now - changed);
    if schedule.rotating && since_change.is_some_and(|since| since > STUCK) {
        add("stuck", None, &[]);
    }
    let due = schedule.next_rotation;
    if due.is_some_and(|due| now > due + OVERDUE) {
        add("overdue", None, &["Security Hub SecretsManager.2"]);
    }
    found
}

/// A key's age in whole days.
pub(crate) fn age_in_days(key: &Looked, now: DateTime<Utc>) -> i64 {
    (now - key.key.created).num_days().max(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::key::access_key::AccessKeyId;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn looked(letter: char, days: i64, used: Option<i64>, of: Of) -> Looked {
        Looked {
            key: ListedKey {
                id: AccessKeyId::parse(&format!("AKIAEXAMPLE00000000{letter}")).unwrap(),
                status: KeyStatus::Active,
                created: now() - TimeDelta::days(days),
            },
            of,
            last_use: used.map(|days| LastUse {
                at: now() - TimeDelta::days(days),
                service: "s3".to_owned(),
                region: "us-east-1".to_owned(),
            }),
            exposed: false,
        }
    }

    const QUIET: Schedule = Schedule {
        rotating: false,
        changed: None,
        next_rotation: None,
    };

    fn names(keys: &[Looked], schedule: Schedule) -> Vec<&'static str> {
        let found = find(keys, schedule, now());
        found.iter().map(|finding| finding.finding).collect()
    }

    #[test]
    fn a_young_key_that_is_used_has_no_findings() {
        let key = looked('A', 90, Some(45), Of::Current);
        assert_eq!(names(&[key], QUIET), Vec::<&str>::new());
    }

    #[test]
    fn each_finding_is_found() {
        let mut exposed = looked('A', 1, Some(0), Of::Current);
        exposed.exposed = true;
        for (keys, finding) in [
            (
                vec![looked('A', 91, Some(0), Of::Current)],
                "olderThan90Days",
            ),
            (
                vec![looked('A', 60, Some(46), Of::Current)],
                "unusedFor45Days",
            ),
            (vec![looked('A', 46, None, Of::Current)], "unusedFor45Days"),
            (vec![exposed], "exposed"),
            (vec![looked('A', 1, None, Of::Other)], "notTheSecrets"),
        ] {
            assert_eq!(names(&keys, QUIET), [finding]);
        }
        let two = ['A', 'B'].map(|letter| looked(letter, 1, None, Of::Current));
        assert_eq!(names(&two, QUIET), ["twoActiveKeys"]);
    }

    /// Security Hub and CIS look at active keys only (fact 44).
    #[test]
    fn an_inactive_key_fails_no_control() {
        let mut key = looked('A', 400, None, Of::Previous);
        key.key.status = KeyStatus::Inactive;
        key.exposed = true;
        assert_eq!(names(&[key], QUIET), Vec::<&str>::new());
    }

    #[test]
    fn a_rotation_that_does_not_end_is_stuck_and_one_that_does_not_begin_is_overdue() {
        let ago = |hours| Some(now() - TimeDelta::hours(hours));
        for (rotating, changed, next_rotation, found) in [
            (true, ago(25), None, vec!["stuck"]),
            (true, ago(24), None, vec![]),
            (false, ago(25), None, vec![]),
            (false, None, ago(25), vec!["overdue"]),
            (false, None, ago(24), vec![]),
        ] {
            let schedule = Schedule {
                rotating,
                changed,
                next_rotation,
            };
            assert_eq!(names(&[], schedule), found);
        }
    }

    #[test]
    fn each_control_is_named_with_its_version() {
        let keys = ['A', 'B'].map(|letter| looked(letter, 100, None, Of::Other));
        let found = find(&keys, QUIET, now());
        let controls = found.iter().flat_map(|finding| finding.controls);
        for control in controls {
            assert!(control.contains('.'), "{control}");
        }
        assert!(
            found
                .iter()
                .any(|one| one.controls.contains(&"Security Hub IAM.3"))
        );
    }
}
