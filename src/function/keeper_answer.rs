//! The keeper's response.

use serde::Serialize;

use crate::function::error_answer::RotationError;
use crate::keeper::found::{Found, Kept};
use crate::keeper::report::Report;
use crate::rotation::context::Run;
use crate::rotation::problem::Problem;
use crate::secret::plain::{LONGEST_SENTENCE, one_line};

/// The keeper's response, as JSON. It holds key ids, never a secret.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// What was asked for.
    pub action: &'static str,
    /// Whether nothing was to be changed.
    pub dry_run: bool,
    /// A line for each secret, or for each key that AWS reported. Of a fleet, `retire` leaves out those with nothing to
    /// do: a response can have only 6 MB.
    pub secrets: Vec<Entry>,
    /// How many secrets of a fleet were left out.
    #[serde(skip_serializing_if = "is_none")]
    pub nothing_to_do: usize,
    /// How many secrets the time was too short for. The next run begins elsewhere.
    pub not_looked_at: usize,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_none(count: &usize) -> bool {
    *count == 0
}

/// What the keeper did for one secret.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The secret. None if a key that AWS reported is in none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The user, if the secret was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// What was done, in one word.
    pub outcome: Kept,
    /// What was done and why, in a sentence; or the error.
    pub message: String,
    /// The key that it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
    /// The `errorType`, if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_type: Option<&'static str>,
    /// The secret's line of a report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
}

impl Entry {
    /// What a run found or did.
    pub(crate) fn found(run: &Run<'_>, found: Found) -> Self {
        Self {
            user: run.user(),
            ..Self::without_a_run(Some(run.secret_id.to_owned()), found)
        }
    }

    /// What is known without a run for the secret.
    pub(crate) fn without_a_run(secret: Option<String>, found: Found) -> Self {
        Self {
            secret,
            user: None,
            outcome: found.outcome,
            message: one_line(&found.message, LONGEST_SENTENCE),
            access_key_id: found.key.map(|key| key.to_string()),
            error_type: None,
            report: None,
        }
    }

    pub(crate) fn report(run: &Run<'_>, report: Report) -> Self {
        let findings: Vec<_> = report.findings.iter().map(|one| one.finding).collect();
        let message = match findings.is_empty() {
            true => "nothing is wrong".to_owned(),
            false => format!("found: {}", findings.join(", ")),
        };
        let found = Found {
            outcome: Kept::Reported,
            message,
            key: None,
        };
        Self {
            report: Some(report),
            ..Self::found(run, found)
        }
    }

    pub(crate) fn failed(failed: &RotationError) -> Self {
        Self {
            secret: failed.secret.clone(),
            user: failed.user.clone(),
            outcome: match &*failed.problem {
                Problem::Keeper(problem) if problem.is_refusal() => Kept::Refused,
                _ => Kept::Failed,
            },
            message: failed.to_string(),
            access_key_id: None,
            error_type: Some(failed.problem.error_type()),
            report: None,
        }
    }
}
