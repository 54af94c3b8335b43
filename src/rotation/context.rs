//! What a run works with: clients, settings, clock, and the notes for its error.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Deref;
use std::time::SystemTime;

use aws_config::SdkConfig;
use secrecy::SecretString;
use tracing::Span;

use crate::aws::failure::AwsFailure;
use crate::aws::iam;
use crate::aws::reach::naming_hosts;
use crate::aws::secrets_manager::{Proof, SecretsManager};
use crate::aws::smtp::Smtp;
use crate::aws::sts::{self, Sts};
use crate::aws::trust::Trust;
use crate::key::access_key::AccessKey;
use crate::key::marks::run_id;
use crate::key::owner::Identity;
use crate::rotation::clock::Clock;
use crate::rotation::config::Config;
use crate::rotation::notes::Notes;
use crate::rotation::outcome::{Done, Outcome};
use crate::rotation::problem::Problem;
use crate::secret::stages::Unstaged;

/// What all runs share: the settings, and a client for each service.
#[derive(Debug)]
pub(crate) struct Resources {
    pub(crate) config: Config,
    pub(crate) secrets: SecretsManager,
    /// The execution role's client.
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) sts: Sts,
    pub(crate) smtp: Smtp,
    sdk: SdkConfig,
}

impl Resources {
    /// Takes the SDK's configuration (execution role, HTTP client, time and sleep) and the function's.
    pub(crate) fn new(sdk: SdkConfig, config: Config) -> Self {
        let sdk = naming_hosts(sdk);
        Self {
            config,
            secrets: SecretsManager::new(&sdk),
            iam: iam::client(&sdk),
            sts: Sts::new(&sdk),
            smtp: Smtp::new(Trust::default()),
            sdk,
        }
    }
}

/// One invocation for a secret.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) resources: &'a Resources,
    /// What the invocation was asked for, such as the step.
    pub(crate) action: &'static str,
    /// The secret, as the event named it.
    pub(crate) secret_id: &'a str,
    pub(crate) clock: Clock,
    user: RefCell<Option<String>>,
    pub(crate) notes: Notes,
}

impl<'a> Run<'a> {
    /// Begins a run. `deadline` is when Lambda kills the function.
    pub(crate) fn new(
        resources: &'a Resources,
        action: &'static str,
        secret_id: &'a str,
        deadline: SystemTime,
    ) -> Self {
        let clock = Clock::new(&resources.sdk, deadline);
        Self {
            resources,
            action,
            secret_id,
            user: RefCell::default(),
            notes: Notes::new(clock.now()),
            clock,
        }
    }

    /// Notes the secret's user, for the log and for errors.
    pub(crate) fn about_user(&self, name: &str) {
        Span::current().record("user", name);
        self.user.replace(Some(name.to_owned()));
    }

    /// The user. None if the secret has not been read yet.
    pub(crate) fn user(&self) -> Option<String> {
        self.user.borrow().clone()
    }

    /// Notes what the run is about to do, for the error if its time ends there.
    pub(crate) fn doing(&self, doing: impl Into<Cow<'static, str>>) {
        self.notes.doing(doing.into());
    }

    /// Notes what the run has changed, for the error if it fails after that.
    pub(crate) fn changed(&self, what: String) {
        self.notes.changed(what);
    }

    /// Notes why a try failed before the next try, for the error if the run's time ends there.
    pub(crate) fn failed(&self, why: &Problem) {
        self.notes.failed(Some(why.clone()));
    }

    /// Clears the noted failure: no try of what comes next has failed yet.
    pub(crate) fn went_well(&self) {
        self.notes.failed(None);
    }

    /// The run's response.
    pub(crate) fn outcome(&self, outcome: Done, message: impl Into<String>) -> Outcome {
        Outcome {
            step: self.action,
            secret: self.secret_id.to_owned(),
            user: self.user(),
            outcome,
            message: message.into(),
            access_key_id: None,
            deleted_access_key_id: None,
            key_works_after: None,
        }
    }

    /// The identity that a key authenticates as.
    pub(crate) async fn identity(&self, key: &AccessKey) -> Result<Identity, AwsFailure> {
        let caller = format!("the access key {}", key.id);
        let sts = &self.resources.sts;
        sts.identity(Some(sts::credentials(key)), caller).await
    }
}

/// A run that is a step of a rotation.
#[derive(Debug)]
pub(crate) struct Rotation<'a> {
    run: Run<'a>,
    /// The event's ClientRequestToken: the id of the version that the rotation makes.
    pub(crate) token: &'a str,
    rotation_token: Option<&'a SecretString>,
    /// Distinguishes this invocation's marks from another's.
    pub(crate) marks: String,
}

impl<'a> Rotation<'a> {
    /// Takes the event's tokens and the invocation's id.
    pub(crate) fn new(
        run: Run<'a>,
        token: &'a str,
        rotation_token: Option<&'a SecretString>,
        invocation: &str,
    ) -> Self {
        Self {
            run,
            token,
            rotation_token,
            marks: run_id(token, invocation),
        }
    }

    /// The tokens needed to store a value.
    pub(crate) fn proof(&self) -> Proof<'_> {
        Proof {
            token: self.token,
            rotation_token: self.rotation_token,
        }
    }

    /// The response if the token's version is AWSCURRENT already.
    pub(crate) fn already_current(&self) -> Outcome {
        self.outcome(
            Done::AlreadyCurrent,
            "this rotation is complete already; nothing to do",
        )
    }

    /// The error if the token's version is not staged for this rotation.
    pub(crate) fn not_staged(&self, reason: &'static str) -> Problem {
        Problem::NotStaged {
            token: self.token.to_owned(),
            reason,
        }
    }

    /// The error if the staging labels do not allow the rotation.
    pub(crate) fn unstaged(&self, why: Unstaged) -> Problem {
        match why {
            Unstaged::NotStaged(reason) => self.not_staged(reason),
            Unstaged::NoCurrentVersion => Problem::NoCurrentVersion,
        }
    }
}

impl<'a> Deref for Rotation<'a> {
    type Target = Run<'a>;

    fn deref(&self) -> &Run<'a> {
        &self.run
    }
}
