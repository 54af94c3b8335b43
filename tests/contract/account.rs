//! An account to check: the simulation's, served over HTTP, or moto's.

use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use sandbox::aws::{Aws, REGION};
use sandbox::clock::Clock;
use sandbox::server::Server;
use serde_json::{Value, json};

use crate::moto;
use crate::secret::Secret;
use crate::user::User;

pub struct Account {
    operator: SdkConfig,
    simulation: Option<(Aws, Server)>,
}

impl Account {
    /// A fresh account of the simulation.
    pub async fn simulated() -> Self {
        let aws = Aws::new(Clock::real());
        // Without a hook, RotateSecret is refused.
        aws.on_rotate(|_| {});
        let server = Server::start(aws.clone()).await.unwrap();
        Self {
            operator: clients(&server.endpoint(), aws.operator_credentials()),
            simulation: Some((aws, server)),
        }
    }

    /// The one account of the server at `MOTO_URL`.
    pub async fn on_moto() -> Self {
        let url = moto::url();
        let operator = moto::operator(&url).await;
        Self {
            operator: clients(&url, operator),
            simulation: None,
        }
    }

    pub fn is_moto(&self) -> bool {
        self.simulation.is_none()
    }

    /// The configuration of SDK clients for a caller who may do everything.
    pub fn operator(&self) -> &SdkConfig {
        &self.operator
    }

    /// The same for the holder of a key.
    pub fn holder(&self, id: &str, secret: &str) -> SdkConfig {
        self.caller(Credentials::new(id, secret, None, None, "contract"))
    }

    /// The same for a session of a role.
    pub fn session(&self, session: aws_sdk_sts::types::Credentials) -> SdkConfig {
        let (id, secret) = (session.access_key_id, session.secret_access_key);
        let token = Some(session.session_token);
        self.caller(Credentials::new(id, secret, token, None, "contract"))
    }

    fn caller(&self, credentials: Credentials) -> SdkConfig {
        let provider = SharedCredentialsProvider::new(credentials);
        let operator = self.operator.clone().into_builder();
        operator.credentials_provider(provider).build()
    }

    /// Makes sure that the role exists. Moto does not need one.
    pub fn role(&self, arn: &str) {
        if let Some((aws, _)) = &self.simulation {
            aws.create_role(arn, &everything()).unwrap();
        }
    }

    /// A new secret with a tag.
    pub async fn tagged_secret(&self, key: &str, value: &str) -> Secret<'_> {
        Secret::create_tagged(self, &unique("secret"), Some((key, value))).await
    }

    /// A new secret whose only version is [`crate::secret::FIRST`], with the value "one".
    pub async fn secret(&self) -> Secret<'_> {
        Secret::create(self, &unique("secret")).await
    }

    /// A new user, in a path of two folders, without a permission or a key.
    pub async fn user(&self) -> User<'_> {
        User::create(self, &unique("user")).await
    }

    /// Allows a user everything.
    pub async fn allow_everything(&self, name: &str, arn: &str) {
        match &self.simulation {
            Some((aws, _)) => aws.attach_policy(arn, &everything()).unwrap(),
            None => moto::allow_everything(&self.operator, name).await,
        }
    }
}

/// A policy that allows everything.
pub fn everything() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    })
}

/// The configuration of SDK clients, without retries, so that a check sees every response.
pub fn clients(endpoint: &str, credentials: Credentials) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::disabled())
        .build()
}

/// A name that no earlier run has used on the same server.
pub fn unique(kind: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{kind}-{}-{}-{count}", now.as_secs(), process::id())
}
