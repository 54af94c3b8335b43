//! retire: deactivates AWSPREVIOUS's key once consumers have had time to take the new one. First finishes what an
//! interrupted run has left.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tracing::info;

use crate::aws::iam::Iam;
use crate::aws::secret_list::ListedSecret;
use crate::aws::secrets_manager::Dates;
use crate::keeper::deactivating::deactivate;
use crate::keeper::found::{Found, Kept};
use crate::keeper::revoke;
use crate::key::deactivatable::Deactivatable;
use crate::key::marks::Mark;
use crate::key::retirement::{
    NotRetired, RetirementRule, Timeline, choose, due, is_settled, retired_long_ago,
};
use crate::rotation::context::Run;
use crate::rotation::credential_source::CredentialSource;
use crate::rotation::deactivation::{Basis, Deactivated};
use crate::rotation::deletion::{held_with, previous_key};
use crate::rotation::give_back::give_back;
use crate::rotation::keeper_config::KeeperConfig;
use crate::rotation::marking::take_off;
use crate::rotation::problem::Problem;
use crate::rotation::texts::shown;
use crate::rotation::watched_secret::{Watched, timeline};

/// The settings of the rule.
pub(crate) fn rule(run: &Run<'_>, settings: &KeeperConfig) -> RetirementRule {
    RetirementRule {
        retire_after: settings.retire_after,
        in_use_window: run.resources.config.in_use_window,
    }
}

/// Judges by what ListSecrets shows, without a call. Returns None if the secret must be looked at.
pub(crate) fn by_dates(
    secret: &ListedSecret,
    rule: &RetirementRule,
    now: DateTime<Utc>,
) -> Option<Found> {
    not_due(
        &timeline(&secret.labels, &secret.dates),
        &secret.dates,
        rule,
        now,
    )
}

/// Whether ListSecrets shows that an earlier run has retired the key long ago.
pub(crate) fn is_settled_by_dates(secret: &ListedSecret, now: DateTime<Utc>) -> bool {
    is_settled(&timeline(&secret.labels, &secret.dates), now)
}

/// Whether DescribeSecret shows the same. A person can have moved AWSCURRENT back to the retired key since. Returns false
/// if it can't be told.
pub(crate) async fn is_still_settled(run: &Run<'_>) -> bool {
    let read = run.read_timeline().await;
    read.is_ok_and(|(timeline, _)| is_settled(&timeline, run.clock.now()))
}

/// Judges by what DescribeSecret shows, before the value is read. A secret that waits for its first value has none that
/// could be parsed.
async fn by_labels(run: &Run<'_>, rule: &RetirementRule) -> Result<Option<Found>, Problem> {
    let (timeline, dates) = run.read_timeline().await?;
    Ok(not_due(&timeline, &dates, rule, run.clock.now()))
}

fn not_due(
    timeline: &Timeline,
    dates: &Dates,
    rule: &RetirementRule,
    now: DateTime<Utc>,
) -> Option<Found> {
    let marks = &timeline.marks;
    if marks.exposed().chain(marks.removing()).next().is_some() {
        return None;
    }
    let not_due = due(timeline, rule, now).err()?;
    Some(said(not_due, dates, now))
}

/// Runs the action for one secret.
pub(crate) async fn run(
    run: &Run<'_>,
    settings: &KeeperConfig,
    dry_run: bool,
) -> Result<Found, Problem> {
    let rule = rule(run, settings);
    if let Some(found) = by_labels(run, &rule).await? {
        return Ok(found);
    }
    let mut watched = run.read_watched().await?;
    if !dry_run && watched.timeline.marks.removing().next().is_some() {
        give_back(run, &watched.staged).await?;
        watched = run.read_watched().await?;
    }
    for key in watched.timeline.marks.exposed() {
        let found = revoke::go_on(run, key, dry_run).await?;
        if found.outcome != Kept::NothingToDo {
            return Ok(found);
        }
    }
    match decide(run, &watched, &rule).await? {
        Ok((key, _)) if dry_run => Ok(Found::of(
            Kept::WouldRetire,
            key.id(),
            format!("AWSPREVIOUS's access key {} would be deactivated", key.id()),
        )),
        Ok((key, iam)) => retire(run, &watched, &iam, &key).await,
        Err(not_retired) => {
            if let (NotRetired::Interrupted { key }, false) = (&not_retired, dry_run) {
                take_off(run, &watched.staged, &Mark::Removing(key.clone())).await;
            }
            Ok(said(not_retired, &watched.dates, run.clock.now()))
        }
    }
}

