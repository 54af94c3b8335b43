//! What Secrets Manager does after an invocation, whatever a hand did in it.

use std::time::Duration;

use sandbox::aws::{AWSCURRENT, AWSPENDING, Aws};
use sandbox::rotation::STEPS;

use crate::explorer::invocation::Ground;
use crate::explorer::protocol::{ATTEMPTS, Next, Pauses, Phase, USUAL, invoke};
use crate::explorer::soundness::{FOREIGN, unsound};
use crate::hands::hand::Place;
use crate::hands::run::{Ran, Stop};

/// What comes next.
pub enum Then {
    Invoke(Box<Stop>),
    /// All is well.
    Well,
    /// Nothing comes next until a person does something.
    Stuck(String),
}

/// How many rotations after the one with the hand may pass before all must be well.
const PATIENCE: u8 = 2;

/// How the run continues.
#[derive(Clone, Copy)]
pub struct Course {
    pub last_rotation: u8,
    pub pauses: Pauses,
    /// How long before each further rotation somebody makes a key, if there is room.
    pub stranger: Option<Duration>,
}

impl Default for Course {
    fn default() -> Self {
        Self {
            last_rotation: u8::MAX,
            pauses: USUAL,
            stranger: None,
        }
    }
}

impl Course {
    /// After a hand or a fault in this rotation, all must soon be well.
    pub fn behind(self, phase: &Phase) -> Self {
        Self {
            last_rotation: phase.rotation + PATIENCE,
            ..self
        }
    }
}

impl Ran {
    /// What Secrets Manager does after this.
    pub async fn then(&self, ground: &Ground, course: &Course) -> Then {
        let aws = self.aws.snapshot().restore();
        let mut next = self.stop.clone();
        if let Some((token, rotation_token)) = &self.began {
            next.phase.rotation += 1;
            (next.phase.attempt, next.phase.step) = (1, 0);
            (next.phase.token, next.phase.rotation_token) = (token.clone(), rotation_token.clone());
            return begun(ground, &aws, next).await;
        }
        let phase = &mut next.phase;
        match &self.result {
            _ if ground.scenario.test => return Then::Well,
            Ok(()) if phase.step + 1 < STEPS.len() => phase.step += 1,
            Ok(()) => {
                let well = has_label(&aws, &ground.arn, AWSCURRENT, &phase.token)
                    && unsound(&aws, &ground.arn, &ground.user, &phase.notes).is_empty();
                // What a hand leaves after the last step is for the next rotation to find.
                if well && !self.handled {
                    return Then::Well;
                }
                return self.rotate(ground, &aws, next, course).await;
            }
            Err(_) if phase.attempt < ATTEMPTS && is_staged(&aws, ground, phase) => {
                phase.attempt += 1;
                phase.step = 0;
                next.configured = false;
                aws.restore_secret(&ground.arn);
                tokio::time::sleep(course.pauses.attempt).await;
            }
            Err(_) => return self.rotate(ground, &aws, next, course).await,
        }
        if !is_staged(&aws, ground, &next.phase) {
            return self.rotate(ground, &aws, next, course).await;
        }
        staged(&aws, next).await
    }

    async fn rotate(&self, ground: &Ground, aws: &Aws, mut next: Stop, course: &Course) -> Then {
        next.phase.rotation += 1;
        if next.phase.rotation > course.last_rotation {
            let ended = self.result.as_ref();
            let error = ended.err().map(|error| error.error_type.clone());
            let wrong = || unsound(aws, &ground.arn, &ground.user, &next.phase.notes).join(", ");
            return Then::Stuck(error.unwrap_or_else(wrong));
        }
        aws.restore_secret(&ground.arn);
        next.configured = false;
        next.lasting.clear();
        let (arn, user) = (ground.arn.as_str(), ground.user.as_str());
        let before = course.stranger.unwrap_or_default();
        aws.age(course.pauses.rotation.saturating_sub(before));
        if course.stranger.is_some() && aws.user_keys(user).len() < 2 {
            let key = aws.add_access_key(user).id;
            next.phase.notes.insert(key.clone(), FOREIGN.to_owned());
            next.marks.foreign.insert(key);
        }
        aws.age(before);
        let (token, rotation_token) = Place { aws, arn, user }.begin();
        (next.phase.attempt, next.phase.step) = (1, 0);
        (next.phase.token, next.phase.rotation_token) = (token, rotation_token);
        begun(ground, aws, next).await
    }
}

/// Before the first step of a rotation.
async fn begun(ground: &Ground, aws: &Aws, mut next: Stop) -> Then {
    let secret = aws.secret(&ground.arn).unwrap();
    let current = secret.with_label(AWSCURRENT);
    let content = current.and_then(|version| version.content.as_ref());
    let mut keys = aws.user_keys(&ground.user).into_iter();
    let current = keys.find(|key| content.is_some_and(|content| content.gives_out(&key.id)));
    next.phase.protected = current.map(|key| key.id);
    next.marks.moved_current = false;
    staged(aws, next).await
}

async fn staged(aws: &Aws, mut next: Stop) -> Then {
    let Next::Invoke(stage) = invoke(aws, next.phase.clone()).await else {
        unreachable!("a beginning");
    };
    next.snapshot = stage.snapshot;
    Then::Invoke(Box::new(next))
}

fn is_staged(aws: &Aws, ground: &Ground, phase: &Phase) -> bool {
    [AWSPENDING, AWSCURRENT]
        .into_iter()
        .any(|label| has_label(aws, &ground.arn, label, &phase.token))
}

fn has_label(aws: &Aws, arn: &str, label: &str, token: &str) -> bool {
    let secret = aws.secret(arn).unwrap();
    secret
        .with_label(label)
        .is_some_and(|version| version.id == token)
}
