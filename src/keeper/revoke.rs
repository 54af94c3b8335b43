//! revoke: takes an exposed key out of use. Consumers get another key first, unless it is to be cut off at once.
//!
//! Each round reads afresh and decides what comes next, so a run that was interrupted anywhere is finished by the next.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::keeper::exposed_key::{POLL, Round, cut_off, mark, rotate, take_away};
use crate::keeper::found::{Found, Kept};
use crate::key::access_key::AccessKeyId;
use crate::key::marks::Mark;
use crate::key::revocation::{Gone, Revocation, next};
use crate::rotation::context::Run;
use crate::rotation::credential_source::CredentialSource;
use crate::rotation::deactivation::LEAST_TIME;
use crate::rotation::deletion::held_keys;
use crate::rotation::give_back::given_out;
use crate::rotation::keeper_problem::KeeperProblem;
use crate::rotation::marking::take_off;
use crate::rotation::problem::Problem;

/// How long a rotation that was asked for may take to begin.
const ASK_AGAIN: Duration = Duration::from_secs(30);
/// With less than this left, a run does not wait for AWSCURRENT any longer.
const KEPT_BACK: Duration = LEAST_TIME.saturating_mul(3);

/// How a revocation is run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// When the invocation began that asks for it.
    pub(crate) asked: DateTime<Utc>,
    /// Deactivate the key before its replacement is there.
    pub(crate) at_once: bool,
    /// Wait until AWSCURRENT has moved. Else go as far as is possible now.
    pub(crate) waits: bool,
    /// Only say what would be done.
    pub(crate) dry_run: bool,
}

/// What one run has done for the key.
#[derive(Default)]
struct Progress {
    marked: bool,
    /// When the run last asked for a rotation.
    asked: Option<DateTime<Utc>>,
    cut_off: bool,
    /// How long after the beginning of the invocation IAM answered that the key is deactivated.
    deactivated_after: Option<Duration>,
}

/// The key that is meant if only the secret is named: the exposed one that is being revoked, else AWSCURRENT's. So an
/// invocation that is repeated does not revoke the new key too.
pub(crate) async fn key_meant(run: &Run<'_>) -> Result<AccessKeyId, Problem> {
    let watched = run.read_watched().await?;
    if let Some(key) = watched.timeline.marks.exposed().next() {
        return Ok(key.clone());
    }
    let key = watched.staged.current.key_id().cloned();
    key.ok_or_else(|| KeeperProblem::NoKey.into())
}

/// Finishes the revocation of a marked key as far as is possible now. For the hourly run.
pub(crate) async fn go_on(
    run: &Run<'_>,
    key: &AccessKeyId,
    dry_run: bool,
) -> Result<Found, Problem> {
    let manner = Manner {
        asked: run.clock.now(),
        at_once: false,
        waits: false,
        dry_run,
    };
    let found = self::run(run, key, manner).await?;
    Ok(match found.outcome {
        Kept::Revoked if run.notes.changes().is_empty() => Found::nothing(found.message),
        _ => found,
    })
}

/// Revokes a key of the secret's user.
pub(crate) async fn run(
    run: &Run<'_>,
    key: &AccessKeyId,
    manner: Manner,
) -> Result<Found, Problem> {
    let began = run.clock.now();
    let mut progress = Progress::default();
    loop {
        let round = look(run, key, manner.at_once && !progress.cut_off).await?;
        if let Revocation::Done(Gone::Deleted) = round.decided {
            if !manner.dry_run {
                take_off(run, &round.watched.staged, &Mark::Exposed(key.clone())).await;
            }
            return Ok(done(key, Gone::Deleted, progress.deactivated_after));
        }
        if manner.dry_run {
            return Ok(would(key, &round.decided));
        }
        if !progress.marked && !mark(run, &round.watched, key).await? {
            continue;
        }
        progress.marked = true;
        match &round.decided {
            // The mark is on, so undo leaves the key alone.
            Revocation::Done(gone) => return Ok(done(key, *gone, progress.deactivated_after)),
            Revocation::Deactivate(decided) => {
                if let Some((gone, at)) = take_away(run, &round, decided).await? {
                    let after = at.map(|at| since(manner.asked, at));
                    return Ok(done(key, gone, after));
                }
            }
            Revocation::CutOff(decided) => {
                cut_off(run, &round, decided).await?;
                progress.cut_off = true;
                progress.deactivated_after = Some(since(manner.asked, run.clock.now()));
                if matches!(round.source, CredentialSource::OwnKey(_)) {
                    return Ok(no_replacement(key));
                }
            }
            Revocation::RotateFirst => {
                if asks_now(progress.asked, &round, run.clock.now()) {
                    rotate(run, &round, key, progress.cut_off).await?;
                    progress.asked = Some(run.clock.now());
                }
                if !manner.waits {
                    let message = format!(
                        "the exposed access key {key} is replaced by the rotation that is under way; the next run deactivates it"
                    );
                    return Ok(Found::of(Kept::Rotating, key, message));
                }
                wait(run, key, began).await?;
            }
        }
    }
}

