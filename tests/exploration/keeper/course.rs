//! One run of the keeper, and what follows: the rotations that were asked for, the hourly runs, and two rotations.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_async::time::TimeSource;
use iam_key_rotator::{Config, logging};
use sandbox::aws::{AWSCURRENT, AWSPREVIOUS, Aws, Call, Fault, RotateRequest, When};
use sandbox::in_process::InProcess;
use sandbox::rotation::{Function, FunctionError, RotateOptions, rotate};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::DefaultGuard;

use crate::explorer::invocation::{Hit, is_a_kill, unwound};
use crate::explorer::seen::Seen;
use crate::hands::hand::{LAG, Place};
use crate::keeper::case::{DUE, Ground, HOUR, RETIRE_AFTER, keeper};
use crate::keeper::hand::Act;
use crate::keeper::watch::{Watch, Watched};
use crate::world::Said;

const ROTATED: &str = "rotated";
const DAY: Duration = Duration::from_hours(24);
/// How many hourly runs must be enough to finish what a run was kept from.
const HOURS: usize = 3;

/// Something that others do, and when.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub act: Act,
    /// After this many calls of the run.
    pub behind: usize,
    /// Whether all reads miss it for a while.
    pub late: bool,
}

/// What the hook and the run share.
struct Shared {
    watch: Watch,
    plan: Option<Plan>,
    /// The actions that apply in each gap between calls of the first run.
    gaps: Vec<Vec<Act>>,
    /// Whether the first run goes on.
    first: bool,
    rotation: Option<String>,
}

/// What has come out of it.
pub struct Ended {
    /// The action of each call of the first run.
    pub actions: Vec<String>,
    pub gaps: Vec<Vec<Act>>,
    pub invocations: usize,
    pub excused: usize,
    pub broken: Vec<String>,
    /// What is wrong with the account at the end.
    pub wrong: Vec<String>,
    /// Whether the last rotation or the last run of the keeper ended with an error.
    pub alarmed: bool,
    /// For a person to read.
    pub story: String,
}

/// A course under way.
pub struct Course<'a> {
    ground: &'a Ground,
    aws: Aws,
    shared: Arc<Mutex<Shared>>,
    asked: UnboundedReceiver<RotateRequest>,
    rotator: InProcess,
    said: Arc<Mutex<Vec<u8>>>,
    invocations: usize,
    story: String,
    /// Whether the last run of the keeper, and the last rotation, ended with an error.
    failed: (bool, bool),
    _logs: DefaultGuard,
}

impl Shared {
    fn gap(&mut self, aws: &Aws, place: Place<'_>, behind: usize) {
        if !self.first {
            return;
        }
        self.gaps
            .push(Act::all().filter(|act| act.applies(place)).collect());
        let due = |plan: &Plan| plan.behind == behind && plan.act.applies(place);
        let Some(plan) = self.plan.filter(due) else {
            return;
        };
        let (lag, done) = match plan.late {
            true => (LAG, aws.seen_late(LAG, || plan.act.apply(place))),
            false => (Duration::ZERO, plan.act.apply(place)),
        };
        self.watch
            .hand(aws, plan.act, &done, aws.clock().now() + lag);
        self.rotation = done.rotation.map(|(token, _)| token);
    }
}

