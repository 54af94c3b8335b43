//! A request as the services read it: the action, its parameters, and the signer.

use bytes::Bytes;
use http::Request;
use serde_json::{Map, Value};

use super::Service;
use super::errors::ApiError;
use super::signature::Authorization;

/// A request to one of the services.
pub(super) struct ApiRequest {
    pub(super) service: Service,
    pub(super) action: String,
    pub(super) parameters: Parameters,
    pub(super) authorization: Authorization,
}

impl ApiRequest {
    /// Reads a request. The service is the one that the signature is for, so one address serves all.
    pub(super) fn parse(request: &Request<Bytes>) -> Result<Self, ApiError> {
        let authorization = Authorization::parse(request)?;
        let service = Service::from_signing_name(&authorization.service)
            .ok_or_else(|| ApiError::not_simulated(&authorization.service))?;
        let (action, parameters) = match service {
            Service::SecretsManager => json(request)?,
            Service::Iam | Service::Sts => form(request)?,
        };
        Ok(Self {
            service,
            action,
            parameters,
            authorization,
        })
    }

    /// The condition keys of policies that the request has a value for.
    pub(super) fn context(&self) -> Vec<(&'static str, &str)> {
        let named = match (self.service, self.action.as_str()) {
            (Service::SecretsManager, "GetSecretValue" | "UpdateSecretVersionStage") => {
                ("secretsmanager:VersionStage", "VersionStage")
            }
            (Service::SecretsManager, "RotateSecret") => {
                ("secretsmanager:RotationLambdaARN", "RotationLambdaARN")
            }
            (Service::Sts, "AssumeRole") => ("sts:ExternalId", "ExternalId"),
            _ => return Vec::new(),
        };
        let (key, parameter) = named;
        let value = self.parameters.text(parameter);
        let rules = (self.action == "RotateSecret").then(|| {
            let modified = self.parameters.member("RotationRules").is_some();
            let value = if modified { "true" } else { "false" };
            ("secretsmanager:ModifyRotationRules", value)
        });
        value
            .map(|value| (key, value))
            .into_iter()
            .chain(rules)
            .collect()
    }

    /// Whether the call only reads. Such a call may miss a change for a while (fact 19).
    pub(super) fn is_read(&self) -> bool {
        let reads = ["Describe", "Get", "List"];
        self.service != Service::Sts && reads.iter().any(|verb| self.action.starts_with(verb))
    }
}

/// The parameters of AWS JSON 1.1 and of AWS Query.
pub(super) enum Parameters {
    Json(Map<String, Value>),
    Form(Vec<(String, String)>),
}

impl Parameters {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self {
            Self::Json(members) => members.get(name)?.as_str(),
            Self::Form(pairs) => {
                let pair = pairs.iter().find(|(key, _)| key == name);
                pair.map(|(_, value)| value.as_str())
            }
        }
    }

    pub(super) fn texts(&self, name: &str) -> Option<Vec<String>> {
        let texts = self.member(name)?.as_array()?.iter();
        Some(texts.filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// A member of any type, of AWS JSON.
    pub(super) fn member(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Json(members) => members.get(name),
            Self::Form(_) => None,
        }
    }

    pub(super) fn tags(&self) -> Vec<(String, String)> {
        let tags = self.member("Tags").and_then(Value::as_array);
        let text = |tag: &Value, name| Some(tag.get(name)?.as_str()?.to_owned());
        tags.into_iter()
            .flatten()
            .filter_map(|tag| text(tag, "Key").zip(text(tag, "Value")))
            .collect()
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        match self {
            Self::Json(members) => members.get(name)?.as_bool(),
            Self::Form(_) => self.text(name)?.parse().ok(),
        }
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        match self {
            Self::Json(members) => members.get(name)?.as_u64(),
            Self::Form(_) => self.text(name)?.parse().ok(),
        }
    }
}

fn json(request: &Request<Bytes>) -> Result<(String, Parameters), ApiError> {
    let target = request
        .headers()
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default();
    let action = target
        .strip_prefix("secretsmanager.")
        .ok_or_else(|| ApiError::new(400, "UnknownOperationException", target))?;
    let members = serde_json::from_slice(request.body())
        .map_err(|error| ApiError::new(400, "SerializationException", error.to_string()))?;
    Ok((action.to_owned(), Parameters::Json(members)))
}

fn form(request: &Request<Bytes>) -> Result<(String, Parameters), ApiError> {
    let pairs: Vec<_> = form_urlencoded::parse(request.body())
        .into_owned()
        .collect();
    let parameters = Parameters::Form(pairs);
    let action = parameters
        .text("Action")
        .ok_or_else(|| ApiError::new(400, "MissingAction", "The request has no Action."))?
        .to_owned();
    Ok((action, parameters))
}
