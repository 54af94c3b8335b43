//! The errors of the three services, in their own words.

use super::{Outcome, Service};

/// An error that a service returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
}

impl ApiError {
    pub(super) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
        }
    }

    pub(super) fn outcome(&self) -> Outcome {
        Outcome::Error {
            status: self.status,
            code: self.code.clone(),
        }
    }

    /// The key is unknown, inactive, deleted or not there yet (fact 29).
    pub(super) fn unknown_key(service: Service) -> Self {
        let message = "The security token included in the request is invalid.";
        match service {
            Service::SecretsManager => Self::new(400, "UnrecognizedClientException", message),
            Service::Iam | Service::Sts => Self::new(403, "InvalidClientTokenId", message),
        }
    }

    /// The role's session has ended.
    pub(super) fn expired(service: Service) -> Self {
        let message = "The security token included in the request is expired";
        match service {
            Service::SecretsManager => Self::new(400, "ExpiredTokenException", message),
            Service::Iam | Service::Sts => Self::new(403, "ExpiredToken", message),
        }
    }

    /// The signature does not match the secret key and the request, or is too old (fact 29).
    pub(super) fn signature(service: Service, message: impl Into<String>) -> Self {
        match service {
            Service::SecretsManager => Self::new(400, "InvalidSignatureException", message),
            Service::Iam | Service::Sts => Self::new(403, "SignatureDoesNotMatch", message),
        }
    }

    pub(super) fn access_denied(service: Service, message: impl Into<String>) -> Self {
        match service {
            Service::SecretsManager => Self::new(400, "AccessDeniedException", message),
            Service::Iam | Service::Sts => Self::new(403, "AccessDenied", message),
        }
    }

    pub(super) fn missing_authentication() -> Self {
        Self::new(
            403,
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        )
    }

    pub(super) fn not_simulated(what: &str) -> Self {
        Self::new(400, "InvalidAction", format!("not simulated: {what}"))
    }

    /// A parameter is missing or out of bounds, as the service's front end reports it.
    pub(super) fn validation(service: Service, message: impl Into<String>) -> Self {
        match service {
            Service::SecretsManager => Self::new(400, "ValidationException", message),
            Service::Iam | Service::Sts => Self::new(400, "ValidationError", message),
        }
    }

    pub(super) fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidParameterException", message)
    }

    pub(super) fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidRequestException", message)
    }

    pub(super) fn resource_not_found(message: impl Into<String>) -> Self {
        Self::new(400, "ResourceNotFoundException", message)
    }

    pub(super) fn resource_exists(message: impl Into<String>) -> Self {
        Self::new(400, "ResourceExistsException", message)
    }

    pub(super) fn no_such_secret() -> Self {
        Self::resource_not_found("Secrets Manager can't find the specified secret.")
    }

    pub(super) fn no_such_user(name: &str) -> Self {
        let message = format!("The user with name {name} cannot be found.");
        Self::new(404, "NoSuchEntity", message)
    }

    pub(super) fn no_such_key(id: &str) -> Self {
        let message = format!("The Access Key with id {id} cannot be found.");
        Self::new(404, "NoSuchEntity", message)
    }
}
