//! The function called directly, with its SDK clients connected to the simulation, for tests in virtual time.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use iam_key_rotator::{Config, Payload, Rotator, Smtp, Stream, Trust};
use lambda_runtime::Diagnostic;
use serde_json::Value;
use tokio::sync::Notify;

use crate::aws::{Aws, REGION};
use crate::clock::Clock;
use crate::connector::Connector;
use crate::lambda::{TIME_OUT, exited, timed_out};
use crate::rotation::{Function, FunctionError};
use crate::tls::Authority;

/// Numbers the functions of this process.
static FUNCTIONS: AtomicU32 = AtomicU32::new(1);

/// The function in this process.
pub struct InProcess {
    rotator: Rotator,
    time: Skewed,
    time_out: Duration,
    killed: Arc<Notify>,
    number: u32,
    invocations: AtomicU32,
}

/// The function's clock, which need not show the simulation's time.
#[derive(Clone, Debug)]
struct Skewed {
    clock: Clock,
    ahead: Duration,
    behind: Duration,
}

impl TimeSource for Skewed {
    fn now(&self) -> SystemTime {
        self.clock.now() + self.ahead - self.behind
    }
}

impl InProcess {
    /// Connects the function to the simulation; its time is the simulation's and tokio's.
    #[must_use]
    pub fn new(aws: &Aws, config: Config) -> Self {
        Self::with_clock(aws, config, Duration::ZERO, Duration::ZERO)
    }

    /// Like [`InProcess::new`], with a clock that is ahead of or behind the simulation's.
    #[must_use]
    pub fn with_clock(aws: &Aws, config: Config, ahead: Duration, behind: Duration) -> Self {
        let time = Skewed {
            clock: aws.clock().clone(),
            ahead,
            behind,
        };
        let killed = Arc::new(Notify::new());
        let client = Connector::new(aws, killed.clone()).into_client();
        Self::connected(aws, config, client, REGION, time, killed)
    }

    /// Connects the function through another HTTP client, such as one that holds back its calls.
    #[must_use]
    pub fn with_http_client(aws: &Aws, config: Config, client: SharedHttpClient) -> Self {
        Self::in_region(aws, config, client, REGION)
    }

    /// Like [`InProcess::with_http_client`], in a Region other than [`REGION`]; see [`Aws::accept_any_region`].
    #[must_use]
    pub fn in_region(aws: &Aws, config: Config, client: SharedHttpClient, region: &str) -> Self {
        let time = Skewed {
            clock: aws.clock().clone(),
            ahead: Duration::ZERO,
            behind: Duration::ZERO,
        };
        Self::connected(aws, config, client, region, time, Arc::default())
    }

    /// The keeper: the same function with the credentials of a role of its own. See `Prepared::add_keeper`.
    #[must_use]
    pub fn keeper(aws: &Aws, config: Config) -> Self {
        let killed = Arc::new(Notify::new());
        let client = Connector::new(aws, killed.clone()).into_client();
        Self::keeper_connected(aws, config, client, killed)
    }

    /// Connects the keeper through another HTTP client.
    #[must_use]
    pub fn keeper_with_http_client(aws: &Aws, config: Config, client: SharedHttpClient) -> Self {
        Self::keeper_connected(aws, config, client, Arc::default())
    }

    fn keeper_connected(
        aws: &Aws,
        config: Config,
        client: SharedHttpClient,
        killed: Arc<Notify>,
    ) -> Self {
        let time = Skewed {
            clock: aws.clock().clone(),
            ahead: Duration::ZERO,
            behind: Duration::ZERO,
        };
        let credentials = aws.keeper_credentials();
        Self::with_credentials(aws, config, credentials, client, REGION, time, killed)
    }

    fn connected(
        aws: &Aws,
        config: Config,
        client: SharedHttpClient,
        region: &str,
        time: Skewed,
        killed: Arc<Notify>,
    ) -> Self {
        let credentials = aws.role_credentials();
        Self::with_credentials(aws, config, credentials, client, region, time, killed)
    }

    fn with_credentials(
        aws: &Aws,
        config: Config,
        credentials: Credentials,
        client: SharedHttpClient,
        region: &str,
        time: Skewed,
        killed: Arc<Notify>,
    ) -> Self {
        let sdk = clients(credentials, client, region, time.clone());
        Self {
            rotator: Rotator::new(sdk, config).with_smtp(smtp(aws)),
            time,
            time_out: TIME_OUT,
            killed,
            number: FUNCTIONS.fetch_add(1, Ordering::Relaxed),
            invocations: AtomicU32::new(0),
        }
    }

