//! The real binary, killed with SIGKILL at every call of a rotation: before the call's effect, and between the effect
//! and the response. Secrets Manager retries with a new process. After a kill at a change, it also rotates once more
//! at the next date.
//!
//! The binary runs on the real clock. It waits only when it searches for a key that the killed process made and did
//! not store. So many of these rotations run side by side.

use std::fmt;
use std::time::Duration;

use sandbox::aws::{AWSCURRENT, Call, Fault, FaultKind, Outcome, When};
use sandbox::rotation::{RotationReport, StepReport};
use sandbox::setup::Source;
use tokio::task::{JoinSet, LocalSet};

use crate::faults::is_short;
use crate::figures::figure;
use crate::local::Local;
use crate::look::{assert_sound, key_of, keys, lost_keys};
use crate::watch::{After, Watch, current_works, watch};

/// How many rotations run side by side: more than ever wait in the search for a lost key at once.
const AT_ONCE: usize = 24;
/// The time between rotations: at least 4 h (fact 12).
const LATER: Duration = Duration::from_hours(24);

/// The credential source, and how many keys the user has at first.
const WORLDS: [(Source, u8); 7] = [
    (Source::SelfKey, 1),
    (Source::SelfKey, 2),
    (Source::Administrator, 1),
    (Source::Administrator, 2),
    (Source::Role, 0),
    (Source::Role, 1),
    (Source::Role, 2),
];

#[derive(Clone, Copy, Debug)]
enum Moment {
    BeforeTheEffect,
    BehindTheEffect,
}

impl Moment {
    /// Blocks the call's effect, or its response. The process has seen neither when it dies.
    fn fault(self) -> FaultKind {
        match self {
            Self::BeforeTheEffect => FaultKind::TimedOutBefore,
            Self::BehindTheEffect => FaultKind::TimedOutAfter,
        }
    }
}

/// Where the process is killed.
#[derive(Debug)]
struct Kill {
    source: Source,
    keys: u8,
    call: usize,
    action: String,
    moment: Moment,
}

impl Kill {
    /// A kill at a read leaves the same state as a kill at the change before it.
    fn cuts_a_change(&self) -> bool {
        !["Describe", "Get", "List"]
            .iter()
            .any(|verb| self.action.starts_with(verb))
    }
}

impl fmt::Display for Kill {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            source,
            keys,
            call,
            action,
            moment,
        } = self;
        write!(
            formatter,
            "{source:?}, {keys} keys, killed at call {call}, {action}, {moment:?}"
        )
    }
}

/// The calls of an undisturbed rotation.
async fn undisturbed(source: Source, keys: u8) -> Vec<Call> {
    let mut local = Local::from(source, keys).await;
    local.rotate().await.unwrap();
    let calls = local.aws.calls();
    local.logs().await;
    calls
}

/// Every kill, ordered by call.
async fn every_kill() -> Vec<Kill> {
    let mut kills = Vec::new();
    for (source, keys) in WORLDS {
        for call in undisturbed(source, keys).await {
            for moment in [Moment::BeforeTheEffect, Moment::BehindTheEffect] {
                kills.push(Kill {
                    source,
                    keys,
                    call: call.number,
                    action: call.action.clone(),
                    moment,
                });
            }
        }
    }
    // So the kills in the middle of a rotation, which make the next process wait, do not run last.
    kills.sort_by_key(|kill| kill.call);
    kills
}

/// The secret of a function whose process dies at one of its calls.
struct Rotated {
    local: Local,
    watch: Watch,
    about: String,
}

impl Rotated {
    async fn new(kill: &Kill) -> Self {
        let local = Local::from(kill.source, kill.keys).await;
        let watch = watch(&local.aws, &local.prepared.secret_arn, After::default());
        local.aws.inject(Fault {
            on: When::Call(kill.call),
            kind: kill.moment.fault(),
        });
        let (killer, last) = (local.function.killer(), kill.call);
        local.aws.on_call(move |call| {
            if call.number == last {
                killer.kill();
            }
        });
        Self {
            local,
            watch,
            about: kill.to_string(),
        }
    }

    fn keys(&self) -> Vec<String> {
        keys(&self.local.aws, &self.local.prepared)
    }

    fn current_key(&self) -> Option<String> {
        let arn = &self.local.prepared.secret_arn;
        key_of(&self.local.aws, arn, AWSCURRENT)
    }

