//! The SDK's configuration, one for all clients.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};

use crate::aws::environment;
use crate::aws::invalid_setting::InvalidSetting;
use crate::aws::trust::Trust;

/// How long connecting may take, TLS included.
const CONNECT_TIME: Duration = Duration::from_secs(3);

/// How often a read is attempted at most. A call that changes something is attempted once ([`crate::aws::once`]).
#[must_use]
pub fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(3)
}

/// How long a call may take.
#[must_use]
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIME)
        .operation_attempt_timeout(Duration::from_secs(8))
        .operation_timeout(Duration::from_secs(25))
        .build()
}

/// The configuration for Lambda: the environment's Region, endpoint and execution role, and one HTTP client for all.
///
/// # Errors
/// [`InvalidSetting`] if the bundle of `AWS_CA_BUNDLE`, or a variable that the SDK or its HTTP client reads,
/// cannot be used.
pub async fn load_config(
    variable: impl Fn(&str) -> Option<String>,
    trust: &Trust,
) -> Result<SdkConfig, InvalidSetting> {
    environment::check(&variable)?;
    Ok(aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client(trust.for_http()?))
        .retry_config(retries())
        .timeout_config(timeouts())
        .load()
        .await)
}

/// One connector for every client, so that each host is connected to once, and the roots are read once.
///
/// Otherwise each client would have its own connector for each set of timeouts. The SDK enforces all timeouts
/// except the connect timeout, which the connector enforces.
pub(super) fn http_client(trust: TlsContext) -> SharedHttpClient {
    // ring, not aws-lc. aws-lc gathers jitter entropy at each cold start: about 30 ms of CPU (half a second at 128 MB).
    // It also takes twice as long to build. But aws-lc is AWS's own and better maintained, and it has a FIPS build,
    // which this is not. Measured: tests/benchmark.
    let connector = Connector::builder()
        .connector_settings(
            HttpConnectorSettings::builder()
                .connect_timeout(CONNECT_TIME)
                .build(),
        )
        .proxy_config(ProxyConfig::from_env())
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(trust)
        .build();
    let connector = SharedHttpConnector::new(connector);
    http_client_fn(move |_, _| connector.clone())
}