    /// Sets the function's timeout; [`TIME_OUT`] unless set.
    #[must_use]
    pub fn time_out(mut self, time_out: Duration) -> Self {
        self.time_out = time_out;
        self
    }

    /// Sets the number that tells its invocation ids from another function's.
    #[must_use]
    pub fn numbered(self, number: u32) -> Self {
        Self { number, ..self }
    }

    /// Lambda's id for the next invocation.
    fn request_id(&self) -> String {
        let invocation = self.invocations.fetch_add(1, Ordering::Relaxed);
        format!("{:08x}-0000-4000-a000-{invocation:012x}", self.number)
    }

    /// Invokes the function with a payload as it came over the wire. The function ends at its
    /// timeout, as on Lambda, or at a fault that kills the process.
    ///
    /// # Errors
    /// The function's own error; `Sandbox.Timedout` if it is killed at its timeout.
    pub async fn invoke_raw(&self, payload: &str) -> Result<Value, FunctionError> {
        // As in the runtime, nothing checks what follows the value.
        let mut json = serde_json::Deserializer::from_str(payload);
        let payload: Payload =
            serde::Deserialize::deserialize(&mut json).map_err(|error| FunctionError {
                error_type: "Payload".to_owned(),
                error_message: error.to_string(),
            })?;
        let (deadline, id) = (self.time.now() + self.time_out, self.request_id());
        let answer = tokio::select! {
            biased;
            answer = within(self.time_out, &id, self.rotator.handle(payload, deadline, &id)) => answer?,
            () = self.killed.notified() => return Err(exited(&id, None)),
        };
        match answer {
            Ok(outcome) => Ok(serde_json::to_value(outcome).unwrap_or_default()),
            Err(error) => {
                let Diagnostic {
                    error_type,
                    error_message,
                } = error.into();
                Err(FunctionError {
                    error_type,
                    error_message,
                })
            }
        }
    }
}

impl Function for InProcess {
    async fn invoke(&mut self, event: Value) -> Result<Value, FunctionError> {
        self.invoke_raw(&event.to_string()).await
    }
}

/// The configuration of SDK clients that call the simulation, in its time, with some credentials, such as
/// [`Aws::keeper_credentials`].
#[must_use]
pub fn sdk_config(aws: &Aws, credentials: Credentials) -> SdkConfig {
    let time = aws.clock().clone();
    clients(credentials, aws.http_client(), REGION, time)
}

fn clients(
    credentials: Credentials,
    client: SharedHttpClient,
    region: &str,
    time: impl TimeSource + 'static,
) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(client)
        .time_source(SharedTimeSource::new(time))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .retry_config(iam_key_rotator::retries())
        .timeout_config(iam_key_rotator::timeouts())
        .build()
}

/// The simulation's SMTP servers, in memory, and the authority to trust for their certificates.
fn smtp(aws: &Aws) -> Smtp {
    static TRUST: OnceLock<Trust> = OnceLock::new();
    let trust = TRUST.get_or_init(|| {
        let authority = Authority::of_process().map(Authority::pem);
        let trust = authority.ok().and_then(|pem| Trust::of_pem(&pem));
        trust.unwrap_or_default()
    });
    let aws = aws.clone();
    Smtp::over(trust.clone(), move |endpoint| {
        let connected = aws.smtp_connect(&endpoint.host);
        Box::pin(async { connected.map(|stream| Box::new(stream) as Stream) })
    })
}

/// The result of an invocation, which is killed at its timeout.
async fn within<T>(
    time_out: Duration,
    id: &str,
    invocation: impl Future<Output = T>,
) -> Result<T, FunctionError> {
    let ended = tokio::time::timeout(time_out, invocation).await;
    ended.map_err(|_| timed_out(id, time_out))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_invocation_that_does_not_end_is_killed_at_its_time_out() {
        let time_out = Duration::from_secs(3);
        let killed = within(time_out, "id", std::future::pending::<()>()).await;
        assert_eq!(killed.unwrap_err().error_type, "Sandbox.Timedout");
        assert_eq!(within(time_out, "id", async { 1 }).await.unwrap(), 1);
    }
}
