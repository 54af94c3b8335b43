//! The calls that make, fill and delete a secret.

#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use aws_smithy_types::base64;
use serde_json::{Value, json};

use super::{change, required, token};
use crate::aws::answer::epoch_seconds;
use crate::aws::errors::ApiError;
use crate::aws::ids::secret_arn;
use crate::aws::request::ApiRequest;
use crate::aws::secrets::Secret;
use crate::aws::state::State;
use crate::aws::{AWSCURRENT, AWSPENDING, SecretContent, Service};

/// The largest secret value in bytes (fact 15).
const LARGEST: usize = 65_536;
const DAY: Duration = Duration::from_hours(24);

pub(super) fn create(
    state: &mut State,
    request: &ApiRequest,
    now: SystemTime,
) -> Result<Value, ApiError> {
    let name = required(request, "Name")?;
    let content = read_content(request)?;
    let token = token(state, request)?;
    let arn = secret_arn(name);
    state.secrets.change_listed(now, |secrets| {
        if secrets.get(name).is_some_and(|secret| secret.name == name) {
            return Err(ApiError::resource_exists(format!(
                "The operation failed because the secret {name} already exists."
            )));
        }
        let mut secret = Secret::new(arn.clone(), name, now);
        secret.tags = request.parameters.tags();
        describe(&mut secret, request);
        let mut answer = json!({"ARN": arn, "Name": name});
        if let Some(content) = content {
            secret.put(&token, content, &[AWSCURRENT.to_owned()], now)?;
            answer["VersionId"] = json!(token);
        }
        secrets.push(secret);
        Ok(answer)
    })
}

pub(super) fn put(
    state: &mut State,
    request: &ApiRequest,
    now: SystemTime,
) -> Result<Value, ApiError> {
    let content = read_content(request)?.ok_or_else(|| {
        ApiError::invalid_request("You must provide either SecretString or SecretBinary.")
    })?;
    let token = token(state, request)?;
    let labels = request.parameters.texts("VersionStages");
    let labels = labels.unwrap_or_else(|| vec![AWSCURRENT.to_owned()]);
    let requires_rotation_token = state.requires_rotation_token;
    change(state, request, now, |secret| {
        secret.open()?;
        let pending = secret.with_label(AWSPENDING);
        if requires_rotation_token && pending.is_some_and(|pending| pending.id == token) {
            check_rotation_token(secret, request)?;
        }
        secret.put(&token, content, &labels, now)?;
        let labels = secret.version(&token).map(|version| &version.labels);
        Ok(json!({
            "ARN": secret.arn,
            "Name": secret.name,
            "VersionId": token,
            "VersionStages": labels,
        }))
    })
}

/// The description, the KMS key, and a new current version, as far as the request has them. What the old key encrypted
/// is not encrypted again (fact 59).
pub(super) fn update(
    state: &mut State,
    request: &ApiRequest,
    now: SystemTime,
) -> Result<Value, ApiError> {
    let content = read_content(request)?;
    let token = token(state, request)?;
    change(state, request, now, |secret| {
        secret.open()?;
        describe(secret, request);
        let mut answer = json!({"ARN": secret.arn, "Name": secret.name});
        if let Some(content) = content {
            secret.put(&token, content, &[AWSCURRENT.to_owned()], now)?;
            answer["VersionId"] = json!(token);
        }
        Ok(answer)
    })
}

fn describe(secret: &mut Secret, request: &ApiRequest) {
    let text = |name| request.parameters.text(name).map(str::to_owned);
    secret.description = text("Description").or(secret.description.take());
    secret.kms_key = text("KmsKeyId").or(secret.kms_key.take());
}

/// The RotationToken proves that the caller acts for the rotation (fact 8).
fn check_rotation_token(secret: &Secret, request: &ApiRequest) -> Result<(), ApiError> {
    let expected = secret.rotation_token.as_ref().map(|token| token.reveal());
    if expected.is_some() && request.parameters.text("RotationToken") == expected {
        return Ok(());
    }
    Err(ApiError::access_denied(
        Service::SecretsManager,
        "Access to the secret in rotation needs the RotationToken of the rotation.",
    ))
}

pub(super) fn delete(
    state: &mut State,
    request: &ApiRequest,
    now: SystemTime,
) -> Result<Value, ApiError> {
    let force = request.parameters.flag("ForceDeleteWithoutRecovery") == Some(true);
    let days = request.parameters.number("RecoveryWindowInDays");
    let days = u32::try_from(days.unwrap_or(30)).unwrap_or(30);
    let at = if force { now } else { now + DAY * days };
    let answer = change(state, request, now, |secret| {
        secret.open()?;
        secret.deleted = Some(at);
        Ok(json!({
            "ARN": secret.arn,
            "Name": secret.name,
            "DeletionDate": epoch_seconds(at),
        }))
    })?;
    if force {
        state.remove_secret(answer["ARN"].as_str().unwrap_or_default(), now);
    }
    Ok(answer)
}

fn read_content(request: &ApiRequest) -> Result<Option<SecretContent>, ApiError> {
    let text = request.parameters.text("SecretString");
    let binary = request.parameters.text("SecretBinary");
    let content = match (text, binary) {
        (Some(_), Some(_)) => {
            let message = "You can't specify both a binary secret value and a string secret value.";
            return Err(ApiError::invalid_parameter(message));
        }
        (Some(text), None) => Some(SecretContent::Text(text.to_owned())),
        (None, Some(binary)) => {
            let bytes = base64::decode(binary)
                .map_err(|_| ApiError::invalid_parameter("SecretBinary is not base64."))?;
            Some(SecretContent::Binary(bytes))
        }
        (None, None) => None,
    };
    if content
        .as_ref()
        .is_some_and(|content| content.len() > LARGEST)
    {
        let message = format!("The secret value is larger than {LARGEST} bytes.");
        return Err(ApiError::invalid_parameter(message));
    }
    Ok(content)
}
