//! The keeper's invocations, for one secret or for a fleet.

use std::cell::Cell;
use std::pin::pin;
use std::time::{Duration, SystemTime};

use futures_util::stream::{self, StreamExt};
use tracing::{Instrument, error, error_span, field, info, warn};

use crate::aws::secret_list::ListedSecret;
use crate::function::action::{Action, Asked};
use crate::function::counting;
use crate::function::error_answer::RotationError;
use crate::function::event::invalid;
use crate::function::keeper_answer::{Answer, Entry};
use crate::keeper::fleet;
use crate::keeper::found::Kept;
use crate::keeper::revoke::Manner;
use crate::keeper::{report, retire, revoke, undo};
use crate::key::access_key::AccessKeyId;
use crate::rotation::context::{Resources, Run};
use crate::rotation::keeper_config::{KeeperConfig, Watches};
use crate::rotation::problem::Problem;

/// How many secrets are looked at together. IAM's rate is a handful of calls a second (fact 20), and a run mostly waits.
pub(super) const TOGETHER: usize = 8;
/// With less than this left, no further secret is begun.
const LEAST_TIME: Duration = Duration::from_secs(45);

/// What is to be done for one secret.
#[derive(Clone, Copy, Debug)]
pub(super) enum Task<'t> {
    Retire,
    Undo(Option<&'t AccessKeyId>),
    Revoke(Option<&'t AccessKeyId>, Manner),
    Report,
}

/// What became of one secret of a fleet.
enum Looked {
    /// There was no time for it.
    Not,
    /// There was nothing to do.
    NothingToDo,
    /// This was done, or failed.
    At(Box<Entry>),
}

impl Task<'_> {
    const fn name(self) -> &'static str {
        match self {
            Self::Retire => "retire",
            Self::Undo(_) => "undo",
            Self::Revoke(..) => "revoke",
            Self::Report => "report",
        }
    }
}

/// One invocation of the keeper.
#[derive(Debug)]
pub(crate) struct Keeping<'k> {
    pub(super) resources: &'k Resources,
    pub(super) settings: &'k KeeperConfig,
    deadline: SystemTime,
    request: &'k str,
    /// How long calls waited for their turn, all secrets together.
    throttled: Cell<Duration>,
}

impl<'k> Keeping<'k> {
    pub(crate) fn new(
        resources: &'k Resources,
        settings: &'k KeeperConfig,
        deadline: SystemTime,
        request: &'k str,
    ) -> Self {
        Self {
            resources,
            settings,
            deadline,
            request,
            throttled: Cell::default(),
        }
    }

    /// Does what a person or the schedule asks.
    ///
    /// # Errors
    /// The error, if it was asked for one secret. For a fleet, each secret's error is in its entry.
    pub(crate) async fn asked(&self, asked: &Asked) -> Result<Answer, RotationError> {
        let dry_run = asked.dry_run;
        let (task, secret_id) = match &asked.action {
            Action::Retire { secret_id } => (Task::Retire, secret_id.as_deref()),
            Action::Report { secret_id } => (Task::Report, secret_id.as_deref()),
            Action::Undo { secret_id, key } => (Task::Undo(key.as_ref()), Some(&**secret_id)),
            Action::Revoke {
                secret_id,
                key,
                at_once,
            } => {
                let manner = self.manner(*at_once, dry_run);
                let task = Task::Revoke(key.as_ref(), manner);
                let secret = match (secret_id, key) {
                    (Some(secret), None) => secret.clone(),
                    (Some(secret), Some(key)) => self.secret_with(secret, key).await?,
                    (None, Some(key)) => self.secret_of(key).await?,
                    (None, None) => {
                        let reason = "SecretId and AccessKeyId are missing";
                        return Err(Problem::from(invalid(reason)).into());
                    }
                };
                return self.single(task, &secret, dry_run).await;
            }
        };
        match (secret_id, &self.settings.watches) {
            (Some(secret), _) => self.single(task, secret, dry_run).await,
            (None, Watches::One(secret)) => self.single(task, secret, dry_run).await,
            (None, Watches::Fleet(name)) => self.fleet(task, name, dry_run).await,
        }
    }

    /// Does a task for the only secret that it is about. Its error counts as a metric too.
    async fn single(
        &self,
        task: Task<'_>,
        secret: &str,
        dry_run: bool,
    ) -> Result<Answer, RotationError> {
        match self.one(task, secret, dry_run).await {
            Ok(entry) => Ok(self.answer(task, dry_run, vec![entry], 0)),
            Err(failed) => {
                self.count(task, &[Entry::failed(&failed)], dry_run);
                Err(failed)
            }
        }
    }

    pub(super) fn manner(&self, at_once: bool, dry_run: bool) -> Manner {
        Manner {
            asked: self.run("revoke", "").clock.now(),
            at_once: at_once || self.settings.at_once,
            waits: true,
            dry_run,
        }
    }

