//! What the users and secrets of one account share: the rates at which AWS accepts their calls.
//!
//! Each secret and its user have their own simulated account, since they share nothing else. This stands between the
//! function and each of those accounts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use fastrand::Rng;
use sandbox::aws::{Aws, Service};
use tokio::time::Instant;

use super::bucket::Bucket;

/// PutSecretValue and UpdateSecretVersionStage together, per second (fact 20).
const SECRETS_MANAGER_RATE: f64 = 50.0;

/// The rate limits of an account.
#[derive(Clone, Debug)]
pub(super) struct Account {
    began: Instant,
    rates: Arc<Mutex<Rates>>,
}

#[derive(Debug)]
struct Rates {
    iam: Bucket,
    secrets_manager: Bucket,
    sts: Option<Bucket>,
}

/// The traffic between the function and AWS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traffic {
    /// Calls, including those refused by a rate limit.
    pub(super) calls: u64,
    /// IAM calls that were let in.
    pub(super) iam_calls: u64,
    /// Secrets Manager calls that were let in.
    pub(super) secrets_manager_calls: u64,
    /// Calls that were refused by a rate limit.
    pub(super) throttled: u64,
    /// Bytes of the request bodies.
    pub(super) sent: u64,
    /// Bytes of the response bodies.
    pub(super) received: u64,
}

impl Account {
    /// An account whose time begins now. Without a rate for STS, all of its calls are let in.
    pub(super) fn new(iam_rate: f64, sts_rate: Option<f64>) -> Self {
        let rates = Rates {
            iam: Bucket::new(iam_rate),
            secrets_manager: Bucket::new(SECRETS_MANAGER_RATE),
            sts: sts_rate.map(Bucket::new),
        };
        Self {
            began: Instant::now(),
            rates: Arc::new(Mutex::new(rates)),
        }
    }

    fn admits(&self, service: Service, action: &str) -> bool {
        let at = self.began.elapsed();
        let mut rates = lock(&self.rates);
        match (service, action) {
            (Service::Iam, _) => rates.iam.admits(at),
            (Service::SecretsManager, "PutSecretValue" | "UpdateSecretVersionStage") => {
                rates.secrets_manager.admits(at)
            }
            (Service::SecretsManager, _) => true,
            (Service::Sts, _) => rates.sts.as_mut().is_none_or(|rate| rate.admits(at)),
        }
    }
}

/// The path of one function to AWS.
#[derive(Clone, Debug)]
pub(super) struct Line {
    account: Account,
    /// The shortest and the longest time that a call takes.
    latency: (Duration, Duration),
    random: Arc<Mutex<Rng>>,
    traffic: Arc<Mutex<Traffic>>,
}

impl Line {
    /// A path on which `random` draws how long each call takes.
    pub(super) fn new(account: &Account, latency: (Duration, Duration), random: Rng) -> Self {
        Self {
            account: account.clone(),
            latency,
            random: Arc::new(Mutex::new(random)),
            traffic: Arc::default(),
        }
    }

    /// The traffic so far.
    pub(super) fn traffic(&self) -> Traffic {
        *lock(&self.traffic)
    }

    /// The HTTP client that reaches a simulated account over this path.
    pub(super) fn http_client(&self, aws: &Aws) -> SharedHttpClient {
        SharedHttpClient::new(Held {
            line: self.clone(),
            client: aws.http_client(),
        })
    }

    async fn send(
        &self,
        client: SharedHttpConnector,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        tokio::time::sleep(self.delay()).await;
        let (service, action) = destination(&request)
            .ok_or_else(|| ConnectorError::user("a call that the function does not make".into()))?;
        let admitted = self.account.admits(service, &action);
        let sent = request.body().content_length().unwrap_or_default();
        let answer = match admitted {
            true => client.call(request).await?,
            false => refusal(service)?,
        };
        let mut traffic = lock(&self.traffic);
        traffic.calls += 1;
        traffic.iam_calls += u64::from(admitted && service == Service::Iam);
        traffic.secrets_manager_calls += u64::from(admitted && service == Service::SecretsManager);
        traffic.throttled += u64::from(!admitted);
        traffic.sent += sent;
        traffic.received += answer.body().content_length().unwrap_or_default();
        Ok(answer)
    }

    fn delay(&self) -> Duration {
        let (least, most) = self.latency;
        least + (most - least).mul_f64(lock(&self.random).f64())
    }
}

