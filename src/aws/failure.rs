//! A failed AWS call: which one, on what, AWS's error, and what is known of its effect.

use std::borrow::Cow;
use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use secrecy::{ExposeSecret, SecretString};

use crate::aws::{reach, sdk_text};
use crate::secret::plain::first_line;

/// The most of AWS's code or message that is shown, in characters.
const LONGEST: usize = 500;
const NO_ANSWER: &str = "no answer in time";

/// What is known of a failed call's effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// AWS refused the call; it had no effect.
    None,
    /// AWS refused the call only because of the rate limit; it had no effect.
    Throttled,
    /// Timeout, broken connection, 5xx or unreadable response: the call may have had its effect.
    Unknown,
}

/// An AWS call that failed.
///
/// Holds texts only, never the raw response, which can contain a secret (fact 36).
#[derive(Clone, Debug)]
pub struct AwsFailure {
    /// The action as a policy names it: `iam:CreateAccessKey`.
    pub action: &'static str,
    /// What the action was called on: a secret's ARN, or `user NAME`.
    pub resource: String,
    /// AWS's error code, if a response had one.
    pub code: Option<String>,
    /// AWS's message, or what happened to the connection.
    pub message: String,
    /// What is known of the effect.
    pub effect: Effect,
    /// Whether no connection to the host could be made. The message names it then.
    pub unreached: bool,
}

/// Codes that mean the rate limit was exceeded (fact 20, and the SDK's own list).
const THROTTLED: [&str; 6] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestLimitExceeded",
    "TooManyRequestsException",
];

/// Codes of credentials that do not authenticate (fact 29).
const UNAUTHENTICATED: [&str; 9] = [
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "InvalidAccessKeyId",
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
];

impl AwsFailure {
    /// Takes what is safe to show from an SDK error.
    pub fn new<E>(
        action: &'static str,
        resource: impl Into<String>,
        error: &SdkError<E, HttpResponse>,
    ) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        Self::hiding(&[], action, resource, error)
    }

    /// Like [`AwsFailure::new`], for a request that holds secrets. A service quotes a value that it considers invalid.
    pub fn hiding<E>(
        secrets: &[&SecretString],
        action: &'static str,
        resource: impl Into<String>,
        error: &SdkError<E, HttpResponse>,
    ) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let shortened = |text: &str| shortened(text, secrets);
        let unreached = reach::unreached(error);
        let (code, message, effect) = match error {
            SdkError::ServiceError(service) => {
                let code = service.err().code().map(shortened);
                let status = service.raw().status();
                let effect = match &code {
                    Some(_) if status.is_server_error() => Effect::Unknown,
                    Some(code) if THROTTLED.contains(&code.as_str()) => Effect::Throttled,
                    Some(_) if status.is_client_error() => Effect::None,
                    // Something other than the service may have sent this.
                    _ => Effect::Unknown,
                };
                let message = service.err().message().map_or_else(
                    || {
                        format!(
                            "an answer without a message, HTTP status {}",
                            status.as_u16()
                        )
                    },
                    shortened,
                );
                (code, message, effect)
            }
            SdkError::TimeoutError(_) => (None, NO_ANSWER.to_owned(), Effect::Unknown),
            SdkError::DispatchFailure(failure) => {
                let kind = if let Some(host) = unreached {
                    &*format!("{host} cannot be reached")
                } else if failure.is_timeout() {
                    NO_ANSWER
                } else if failure.is_io() {
                    "the connection failed"
                } else {
                    "the request was not sent"
                };
                (None, sdk_text::with_causes(kind, error), Effect::Unknown)
            }
            SdkError::ConstructionFailure(_) => {
                let kind = "the request could not be made";
                (None, sdk_text::with_causes(kind, error), Effect::None)
            }
            // Its sources may quote the response.
            _ => (
                None,
                "the answer could not be read".to_owned(),
                Effect::Unknown,
            ),
        };
        Self {
            action,
            resource: resource.into(),
            code,
            message,
            effect,
            unreached: unreached.is_some(),
        }
    }

    /// Whether AWS responded with this code.
    #[must_use]
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// Whether AWS says that a policy lacks the action. Then the caller *did* authenticate (fact 29).
    #[must_use]
    pub fn is_denied(&self) -> bool {
        self.is("AccessDenied") || self.is("AccessDeniedException")
    }

    /// Whether AWS says that the credentials are not valid (fact 29).
    #[must_use]
    pub fn is_unauthenticated(&self) -> bool {
        self.code
            .as_deref()
            .is_some_and(|code| UNAUTHENTICATED.contains(&code))
    }
}

impl fmt::Display for AwsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {} failed: ", self.action, self.resource)?;
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for AwsFailure {}

/// AWS's code or message without what follows its first line. After a refused signature,
/// the JSON services repeat the signed request, session token included.
fn shortened(text: &str, secrets: &[&SecretString]) -> String {
    let mut text = Cow::Borrowed(text);
    for secret in secrets.iter().map(|secret| secret.expose_secret()) {
        if !secret.is_empty() && text.contains(secret) {
            text = text.replace(secret, "…").into();
        }
    }
    first_line(&text, LONGEST)
}
