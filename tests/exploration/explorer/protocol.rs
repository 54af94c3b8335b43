//! Secrets Manager's side, split into single invocations: what it does between two of them.

use std::collections::HashMap;
use std::time::Duration;

use aws_smithy_async::time::TimeSource;
use sandbox::aws::{AWSCURRENT, AWSPENDING, Aws, Snapshot};
use sandbox::rotation::{FunctionError, STEPS, TEST_SECRET};

use crate::explorer::scenarios::{Expect, Scenario};
use crate::explorer::seen::Seen;
use crate::explorer::soundness::unsound;

/// How often Secrets Manager runs a whole rotation.
pub const ATTEMPTS: u8 = 3;
/// Rotations after this one are not waited for.
const LAST_ROTATION: u8 = 4;

/// Which invocation comes next.
#[derive(Clone)]
pub struct Phase {
    /// 0 for the first rotation.
    pub rotation: u8,
    /// 1 for the first attempt at it.
    pub attempt: u8,
    /// The index of the step.
    pub step: usize,
    pub token: String,
    pub rotation_token: String,
    /// The key that was AWSCURRENT's when the rotation began (P6).
    pub protected: Option<String>,
    /// What is known of the keys: foreign, or made in which rotation.
    pub notes: HashMap<String, String>,
}

impl Phase {
    pub fn step(&self) -> &'static str {
        STEPS[self.step]
    }

    /// The phase in words.
    pub fn name(&self) -> String {
        let (rotation, attempt) = (self.rotation + 1, self.attempt);
        format!("rotation {rotation}, attempt {attempt}, {}", self.step())
    }
}

/// The account just before an invocation.
#[derive(Clone)]
pub struct Stage {
    pub snapshot: Snapshot,
    pub phase: Phase,
}

/// How long Secrets Manager waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pauses {
    /// Between two attempts at one rotation.
    pub attempt: Duration,
    /// Between a rotation and the next.
    pub rotation: Duration,
}

/// The usual pauses.
pub const USUAL: Pauses = Pauses {
    attempt: Duration::from_secs(60),
    rotation: Duration::from_hours(30 * 24),
};

/// Other pauses, which are explored after the last fault.
pub const OTHERS: [Pauses; 2] = [
    Pauses {
        attempt: Duration::from_secs(1),
        rotation: Duration::from_hours(4),
    },
    Pauses {
        attempt: Duration::from_secs(400),
        rotation: Duration::from_hours(5),
    },
];

/// What comes after an invocation.
pub enum Next {
    Invoke(Box<Stage>),
    /// A rotation succeeded and left everything in order, or a refusal was repeated.
    Done {
        rotation: u8,
    },
    /// Nothing comes after it, for this reason.
    Over(String),
}

/// The account, as Secrets Manager acts on it.
pub struct SecretsManager<'a> {
    pub scenario: &'a Scenario,
    pub arn: &'a str,
    pub user: &'a str,
}

