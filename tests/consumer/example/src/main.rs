//! A process that uses the access key in a rotated secret, and does not notice the rotations.
//!
//! It reads the secret through AWS's cache, and asks STS who it is with the key, five times a second.
//! For each new key it prints a line; at Ctrl-C how many calls it made, and how many were refused.
//!
//!     cargo run -- iam/alice 300
//!
//! Its own credentials, the Region and the endpoint are the environment's, as for every AWS client. They
//! need `policies/consumer.json` and `consumer-cache.json`; the key in the secret needs nothing for this call (fact 28).

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

/// The secret, by way of the cache.
struct Secret {
    cache: SecretsManagerCachingClient,
    name: String,
}

impl Secret {
    async fn access_key(&self, refresh: bool) -> Result<AccessKey, Box<dyn Error>> {
        // By its label: consumer.json gives out nothing else, so no version that is still being made.
        let version = self
            .cache
            .get_secret_value(&self.name, None, Some("AWSCURRENT"), refresh)
            .await?;
        let text = version.secret_string.ok_or("the secret is not a text")?;
        Ok(serde_json::from_str(&text)?)
    }
}

/// What the key is for: a client that signs with it, for as long as the secret holds it.
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
            // STS's and IAM's code; others say UnrecognizedClientException (fact 29).
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

/// Calls until it is dropped, or something else fails than the key.
async fn consume(
    config: &SdkConfig,
    secret: &Secret,
    count: &mut Count,
) -> Result<(), Box<dyn Error>> {
    let mut client = Client::new(config, secret.access_key(false).await?);
    loop {
        // Before each use, and not once at the start: that is what the cache is for.
        let key = secret.access_key(false).await?;
        if key.id != client.access_key_id {
            client = Client::new(config, key);
        }
        count.calls += 1;
        if !client.call().await? {
            count.refusals += 1;
            // A cache cannot know that a person deleted or replaced the key: one look past it, and one
            // more try, mends that. The rotation itself never needs it, as the key that was current works
            // until the next one. More than one look would be a flood of calls for a key that is gone.
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
    // `true`: while Secrets Manager is out of order, what is cached serves on. It works until the next rotation,
    // which an outage puts off too.
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
    // Not `{error:?}`, which has the whole answer in it, and that may be the secret (fact 36).
    eprint!("{error}");
    let mut source = error.source();
    while let Some(cause) = source {
        eprint!(": {cause}");
        source = cause.source();
    }
    eprintln!();
    ExitCode::FAILURE
}