/// Decides with as few calls as it takes.
async fn decide(
    run: &Run<'_>,
    watched: &Watched,
    rule: &RetirementRule,
) -> Result<Result<(Deactivatable, Iam), NotRetired>, Problem> {
    let (staged, timeline, now) = (&watched.staged, &watched.timeline, run.clock.now());
    if let Err(not_retired) = due(timeline, rule, now) {
        return Ok(Err(not_retired));
    }
    let previous = previous_key(run, staged).await?;
    if let Some(key) = &previous
        && retired_long_ago(timeline, Some(key), now)
    {
        return Ok(Err(NotRetired::Retired { key: key.clone() }));
    }
    let source = CredentialSource::of(run, staged).await?;
    let held = held_with(staged, &source, previous);
    let iam = source.iam(run, staged);
    let keys = source.list_keys(run, &iam).await?;
    let replaced = match choose(&keys, &held, timeline, rule, now) {
        Ok(replaced) => replaced,
        Err(not_retired) => return Ok(Err(not_retired)),
    };
    run.doing("ask for the last use of the key that was replaced");
    let ask = async || iam.last_use(replaced.id()).await;
    let last_use = run.patiently(Duration::ZERO, ask).await?;
    let judged = replaced.judge(last_use, rule, now);
    Ok(judged.map(|key| (key, iam)))
}

async fn retire(
    run: &Run<'_>,
    watched: &Watched,
    iam: &Iam,
    key: &Deactivatable,
) -> Result<Found, Problem> {
    let (staged, id) = (&watched.staged, key.id());
    let to_go = async || {
        let now = run.still_watched(staged).await?;
        Ok(now.map_or(Basis::Changed, |now| Basis::Unchanged(Some(now.marks))))
    };
    Ok(match deactivate(run, staged, iam, key, to_go).await? {
        Deactivated::Done { .. } => {
            info!(access_key_id = %id, "access key retired");
            let message = format!(
                "deactivated AWSPREVIOUS's access key {id}; undo activates it again, and the next rotation deletes it"
            );
            Found::of(Kept::Retired, id, message)
        }
        Deactivated::NotFound => Found::nothing(format!("IAM knows no access key {id} any more")),
        Deactivated::Kept => Found::of(
            Kept::NothingToDo,
            id,
            format!("left the access key {id}: the secret's labels have moved meanwhile"),
        ),
    })
}

/// Why nothing was retired, as a sentence.
fn said(why: NotRetired, dates: &Dates, now: DateTime<Utc>) -> Found {
    let nothing = |key, message: String| Found::of(Kept::NothingToDo, key, message);
    match why {
        NotRetired::NothingReplaced => {
            Found::nothing("AWSPREVIOUS holds no access key that the user still has")
        }
        NotRetired::RotationUnderWay => {
            Found::nothing("a rotation is under way, or is stuck: nothing is retired meanwhile")
        }
        NotRetired::NotYet { until: None } => {
            Found::nothing("Secrets Manager does not say when the secret last changed")
        }
        NotRetired::NotYet { until: Some(until) } => {
            Found::nothing(not_yet(until, dates.next_rotation, now))
        }
        NotRetired::CurrentNotActive { current } => Found::nothing(match current {
            Some(current) => format!(
                "AWSCURRENT's access key {current} is not an active key of the user, so consumers may need the other one"
            ),
            None => {
                "AWSCURRENT holds no access key, so consumers may need the other one".to_owned()
            }
        }),
        NotRetired::StillNeeded { key } => {
            nothing(&key, format!("the access key {key} is still given out"))
        }
        NotRetired::Retired { key } => {
            nothing(&key, format!("the access key {key} is retired already"))
        }
        NotRetired::Interrupted { key } => nothing(
            &key,
            format!(
                "an earlier run was cut off before it deactivated the access key {key}: its time begins again"
            ),
        ),
        NotRetired::DeactivatedByOthers { key } => nothing(
            &key,
            format!("somebody else has deactivated the access key {key} already"),
        ),
        NotRetired::InUse { key, last_use } => Found::of(
            Kept::StillInUse,
            &key,
            format!(
                "the access key {key} was replaced, and is still in use: last at {last_use}. The next rotation takes it away: move that consumer to the secret before"
            ),
        ),
    }
}

fn not_yet(until: DateTime<Utc>, next: Option<DateTime<Utc>>, now: DateTime<Utc>) -> String {
    let until_then = format!("nothing is retired before {}", shown(until));
    match next.filter(|next| *next > now && *next < until) {
        Some(next) => format!(
            "{until_then}, and the next rotation, at {}, comes first: RETIRE_AFTER is longer than the schedule",
            shown(next)
        ),
        None => until_then,
    }
}
