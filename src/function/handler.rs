//! One invocation: takes the event, and runs the step of a rotation or the keeper's action. The only dispatcher.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use serde::Serialize;
use tracing::{Instrument, Span, error, error_span, field, info};

use crate::aws::smtp::Smtp;
use crate::function::counting;
use crate::function::error_answer::RotationError;
use crate::function::event::{RotationEvent, Step, invalid};
use crate::function::keeper_answer::Answer;
use crate::function::keeping::Keeping;
use crate::function::payload::{Event, Payload};
use crate::rotation::config::Config;
use crate::rotation::context::{Resources, Rotation, Run};
use crate::rotation::give_back;
use crate::rotation::outcome::Outcome;
use crate::rotation::problem::Problem;
use crate::steps::{create_secret, finish_secret, set_secret, test_secret};

/// The function's response, as JSON.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Response {
    /// A step's.
    Step(Outcome),
    /// The keeper's.
    Keeper(Answer),
}

/// The function. It is made once and handles one event after another.
#[derive(Debug)]
pub struct Rotator {
    pub(crate) resources: Resources,
}

impl Rotator {
    /// Takes the SDK's configuration (execution role, HTTP client, time and sleep) and the function's own.
    #[must_use]
    pub fn new(sdk: SdkConfig, config: Config) -> Self {
        Self {
            resources: Resources::new(sdk, config),
        }
    }

    /// Connects to SMTP servers with `smtp` instead of over TCP with the system's roots.
    #[must_use]
    pub fn with_smtp(mut self, smtp: Smtp) -> Self {
        self.resources.smtp = smtp;
        self
    }

    /// Runs the step that the payload asks for. `deadline` is when Lambda kills the function. `run` is the invocation's
    /// id, which tells the function's marks on the secret apart.
    ///
    /// # Errors
    /// [`RotationError`]: why the step stopped, and what to do.
    pub async fn handle(
        &self,
        payload: Payload,
        deadline: SystemTime,
        run: &str,
    ) -> Result<Response, RotationError> {
        let span = error_span!(
            "invocation",
            requestId = run,
            step = field::Empty,
            secret = field::Empty,
            user = field::Empty
        );
        async {
            let result = self.dispatch(payload, deadline, run).await;
            match &result {
                Ok(Response::Step(outcome)) => info!(
                    access_key_id = outcome.access_key_id,
                    deleted_access_key_id = outcome.deleted_access_key_id,
                    "{}",
                    outcome.message
                ),
                Ok(Response::Keeper(_)) => {}
                Err(failed) => error!(error_type = failed.problem.error_type(), "{failed}"),
            }
            result
        }
        .instrument(span)
        .await
    }

    /// The function is the keeper if it has the keeper's settings. Then it takes no step of a rotation.
    async fn dispatch(
        &self,
        payload: Payload,
        deadline: SystemTime,
        run: &str,
    ) -> Result<Response, RotationError> {
        let refused = |reason| RotationError::from(Problem::from(invalid(reason)));
        let event = payload.0.map_err(Problem::from)?;
        let Some(settings) = &self.resources.config.keeper else {
            let Event::Rotation(event) = event else {
                return Err(refused(
                    "it is for the keeper, and this function rotates: neither SECRET_ARN nor FLEET is set",
                ));
            };
            let outcome = self.rotate(&event, deadline, run).await?;
            return Ok(Response::Step(outcome));
        };
        let keeping = Keeping::new(&self.resources, settings, deadline, run);
        match event {
            Event::Rotation(_) => Err(refused(
                "it is a step of a rotation, and this function is the keeper: SECRET_ARN or FLEET is set",
            )),
            // Boxed, so that the layers of the runtime and of the SDK do not add up to one huge future.
            Event::Asked(asked) => Box::pin(keeping.asked(&asked)).await.map(Response::Keeper),
            Event::Exposure(exposure) => Box::pin(keeping.exposed(&exposure))
                .await
                .map(Response::Keeper),
        }
    }

    async fn rotate(
        &self,
        event: &RotationEvent,
        deadline: SystemTime,
        invocation: &str,
    ) -> Result<Outcome, RotationError> {
        let (step, secret) = (event.step.name(), &*event.secret_id);
        Span::current()
            .record("step", step)
            .record("secret", secret);
        let run = Run::new(&self.resources, step, secret, deadline);
        let rotation = Rotation::new(run, &event.token, event.rotation_token.as_ref(), invocation);
        let result = run_step(&rotation, event.step)
            .await
            .map(Outcome::bounded)
            .map_err(|problem| RotationError::of(&rotation, Some(rotation.token), problem));
        let throttled = rotation.notes.throttled();
        let mut counts = counting::of_step(&result, step, secret, throttled);
        counts.property("requestId", invocation);
        counts.write(&self.resources.config, rotation.clock.now());
        result
    }
}

/// Runs the step until the invocation's time is up.
async fn run_step(rotation: &Rotation<'_>, step: Step) -> Result<Outcome, Problem> {
    // Boxed, so that the layers of the runtime and of the SDK do not add up to one huge future.
    let step = Box::pin(dispatch(rotation, step));
    rotation.clock.limit(Duration::ZERO, step).await?
}

async fn dispatch(rotation: &Rotation<'_>, step: Step) -> Result<Outcome, Problem> {
    let Some(staged) = rotation.read_staged().await? else {
        return Ok(rotation.already_current());
    };
    give_back::give_back(rotation, &staged).await?;
    match step {
        Step::CreateSecret => create_secret::run(rotation, staged).await,
        Step::SetSecret => set_secret::run(rotation, &staged).await,
        Step::TestSecret => test_secret::run(rotation, &staged).await,
        Step::FinishSecret => finish_secret::run(rotation, &staged).await,
    }
}
