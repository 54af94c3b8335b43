//! A process that uses the access key in a rotated secret, and does not notice the rotations.
//!
//! It reads the secret through AWS's cache, and uses the key to ask STS who it is, five times a second. It prints a
//! line for each new key. At Ctrl-C it prints how many calls it made, and how many were refused.
//!
//!     cargo run -- iam/alice 300
//!
//! It takes its own credentials, the Region and the endpoint from the environment, like every AWS client. They need
//! `policies/consumer.json` and `consumer-cache.json`; the key in the secret needs nothing for this call (fact 28).

use std::error::Error;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_secretsmanager_caching::SecretsManagerCachingClient;
use serde::Deserialize;

const PAUSE: Duration = Duration::from_millis(200);

/// The fields of the secret that a consumer needs.
#[derive(Deserialize)]
struct AccessKey {
    #[serde(rename = "accesskey")]
    id: String,
    #[serde(rename = "secretkey")]
    secret: String,
}

/// The secret, read through the cache.
struct Secret {
    cache: SecretsManagerCachingClient,
    name: String,
}

impl Secret {
    async fn access_key(&self, refresh: bool) -> Result<AccessKey, Box<dyn Error>> {
        // By its label: consumer.json allows no other version, so none that is still being made.
        let version = self
            .cache
            .get_secret_value(&self.name, None, Some("AWSCURRENT"), refresh)
            .await?;
        let text = version.secret_string.ok_or("the secret is not a text")?;
        Ok(serde_json::from_str(&text)?)
    }
}

/// A client that signs with the key, for as long as the secret holds it.
struct Client {
    access_key_id: String,
    sts: aws_sdk_sts::Client,
}

impl Client {
    fn new(config: &SdkConfig, key: AccessKey) -> Self {
        println!("{}", key.id);
        let credentials = Credentials::new(key.id.as_str(), key.secret, None, None, "secret");
        let config = aws_sdk_sts::config::Builder::from(config)
            .credentials_provider(credentials)
            .build();
        Self {
            access_key_id: key.id,
            sts: aws_sdk_sts::Client::from_conf(config),
        }
    }

    /// Whether the key is accepted. Any other failure is not about the key.
    async fn call(&self) -> Result<bool, Box<dyn Error>> {
        match self.sts.get_caller_identity().send().await {
            Ok(_) => Ok(true),
            // STS and IAM return this code; others return UnrecognizedClientException (fact 29).
            Err(error) if error.code() == Some("InvalidClientTokenId") => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

#[derive(Default)]
struct Count {
    calls: u32,
    refusals: u32,
}

/// Makes calls until it is dropped, or until something other than the key fails.
async fn consume(
    config: &SdkConfig,
    secret: &Secret,
    count: &mut Count,
) -> Result<(), Box<dyn Error>> {
    let mut client = Client::new(config, secret.access_key(false).await?);
    loop {
        // Before each use, not once at the start: that is what the cache is for.
        let key = secret.access_key(false).await?;
        if key.id != client.access_key_id {
            client = Client::new(config, key);
        }
        count.calls += 1;
        if !client.call().await? {
            count.refusals += 1;
            // A cache cannot know that a person deleted or replaced the key. One read past the cache and one retry
            // fix that. The rotation itself never needs it: the previous key works until the next rotation. More
            // reads would flood AWS with calls for a key that is gone.
            client = Client::new(config, secret.access_key(true).await?);
            count.calls += 1;
            if !client.call().await? {
                return Err(format!("{} is refused", client.access_key_id).into());
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(name), Some(ttl), None) = (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err(
            "usage: consumer SECRET SECONDS, which is how long the secret is cached".into(),
        );
    };
    let ttl = Duration::from_secs(ttl.parse()?);

    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let secrets_manager = aws_sdk_secretsmanager::config::Builder::from(&config);
    // `true`: while Secrets Manager is down, the cached value is still used. It works until the next rotation, which
    // an outage delays too.
    let cache =
        SecretsManagerCachingClient::from_builder(secrets_manager, NonZeroUsize::MIN, ttl, true)
            .await?;
    let secret = Secret { cache, name };

    let mut count = Count::default();
    let ended = tokio::select! {
        failed = consume(&config, &secret, &mut count) => failed,
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(Into::into),
    };
    println!("{} calls, {} refused", count.calls, count.refusals);
    ended
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Err(error) = run().await else {
        return ExitCode::SUCCESS;
    };
    // Not `{error:?}`: that contains the whole response, which may be the secret (fact 36).
    eprint!("{error}");
    let mut source = error.source();
    while let Some(cause) = source {
        eprint!(": {cause}");
        source = cause.source();
    }
    eprintln!();
    ExitCode::FAILURE
}
