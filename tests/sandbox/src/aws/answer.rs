//! The responses: AWS JSON 1.1 for Secrets Manager, AWS Query's XML for IAM and STS.

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_smithy_types::base64;
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::Service;
use super::errors::ApiError;

/// What a service returns for a call.
pub(super) enum Content {
    /// The members of a JSON response.
    Json(Value),
    /// The contents of an XML response's result; `None` if the action has no result.
    Xml(Option<String>),
}

/// A response before it becomes an HTTP response.
pub(super) struct Answer {
    service: Service,
    status: u16,
    body: String,
    request_id: String,
}

impl Answer {
    pub(super) fn ok(service: Service, action: &str, content: Content, request_id: String) -> Self {
        let body = match content {
            Content::Json(members) => members.to_string(),
            Content::Xml(result) => {
                let result = result.map(|inside| nest(&format!("{action}Result"), &inside));
                let metadata = nest("ResponseMetadata", &tag("RequestId", &request_id));
                let inside = result.unwrap_or_default() + &metadata;
                document(service, &format!("{action}Response"), &inside)
            }
        };
        Self {
            service,
            status: 200,
            body,
            request_id,
        }
    }

    pub(super) fn error(service: Service, error: &ApiError, request_id: String) -> Self {
        let ApiError {
            status,
            code,
            message,
        } = error;
        let body = match service {
            Service::SecretsManager => json!({"__type": code, "Message": message}).to_string(),
            Service::Iam | Service::Sts => {
                let fault = if *status < 500 { "Sender" } else { "Receiver" };
                let error = tag("Type", fault) + &tag("Code", code) + &tag("Message", message);
                let inside = nest("Error", &error) + &tag("RequestId", &request_id);
                document(service, "ErrorResponse", &inside)
            }
        };
        Self {
            service,
            status: *status,
            body,
            request_id,
        }
    }

    /// Spoils the body: no parser accepts it, and it contains every secret of the exchange.
    pub(super) fn garble(&mut self, request: &Bytes) {
        let opening = match self.service {
            Service::SecretsManager => "{\"garbled\": ",
            Service::Iam | Service::Sts => "<garbled ",
        };
        let request = String::from_utf8_lossy(request);
        self.body = format!("{opening}{} {request}", self.body);
    }

    pub(super) fn into_response(self) -> Response<Bytes> {
        let content_type = match self.service {
            Service::SecretsManager => "application/x-amz-json-1.1",
            Service::Iam | Service::Sts => "text/xml",
        };
        let mut response = Response::new(Bytes::from(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Ok(request_id) = HeaderValue::from_str(&self.request_id) {
            headers.insert("x-amzn-requestid", request_id);
        }
        response
    }
}

/// An XML element around a text.
pub(super) fn tag(name: &str, text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            control if control.is_control() => {
                let _ = write!(escaped, "&#{};", u32::from(control));
            }
            plain => escaped.push(plain),
        }
    }
    nest(name, &escaped)
}

/// An XML element around elements.
pub(super) fn nest(name: &str, inside: &str) -> String {
    format!("<{name}>{inside}</{name}>")
}

/// A time in IAM's format, in whole seconds (fact 24).
pub(super) fn iso_date(at: SystemTime) -> String {
    DateTime::<Utc>::from(at).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A time in Secrets Manager's format: seconds since 1970, with milliseconds as the fraction.
pub(super) fn epoch_seconds(at: SystemTime) -> Value {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    json!((since.as_secs_f64() * 1000.0).round() / 1000.0)
}

/// What names the place in a list where the next page begins.
pub(super) fn page_token(position: usize) -> String {
    base64::encode(position.to_string())
}

/// The place that such a token names; `None` if it is none.
pub(super) fn position(token: &str) -> Option<usize> {
    let decoded = base64::decode(token).ok()?;
    std::str::from_utf8(&decoded).ok()?.parse().ok()
}

fn document(service: Service, root: &str, inside: &str) -> String {
    let namespace = match service {
        Service::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
        Service::Sts | Service::SecretsManager => "https://sts.amazonaws.com/doc/2011-06-15/",
    };
    format!("<{root} xmlns=\"{namespace}\">{inside}</{root}>")
}