    /// A rotation that moves AWSCURRENT. The key that AWSCURRENT held before still works (P6).
    async fn rotate(&mut self, attempts: u32) -> RotationReport {
        let old = self.current_key();
        let rotated = self.local.rotate_within(attempts).await;
        let about = &self.about;
        let broken = self.watch.lock().unwrap().broken.clone();
        assert!(broken.is_empty(), "{about}: P1: {broken:?}");
        let said = format!("{rotated:?}");
        for secret in self.local.aws.confidential() {
            assert!(!said.contains(&secret), "{about}: P5 in an answer");
        }
        let report = rotated.unwrap_or_else(|failed| panic!("{about}: {failed:?}"));
        assert_ne!(self.current_key(), old, "{about}: AWSCURRENT stayed");
        let arn = &self.local.prepared.secret_arn;
        assert!(current_works(&self.local.aws, arn), "{about}: P2");
        if let Some(old) = old {
            assert!(self.keys().contains(&old), "{about}: P6");
        }
        report
    }

    fn assert_sound(&self) {
        assert_sound(&self.local.aws, &self.local.prepared, &self.about);
    }

    /// A first key that its process did not store blocks nothing, and the next rotation deletes it.
    fn assert_at_most_one_key_is_lost(&self) {
        let lost = lost_keys(&self.local.aws, &self.local.prepared);
        assert!(lost.len() <= 1, "{}: P3: {lost:?}", self.about);
    }

    /// P4: of the keys that one token made, exactly one remains.
    fn assert_one_of(&self, made: &[String]) {
        let mut left = self.keys();
        left.retain(|key| made.contains(key));
        assert_eq!(left.len(), 1, "{}: P4: {left:?}", self.about);
    }
}

/// Whether SIGKILL ended the step's process.
fn is_killed(step: &StepReport) -> bool {
    step.result.as_ref().is_err_and(|error| {
        error.error_type == "Runtime.ExitError" && error.error_message.contains("signal: 9")
    })
}

/// Kills a rotation and retries it once. Returns the number of rotations that succeeded.
async fn survives(kill: Kill) -> usize {
    let mut secret = Rotated::new(&kill).await;
    let before = secret.keys();
    let report = secret.rotate(2).await;

    let killed = report.steps.iter().filter(|step| is_killed(step)).count();
    assert_eq!(killed, 1, "{kill}: {:?}", report.steps);
    let calls = secret.local.aws.calls();
    let lost: Vec<_> = calls
        .iter()
        .filter(|call| call.outcome == Outcome::Lost)
        .map(|call| call.number)
        .collect();
    // Two reads at the same time can arrive in either order.
    assert_eq!(lost, [kill.call], "{kill}");

    let mut made = secret.keys();
    made.retain(|key| !before.contains(key));
    if kill.keys == 0 {
        secret.assert_at_most_one_key_is_lost();
    } else {
        secret.assert_sound();
        secret.assert_one_of(&made);
    }

    let mut rotations = 1;
    if kill.keys == 0 || kill.cuts_a_change() {
        secret.local.aws.age(LATER);
        secret.rotate(1).await;
        secret.assert_sound();
        secret.assert_one_of(&made);
        rotations += 1;
    }
    secret.local.logs_without_secrets(&secret.about).await;
    rotations
}

/// Returns the number of kills, of rotations that succeeded after them, and of kills that failed.
async fn explore() -> (usize, usize, usize) {
    let (mut kills, mut rotations, mut failed) = (0, 0, 0);
    let mut waiting = every_kill().await.into_iter();
    let mut running = JoinSet::new();
    loop {
        while running.len() < AT_ONCE
            && let Some(kill) = waiting.next()
        {
            running.spawn_local(survives(kill));
            kills += 1;
        }
        match running.join_next().await {
            Some(Ok(rotated)) => rotations += rotated,
            Some(Err(_)) => failed += 1,
            None => return (kills, rotations, failed),
        }
    }
}

#[tokio::test]
async fn a_rotation_killed_at_any_call_is_completed_by_the_next_process() {
    if is_short() {
        return;
    }
    // A rotation's observer is not Send, so it stays on one thread.
    let (kills, rotations, failed) = LocalSet::new().run_until(explore()).await;
    assert_eq!(failed, 0, "{failed} of {kills} kills, each named above");
    figure("kills of the real process", kills);
    figure("rotations of the real process after a kill", rotations);
}