/// Reads everything afresh, and decides what comes next.
async fn look(run: &Run<'_>, key: &AccessKeyId, at_once: bool) -> Result<Round, Problem> {
    let watched = run.read_watched().await?;
    let staged = &watched.staged;
    let source = CredentialSource::of(run, staged).await?;
    let mut held = held_keys(run, staged, &source).await?;
    held.given_out.extend(&given_out(run, staged).await?);
    let iam = source.iam(run, staged);
    let keys = source.list_keys(run, &iam).await?;
    let marked = watched
        .timeline
        .marks
        .exposed()
        .any(|exposed| exposed == key);
    let decided = next(key, &keys, &held, marked, at_once);
    let decided = decided.map_err(|reason| KeeperProblem::NotRevoked {
        user: staged.current.username().to_owned(),
        reason,
    })?;
    Ok(Round {
        watched,
        source,
        iam,
        decided,
    })
}

/// Whether to ask for a rotation now. Secrets Manager goes on with one that is not complete (fact 5), also with one that
/// is stuck; that one may end without another key, and then the next one has to be asked for.
fn asks_now(asked: Option<DateTime<Utc>>, round: &Round, now: DateTime<Utc>) -> bool {
    let Some(asked) = asked else {
        return true;
    };
    !round.watched.timeline.rotating && since(asked, now) >= ASK_AGAIN
}

/// Waits before the next look.
async fn wait(run: &Run<'_>, key: &AccessKeyId, began: DateTime<Utc>) -> Result<(), Problem> {
    run.doing("wait until AWSCURRENT holds another key");
    if run.clock.remaining() > KEPT_BACK + POLL && run.clock.sleep(POLL).await.is_ok() {
        return Ok(());
    }
    Err(KeeperProblem::StillExposed {
        key: key.clone(),
        waited: since(began, run.clock.now()),
    }
    .into())
}

fn since(began: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (now - began).to_std().unwrap_or_default()
}

/// What the answer says of a key that is gone. `deactivated_after` is none if this run did not deactivate it. It is no
/// bound for the key's last success: a deactivation spreads with delay (facts 27 and 42).
fn done(key: &AccessKeyId, gone: Gone, deactivated_after: Option<Duration>) -> Found {
    let is = match gone {
        Gone::Inactive => "is Inactive",
        Gone::Deleted => "was deleted",
    };
    let message = match deactivated_after {
        Some(after) => format!(
            "the exposed access key {key} {is}: it was deactivated {} s after this invocation began, and AWS can accept it for some seconds more (3 to 4 s are reported)",
            after.as_millis().div_ceil(1_000)
        ),
        None => format!("the exposed access key {key} {is} already"),
    };
    Found::of(Kept::Revoked, key, message)
}

fn no_replacement(key: &AccessKeyId) -> Found {
    let message = format!(
        "the exposed access key {key} was deactivated, and consumers have no key now: it was the credential source itself, so no rotation can replace it. Let a role manage the user's keys (take secretarn out of the secret), and rotate"
    );
    Found::of(Kept::Revoked, key, message)
}

fn would(key: &AccessKeyId, decided: &Revocation) -> Found {
    let message = match decided {
        Revocation::RotateFirst => format!(
            "the secret would be rotated, and then the exposed access key {key} would be deactivated"
        ),
        Revocation::CutOff(_) => format!(
            "the exposed access key {key} would be deactivated at once, and then the secret would be rotated"
        ),
        Revocation::Deactivate(_) | Revocation::Done(_) => {
            format!("the exposed access key {key} would be deactivated")
        }
    };
    Found::of(Kept::WouldRevoke, key, message)
}
