//! One run of some steps, polled by hand: it continues only when the scheduler says so.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use iam_key_rotator::Config;
use sandbox::aws::Aws;
use sandbox::in_process::InProcess;
use sandbox::rotation::{Function, FunctionError, event};
use serde_json::Value;

use super::asked::Asked;
use super::gate::Gate;
use crate::keeper::case::{Case, TIME_OUT, settings};

/// What a process does, in order. It ends with the first step that fails.
#[derive(Clone, Debug)]
pub struct Script {
    pub arn: String,
    pub token: String,
    pub rotation_token: String,
    pub items: Vec<Item>,
    /// The key that the keeper's runs are about.
    pub key: String,
    /// If it makes calls at the same time, the newest reaches the account first.
    pub newest_first: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// Secrets Manager invokes the function.
    Step(&'static str),
    /// Secrets Manager begins the next rotation, with this token.
    Stage(&'static str),
    /// Secrets Manager takes up the next rotation that is asked for.
    Asked,
    /// The schedule or a person invokes the keeper.
    Keep(Case),
}

/// The gate's names for Secrets Manager's own actions, which are not calls of the function. A process may begin late.
/// After that, each step follows the one before at once, and a rotation that is asked for begins at once.
pub const INVOKE: &str = "invoke";
pub const STAGE: &str = "stage";
pub const BEGIN: &str = "begin";

pub type Ended = Result<Value, FunctionError>;

pub struct Process {
    future: Option<Pin<Box<dyn Future<Output = ()>>>>,
    flag: Arc<Flag>,
    pub gate: Gate,
    pub asked: Asked,
    ended: Arc<Mutex<Vec<Ended>>>,
}

/// Where a process stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// This call waits at the gate.
    Gated(String),
    /// It waits for time to pass.
    Asleep,
    /// It waits until a rotation is asked for.
    Unasked,
    Over,
}

impl Script {
    /// Whether it is the keeper that is invoked.
    pub fn is_kept(&self) -> bool {
        let mut items = self.items.iter();
        items.any(|item| matches!(item, Item::Keep(_)))
    }

    /// Whether it carries out what is asked for.
    pub fn is_asked(&self) -> bool {
        self.items.contains(&Item::Asked)
    }
}

impl Process {
    /// Starts a process, up to the gate before its first invocation. Its number tells its invocations from another's.
    pub fn start(aws: &Aws, number: usize, script: Script) -> Self {
        let gate = match script.newest_first {
            true => Gate::newest_first(),
            false => Gate::default(),
        };
        let client = gate.http_client(aws);
        // The SDK makes up tokens from numbers that it draws when a client is built.
        fastrand::seed(u64::try_from(number).unwrap());
        let function = match script.is_kept() {
            true => InProcess::keeper_with_http_client(aws, settings(&script.arn), client)
                .time_out(TIME_OUT),
            false => InProcess::with_http_client(aws, Config::default(), client),
        };
        let function = function.numbered(u32::try_from(number).unwrap());
        let (asked, ended) = (Asked::default(), Arc::default());
        if script.is_asked() {
            asked.hear(aws);
        }
        let mut process = Self {
            future: Some(Box::pin(run(
                script,
                aws.clone(),
                function,
                gate.clone(),
                asked.clone(),
                Arc::clone(&ended),
            ))),
            flag: Arc::default(),
            gate,
            asked,
            ended,
        };
        process.go_on();
        process
    }

    /// Runs as far as it can without another call or more time.
    pub fn go_on(&mut self) {
        let waker = Waker::from(self.flag.clone());
        let mut context = Context::from_waker(&waker);
        while let Some(future) = &mut self.future {
            self.flag.woken.store(false, Ordering::SeqCst);
            // The SDK draws its jitter from the thread's generator, which all processes share.
            fastrand::seed(1);
            if future.as_mut().poll(&mut context).is_ready() {
                self.future = None;
            } else if !self.is_woken() {
                break;
            }
        }
    }

    pub fn status(&self) -> Status {
        match self.gate.waiting() {
            _ if self.future.is_none() => Status::Over,
            Some(call) => Status::Gated(call),
            None if self.asked.is_awaited() => Status::Unasked,
            None => Status::Asleep,
        }
    }

    /// Continues if its time has come, and says whether that changed anything: the SDK looks at the clock ten times a
    /// second while it waits for a response.
    pub fn wake(&mut self) -> bool {
        let seen = |process: &Self| (process.status(), process.gate.arrivals());
        let before = seen(self);
        if self.is_woken() {
            self.go_on();
        }
        seen(self) != before
    }

    /// How its invocations ended, so far.
    pub fn ended(&self) -> Vec<Ended> {
        self.ended.lock().unwrap().clone()
    }

    /// Whether the time that it waited for has come.
    pub fn is_woken(&self) -> bool {
        self.future.is_some() && self.flag.woken.load(Ordering::SeqCst)
    }

    /// Wakes the scheduler's task too.
    pub fn watch(&self, scheduler: &Waker) {
        *self.flag.scheduler.lock().unwrap() = Some(scheduler.clone());
    }
}

async fn run(
    script: Script,
    aws: Aws,
    mut function: InProcess,
    gate: Gate,
    asked: Asked,
    ended: Arc<Mutex<Vec<Ended>>>,
) {
    let (arn, mut token) = (script.arn, script.token);
    let mut rotation_token = script.rotation_token;
    let mut first = Some(INVOKE);
    for item in script.items {
        match item {
            Item::Stage(next) => {
                if first.take().is_some() {
                    gate.pass(format!("{INVOKE} {arn} {item:?}")).await;
                    gate.answered("200".to_owned());
                }
                gate.pass(format!("{STAGE} {arn} {next}")).await;
                token = aws.stage_pending(&arn, next).unwrap();
                rotation_token = aws.make_rotation_token(&arn);
                gate.answered(format!("200 {token}"));
            }
            Item::Asked => {
                token = asked.next().await;
                rotation_token = aws.make_rotation_token(&arn);
                first = Some(BEGIN);
            }
            Item::Step(_) | Item::Keep(_) => {
                let event = match item {
                    Item::Keep(case) => case.event(&arn, &script.key),
                    Item::Step(step) => event(step, &arn, &token, Some(&rotation_token)),
                    Item::Stage(_) | Item::Asked => unreachable!("no invocation"),
                };
                if let Some(how) = first.take() {
                    gate.pass(format!("{how} {arn} {item:?} {token}")).await;
                    gate.answered("200".to_owned());
                }
                let result = function.invoke(event).await;
                let failed = result.is_err();
                ended.lock().unwrap().push(result);
                if failed {
                    return;
                }
            }
        }
    }
}

#[derive(Debug, Default)]
struct Flag {
    woken: AtomicBool,
    scheduler: Mutex<Option<Waker>>,
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        if let Some(scheduler) = self.scheduler.lock().unwrap().take() {
            scheduler.wake();
        }
    }
}