impl SecretsManager<'_> {
    /// Begins a rotation, or an attempt at a test of it.
    pub fn begin(&self, aws: &Aws, rotation: u8, notes: HashMap<String, String>) -> Phase {
        let secret = aws.secret(self.arn).expect("the secret");
        let unused = |token: &String| secret.version(token).is_none();
        let mut tokens = (1_u32..).map(|n| format!("{n:08x}-0c1b-4f6e-9a55-2f0d6c1b7e01"));
        let token = tokens.find(unused).unwrap_or_default();
        let token = match self.scenario.test {
            true => aws.stage_test(self.arn, &token).map(|()| token),
            false => aws.stage_pending(self.arn, &token),
        };
        let keys = aws.user_keys(self.user);
        let current = secret.with_label(AWSCURRENT);
        let text = current.and_then(|version| version.content.as_ref()?.as_text());
        let protected = keys
            .iter()
            .find(|key| text.is_some_and(|text| text.contains(&key.id)));
        Phase {
            rotation,
            attempt: 1,
            step: if self.scenario.test { 2 } else { 0 },
            token: token.expect("a rotation that can begin"),
            rotation_token: aws.make_rotation_token(self.arn),
            protected: protected.map(|key| key.id.clone()),
            notes,
        }
    }

    /// Does what Secrets Manager does after an invocation with this result.
    pub async fn next(
        &self,
        aws: &Aws,
        phase: &Phase,
        result: &Result<(), FunctionError>,
        pauses: Pauses,
    ) -> Next {
        let mut phase = phase.clone();
        let done = Next::Done {
            rotation: phase.rotation,
        };
        if phase.step() == TEST_SECRET && self.scenario.test {
            aws.unstage_test(self.arn, &phase.token);
            if result.is_ok() {
                return done;
            }
            return self.next_rotation(aws, phase, pauses).await;
        }
        match result {
            Ok(()) if phase.step + 1 < STEPS.len() => phase.step += 1,
            Ok(()) if !self.has_label(aws, AWSCURRENT, &phase.token) => {
                return Next::Over("every step succeeded, and AWSCURRENT is elsewhere".to_owned());
            }
            Ok(()) => {
                if unsound(aws, self.arn, self.user, &phase.notes).is_empty() {
                    return done;
                }
                return self.next_rotation(aws, phase, pauses).await;
            }
            // Two first keys were lost. Either may be a person's, so a person must say which may go.
            Err(refused) if refused.error_type == "NoRoomForFirstKey" && self.lost_two(aws) => {
                return done;
            }
            Err(_) if phase.attempt < ATTEMPTS && self.is_staged(aws, &phase.token) => {
                phase.attempt += 1;
                phase.step = 0;
                tokio::time::sleep(pauses.attempt).await;
            }
            Err(_) => return self.next_rotation(aws, phase, pauses).await,
        }
        if !self.is_staged(aws, &phase.token) {
            return self.next_rotation(aws, phase, pauses).await;
        }
        invoke(aws, phase).await
    }

    /// Whether the user of a secret that waits for its first key has two that nobody knows of.
    fn lost_two(&self, aws: &Aws) -> bool {
        let seen = Seen::of(aws, self.arn, self.user);
        let mut keys = seen.keys.iter();
        self.scenario.keys == 0 && keys.all(|key| seen.is_lost(&key.id)) && seen.keys.len() == 2
    }

    async fn next_rotation(&self, aws: &Aws, phase: Phase, pauses: Pauses) -> Next {
        let rotation = phase.rotation + 1;
        let blocked = self.scenario.environment.blocks();
        if blocked || matches!(self.scenario.expect, Expect::Refuses(_)) {
            return Next::Done { rotation };
        }
        if rotation > LAST_ROTATION {
            let unsound = unsound(aws, self.arn, self.user, &phase.notes);
            return Next::Over(format!("{rotation} rotations are not enough: {unsound:?}"));
        }
        aws.age(pauses.rotation);
        let phase = self.begin(aws, rotation, phase.notes);
        invoke(aws, phase).await
    }

    /// A version written meanwhile takes AWSPENDING off the token. That abandons the rotation (fact 6).
    fn is_staged(&self, aws: &Aws, token: &str) -> bool {
        self.has_label(aws, AWSPENDING, token) || self.has_label(aws, AWSCURRENT, token)
    }

    fn has_label(&self, aws: &Aws, label: &str, token: &str) -> bool {
        let secret = aws.secret(self.arn);
        let version = secret.as_ref().and_then(|secret| secret.with_label(label));
        version.is_some_and(|version| version.id == token)
    }
}

/// Invocations begin at a full second, so that fractions of a second make no difference.
pub async fn invoke(aws: &Aws, phase: Phase) -> Next {
    let since = aws
        .clock()
        .now()
        .duration_since(std::time::SystemTime::UNIX_EPOCH);
    let behind = since.unwrap_or_default().subsec_nanos();
    if behind > 0 {
        tokio::time::sleep(Duration::from_nanos(1_000_000_000 - u64::from(behind))).await;
    }
    Next::Invoke(Box::new(Stage {
        snapshot: aws.snapshot(),
        phase,
    }))
}