impl<'a> Course<'a> {
    pub fn new(ground: &'a Ground, plan: Option<Plan>, hit: Option<&Hit>) -> Self {
        let aws = ground.snapshot.restore();
        let exposed = ground.case.exposed().then(|| ground.key.clone());
        let watched = Watched {
            arn: ground.arn.clone(),
            user: ground.user.clone(),
            exposed,
            at_once: ground.case.cuts_off(),
            retire_after: RETIRE_AFTER,
        };
        let mut watch = Watch::new(&aws, watched);
        watch.deactivated_before();
        watch.rotates = ground.case.exposed();
        let shared = Arc::new(Mutex::new(Shared {
            watch,
            plan,
            gaps: Vec::new(),
            first: true,
            rotation: None,
        }));
        let (arn, user) = (ground.arn.clone(), ground.user.clone());
        let (account, seen) = (aws.clone(), shared.clone());
        let hook = move |call: Option<&Call>| {
            // Fixes the SDK's jitter: it is the same after every call.
            fastrand::seed(1);
            let (aws, arn, user) = (&account, arn.as_str(), user.as_str());
            let mut shared = seen.lock().unwrap();
            if let Some(call) = call {
                shared.watch.look(aws, call);
            }
            let behind = call.map_or(0, |call| call.number);
            shared.gap(aws, Place { aws, arn, user }, behind);
        };
        hook(None);
        aws.on_call(move |call| hook(Some(call)));
        if let Some(hit) = hit {
            let (on, kind) = (When::Call(hit.call), hit.kind.clone());
            aws.inject(Fault { on, kind });
        }
        let (send, asked) = unbounded_channel();
        aws.on_rotate(move |request| {
            let _ = send.send(request);
        });
        let said = Arc::new(Mutex::new(Vec::new()));
        let writer = said.clone();
        let logs = logging::subscriber(LevelFilter::TRACE, move || Said(writer.clone()));
        Self {
            rotator: InProcess::new(&aws, Config::default()),
            ground,
            aws,
            shared,
            asked,
            said,
            invocations: 0,
            failed: (false, false),
            story: format!(
                "{:?} from {:?}, {plan:?}, {hit:?}",
                ground.case, ground.source
            ),
            _logs: tracing::subscriber::set_default(logs),
        }
    }

    /// Runs to the end.
    pub async fn run(mut self, hit: Option<&Hit>) -> Ended {
        let event = self.ground.case.event(&self.ground.arn, &self.ground.key);
        self.keep(event, hit).await;
        let actions = self.aws.calls().into_iter().map(|call| call.action);
        let actions = actions.collect();
        Ended {
            actions,
            ..self.rest().await
        }
    }

    /// Runs only what follows.
    pub async fn rest(mut self) -> Ended {
        self.shared.lock().unwrap().first = false;
        self.follow().await;
        let wrong = self.wrong();
        self.aws.forget_hooks();
        let mut shared = self.shared.lock().unwrap();
        Ended {
            actions: Vec::new(),
            gaps: std::mem::take(&mut shared.gaps),
            invocations: self.invocations,
            excused: shared.watch.excused,
            broken: std::mem::take(&mut shared.watch.broken),
            wrong,
            alarmed: self.failed.0 || self.failed.1,
            story: self.story,
        }
    }

    /// All that comes without another disturbance.
    async fn follow(&mut self) {
        self.aws.restore_secret(&self.ground.arn);
        let begun = self.shared.lock().unwrap().rotation.take();
        if let Some(token) = begun {
            self.rotate(Some(token)).await;
        }
        while let Ok(request) = self.asked.try_recv() {
            self.rotate(Some(request.token)).await;
        }
        self.hours().await;
        for _ in 0..2 {
            tokio::time::sleep(DAY).await;
            self.rotate(None).await;
        }
        tokio::time::sleep(DUE).await;
        self.hours().await;
    }

    async fn hours(&mut self) {
        for _ in 0..HOURS {
            tokio::time::sleep(HOUR).await;
            self.shared.lock().unwrap().watch.rotates = self.ground.case.exposed();
            self.keep(json!({"Action": "retire"}), None).await;
            while let Ok(request) = self.asked.try_recv() {
                self.rotate(Some(request.token)).await;
            }
        }
    }

