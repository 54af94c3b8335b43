//! One invocation with a hand between two of its calls.

use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_async::time::TimeSource;
use iam_key_rotator::{Config, FieldNames};
use sandbox::aws::{Aws, Fault, FaultKind, Snapshot, When};
use sandbox::in_process::InProcess;
use sandbox::rotation::{Function, FunctionError, event};

use crate::explorer::invocation::{Faults, Ground, is_a_kill, unwound};
use crate::explorer::protocol::Phase;
use crate::explorer::soundness::FOREIGN;
use crate::explorer::trace::hash;
use crate::hands::hand::{ANOTHER_USER, Done, Hand, LAG, Place};
use crate::hands::marks::{Marks, attempt};
use crate::hands::then::Course;
use crate::hands::watch::{Watch, Watched};

/// A hand, and when it comes.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub hand: Hand,
    /// After this many of the invocation's calls.
    pub behind: usize,
    /// Whether all reads miss it for a while.
    pub late: bool,
}

/// The account just before an invocation.
#[derive(Clone)]
pub struct Stop {
    pub snapshot: Snapshot,
    pub phase: Phase,
    pub marks: Marks,
    /// Whether the field names in the settings are changed.
    pub configured: bool,
    /// Faults that last until the next rotation.
    pub lasting: Vec<Fault>,
    pub story: Rc<Story>,
}

/// How it was reached.
pub struct Story {
    pub before: Option<Rc<Story>>,
    pub text: String,
}

impl Story {
    pub fn tell(&self) -> String {
        let before = self.before.as_ref().map(|story| story.tell());
        before.unwrap_or_default() + "\n  " + &self.text
    }
}

/// An invocation that has ended.
pub struct Ran {
    pub aws: Aws,
    pub stop: Stop,
    pub result: Result<(), FunctionError>,
    /// The action of each call.
    pub actions: Vec<String>,
    /// The hands that apply before the first call, after the first call, and so on.
    pub gaps: Vec<Vec<Hand>>,
    pub broken: Vec<String>,
    pub excused: usize,
    /// The rotation that the hand began.
    pub began: Option<(String, String)>,
    /// Whether the hand came.
    pub handled: bool,
}

/// What the hook and the invocation share.
struct Shared {
    watch: Watch,
    gaps: Vec<Vec<Hand>>,
    done: Option<Done>,
}

pub fn stop(ground: &Ground, snapshot: Snapshot, phase: Phase) -> Stop {
    let aws = snapshot.restore();
    aws.create_user_in(account(&aws, &ground.user), "/", ANOTHER_USER);
    aws.create_access_key(ANOTHER_USER);
    let text = ground.scenario.name();
    Stop {
        snapshot: aws.snapshot(),
        phase,
        marks: Marks::default(),
        configured: false,
        lasting: Vec::new(),
        story: Rc::new(Story { before: None, text }),
    }
}

/// The account that a user belongs to.
fn account(aws: &Aws, user: &str) -> &'static str {
    let arn = aws.user_arn(user);
    match arn.contains(sandbox::aws::OTHER_ACCOUNT) {
        true => sandbox::aws::OTHER_ACCOUNT,
        false => sandbox::aws::ACCOUNT,
    }
}

/// Two stops with the same key continue in the same way.
pub fn key(ground: &Ground, stop: &Stop, course: &Course) -> u64 {
    let phase = &stop.phase;
    let mut lens = ground.lens(phase, 0);
    for (key, note) in stop.marks.notes() {
        lens.notes.entry(key).or_default().push_str(&note);
    }
    let marks = (
        stop.marks.handled,
        stop.marks.moved_current,
        stop.configured,
    );
    let lasting = format!("{:?}", stop.lasting);
    let account = stop.snapshot.restore().canonical(&lens);
    let at = (
        phase.rotation,
        phase.attempt,
        phase.step,
        course.last_rotation,
    );
    hash((at, marks, lasting, account))
}

fn config(ground: &Ground, stop: &Stop) -> Config {
    let config = ground.scenario.config_at(&stop.phase);
    if !stop.configured {
        return config;
    }
    Config {
        fields: FieldNames {
            access_key: Some("key_id".to_owned()),
            secret_key: Some("key_secret".to_owned()),
            ..FieldNames::default()
        },
        ..config
    }
}

