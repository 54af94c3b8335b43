//! Secrets Manager's API (facts 15 to 18). The rules of the versions are in `secrets`.

mod list;
mod reads;
mod rotation;
mod stages;
mod tags;
mod values;

#[cfg(test)]
mod tests;

use std::time::SystemTime;

use serde_json::Value;

use super::Service;
use super::access::Resource;
use super::directory::Directory;
use super::errors::ApiError;
use super::ids::secret_arn;
use super::request::ApiRequest;
use super::secrets::{Secret, is_token};
use super::state::State;

/// What a call is about: a secret, or for ListSecrets all of them.
pub(super) fn resource(state: &State, request: &ApiRequest) -> Result<Resource, ApiError> {
    let arn = match request.action.as_str() {
        // It takes no resource in a policy (fact 50).
        "ListSecrets" => {
            return Ok(Resource {
                arn: "*".to_owned(),
                shown: String::new(),
                recorded: "*".to_owned(),
            });
        }
        "CreateSecret" => secret_arn(required(request, "Name")?),
        "CancelRotateSecret"
        | "DeleteSecret"
        | "DescribeSecret"
        | "GetSecretValue"
        | "ListSecretVersionIds"
        | "PutSecretValue"
        | "RotateSecret"
        | "TagResource"
        | "UntagResource"
        | "UpdateSecret"
        | "UpdateSecretVersionStage" => {
            let secret_id = required(request, "SecretId")?;
            let secret = state.secret(secret_id);
            secret.map_or_else(|| secret_id.to_owned(), |secret| secret.arn.clone())
        }
        other => return Err(not_simulated(other)),
    };
    Ok(Resource::named_by(arn))
}

pub(super) fn act(
    state: &mut State,
    request: &ApiRequest,
    stale: usize,
    now: SystemTime,
) -> Result<Value, ApiError> {
    let secrets = state.secrets.read(stale, now);
    match request.action.as_str() {
        "DescribeSecret" => find(secrets, request).map(reads::describe),
        "GetSecretValue" => reads::value(find(secrets, request)?, request),
        "ListSecretVersionIds" => {
            find(secrets, request).map(|secret| reads::versions(secret, request))
        }
        "ListSecrets" => list::list(state, request, stale, now),
        "CreateSecret" => values::create(state, request, now),
        "PutSecretValue" => values::put(state, request, now),
        "UpdateSecretVersionStage" => stages::update(state, request, now),
        "RotateSecret" => rotation::rotate(state, request, now),
        "CancelRotateSecret" => rotation::cancel(state, request, now),
        "UpdateSecret" => values::update(state, request, now),
        "TagResource" => tags::tag(state, request, now),
        "UntagResource" => tags::untag(state, request, now),
        "DeleteSecret" => values::delete(state, request, now),
        other => Err(not_simulated(other)),
    }
}

fn not_simulated(action: &str) -> ApiError {
    ApiError::not_simulated(&format!("secretsmanager:{action}"))
}

fn find<'a>(secrets: &'a Directory<Secret>, request: &ApiRequest) -> Result<&'a Secret, ApiError> {
    let secret_id = required(request, "SecretId")?;
    let secret = secrets.get(secret_id);
    secret.ok_or_else(ApiError::no_such_secret)
}

fn change<R>(
    state: &mut State,
    request: &ApiRequest,
    now: SystemTime,
    change: impl FnOnce(&mut Secret) -> Result<R, ApiError>,
) -> Result<R, ApiError> {
    let secret_id = required(request, "SecretId")?;
    state.secrets.change_listed(now, |secrets| {
        let changed = secrets.update(secret_id, |secret| secret.alter(now, change));
        changed.ok_or_else(ApiError::no_such_secret)?
    })
}

fn required<'a>(request: &'a ApiRequest, name: &str) -> Result<&'a str, ApiError> {
    request.parameters.text(name).ok_or_else(|| {
        let message = format!("The request must contain the parameter {name}.");
        ApiError::validation(Service::SecretsManager, message)
    })
}

/// The ClientRequestToken, which becomes the version's id. If the caller gives none, the SDK makes
/// one, and so does the service.
fn token(state: &mut State, request: &ApiRequest) -> Result<String, ApiError> {
    match request.parameters.text("ClientRequestToken") {
        None => Ok(state.ids.uuid()),
        Some(token) if is_token(token) => Ok(token.to_owned()),
        Some(_) => Err(ApiError::invalid_parameter(
            "ClientRequestToken must be 32-64 characters long.",
        )),
    }
}

fn not_found(what: &str) -> ApiError {
    ApiError::resource_not_found(format!(
        "Secrets Manager can't find the specified secret value for {what}"
    ))
}
