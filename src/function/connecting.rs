//! Connects while the function starts. Lambda gives the start a whole processor, but an event only the share that goes
//! with its memory. On that share a TLS handshake takes ten times as long or more.

use std::time::Duration;

use tracing::info;

use crate::aws::iam;
use crate::function::handler::Rotator;

/// How long connecting may hold up the start. What is not connected by then connects on its first call.
const LONGEST: Duration = Duration::from_secs(1);

impl Rotator {
    /// Connects to Secrets Manager, IAM and STS. If that fails, nothing is lost: each call connects by itself.
    pub async fn connect(&self) {
        let secrets_manager = async {
            self.resources.secrets.connect().await;
            // Two of its calls run at the same time, so there are two connections. The second one
            // is made after the first, and so resumes its TLS session.
            tokio::join!(
                self.resources.secrets.connect(),
                self.resources.secrets.connect()
            );
        };
        let all = async {
            tokio::join!(
                secrets_manager,
                iam::connect(&self.resources.iam),
                self.resources.sts.connect()
            )
        };
        if tokio::time::timeout(LONGEST, all).await.is_err() {
            info!("not connected to every service within {LONGEST:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::{Arc, Mutex};

    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use aws_smithy_runtime_api::client::result::ConnectorError;

    use super::*;
    use crate::rotation::config::Config;

    /// Records what is sent. Fails like a host that does not exist, or never responds.
    #[derive(Clone, Debug, Default)]
    struct Wire {
        sent: Arc<Mutex<Vec<HttpRequest>>>,
        hangs: bool,
    }

    impl HttpConnector for Wire {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            self.sent.lock().unwrap().push(request);
            let hangs = self.hangs;
            HttpConnectorFuture::new(async move {
                if hangs {
                    std::future::pending::<()>().await;
                }
                Err(ConnectorError::io("no such host".into()))
            })
        }
    }

    fn rotator(wire: &Wire) -> Rotator {
        let connector = SharedHttpConnector::new(wire.clone());
        let key = Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "test");
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(key))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(
                aws_smithy_async::rt::sleep::TokioSleep::new(),
            ))
            .build();
        Rotator::new(sdk, Config::default())
    }

    #[tokio::test(start_paused = true)]
    async fn connecting_asks_for_nothing_and_signs_nothing() {
        let wire = Wire::default();
        let began = tokio::time::Instant::now();
        rotator(&wire).connect().await;
        assert!(began.elapsed().is_zero(), "none is tried again");
        let sent = wire.sent.lock().unwrap();
        let mut hosts: Vec<_> = sent.iter().map(HttpRequest::uri).collect();
        hosts.sort_unstable();
        hosts.dedup();
        assert_eq!(
            hosts,
            [
                "https://iam.amazonaws.com/",
                "https://secretsmanager.eu-west-1.amazonaws.com/",
                "https://sts.eu-west-1.amazonaws.com/",
            ]
        );
        for request in sent.iter() {
            assert_eq!(request.method(), "HEAD");
            assert_eq!(request.headers().iter().count(), 0, "{request:?}");
            assert_eq!(request.body().bytes(), Some(&[][..]));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_does_not_answer_holds_up_the_start_by_a_second_at_most() {
        let wire = Wire {
            hangs: true,
            ..Wire::default()
        };
        let began = tokio::time::Instant::now();
        rotator(&wire).connect().await;
        assert_eq!(began.elapsed(), LONGEST);
    }
}
