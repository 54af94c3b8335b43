//! One invocation of the function, from a state of the account, with faults in its way.

use std::cell::Cell;
use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use iam_key_rotator::logging;
use sandbox::aws::{Aws, Fault, FaultKind, Lens, When};
use sandbox::in_process::InProcess;
use sandbox::rotation::{Function, FunctionError, event};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::DefaultGuard;

use crate::explorer::kinds::HISTORY;
use crate::explorer::past::Begun;
use crate::explorer::promises::{Promises, Watched};
use crate::explorer::protocol::{Next, Pauses, Phase, SecretsManager, Stage, invoke};
use crate::explorer::scenarios::{Expect, Scenario};
use crate::explorer::soundness::notes;
use crate::explorer::trace::{Trace, Traced, hash};
use crate::world::Said;

/// The faults of one invocation.
pub type Faults = Vec<Hit>;

/// A fault, and the call that it hits.
#[derive(Clone)]
pub struct Hit {
    /// Counted from 1.
    pub call: usize,
    /// The call's action, if it is known.
    pub action: String,
    pub kind: FaultKind,
}

impl fmt::Debug for Hit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} on call {} {}", self.kind, self.call, self.action)
    }
}

/// A scenario under exploration.
pub struct Ground {
    pub scenario: Scenario,
    pub arn: String,
    pub user: String,
    /// Whether ages count to the second.
    pub exact: bool,
    said: Arc<Mutex<Vec<u8>>>,
    pub log_lines: Cell<usize>,
    _logs: DefaultGuard,
}

/// An invocation that has ended.
pub struct Ran {
    pub aws: Aws,
    pub phase: Phase,
    pub result: Result<(), FunctionError>,
    pub calls: Vec<Traced>,
    /// The account's record, for a person to read.
    pub record: Vec<String>,
    pub broken: Vec<String>,
}

impl Ground {
    /// Sets up a scenario. Returns its first invocation too.
    pub async fn new(scenario: Scenario, exact: bool) -> (Self, Stage) {
        let said = Arc::new(Mutex::new(Vec::new()));
        let writer = said.clone();
        let logs = logging::subscriber(LevelFilter::TRACE, move || Said(writer.clone()));
        let _logs = tracing::subscriber::set_default(logs);
        let Begun { aws, prepared, .. } = scenario.begin().await;
        let ground = Self {
            scenario,
            arn: prepared.secret_arn,
            user: prepared.username,
            exact,
            said,
            log_lines: Cell::new(0),
            _logs,
        };
        let notes = notes(&aws, &ground.arn, &ground.user);
        let phase = ground.secrets_manager().begin(&aws, 0, notes);
        let Next::Invoke(stage) = invoke(&aws, phase).await else {
            unreachable!("a beginning");
        };
        (ground, *stage)
    }

