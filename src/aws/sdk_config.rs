//! The SDK's configuration, once for all clients.

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

/// How long a connection may take to come about, TLS included.
const CONNECT_TIME: Duration = Duration::from_secs(3);

/// How often a read is made at most. What changes something is made once ([`crate::aws::once`]).
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

/// The configuration for Lambda: the environment's Region, endpoint and execution role, one HTTP client for all.
///
/// # Errors
/// [`InvalidSetting`] where the bundle of `AWS_CA_BUNDLE` cannot be used, or a variable that the SDK or its
/// HTTP client reads.
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

/// One connector behind every client, so that a host is connected to once, and the roots are read once.
///
/// Each client would else have one of its own for each set of time-outs. The SDK sees to all of them
/// but the one of connecting, which is the connector's.
fn http_client(trust: TlsContext) -> SharedHttpClient {
    // ring and not aws-lc, which gathers jitter entropy at each cold start, some 30 ms of CPU (at 128 MB half a second),
    // and takes twice as long to build. aws-lc is AWS's own and the better kept; it is also the one that has a
    // FIPS build, which this is not. Measured: tests/benchmark.
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
