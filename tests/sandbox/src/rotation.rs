//! Secrets Manager's side of a rotation: what it stages, which steps it has the function run, and when it retries.

mod failure;

use std::future::Future;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

pub use self::failure::{FunctionError, RotationFailed};
use crate::aws::{AWSCURRENT, AWSPENDING, Aws, RotateRequest};

/// The steps of a rotation, in order (fact 1).
pub const STEPS: [&str; 4] = [CREATE_SECRET, SET_SECRET, TEST_SECRET, FINISH_SECRET];
/// The step that makes the new access key and stores it as AWSPENDING.
pub const CREATE_SECRET: &str = "createSecret";
/// The step that would set the new credential in the service; IAM has it already.
pub const SET_SECRET: &str = "setSecret";
/// The step that tries the new access key, and the only one of a test rotation (fact 4).
pub const TEST_SECRET: &str = "testSecret";
/// The step that moves AWSCURRENT.
pub const FINISH_SECRET: &str = "finishSecret";

/// A Lambda function, as its caller sees it.
pub trait Function {
    /// Invokes the function and waits for its response.
    fn invoke(&mut self, event: Value) -> impl Future<Output = Result<Value, FunctionError>>;
}

/// One run of one step.
#[derive(Clone, Debug)]
pub struct StepReport {
    /// One of [`STEPS`].
    pub step: &'static str,
    /// 1 for the first attempt at the whole rotation.
    pub attempt: u32,
    /// How long the invocation took.
    pub took: Duration,
    /// The function's response.
    pub result: Result<Value, FunctionError>,
}

/// How to rotate.
#[derive(Clone, Debug)]
pub struct RotateOptions {
    /// How many times the whole rotation runs at most; 1 or more.
    pub attempts: u32,
    /// The wait between two attempts, in tokio's time.
    pub pause: Duration,
    /// The ClientRequestToken that RotateSecret was called with; if there is none, one is made up.
    pub token: Option<String>,
}

impl Default for RotateOptions {
    fn default() -> Self {
        Self {
            attempts: 3,
            pause: Duration::from_secs(1),
            token: None,
        }
    }
}

/// A rotation that succeeded.
#[derive(Clone, Debug)]
pub struct RotationReport {
    /// The token that was run: the new version's id.
    pub token: String,
    /// Every step that ran, including those of failed attempts.
    pub steps: Vec<StepReport>,
}

/// Rotates the secret as RotateSecret does, and passes each step to `observe` after it ends. An
/// unfinished rotation runs again with its own token instead (fact 5). If a step fails, the whole
/// rotation is retried with the same token (fact 3).
///
/// # Errors
///
/// [`RotationFailed`] says how far it got.
pub async fn rotate(
    aws: &Aws,
    function: &mut impl Function,
    arn: &str,
    options: RotateOptions,
    observe: &mut dyn FnMut(&StepReport),
) -> Result<RotationReport, RotationFailed> {
    let token = options.token.unwrap_or_else(|| unused_token(aws, arn));
    let token = aws
        .stage_pending(arn, &token)
        .map_err(RotationFailed::NotStarted)?;
    let mut run = Run::new(aws, arn, token, observe);
    while let Err(failed) = run.attempt(function).await {
        if run.attempts >= options.attempts || !run.is_staged() {
            return Err(failed);
        }
        tokio::time::sleep(options.pause).await;
    }
    if run.has_label(AWSCURRENT) {
        Ok(run.report())
    } else {
        Err(RotationFailed::NotCurrent { token: run.token })
    }
}

/// Tests the secret's rotation as RotateSecret with `RotateImmediately=false` does: testSecret
/// alone, once, on a temporary copy of the current version (fact 4).
///
/// # Errors
///
/// [`RotationFailed`] if the test cannot be staged or testSecret fails.
pub async fn test_rotation(
    aws: &Aws,
    function: &mut impl Function,
    arn: &str,
    observe: &mut dyn FnMut(&StepReport),
) -> Result<RotationReport, RotationFailed> {
    test_rotation_with_token(aws, function, arn, unused_token(aws, arn), observe).await
}

