//! A caller that builds, signs and sends requests as an SDK does, in a tenth of the time.

#![allow(
    clippy::unwrap_used,
    reason = "a caller that gets nonsense back is at a loss"
)]

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_async::time::TimeSource;
use bytes::Bytes;
use http::Request;
use serde_json::Value;

use crate::aws::{AccessKey, Aws, Bystander, Lost, REGION, Service};

#[cfg(test)]
mod tests;

/// Someone who holds credentials.
#[derive(Clone, Debug)]
pub struct Caller {
    pub(crate) aws: Aws,
    pub(crate) credentials: Credentials,
    /// How far the caller's clock is ahead, in seconds.
    pub(crate) ahead: i64,
    pub(crate) region: &'static str,
    bystander: bool,
}

impl Caller {
    /// A caller with some credentials.
    #[must_use]
    pub fn new(aws: &Aws, credentials: Credentials) -> Self {
        Self {
            aws: aws.clone(),
            credentials,
            ahead: 0,
            region: REGION,
            bystander: false,
        }
    }

    /// The function.
    #[must_use]
    pub fn function(aws: &Aws) -> Self {
        Self::new(aws, aws.role_credentials())
    }

    /// The keeper.
    #[must_use]
    pub fn keeper(aws: &Aws) -> Self {
        Self::new(aws, aws.keeper_credentials())
    }

    /// The operator, who is allowed everything.
    #[must_use]
    pub fn operator(aws: &Aws) -> Self {
        Self::new(aws, aws.operator_credentials())
    }

    /// The user of an access key.
    #[must_use]
    pub fn user(aws: &Aws, key: &AccessKey) -> Self {
        Self::new(aws, Credentials::new(&key.id, &key.secret, None, None, ""))
    }

    /// Becomes a bystander: somebody other than the function, who is answered like anyone else, and
    /// at once. No fault hits or counts the calls, and neither the record nor a hook shows them.
    #[must_use]
    pub fn bystander(mut self) -> Self {
        self.bystander = true;
        self
    }

    /// Calls Secrets Manager.
    pub async fn secrets_manager(&self, action: &str, members: Value) -> Reply {
        let body = Bytes::from(members.to_string());
        let request = self.signed(Service::SecretsManager, action, body);
        self.send(request).await.unwrap()
    }

    /// Calls IAM.
    pub async fn iam(&self, action: &str, parameters: &[(&str, &str)]) -> Reply {
        self.try_iam(action, parameters).await.unwrap()
    }

    /// Calls IAM; the call may get no response.
    ///
    /// # Errors
    /// [`Lost`] if a fault says so.
    pub async fn try_iam(&self, action: &str, parameters: &[(&str, &str)]) -> Result<Reply, Lost> {
        let body = form(action, parameters);
        self.send(self.signed(Service::Iam, action, body)).await
    }

    /// Calls GetCallerIdentity.
    pub async fn identity(&self) -> Reply {
        self.sts("GetCallerIdentity", &[]).await
    }

    /// Calls STS.
    pub async fn sts(&self, action: &str, parameters: &[(&str, &str)]) -> Reply {
        let body = form(action, parameters);
        let request = self.signed(Service::Sts, action, body);
        self.send(request).await.unwrap()
    }

    pub(crate) fn signed(&self, service: Service, action: &str, body: Bytes) -> Request<Bytes> {
        let mut request = Request::post("http://localhost/");
        if service == Service::SecretsManager {
            request = request.header("x-amz-target", format!("secretsmanager.{action}"));
        }
        let mut request = request.body(body).unwrap();
        let now = self.aws.clock().now();
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
        if self.bystander {
            request.extensions_mut().insert(Bystander);
        }
        request
    }

    pub(crate) async fn send(&self, request: Request<Bytes>) -> Result<Reply, Lost> {
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

/// A response in either format.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// JSON or XML, depending on the service.
    pub body: String,
}

impl Reply {
    /// The error code; empty on success.
    #[must_use]
    pub fn code(&self) -> String {
        match self.status {
            200 => String::new(),
            _ if self.body.starts_with('{') => self.json()["__type"].as_str().unwrap().to_owned(),
            _ => self.element("Code"),
        }
    }

    /// The message of an error.
    #[must_use]
    pub fn message(&self) -> String {
        match self.body.starts_with('{') {
            true => self.json()["Message"].as_str().unwrap().to_owned(),
            false => self.element("Message"),
        }
    }

    /// The body, if it is JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The text of the first XML element with this name; empty if there is none.
    #[must_use]
    pub fn element(&self, name: &str) -> String {
        self.elements(name).into_iter().next().unwrap_or_default()
    }

    /// The texts of all XML elements with this name.
    #[must_use]
    pub fn elements(&self, name: &str) -> Vec<String> {
        let (start, end) = (format!("<{name}>"), format!("</{name}>"));
        let parts = self.body.split(&start).skip(1);
        parts
            .map(|part| part.split(&end).next().unwrap().to_owned())
            .collect()
    }
}
