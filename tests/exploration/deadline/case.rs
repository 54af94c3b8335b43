//! One rotation under a timeout and slow calls, and the retry after they are over.

use std::time::Duration;

use sandbox::aws::{AWSCURRENT, Fault, FaultKind, When};
use sandbox::in_process::InProcess;
use sandbox::rotation::{Function, RotateOptions, RotationFailed, STEPS, StepReport, rotate};
use sandbox::setup::Source;
use tokio::time::Instant;

use super::invocation::Invocation;
use crate::world::World;

/// The timeout of a retry and of the next rotations: the README's recommendation.
const AMPLE: Duration = Duration::from_secs(120);
/// The pause before Secrets Manager retries the rotation.
const PAUSE: Duration = Duration::from_secs(60);
/// The time between two scheduled rotations (fact 12). Every late effect has happened by then.
const NEXT: Duration = Duration::from_secs(4 * 60 * 60);

/// A rotation and its faults.
#[derive(Clone, Debug)]
pub struct Case {
    pub source: Source,
    pub keys: u8,
    pub time_out: Duration,
    pub faults: Vec<Fault>,
}

/// The result of a case.
#[derive(Debug, Default)]
pub struct Ended {
    /// The invocations under the timeout.
    pub invocations: usize,
    /// Whether the last of them failed.
    pub failed: bool,
    /// The calls under the timeout.
    pub calls: usize,
    /// The broken promises.
    pub broken: Vec<String>,
}

impl Case {
    pub async fn run(&self) -> Ended {
        let mut world = World::from(self.source, self.keys);
        // Fixes the SDK's jitter: it is the same in every run, whatever else runs.
        world.aws.on_call(|_| fastrand::seed(1));
        fastrand::seed(1);
        for fault in &self.faults {
            world.aws.inject(fault.clone());
        }
        world.stage();
        let mut ended = self.attempt(&world).await;
        ended.calls = world.aws.calls().len();
        world.aws.clear_faults();
        if let Err(failed) = recover(&world, ended.failed, self.is_late()).await {
            ended.broken.push(failed);
        }
        for broken in &mut ended.broken {
            *broken = format!("{self:?}: {broken}");
        }
        ended
    }

    /// The steps under the timeout, until one fails or the faults are over.
    async fn attempt(&self, world: &World) -> Ended {
        let mut ended = Ended::default();
        let mut function = world.another_function().time_out(self.time_out);
        for step in STEPS {
            let before = Invocation::begin(world);
            let started = Instant::now();
            let result = function.invoke(world.event(step)).await;
            let report = StepReport {
                step,
                attempt: 1,
                took: started.elapsed(),
                result,
            };
            world.hear(&format!("{report:?}"));
            ended.invocations += 1;
            ended.broken.extend(before.judge(world, self, &report));
            if report.result.is_err() {
                ended.failed = true;
                break;
            }
            if !self.is_ahead(world) {
                break;
            }
        }
        ended
    }

    /// Whether a fault can still hit a call of the remaining steps.
    fn is_ahead(&self, world: &World) -> bool {
        self.faults.iter().any(|fault| match &fault.on {
            When::Call(nth) => *nth > world.aws.calls().len(),
            When::Action { action, nth } => *nth > world.count(action) && !is_of_creation(action),
            When::Every { action } => !is_of_creation(action),
        })
    }

    /// Whether an effect can still come after the function has ended.
    fn is_late(&self) -> bool {
        let late = |fault: &Fault| matches!(fault.kind, FaultKind::SlowEffect(_));
        self.faults.iter().any(late)
    }

    /// Whether only storing the key is refused, with certainty, and there is time to take the key away.
    pub fn refuses_to_store(&self) -> bool {
        let refusal = |fault: &Fault| match &fault.kind {
            FaultKind::Denied => true,
            FaultKind::ErrorBefore { status, .. } => *status == 400,
            _ => false,
        };
        let of_the_put = |fault: &Fault| match &fault.on {
            When::Action { action, .. } | When::Every { action } => action == "PutSecretValue",
            When::Call(_) => false,
        };
        let all = self.faults.iter();
        let refused = all.clone().any(of_the_put);
        let certain = all.clone().all(|fault| of_the_put(fault) && refusal(fault));
        refused && certain && self.time_out >= Duration::from_secs(45)
    }

    /// Whether no fault targets an action.
    pub fn spares(&self, action: &str) -> bool {
        self.faults.iter().all(|fault| match &fault.on {
            When::Action { action: hit, .. } | When::Every { action: hit } => hit != action,
            When::Call(_) => true,
        })
    }
}

/// Whether only createSecret calls the action.
fn is_of_creation(action: &str) -> bool {
    ["CreateAccessKey", "DeleteAccessKey", "PutSecretValue"].contains(&action)
}

/// The faults are over. The retry of the same token succeeds, or else the next rotation does. If effects were late,
/// the rotation after that succeeds too.
async fn recover(world: &World, failed: bool, late: bool) -> Result<(), String> {
    let mut function = world.another_function().time_out(AMPLE);
    if failed {
        tokio::time::sleep(PAUSE).await;
        if let Err(retry) = again(world, &mut function).await {
            tokio::time::sleep(NEXT).await;
            match again(world, &mut function).await {
                Err(next) if says(&next, "RotationReset") => {
                    tokio::time::sleep(NEXT).await;
                    let afresh = again(world, &mut function).await;
                    afresh.map_err(|failed| format!("not even afresh: {retry}, {next}, {failed}"))
                }
                next => next.map_err(|failed| format!("neither retry nor next: {retry}, {failed}")),
            }?;
        }
    }
    if late {
        tokio::time::sleep(NEXT).await;
        again(world, &mut function)
            .await
            .map_err(|again| format!("fails behind late effects: {again}"))?;
    }
    sound(world)
}

async fn again(world: &World, function: &mut InProcess) -> Result<(), RotationFailed> {
    let options = RotateOptions {
        pause: PAUSE,
        ..RotateOptions::default()
    };
    let rotated = rotate(&world.aws, function, world.arn(), options, &mut |_| {}).await;
    world.hear(&format!("{rotated:?}"));
    rotated.map(drop)
}

fn says(failed: &RotationFailed, error_type: &str) -> bool {
    matches!(failed, RotationFailed::Step { error, .. } if error.error_type == error_type)
}

/// Like [`World::assert_sound`], but reports instead of asserting.
fn sound(world: &World) -> Result<(), String> {
    let (keys, lost) = (world.keys(), world.lost_keys());
    if keys.len() > 2 || !lost.is_empty() {
        return Err(format!("P3: of the keys {keys:?} {lost:?} are lost"));
    }
    let current = world.value(AWSCURRENT).unwrap_or_default();
    let [id, secret] =
        ["accesskey", "secretkey"].map(|field| current[field].as_str().unwrap_or_default());
    if world.aws.authenticates(id, secret) {
        Ok(())
    } else {
        Err(format!("P2: AWSCURRENT's {id} does not work"))
    }
}
