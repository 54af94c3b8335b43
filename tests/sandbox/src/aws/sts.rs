//! STS: GetCallerIdentity (fact 28), AssumeRole.

use std::time::{Duration, SystemTime};

use super::Service;
use super::access::{Principal, Resource};
use super::answer::{iso_date, nest, tag};
use super::errors::ApiError;
use super::request::ApiRequest;
use super::roles::Session;
use super::state::State;

/// What a call to STS is about: a role, or only the caller.
pub(super) fn resource(request: &ApiRequest) -> Result<Resource, ApiError> {
    if request.action != "AssumeRole" {
        return Ok(Resource {
            arn: "*".to_owned(),
            shown: String::new(),
            recorded: String::new(),
        });
    }
    Ok(Resource::named_by(required(request, "RoleArn")?.to_owned()))
}

pub(super) fn act(
    state: &mut State,
    request: &ApiRequest,
    principal: &Principal,
    now: SystemTime,
) -> Result<String, ApiError> {
    match request.action.as_str() {
        "GetCallerIdentity" => {
            let (arn, id, account) = (&principal.arn, &principal.id, principal.account());
            Ok(tag("Arn", arn) + &tag("UserId", id) + &tag("Account", account))
        }
        "AssumeRole" => assume_role(state, request, now),
        other => Err(ApiError::not_simulated(&format!("sts:{other}"))),
    }
}

/// A role that assumes another gets at most an hour, and at least 15 minutes.
fn assume_role(
    state: &mut State,
    request: &ApiRequest,
    now: SystemTime,
) -> Result<String, ApiError> {
    let seconds = request
        .parameters
        .number("DurationSeconds")
        .unwrap_or(3_600);
    if !(900..=3_600).contains(&seconds) {
        return Err(invalid("DurationSeconds must be 900 to 3600."));
    }
    let name = required(request, "RoleSessionName")?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if !(2..=64).contains(&name.len()) || !name.bytes().all(allowed) {
        return Err(invalid("RoleSessionName is not valid."));
    }
    let arn = required(request, "RoleArn")?;
    let State { ids, roles, .. } = state;
    let role = roles.iter().find(|role| role.arn == arn);
    let role = role.ok_or_else(|| invalid("RoleArn is not valid."))?;
    let expires = now + Duration::from_secs(seconds);
    let session = Session::assume(ids, role, name, expires);
    let credentials = tag("AccessKeyId", &session.access_key_id)
        + &tag("SecretAccessKey", session.secret.reveal())
        + &tag("SessionToken", session.token.reveal())
        + &tag("Expiration", &iso_date(expires));
    let user = tag("Arn", &session.principal.arn) + &tag("AssumedRoleId", &session.principal.id);
    state.sessions.push(session);
    Ok(nest("Credentials", &credentials) + &nest("AssumedRoleUser", &user))
}

fn required<'a>(request: &'a ApiRequest, name: &str) -> Result<&'a str, ApiError> {
    let value = request.parameters.text(name);
    value.ok_or_else(|| invalid(&format!("The request must contain the parameter {name}.")))
}

fn invalid(message: &str) -> ApiError {
    ApiError::validation(Service::Sts, message)
}