    /// Invokes the keeper. Secrets Manager rotates meanwhile.
    async fn keep(&mut self, event: Value, hit: Option<&Hit>) {
        self.invocations += 1;
        let mut keeper = keeper(&self.aws, &self.ground.arn);
        let (aws, arn, rotator) = (&self.aws, &self.ground.arn, &mut self.rotator);
        let asked = &mut self.asked;
        let ended = {
            let rotations = async {
                while let Some(request) = asked.recv().await {
                    let _ = secrets_manager(aws, arn, rotator, Some(request.token)).await;
                }
            };
            let invoked = unwound(keeper.invoke(event.clone()));
            tokio::select! {
                biased;
                ended = invoked => ended,
                () = rotations => unreachable!("it waits for more"),
            }
        };
        self.judge(&event.to_string(), ended, hit);
    }

    /// One rotation, with as many attempts as Secrets Manager makes.
    async fn rotate(&mut self, token: Option<String>) {
        self.invocations += 1;
        self.shared.lock().unwrap().watch.rotates = true;
        let (aws, arn) = (&self.aws, &self.ground.arn);
        let ended = secrets_manager(aws, arn, &mut self.rotator, token).await;
        self.failed.1 = ended != ROTATED;
        self.story.push_str(&format!("\n  rotation -> {ended}"));
        self.hear(&ended);
        self.shared.lock().unwrap().watch.end(false);
    }

    fn judge(
        &mut self,
        event: &str,
        ended: Result<Result<Value, FunctionError>, String>,
        hit: Option<&Hit>,
    ) {
        self.failed.0 = !matches!(ended, Ok(Ok(_)));
        let told = match &ended {
            Ok(Ok(answer)) => answer.to_string(),
            Ok(Err(error)) => format!("{error}"),
            Err(panic) => format!("panic: {panic}"),
        };
        self.story.push_str(&format!("\n  {event} -> {told}"));
        self.hear(&told);
        let killed = hit.is_some_and(|hit| is_a_kill(&hit.kind));
        let mut shared = self.shared.lock().unwrap();
        match ended {
            Ok(Ok(_)) => {}
            Ok(Err(error)) if killed && error.error_type == "Runtime.ExitError" => {}
            Ok(Err(error)) if error.error_message.contains("What to do: ") => {}
            _ => shared
                .watch
                .broken
                .push("P8: a run ends without a way out".to_owned()),
        }
        shared.watch.end(hit.is_some());
    }

    /// Nothing confidential may be in what was said (P5).
    fn hear(&mut self, answer: &str) {
        let said = std::mem::take(&mut *self.said.lock().unwrap());
        let said = String::from_utf8_lossy(&said);
        let secrets = self.aws.confidential();
        if secrets
            .iter()
            .any(|secret| said.contains(secret) || answer.contains(secret))
        {
            let mut shared = self.shared.lock().unwrap();
            let what = "P5: something confidential was said".to_owned();
            shared.watch.broken.push(what);
        }
    }

    /// What is wrong at the end.
    fn wrong(&self) -> Vec<String> {
        let seen = Seen::of(&self.aws, &self.ground.arn, &self.ground.user);
        let usable = |label| seen.key_of(label).is_some_and(|key| key.usable);
        let mut wrong = Vec::new();
        if !usable(AWSCURRENT) {
            wrong.push("AWSCURRENT's key does not work".to_owned());
        }
        if usable(AWSPREVIOUS) {
            wrong.push("the replaced key was not retired".to_owned());
        }
        let exposed = self.ground.case.exposed().then_some(&self.ground.key);
        let key = exposed.and_then(|exposed| seen.key(exposed));
        if key.is_some_and(|key| key.usable) {
            wrong.push("P10: the exposed key still authenticates".to_owned());
        }
        wrong
    }
}

/// What Secrets Manager does for one rotation; the end in a word.
async fn secrets_manager(
    aws: &Aws,
    arn: &str,
    rotator: &mut InProcess,
    token: Option<String>,
) -> String {
    let options = RotateOptions {
        token,
        ..RotateOptions::default()
    };
    match rotate(aws, rotator, arn, options, &mut |_| {}).await {
        Ok(_) => ROTATED.to_owned(),
        Err(failed) => format!("{failed:?}"),
    }
}