/// [`test_rotation`] with the ClientRequestToken that RotateSecret was called with.
///
/// # Errors
///
/// The same as for [`test_rotation`].
pub async fn test_rotation_with_token(
    aws: &Aws,
    function: &mut impl Function,
    arn: &str,
    token: String,
    observe: &mut dyn FnMut(&StepReport),
) -> Result<RotationReport, RotationFailed> {
    aws.stage_test(arn, &token)
        .map_err(RotationFailed::NotStarted)?;
    let mut run = Run::new(aws, arn, token, observe);
    run.attempts = 1;
    let result = run.step(function, TEST_SECRET).await;
    aws.unstage_test(arn, &run.token);
    result.map(|()| run.report())
}

/// Carries out what RotateSecret asked for, as the callback of [`Aws::on_rotate`] hears of it.
///
/// # Errors
///
/// [`RotationFailed`] says how far it got.
pub async fn carry_out(
    aws: &Aws,
    function: &mut impl Function,
    request: RotateRequest,
    observe: &mut dyn FnMut(&StepReport),
) -> Result<RotationReport, RotationFailed> {
    let RotateRequest { arn, token, .. } = request;
    if !request.rotate_immediately {
        return test_rotation_with_token(aws, function, &arn, token, observe).await;
    }
    let options = RotateOptions {
        token: Some(token),
        ..RotateOptions::default()
    };
    rotate(aws, function, &arn, options, observe).await
}

/// The event of one step (fact 1). The rotation token is optional (fact 8).
#[must_use]
pub fn event(step: &str, arn: &str, token: &str, rotation_token: Option<&str>) -> Value {
    let mut event = json!({ "Step": step, "SecretId": arn, "ClientRequestToken": token });
    if let Some(rotation_token) = rotation_token {
        event["RotationToken"] = rotation_token.into();
    }
    event
}

/// A version id that no version of the secret has; the same in every run of a program.
fn unused_token(aws: &Aws, arn: &str) -> String {
    let secret = aws.secret(arn);
    let is_unused = |token: &String| {
        secret
            .as_ref()
            .is_none_or(|secret| secret.version(token).is_none())
    };
    let mut tokens = (1_u32..).map(|number| format!("{number:08x}-0c1b-4f6e-9a55-2f0d6c1b7e01"));
    tokens.find(is_unused).unwrap_or_default()
}

/// A rotation under way.
struct Run<'a> {
    aws: &'a Aws,
    arn: &'a str,
    token: String,
    rotation_token: String,
    observe: &'a mut dyn FnMut(&StepReport),
    attempts: u32,
    steps: Vec<StepReport>,
}

impl<'a> Run<'a> {
    fn new(
        aws: &'a Aws,
        arn: &'a str,
        token: String,
        observe: &'a mut dyn FnMut(&StepReport),
    ) -> Self {
        let rotation_token = aws.make_rotation_token(arn);
        Self {
            aws,
            arn,
            token,
            rotation_token,
            observe,
            attempts: 0,
            steps: Vec::new(),
        }
    }

    async fn attempt(&mut self, function: &mut impl Function) -> Result<(), RotationFailed> {
        self.attempts += 1;
        for step in STEPS {
            if !self.is_staged() {
                return Err(RotationFailed::Abandoned { before: step });
            }
            self.step(function, step).await?;
        }
        Ok(())
    }

    async fn step(
        &mut self,
        function: &mut impl Function,
        step: &'static str,
    ) -> Result<(), RotationFailed> {
        let event = event(step, self.arn, &self.token, Some(&self.rotation_token));
        let started = Instant::now();
        let result = function.invoke(event).await;
        let report = StepReport {
            step,
            attempt: self.attempts,
            took: started.elapsed(),
            result,
        };
        (self.observe)(&report);
        let result = report
            .result
            .as_ref()
            .map(|_| ())
            .map_err(|error| RotationFailed::Step {
                step,
                attempts: self.attempts,
                error: error.clone(),
            });
        self.steps.push(report);
        result
    }

    /// Whether there is still something to rotate. A version written in the meantime takes
    /// AWSPENDING off the token, which abandons the rotation (fact 6).
    fn is_staged(&self) -> bool {
        self.has_label(AWSPENDING) || self.has_label(AWSCURRENT)
    }

    fn has_label(&self, label: &str) -> bool {
        let secret = self.aws.secret(self.arn);
        secret.is_some_and(|secret| {
            secret
                .with_label(label)
                .is_some_and(|version| version.id == self.token)
        })
    }

    fn report(self) -> RotationReport {
        RotationReport {
            token: self.token,
            steps: self.steps,
        }
    }
}

#[cfg(test)]
mod tests;