    pub(super) fn run<'r>(&'r self, action: &'static str, secret_id: &'r str) -> Run<'r> {
        Run::new(self.resources, action, secret_id, self.deadline)
    }

    /// Does a task for one secret.
    pub(super) async fn one(
        &self,
        task: Task<'_>,
        secret_id: &str,
        dry_run: bool,
    ) -> Result<Entry, RotationError> {
        let run = self.run(task.name(), secret_id);
        let span = error_span!(
            "secret",
            requestId = self.request,
            action = task.name(),
            secret = secret_id,
            user = field::Empty
        );
        async {
            let work = Box::pin(work(&run, task, self.settings, dry_run));
            let ended = run.clock.limit(Duration::ZERO, work).await;
            let throttled = self.throttled.get() + run.notes.throttled();
            self.throttled.set(throttled);
            let entry = ended.map_err(Problem::from).and_then(|ended| ended);
            let entry = entry.map_err(|problem| RotationError::of(&run, None, problem));
            match &entry {
                Ok(entry) => tell(entry),
                Err(failed) => error!(error_type = failed.problem.error_type(), "{failed}"),
            }
            entry
        }
        .instrument(span)
        .await
    }

    /// Does a task for each secret of the fleet.
    async fn fleet(
        &self,
        task: Task<'_>,
        name: &str,
        dry_run: bool,
    ) -> Result<Answer, RotationError> {
        let run = self.run(task.name(), name);
        let now = run.clock.now();
        let rule = retire::rule(&run, self.settings);
        let retires = matches!(task, Task::Retire);
        let mut nothing_to_do = 0;
        let keep = |secret: ListedSecret| {
            if retires && retire::by_dates(&secret, &rule, now).is_some() {
                nothing_to_do += 1;
                return None;
            }
            let settled = retires
                && retire::is_settled_by_dates(&secret, now)
                && !fleet::has_turn(&secret.arn, now);
            Some((secret.arn, settled))
        };
        let listed = fleet::list(&run, name, keep).await;
        let listed = listed.map_err(|problem| of_fleet(&run, problem))?;
        let run = &run;
        let looks = stream::iter(fleet::in_turn(listed, now)).map(|(arn, settled)| async move {
            if run.clock.remaining() < LEAST_TIME {
                return Looked::Not;
            }
            if settled && retire::is_still_settled(&self.run(task.name(), &arn)).await {
                return Looked::NothingToDo;
            }
            match self.one(task, &arn, dry_run).await {
                Ok(entry) if retires && entry.outcome == Kept::NothingToDo => Looked::NothingToDo,
                Ok(entry) => Looked::At(entry.into()),
                Err(failed) => Looked::At(Entry::failed(&failed).into()),
            }
        });
        let (mut entries, mut not_looked_at) = (Vec::new(), 0);
        let mut looks = pin!(looks.buffered(TOGETHER));
        while let Some(looked) = looks.next().await {
            match looked {
                Looked::Not => not_looked_at += 1,
                Looked::NothingToDo => nothing_to_do += 1,
                Looked::At(entry) => entries.push(*entry),
            }
        }
        Ok(Answer {
            nothing_to_do,
            ..self.answer(task, dry_run, entries, not_looked_at)
        })
    }

    pub(super) fn answer(
        &self,
        task: Task<'_>,
        dry_run: bool,
        secrets: Vec<Entry>,
        not_looked_at: usize,
    ) -> Answer {
        if not_looked_at > 0 {
            warn!("no time was left for {not_looked_at} secrets: the next run begins elsewhere");
        }
        self.count(task, &secrets, dry_run);
        Answer {
            action: task.name(),
            dry_run,
            secrets,
            nothing_to_do: 0,
            not_looked_at,
        }
    }

    /// Writes the metrics.
    fn count(&self, task: Task<'_>, entries: &[Entry], dry_run: bool) {
        if dry_run {
            return;
        }
        let revoking = matches!(task, Task::Revoke(..));
        let now = self.run(task.name(), "").clock.now();
        let throttled = self.throttled.get();
        let mut counts = counting::of_keeper(entries, task.name(), revoking, throttled);
        counts.property("requestId", self.request);
        counts.write(&self.resources.config, now);
    }
}

/// The error of a run that is about no single secret.
pub(super) fn of_fleet(run: &Run<'_>, problem: Problem) -> RotationError {
    RotationError {
        secret: None,
        ..RotationError::of(run, None, problem)
    }
}

async fn work(
    run: &Run<'_>,
    task: Task<'_>,
    settings: &KeeperConfig,
    dry_run: bool,
) -> Result<Entry, Problem> {
    let found = match task {
        Task::Retire => retire::run(run, settings, dry_run).await?,
        Task::Undo(key) => undo::run(run, key, dry_run).await?,
        Task::Revoke(Some(key), manner) => revoke::run(run, key, manner).await?,
        Task::Revoke(None, manner) => {
            let key = revoke::key_meant(run).await?;
            revoke::run(run, &key, manner).await?
        }
        Task::Report => return Ok(Entry::report(run, report::run(run).await?)),
    };
    Ok(Entry::found(run, found))
}

fn tell(entry: &Entry) {
    let (key, message) = (entry.access_key_id.as_deref(), &entry.message);
    let report = entry.report.as_ref();
    let report = report.and_then(|report| serde_json::to_string(report).ok());
    match entry.outcome {
        Kept::StillInUse | Kept::Rotating => warn!(access_key_id = key, "{message}"),
        _ => info!(access_key_id = key, report, "{message}"),
    }
}