    fn secrets_manager(&self) -> SecretsManager<'_> {
        SecretsManager {
            scenario: &self.scenario,
            arn: &self.arn,
            user: &self.user,
        }
    }

    /// Everything that makes a difference to an invocation and to all that follows.
    pub fn lens(&self, phase: &Phase, history: usize) -> Lens {
        let mut notes = phase.notes.clone();
        if let Some(protected) = &phase.protected {
            notes
                .entry(protected.clone())
                .or_default()
                .push_str(" protected");
        }
        Lens {
            history,
            exact: self.exact,
            timeless: false,
            names: vec![
                (phase.token.clone(), "<token>".to_owned()),
                (phase.rotation_token.clone(), "<rotation token>".to_owned()),
            ],
            notes,
        }
    }

    /// A stage's identity. If no fault is to come, only an earlier one can make a read stale.
    pub fn key(&self, stage: &Stage, faults_left: bool) -> u64 {
        let history = if faults_left { HISTORY } else { 0 };
        let lens = self.lens(&stage.phase, history);
        let state = stage.snapshot.restore().canonical(&lens);
        let Phase {
            rotation,
            attempt,
            step,
            ..
        } = stage.phase;
        hash((rotation, attempt, step, faults_left, state))
    }

    fn function(&self, aws: &Aws, phase: &Phase, time_out: Option<Duration>) -> InProcess {
        let environment = &self.scenario.environment;
        let (ahead, behind) = (environment.ahead, environment.behind);
        let function = InProcess::with_clock(aws, self.scenario.config_at(phase), ahead, behind);
        match time_out {
            Some(time_out) => function.time_out(time_out),
            None => function,
        }
    }

    /// Runs an invocation. Traces its calls if something can follow from them.
    pub async fn invoke(
        &self,
        stage: &Stage,
        faults: &Faults,
        traced: bool,
        time_out: Option<Duration>,
    ) -> Ran {
        let aws = stage.snapshot.restore();
        let phase = &stage.phase;
        let garbled = faults.iter().filter(|hit| hit.kind == FaultKind::Garbled);
        let refuses = matches!(self.scenario.expect, Expect::Refuses(_));
        let watched = Watched {
            arn: self.arn.clone(),
            user: self.user.clone(),
            protected: phase.protected.clone(),
            settles: self.scenario.environment.settles(),
            unchanged: refuses || self.scenario.test || self.scenario.environment.blocks(),
            garbled: garbled.map(|hit| hit.call).collect(),
        };
        let promises = Arc::new(Mutex::new(Promises::new(&aws, watched)));
        let trace = Arc::new(Mutex::new(Trace::default()));
        let lens = self.lens(phase, HISTORY);
        if traced {
            trace.lock().unwrap().begin(&aws, &lens);
        }
        let (seen, calls, account) = (promises.clone(), trace.clone(), aws.clone());
        aws.on_call(move |call| {
            // Fixes the SDK's jitter: it is the same after every call.
            fastrand::seed(1);
            seen.lock().unwrap().look(&account, call);
            if traced {
                calls.lock().unwrap().add(&account, &lens, call);
            }
        });
        for hit in faults {
            let (on, kind) = (When::Call(hit.call), hit.kind.clone());
            aws.inject(Fault { on, kind });
        }
        fastrand::seed(1);
        let mut function = self.function(&aws, phase, time_out);
        let asked = event(
            phase.step(),
            &self.arn,
            &phase.token,
            Some(&phase.rotation_token),
        );
        let answer = unwound(function.invoke(asked)).await;
        aws.forget_hooks();

        let mut phase = phase.clone();
        let mut promises = promises.lock().unwrap();
        for key in &promises.made {
            let note = format!("made in rotation {}", phase.rotation);
            phase.notes.insert(key.clone(), note);
        }
        let mut broken = std::mem::take(&mut promises.broken);
        let said = self.said(&format!("{answer:?}"));
        if let Some(secret) = aws
            .confidential()
            .iter()
            .find(|secret| said.contains(*secret))
        {
            broken.push(format!(
                "P5: something confidential was said: {}…",
                &secret[..12]
            ));
        }
        let killed = faults.iter().any(|hit| is_a_kill(&hit.kind));
        let result = match answer {
            Ok(answer) => answer.map(drop),
            Err(panic) => Err(FunctionError {
                error_type: "panic".to_owned(),
                error_message: panic,
            }),
        };
        if let Err(error) = &result {
            broken.extend(self.bad_error(error, killed));
        }
        // One fault that does not end the process loses no key, not even for a while.
        let calm = faults.len() < 2 && !stage.snapshot.is_stale() && time_out.is_none();
        if calm && !killed {
            broken.extend(promises.lost());
        }
        let calls = aws.calls();
        Ran {
            record: calls
                .iter()
                .map(|call| format!("{} {} {:?}", call.number, call.action, call.outcome))
                .collect(),
            aws,
            phase,
            result,
            calls: std::mem::take(&mut trace.lock().unwrap().calls),
            broken,
        }
    }

    /// What the function said, logs included. Clears it.
    pub fn said(&self, answer: &str) -> String {
        let said = std::mem::take(&mut *self.said.lock().unwrap());
        let logs = String::from_utf8_lossy(&said);
        self.log_lines
            .set(self.log_lines.get() + logs.lines().count());
        format!("{logs}{answer}")
    }

    /// What is wrong with an error (P8).
    pub fn bad_error(&self, error: &FunctionError, killed: bool) -> Option<String> {
        let own = !error.error_type.contains('.') && error.error_type != "panic";
        let fine = match error.error_type.as_str() {
            "Runtime.ExitError" => killed,
            _ => own && error.error_message.contains("What to do: "),
        };
        (!fine).then(|| format!("P8: it ends with {error}"))
    }

    /// What Secrets Manager does after an invocation.
    pub async fn next(&self, ran: &Ran, pauses: Pauses) -> Next {
        // Other pauses continue from the same end.
        let aws = ran.aws.snapshot().restore();
        self.secrets_manager()
            .next(&aws, &ran.phase, &ran.result, pauses)
            .await
    }

    /// Runs a step that has just succeeded once more: it succeeds again, and changes nothing (P4).
    pub async fn repeat(&self, ran: &Ran) -> Vec<String> {
        let stage = Stage {
            snapshot: ran.aws.snapshot(),
            phase: ran.phase.clone(),
        };
        let lens = Lens {
            timeless: true,
            ..self.lens(&stage.phase, 0)
        };
        let again = self.invoke(&stage, &Vec::new(), false, None).await;
        let mut broken = again.broken;
        if let Err(error) = &again.result {
            broken.push(format!(
                "P4: a step that had succeeded fails when repeated: {error}"
            ));
        }
        if again.aws.canonical(&lens) != ran.aws.canonical(&lens) {
            broken.push("P4: a step that had succeeded changes something when repeated".to_owned());
        }
        broken
    }
}

pub fn is_a_kill(kind: &FaultKind) -> bool {
    matches!(kind, FaultKind::KilledBefore | FaultKind::KilledAfter)
}

/// A future's outcome, or the panic that ended it.
pub async fn unwound<T>(future: impl Future<Output = T>) -> Result<T, String> {
    let mut future = pin!(future);
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Err(panic) => Poll::Ready(Err(said_by(panic.as_ref()))),
        }
    })
    .await
}

fn said_by(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    text.unwrap_or_else(|| "a panic without a text".to_owned())
}
