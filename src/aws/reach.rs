//! Hosts that cannot be reached. The SDK's errors do not name the host, and a missing route looks like a slow service.

use std::error::Error;
use std::fmt;
use std::io;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;

use crate::aws::sdk_text;

/// No connection to a host could be made, so nothing was sent to it.
#[derive(Debug)]
struct Unreached {
    host: String,
    source: ConnectorError,
}

impl fmt::Display for Unreached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be reached", self.host)
    }
}

impl Error for Unreached {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

/// A connector whose errors name the host that could not be reached.
#[derive(Debug)]
struct NamesHost(SharedHttpConnector);

impl HttpConnector for NamesHost {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let host = host_of(request.uri()).map(str::to_owned);
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            answer.await.map_err(|error| match host {
                Some(host) if is_of_connecting(&error) => named(host, error),
                _ => error,
            })
        })
    }
}

/// The host of a URI, with its port if the URI has one.
fn host_of(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    rest.split(['/', '?']).next()
}

/// The error with the host. It stays of its kind, since the SDK's retries depend on that.
fn named(host: String, source: ConnectorError) -> ConnectorError {
    let is_timeout = source.is_timeout();
    let unreached = Box::new(Unreached { host, source });
    match is_timeout {
        true => ConnectorError::timeout(unreached),
        false => ConnectorError::io(unreached),
    }
}

/// Whether an error says that there was no connection to send the request on.
fn is_of_connecting(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| {
        let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let refused = matches!(
            kind,
            Some(
                io::ErrorKind::ConnectionRefused
                    | io::ErrorKind::HostUnreachable
                    | io::ErrorKind::NetworkUnreachable
            )
        );
        refused || sdk_text::is_of_connecting(cause)
    })
}

/// The host that a call did not reach. None if there was a connection.
pub(crate) fn unreached<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e str> {
    causes(error).find_map(|cause| Some(&*cause.downcast_ref::<Unreached>()?.host))
}

fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'e (dyn Error + 'static)| {
        (*error).source()
    })
}

/// The SDK's configuration with an HTTP client whose errors name the host that could not be reached.
pub(crate) fn naming_hosts(sdk: SdkConfig) -> SdkConfig {
    let Some(client) = sdk.http_client() else {
        return sdk;
    };
    let naming = http_client_fn(move |settings, components| {
        SharedHttpConnector::new(NamesHost(client.http_connector(settings, components)))
    });
    sdk.into_builder().http_client(naming).build()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
    use aws_smithy_runtime_api::client::http::HttpConnectorSettings;
    use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
    use aws_smithy_types::body::SdkBody;
    use tokio::net::TcpListener;

    use super::*;
    use crate::aws::trust::Trust;

    /// What the SDK's own HTTP client says of an address, with the host.
    async fn said_of(scheme: &str, address: &str) -> Option<String> {
        let trust = Trust::default().for_http().unwrap();
        let client = crate::aws::sdk_config::http_client(trust);
        let sdk = SdkConfig::builder()
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .http_client(client)
            .build();
        let client = naming_hosts(sdk).http_client().unwrap();
        let mut components = RuntimeComponentsBuilder::for_tests();
        components.set_sleep_impl(Some(SharedAsyncSleep::new(TokioSleep::new())));
        let components = components.build().unwrap();
        let connector = client.http_connector(&HttpConnectorSettings::default(), &components);
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_uri(format!("{scheme}://{address}/")).unwrap();
        let error = connector.call(request).await.unwrap_err();
        unreached(&error).map(str::to_owned)
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_never_answers_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        assert_eq!(said_of("https", &address).await.as_ref(), Some(&address));
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_refuses_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        assert_eq!(said_of("https", &address).await.as_ref(), Some(&address));
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_whose_name_is_not_known_is_named() {
        // No label may have more than 63 characters, so no server is asked. TLS would refuse it before that.
        let unknown = format!("{}.invalid", "a".repeat(64));
        assert_eq!(said_of("http", &unknown).await, Some(unknown));
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_was_reached_is_not_named() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let hangs_up = async move { drop(listener.accept().await) };
        let (said, ()) = tokio::join!(said_of("https", &address), hangs_up);
        assert_eq!(said, None);
    }
}