/// Runs an invocation with a hand and with faults.
pub async fn run(ground: &Ground, stop: &Stop, plan: Option<Plan>, faults: &Faults) -> Ran {
    let aws = stop.snapshot.restore();
    let phase = &stop.phase;
    let garbled = faults.iter().filter(|hit| hit.kind == FaultKind::Garbled);
    let watched = Watched {
        arn: ground.arn.clone(),
        users: vec![ground.user.clone(), ANOTHER_USER.to_owned()],
        token: phase.token.clone(),
        attempt: attempt(phase),
        protected: phase.protected.clone(),
        any_goes: ground.scenario.in_use == iam_key_rotator::DeleteKeyInUse::Any,
        garbled: garbled.map(|hit| hit.call).collect(),
    };
    let shared = Arc::new(Mutex::new(Shared {
        watch: Watch::new(&aws, watched, stop.marks.clone()),
        gaps: Vec::new(),
        done: None,
    }));
    let (arn, user) = (ground.arn.clone(), ground.user.clone());
    let at_gap = move |aws: &Aws, shared: &mut Shared, behind: usize| {
        let (arn, user) = (arn.as_str(), user.as_str());
        let place = Place { aws, arn, user };
        match plan {
            None => {
                let hands = Hand::all().filter(|hand| hand.applies(place));
                shared.gaps.push(hands.collect());
            }
            Some(plan) if plan.behind == behind && plan.hand.applies(place) => {
                let done = match plan.late {
                    true => aws.seen_late(LAG, || plan.hand.apply(place)),
                    false => plan.hand.apply(place),
                };
                let lag = if plan.late { LAG } else { Duration::ZERO };
                let until = aws.clock().now() + lag;
                shared.watch.hand(aws, plan.hand, &done, behind, until);
                shared.done = Some(done);
            }
            Some(_) => {}
        }
    };
    at_gap(&aws, &mut shared.lock().unwrap(), 0);
    let (seen, account) = (shared.clone(), aws.clone());
    aws.on_call(move |call| {
        // Fixes the SDK's jitter: it is the same after every call.
        fastrand::seed(1);
        let mut shared = seen.lock().unwrap();
        shared.watch.look(&account, call);
        at_gap(&account, &mut shared, call.number);
    });
    for fault in &stop.lasting {
        aws.inject(fault.clone());
    }
    for hit in faults {
        let (on, kind) = (When::Call(hit.call), hit.kind.clone());
        aws.inject(Fault { on, kind });
    }
    fastrand::seed(1);
    let environment = &ground.scenario.environment;
    let (ahead, behind) = (environment.ahead, environment.behind);
    let mut function = InProcess::with_clock(&aws, config(ground, stop), ahead, behind);
    let rotation_token = Some(phase.rotation_token.as_str());
    let asked = event(phase.step(), &ground.arn, &phase.token, rotation_token);
    let answer = unwound(function.invoke(asked)).await;
    aws.forget_hooks();

    let mut shared = shared.lock().unwrap();
    shared.watch.end();
    let mut broken = std::mem::take(&mut shared.watch.broken);
    let said = ground.said(&format!("{answer:?}"));
    if aws
        .confidential()
        .iter()
        .any(|secret| said.contains(secret))
    {
        broken.push("P5: something confidential was said".to_owned());
    }
    let killed = faults.iter().any(|hit| is_a_kill(&hit.kind));
    let result = answer.map_or_else(
        |panic| {
            let error_type = "panic".to_owned();
            Err(FunctionError {
                error_type,
                error_message: panic,
            })
        },
        |answer| answer.map(drop),
    );
    if let Err(error) = &result
        && ground.bad_error(error, killed).is_some()
    {
        broken.push(format!("P8: it ends with {}", error.error_type));
    }
    let done = shared.done.take();
    let mut next = stop.clone();
    let own = shared.watch.made.iter().cloned();
    let own = own.map(|key| (key, format!("made with {}", phase.token)));
    let hands = done.iter().filter_map(|done| done.made.clone());
    let hands = hands.map(|key| (key, FOREIGN.to_owned()));
    next.phase.notes.extend(own.chain(hands));
    next.marks = shared.watch.marks.clone();
    let configures = plan.is_some_and(|plan| plan.hand == Hand::Configure);
    next.configured = stop.configured || configures;
    let calls = aws.calls();
    let text = format!(
        "{}{}{}: {} -> {}",
        phase.name(),
        plan.map(|plan| format!(", {plan:?}")).unwrap_or_default(),
        if faults.is_empty() {
            String::new()
        } else {
            format!(", {faults:?}")
        },
        calls
            .iter()
            .map(|call| format!("{} {} {:?}", call.number, call.action, call.outcome))
            .collect::<Vec<_>>()
            .join("; "),
        result
            .as_ref()
            .map_or_else(|error| error.error_type.clone(), |()| "ok".to_owned()),
    );
    let before = Some(stop.story.clone());
    next.story = Rc::new(Story { before, text });
    Ran {
        stop: next,
        result,
        actions: calls.into_iter().map(|call| call.action).collect(),
        gaps: std::mem::take(&mut shared.gaps),
        broken,
        excused: shared.watch.excused,
        handled: done.is_some(),
        began: done.and_then(|done| done.rotation),
        aws,
    }
}