#[derive(Debug)]
struct Held<C> {
    line: Line,
    client: C,
}

impl HttpClient for Held<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Held {
            line: self.line.clone(),
            client: self.client.http_connector(settings, components),
        })
    }
}

impl HttpConnector for Held<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (line, client) = (self.line.clone(), self.client.clone());
        HttpConnectorFuture::new(async move { line.send(client, request).await })
    }
}

/// The service and the action that a request is for.
fn destination(request: &HttpRequest) -> Option<(Service, String)> {
    let action = match request.headers().get("x-amz-target") {
        Some(target) => target.rsplit('.').next()?.to_owned(),
        None => {
            let body = std::str::from_utf8(request.body().bytes()?).ok()?;
            let action = body
                .split('&')
                .find_map(|part| part.strip_prefix("Action="));
            action?.to_owned()
        }
    };
    Some((Service::of(&action)?, action))
}

/// The response of a service to a call that comes too soon.
fn refusal(service: Service) -> Result<HttpResponse, ConnectorError> {
    let (content_type, body) = match service {
        Service::SecretsManager => (
            "application/x-amz-json-1.1",
            r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#,
        ),
        Service::Iam | Service::Sts => (
            "text/xml",
            "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error>\
             <Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error>\
             <RequestId>00000000-0000-4000-a000-000000000000</RequestId></ErrorResponse>",
        ),
    };
    let answer = http::Response::builder()
        .status(400)
        .header("content-type", content_type)
        .body(SdkBody::from(body))
        .map_err(|error| ConnectorError::user(error.into()))?;
    HttpResponse::try_from(answer).map_err(|error| ConnectorError::user(error.into()))
}

/// These locks guard nothing that a panic elsewhere could leave half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const CALL: [(Service, &str); 4] = [
        (Service::Iam, "ListAccessKeys"),
        (Service::SecretsManager, "PutSecretValue"),
        (Service::SecretsManager, "DescribeSecret"),
        (Service::Sts, "GetCallerIdentity"),
    ];

    /// How many of 100 calls at once are let in.
    fn admitted(account: &Account) -> [usize; 4] {
        CALL.map(|(service, action)| (0..100).filter(|_| account.admits(service, action)).count())
    }

    #[tokio::test(start_paused = true)]
    async fn each_service_has_its_rate() {
        assert_eq!(admitted(&Account::new(5.0, None)), [5, 50, 100, 100]);
        assert_eq!(admitted(&Account::new(7.0, Some(9.0))), [7, 50, 100, 9]);
        // Both of them change a secret's versions.
        let account = Account::new(5.0, None);
        account.admits(Service::SecretsManager, "UpdateSecretVersionStage");
        assert_eq!(admitted(&account)[1], 49);
    }

    fn list_access_keys() -> HttpRequest {
        let mut request = HttpRequest::new(SdkBody::from("Action=ListAccessKeys&UserName=alice"));
        request.set_method("POST").unwrap();
        request.set_uri("https://iam.amazonaws.com/").unwrap();
        request
    }

    /// A service that takes every call.
    #[derive(Debug)]
    struct Answers;

    impl HttpConnector for Answers {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            let answer = http::Response::new(SdkBody::from("done"));
            HttpConnectorFuture::ready(Ok(HttpResponse::try_from(answer).unwrap()))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_takes_its_time_and_one_too_many_is_refused_as_aws_does_it() {
        let latency = (Duration::from_millis(10), Duration::from_millis(60));
        let line = Line::new(&Account::new(1.0, None), latency, Rng::with_seed(1));
        let client = SharedHttpConnector::new(Answers);
        let began = Instant::now();
        let first = line.send(client.clone(), list_access_keys()).await.unwrap();
        assert_eq!(first.status().as_u16(), 200);
        let second = line.send(client, list_access_keys()).await.unwrap();
        let body = std::str::from_utf8(second.body().bytes().unwrap()).unwrap();
        assert!(body.contains("<Code>Throttling</Code>"), "{body}");
        let took = began.elapsed();
        assert!((latency.0 * 2..=latency.1 * 2).contains(&took), "{took:?}");
        let traffic = line.traffic();
        assert_eq!(
            (traffic.calls, traffic.iam_calls, traffic.throttled),
            (2, 1, 1)
        );
    }
}
