//! One invocation: from the event, by way of the labels, to the step. The only dispatcher.

use std::borrow::Cow;
use std::cell::RefCell;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use tracing::{Instrument, Span, error, error_span, field, info};

use crate::access_key::AccessKey;
use crate::aws_failure::AwsFailure;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::RotationError;
use crate::event::{Payload, RotationEvent, Step};
use crate::give_back;
use crate::iam;
use crate::outcome::{Done, Outcome};
use crate::problem::Problem;
use crate::secrets_manager::SecretsManager;
use crate::smtp::Smtp;
use crate::so_far::SoFar;
use crate::steps::{create_secret, finish_secret, set_secret, test_secret};
use crate::sts::{self, Identity, Sts};
use crate::trust::Trust;

/// The function: made once, handles one event after the other.
#[derive(Debug)]
pub struct Rotator {
    pub(crate) config: Config,
    pub(crate) secrets: SecretsManager,
    /// The execution role's.
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) sts: Sts,
    pub(crate) smtp: Smtp,
    sdk: SdkConfig,
}

impl Rotator {
    /// Takes the SDK's configuration (execution role, HTTP client, time and sleep) and the function's.
    #[must_use]
    pub fn new(sdk: SdkConfig, config: Config) -> Self {
        Self {
            config,
            secrets: SecretsManager::new(&sdk),
            iam: iam::client(&sdk),
            sts: Sts::new(&sdk),
            smtp: Smtp::new(Trust::default()),
            sdk,
        }
    }

    /// Connects to SMTP servers in another way than over TCP with the system's roots.
    #[must_use]
    pub fn with_smtp(self, smtp: Smtp) -> Self {
        Self { smtp, ..self }
    }

    /// Runs the step that the payload asks for. `deadline` is when Lambda kills the function, and `run` the invocation's
    /// id, by which the function's marks on the secret are told apart.
    ///
    /// # Errors
    /// [`RotationError`]: why the step stopped, and what to do.
    pub async fn handle(
        &self,
        payload: Payload,
        deadline: SystemTime,
        run: &str,
    ) -> Result<Outcome, RotationError> {
        match payload.0 {
            Ok(event) => self.rotate(&event, deadline, run).await,
            Err(problem) => {
                let failed = RotationError::from(problem);
                error!(error_type = failed.problem.error_type(), "{failed}");
                Err(failed)
            }
        }
    }

    async fn rotate(
        &self,
        event: &RotationEvent,
        deadline: SystemTime,
        run: &str,
    ) -> Result<Outcome, RotationError> {
        let span = error_span!(
            "rotation",
            step = event.step.name(),
            secret = event.secret_id,
            user = field::Empty
        );
        let clock = Clock::new(&self.sdk, deadline);
        let rotation = Rotation {
            rotator: self,
            event,
            run: run_id(&event.token, run),
            user: RefCell::default(),
            so_far: SoFar::new(clock.now()),
            clock,
        };
        async {
            let result = rotation
                .run()
                .await
                .map(Outcome::bounded)
                .map_err(|problem| rotation.error(problem));
            match &result {
                Ok(outcome) => info!(
                    access_key_id = outcome.access_key_id,
                    deleted_access_key_id = outcome.deleted_access_key_id,
                    "{}",
                    outcome.message
                ),
                Err(failed) => {
                    error!(error_type = failed.problem.error_type(), "{failed}");
                }
            }
            result
        }
        .instrument(span)
        .await
    }
}

/// What tells a run's marks from another's, and a rotation's: what of its token and of the invocation's id can be part of a
/// label.
fn run_id(token: &str, invocation: &str) -> String {
    format!("{}{}", of_rotation(token), part_of_label(invocation))
}

/// What the marks of a rotation's runs have in common.
pub(crate) fn of_rotation(token: &str) -> String {
    format!("{}.", part_of_label(token))
}

fn part_of_label(id: &str) -> String {
    const LONGEST: usize = 64;
    let letters = id
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-');
    letters.take(LONGEST).collect()
}

/// One invocation: what every step needs.
#[derive(Debug)]
pub(crate) struct Rotation<'a> {
    pub(crate) rotator: &'a Rotator,
    pub(crate) event: &'a RotationEvent,
    /// Tells this invocation's marks from another's.
    pub(crate) run: String,
    pub(crate) clock: Clock,
    user: RefCell<Option<String>>,
    pub(crate) so_far: SoFar,
}

impl Rotation<'_> {
    async fn run(&self) -> Result<Outcome, Problem> {
        // Boxed, so that the layers of the runtime and of the SDK do not add up to one huge future.
        let step = Box::pin(self.step());
        self.clock.limit(Duration::ZERO, step).await?
    }

    async fn step(&self) -> Result<Outcome, Problem> {
        let Some(staged) = self.read_staged().await? else {
            return Ok(self.already_current());
        };
        give_back::give_back(self, &staged).await?;
        match self.event.step {
            Step::CreateSecret => create_secret::run(self, staged).await,
            Step::SetSecret => set_secret::run(self, &staged).await,
            Step::TestSecret => test_secret::run(self, &staged).await,
            Step::FinishSecret => finish_secret::run(self, &staged).await,
        }
    }

    /// Notes whom the secret is for, for the log and for errors.
    pub(crate) fn about_user(&self, name: &str) {
        Span::current().record("user", name);
        self.user.replace(Some(name.to_owned()));
    }

    /// Notes what the step is about to do, for the error if its time ends there.
    pub(crate) fn doing(&self, doing: impl Into<Cow<'static, str>>) {
        self.so_far.doing(doing.into());
    }

    /// Notes what the step has changed, for the error if it fails behind that.
    pub(crate) fn changed(&self, what: String) {
        self.so_far.changed(what);
    }

    /// Notes why a try failed that is followed by another, for the error if the step's time ends there.
    pub(crate) fn failed(&self, why: &Problem) {
        self.so_far.failed(Some(why.clone()));
    }

    /// Notes that no try of what comes now has failed.
    pub(crate) fn went_well(&self) {
        self.so_far.failed(None);
    }

    fn error(&self, problem: Problem) -> RotationError {
        let (problem, out_of_time) = self.so_far.end(problem, self.clock.now());
        RotationError {
            step: Some(self.event.step),
            secret: Some(self.event.secret_id.clone()),
            token: Some(self.event.token.clone()),
            user: self.user.borrow().clone(),
            changed: self.so_far.changes(),
            out_of_time,
            problem: Box::new(problem),
        }
    }

    /// The step's answer.
    pub(crate) fn outcome(&self, outcome: Done, message: impl Into<String>) -> Outcome {
        Outcome {
            step: self.event.step.name(),
            secret: self.event.secret_id.clone(),
            user: self.user.borrow().clone(),
            outcome,
            message: message.into(),
            access_key_id: None,
            deleted_access_key_id: None,
        }
    }

    /// The answer where the token's version is AWSCURRENT already.
    pub(crate) fn already_current(&self) -> Outcome {
        self.outcome(
            Done::AlreadyCurrent,
            "this rotation is complete already; nothing to do",
        )
    }

    /// Who a key is.
    pub(crate) async fn identity(&self, key: &AccessKey) -> Result<Identity, AwsFailure> {
        let caller = format!("the access key {}", key.id);
        let sts = &self.rotator.sts;
        sts.identity(Some(sts::credentials(key)), caller).await
    }
}
