//! A caller for the tests of the simulation: builds, signs and sends requests as an SDK does.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use super::{AccessKey, Aws, FUNCTION_ROLE, Lost, REGION, SecretContent, Service};
use crate::clock::Clock;

/// A token such as Secrets Manager makes.
pub(super) const TOKEN: &str = "00000000-0000-4000-a000-000000000001";
/// Another.
pub(super) const OTHER_TOKEN: &str = "00000000-0000-4000-a000-000000000002";

/// An account at some time, in whole seconds.
pub(super) fn aws() -> Aws {
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    Aws::new(Clock::at(at))
}

/// An account with user alice, who has one key and may do everything.
pub(super) fn aws_with_alice() -> (Aws, AccessKey) {
    let aws = aws();
    aws.create_user("/", "alice");
    let key = aws.create_access_key("alice");
    aws.attach_policy(&aws.user_arn("alice"), &everything())
        .unwrap();
    (aws, key)
}

/// An account with one secret, and a function that may do everything. Gives the secret's ARN.
pub(super) fn aws_with_secret() -> (Aws, String) {
    let aws = aws();
    let arn = aws.create_secret("demo", Some(SecretContent::from("current value")));
    aws.attach_policy(FUNCTION_ROLE, &everything()).unwrap();
    (aws, arn)
}

fn everything() -> Value {
    json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
}

/// Whoever holds some credentials.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) aws: Aws,
    pub(super) credentials: Credentials,
    /// How far the caller's clock is ahead.
    pub(super) ahead: i64,
    pub(super) region: &'static str,
}

impl Caller {
    pub(super) fn new(aws: &Aws, credentials: Credentials) -> Self {
        Self {
            aws: aws.clone(),
            credentials,
            ahead: 0,
            region: REGION,
        }
    }

    pub(super) fn function(aws: &Aws) -> Self {
        Self::new(aws, aws.role_credentials())
    }

    pub(super) fn operator(aws: &Aws) -> Self {
        Self::new(aws, aws.operator_credentials())
    }

    pub(super) fn user(aws: &Aws, key: &AccessKey) -> Self {
        Self::new(aws, Credentials::new(&key.id, &key.secret, None, None, ""))
    }

    pub(super) async fn secrets_manager(&self, action: &str, members: Value) -> Reply {
        let body = Bytes::from(members.to_string());
        let request = self.signed(Service::SecretsManager, action, body);
        self.send(request).await.unwrap()
    }

    pub(super) async fn iam(&self, action: &str, parameters: &[(&str, &str)]) -> Reply {
        self.try_iam(action, parameters).await.unwrap()
    }

    pub(super) async fn try_iam(
        &self,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Reply, Lost> {
        let body = form(action, parameters);
        self.send(self.signed(Service::Iam, action, body)).await
    }

    pub(super) async fn identity(&self) -> Reply {
        let body = form("GetCallerIdentity", &[]);
        let request = self.signed(Service::Sts, "GetCallerIdentity", body);
        self.send(request).await.unwrap()
    }

    pub(super) fn signed(&self, service: Service, action: &str, body: Bytes) -> Request<Bytes> {
        let mut request = Request::post("http://localhost/");
        if service == Service::SecretsManager {
            request = request.header("x-amz-target", format!("secretsmanager.{action}"));
        }
        let mut request = request.body(body).unwrap();
        let now = self.aws.now();
        let skew = Duration::from_secs(self.ahead.unsigned_abs());
        let time = if self.ahead < 0 {
            now - skew
        } else {
            now + skew
        };
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(service.as_str())
            .time(time)
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let headers = request.headers().iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
        let signable = SignableRequest::new(
            "POST",
            "http://localhost/",
            headers,
            SignableBody::Bytes(request.body()),
        )
        .unwrap();
        let (instructions, _) = sign(signable, &parameters).unwrap().into_parts();
        instructions.apply_to_request_http1x(&mut request);
        request
    }

    pub(super) async fn send(&self, request: Request<Bytes>) -> Result<Reply, Lost> {
        let response = self.aws.handle(request).await?;
        Ok(Reply {
            status: response.status().as_u16(),
            body: String::from_utf8(response.body().to_vec()).unwrap(),
        })
    }
}

fn form(action: &str, parameters: &[(&str, &str)]) -> Bytes {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", action).extend_pairs(parameters);
    Bytes::from(form.finish())
}

/// An answer in either form.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: String,
}

impl Reply {
    /// The error code; empty for a success.
    pub(super) fn code(&self) -> String {
        match self.status {
            200 => String::new(),
            _ if self.body.starts_with('{') => self.json()["__type"].as_str().unwrap().to_owned(),
            _ => self.element("Code"),
        }
    }

    pub(super) fn message(&self) -> String {
        match self.body.starts_with('{') {
            true => self.json()["Message"].as_str().unwrap().to_owned(),
            false => self.element("Message"),
        }
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The text of the first XML element of a name; empty where there is none.
    pub(super) fn element(&self, name: &str) -> String {
        self.elements(name).into_iter().next().unwrap_or_default()
    }

    /// The texts of all XML elements of a name.
    pub(super) fn elements(&self, name: &str) -> Vec<String> {
        let (start, end) = (format!("<{name}>"), format!("</{name}>"));
        let parts = self.body.split(&start).skip(1);
        parts
            .map(|part| part.split(&end).next().unwrap().to_owned())
            .collect()
    }
}
