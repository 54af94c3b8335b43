//! Signature Version 4, checked as the services check it.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use chrono::{DateTime, NaiveDateTime, Utc};
use http::Request;
use http::header::{AUTHORIZATION, HOST};

use super::errors::ApiError;
use super::{REGION, Service};

const DATE_FORMAT: &str = "%Y%m%dT%H%M%SZ";
/// How far a request's time may be from the service's.
const SKEW: Duration = Duration::from_mins(5);

/// The parts of the Authorization header, and the headers that go with it.
pub(super) struct Authorization {
    pub(super) access_key_id: String,
    /// The service's name for signatures, such as `iam`.
    pub(super) service: String,
    /// The X-Amz-Security-Token header, which temporary credentials need.
    pub(super) session_token: Option<String>,
    region: String,
    signed_headers: Vec<String>,
    signature: String,
    date: String,
}

impl Authorization {
    pub(super) fn parse(request: &Request<Bytes>) -> Result<Self, ApiError> {
        let header = |name: &str| request.headers().get(name)?.to_str().ok();
        let incomplete = || {
            let message = "Authorization header requires a Credential, a Signature and \
                           SignedHeaders, and the request an X-Amz-Date header.";
            ApiError::new(403, "IncompleteSignature", message)
        };
        let parts = header(AUTHORIZATION.as_str())
            .and_then(|value| value.strip_prefix("AWS4-HMAC-SHA256"))
            .ok_or_else(ApiError::missing_authentication)?;
        let part = |name: &str| {
            let mut parts = parts
                .split(',')
                .filter_map(|part| part.trim().split_once('='));
            parts.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let credential = part("Credential").ok_or_else(incomplete)?;
        let mut scope = credential.split('/').map(str::to_owned);
        let (Some(access_key_id), Some(_date), Some(region), Some(service)) =
            (scope.next(), scope.next(), scope.next(), scope.next())
        else {
            return Err(incomplete());
        };
        let signed_headers = part("SignedHeaders").ok_or_else(incomplete)?;
        Ok(Self {
            access_key_id,
            service,
            session_token: header("x-amz-security-token").map(str::to_owned),
            region,
            signed_headers: signed_headers.split(';').map(str::to_owned).collect(),
            signature: part("Signature").ok_or_else(incomplete)?.to_owned(),
            date: header("x-amz-date").ok_or_else(incomplete)?.to_owned(),
        })
    }

    /// Checks that the signature is for [`REGION`], which is IAM's too.
    pub(super) fn is_for_region(&self, service: Service) -> Result<(), ApiError> {
        let message = "Credential should be scoped to a valid region.";
        match self.region.as_str() {
            REGION => Ok(()),
            _ => Err(ApiError::signature(service, message)),
        }
    }

    /// Checks that the holder of `credentials` signed this very request, just now.
    pub(super) fn verify(
        &self,
        service: Service,
        request: &Request<Bytes>,
        credentials: &Credentials,
        now: SystemTime,
    ) -> Result<(), ApiError> {
        let refuse = |message: &str| Err(ApiError::signature(service, message));
        let Ok(date) = NaiveDateTime::parse_from_str(&self.date, DATE_FORMAT) else {
            return refuse("Date must be in ISO-8601 'basic format'.");
        };
        let date = SystemTime::from(date.and_utc());
        if let Some(message) = skew(date, now) {
            return refuse(&message);
        }
        match self.expected(service, request, credentials.clone(), date) {
            Ok(expected) if expected == self.signature => Ok(()),
            _ => refuse(
                "The request signature we calculated does not match the signature you provided. \
                 Check your AWS Secret Access Key and signing method. Consult the service \
                 documentation for details.",
            ),
        }
    }

    fn expected(
        &self,
        service: Service,
        request: &Request<Bytes>,
        credentials: Credentials,
        date: SystemTime,
    ) -> Result<String, Box<dyn std::error::Error>> {
        let host = match request.uri().authority() {
            Some(authority) => authority.as_str(),
            None => request
                .headers()
                .get(HOST)
                .ok_or("neither a Host header nor an absolute URI")?
                .to_str()?,
        };
        let scheme = request.uri().scheme_str().unwrap_or("http");
        let path = request
            .uri()
            .path_and_query()
            .map_or("/", |path| path.as_str());
        let headers = request.headers().iter().filter(|(name, _)| {
            *name != HOST
                && self
                    .signed_headers
                    .iter()
                    .any(|signed| signed == name.as_str())
        });
        let headers: Vec<_> = headers
            .map(|(name, value)| Ok((name.as_str(), value.to_str()?)))
            .collect::<Result<_, http::header::ToStrError>>()?;
        let signable = SignableRequest::new(
            request.method().as_str(),
            Cow::Owned(format!("{scheme}://{host}{path}")),
            headers.into_iter(),
            SignableBody::Bytes(request.body()),
        )?;
        let identity = credentials.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service.as_str())
            .time(date)
            .settings(SigningSettings::default())
            .build()?
            .into();
        Ok(sign(signable, &parameters)?.signature().to_owned())
    }
}

/// Why a request is too old or too new, in the services' words.
fn skew(date: SystemTime, now: SystemTime) -> Option<String> {
    let show = |at: SystemTime| DateTime::<Utc>::from(at).format(DATE_FORMAT).to_string();
    let (sent, clock) = (show(date), show(now));
    if date + SKEW < now {
        let limit = show(now - SKEW);
        Some(format!(
            "Signature expired: {sent} is now earlier than {limit} ({clock} - 5 min.)"
        ))
    } else if date > now + SKEW {
        let limit = show(now + SKEW);
        Some(format!(
            "Signature not yet current: {sent} is still later than {limit} ({clock} + 5 min.)"
        ))
    } else {
        None
    }
}
