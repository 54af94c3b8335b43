//! report: the user's keys, the rotations, and what is wrong. Changes nothing.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::keeper::findings::{Finding, Looked, OLDEST, Of, Schedule, age_in_days, find};
use crate::key::access_key::{AccessKeyId, KeyStatus};
use crate::rotation::context::Run;
use crate::rotation::credential_source::CredentialSource;
use crate::rotation::deletion::held_keys;
use crate::rotation::give_back::given_out;
use crate::rotation::problem::Problem;

/// A secret's line of the report.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The credential source, in words.
    pub source: String,
    /// The user's keys.
    pub keys: Vec<KeyReport>,
    /// When a rotation was last completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_rotated: Option<DateTime<Utc>>,
    /// When the next rotation starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_rotation: Option<DateTime<Utc>>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// A key's part of the report.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyReport {
    /// The key.
    pub access_key_id: String,
    /// Which version of the secret it is of.
    pub of: Of,
    /// `Active` or `Inactive`.
    pub status: &'static str,
    /// Its age in whole days.
    pub age_days: i64,
    /// The days until it is too old, if it is Active. Negative once it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_left: Option<i64>,
    /// Its last use, with service and Region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
}

impl Report {
    /// The age of the oldest active key, in days.
    #[must_use]
    pub fn oldest_active(&self) -> Option<i64> {
        let active = self.keys.iter().filter(|key| key.days_left.is_some());
        active.map(|key| key.age_days).max()
    }
}

/// Runs the action for one secret.
pub(crate) async fn run(run: &Run<'_>) -> Result<Report, Problem> {
    let watched = run.read_watched().await?;
    let (staged, timeline) = (&watched.staged, &watched.timeline);
    let source = CredentialSource::of(run, staged).await?;
    let held = held_keys(run, staged, &source).await?;
    let given_out = given_out(run, staged).await?;
    let iam = source.iam(run, staged);
    let mut looked = Vec::new();
    for key in source.list_keys(run, &iam).await? {
        run.doing("ask for a key's last use");
        let ask = async || iam.last_use(&key.id).await;
        let last_use = run.patiently(Duration::ZERO, ask).await?;
        let is = |other: &Option<AccessKeyId>| other.as_ref() == Some(&key.id);
        let of = if is(&held.current) || held.given_out.holds(&key.id) {
            Of::Current
        } else if given_out.holds(&key.id) {
            Of::Pending
        } else if is(&held.previous) {
            Of::Previous
        } else {
            Of::Other
        };
        let exposed = timeline.marks.exposed().any(|exposed| *exposed == key.id);
        looked.push(Looked {
            key,
            of,
            last_use,
            exposed,
        });
    }
    let now = run.clock.now();
    let schedule = Schedule {
        rotating: timeline.rotating,
        changed: timeline.changed,
        next_rotation: watched.dates.next_rotation,
    };
    Ok(Report {
        source: source.name(),
        keys: looked.iter().map(|key| line(key, now)).collect(),
        last_rotated: watched.dates.rotated,
        next_rotation: watched.dates.next_rotation,
        findings: find(&looked, schedule, now),
    })
}

fn line(key: &Looked, now: DateTime<Utc>) -> KeyReport {
    let (age_days, active) = (age_in_days(key, now), key.key.status == KeyStatus::Active);
    KeyReport {
        access_key_id: key.key.id.to_string(),
        of: key.of,
        status: if active { "Active" } else { "Inactive" },
        age_days,
        days_left: active.then_some(OLDEST - age_days),
        last_used: key.last_use.as_ref().map(ToString::to_string),
    }
}
