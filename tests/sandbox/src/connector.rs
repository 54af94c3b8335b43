//! The simulation behind the HTTP connector of the AWS SDK: no network, and virtual time.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use tokio::sync::Notify;

use crate::aws::{Aws, Lost};

/// How long the SDK's HTTP client tries to connect.
const CONNECT_TIME: Duration = Duration::from_secs(3);

/// An SDK HTTP client whose every request goes to the simulation.
#[derive(Clone, Debug)]
pub struct Connector {
    aws: Aws,
    read_timeout: Option<Duration>,
    killed: Arc<Notify>,
}

impl Aws {
    /// The HTTP client to configure an SDK client with.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        Connector::new(self, Arc::default()).into_client()
    }
}

impl HttpClient for Connector {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Self {
            aws: self.aws.clone(),
            read_timeout: settings.read_timeout(),
            killed: self.killed.clone(),
        })
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.clone();
        HttpConnectorFuture::new(async move { connector.send(request).await })
    }
}

impl Connector {
    /// A connector that notifies `killed` of a fault that kills the caller's process.
    pub(crate) fn new(aws: &Aws, killed: Arc<Notify>) -> Self {
        Self {
            aws: aws.clone(),
            read_timeout: None,
            killed,
        }
    }

    pub(crate) fn into_client(self) -> SharedHttpClient {
        SharedHttpClient::new(self)
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = request
            .try_into_http1x()
            .map_err(|error| ConnectorError::user(error.into()))?;
        let (head, body) = request.into_parts();
        if self.aws.is_cut_off(head.uri.host().unwrap_or_default()) {
            tokio::time::sleep(CONNECT_TIME).await;
            // The text of the SDK's HTTP client.
            let text = format!("HTTP connect timeout occurred after {CONNECT_TIME:?}");
            return Err(ConnectorError::timeout(text.into()));
        }
        let body = body
            .bytes()
            .map(Bytes::copy_from_slice)
            .ok_or_else(|| ConnectorError::user("a streaming request body".into()))?;
        let answer = self.aws.handle(http::Request::from_parts(head, body));
        let answer = match self.read_timeout {
            Some(limit) => tokio::time::timeout(limit, answer)
                .await
                .unwrap_or(Err(Lost::TimedOut)),
            None => answer.await,
        };
        if matches!(answer, Err(Lost::Killed)) {
            self.killed.notify_one();
            return std::future::pending().await;
        }
        let response = answer.map_err(connector_error)?.map(SdkBody::from);
        HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
    }
}

fn connector_error(lost: Lost) -> ConnectorError {
    let kind = match lost {
        Lost::TimedOut | Lost::Killed => return ConnectorError::timeout(lost.into()),
        Lost::ConnectionRefused => io::ErrorKind::ConnectionRefused,
        Lost::ConnectionReset => io::ErrorKind::ConnectionReset,
    };
    ConnectorError::io(io::Error::new(kind, lost).into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::aws::{Fault, FaultKind, When};
    use crate::clock::Clock;

    /// Sends a call that no key signed.
    async fn send(connector: &Connector) -> Result<HttpResponse, ConnectorError> {
        let mut request = HttpRequest::new(SdkBody::from("Action=GetCallerIdentity"));
        request.set_method("POST").unwrap();
        request.set_uri("https://sts.amazonaws.com/").unwrap();
        let authorization = "AWS4-HMAC-SHA256 Credential=AKIA/20270115/us-east-1/sts/aws4_request, \
                             SignedHeaders=host, Signature=0";
        let headers = request.headers_mut();
        headers.insert("authorization", authorization);
        headers.insert("x-amz-date", "20270115T080000Z");
        connector.send(request).await
    }

    fn connector(kind: Option<FaultKind>) -> Connector {
        let aws = Aws::new(Clock::real());
        if let Some(kind) = kind {
            let on = When::Call(1);
            aws.inject(Fault { on, kind });
        }
        let read_timeout = Some(Duration::from_secs(5));
        Connector {
            read_timeout,
            ..Connector::new(&aws, Arc::default())
        }
    }

    #[tokio::test]
    async fn a_request_is_answered() {
        let response = send(&connector(None)).await.unwrap();
        assert_eq!(response.status().as_u16(), 403);
        let body = std::str::from_utf8(response.body().bytes().unwrap()).unwrap();
        assert!(body.contains("<Code>InvalidClientTokenId</Code>"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_answer_is_an_io_error_or_a_timeout() {
        for kind in [FaultKind::Refused, FaultKind::AnswerLost] {
            assert!(send(&connector(Some(kind))).await.unwrap_err().is_io());
        }
        let start = tokio::time::Instant::now();
        for kind in [FaultKind::TimedOutBefore, FaultKind::TimedOutAfter] {
            assert!(send(&connector(Some(kind))).await.unwrap_err().is_timeout());
        }
        assert_eq!(start.elapsed().as_secs(), 10);
    }
}
