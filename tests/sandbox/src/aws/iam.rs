//! IAM: users and access keys (facts 21 to 27).

mod keys;
mod users;

#[cfg(test)]
mod tests;

use std::time::SystemTime;

use super::access::{Principal, Resource};
use super::directory::Directory;
use super::errors::ApiError;
use super::request::ApiRequest;
use super::state::State;
use super::users::{User, in_account, user_arn};
use super::{KeyStatus, Service};

use keys::{change_key, create_access_key, get_access_key_last_used, list_access_keys};
use users::{create_user, list_attached_user_policies, user_xml};

/// What a call of IAM is about: a user.
pub(super) fn resource(
    state: &State,
    request: &ApiRequest,
    principal: &Principal,
) -> Result<Resource, ApiError> {
    match request.action.as_str() {
        // Only this call names no user.
        "GetAccessKeyLastUsed" => {
            let id = required(request, "AccessKeyId")?;
            let owner = state.key(id).map(|(user, _)| user);
            let owner = owner.filter(|user| user.account == principal.account());
            Ok(Resource {
                arn: owner.map_or_else(|| "*".to_owned(), User::arn),
                shown: format!("access key {id}"),
                recorded: id.to_owned(),
            })
        }
        "CreateAccessKey"
        | "CreateUser"
        | "DeleteAccessKey"
        | "GetUser"
        | "ListAccessKeys"
        | "ListAttachedUserPolicies"
        | "UpdateAccessKey" => {
            let name = user_name(request, principal)?;
            let path = request.parameters.text("Path").unwrap_or("/");
            let account = principal.account();
            let user = state.users.now().get(&in_account(account, name));
            let key = request.parameters.text("AccessKeyId");
            Ok(Resource {
                arn: user.map_or_else(|| user_arn(account, path, name), User::arn),
                shown: format!("user {name}"),
                recorded: key.unwrap_or(name).to_owned(),
            })
        }
        other => Err(not_simulated(other)),
    }
}

/// Whether the call asks about a key that is nobody's in the account.
pub(super) fn is_of_nobody(request: &ApiRequest, resource: &Resource) -> bool {
    request.action == "GetAccessKeyLastUsed" && resource.arn == "*"
}

pub(super) fn act(
    state: &mut State,
    request: &ApiRequest,
    principal: &Principal,
    stale: usize,
    now: SystemTime,
) -> Result<Option<String>, ApiError> {
    let account = principal.account();
    match request.action.as_str() {
        "GetAccessKeyLastUsed" => {
            get_access_key_last_used(state, request, account, stale, now).map(Some)
        }
        "ListAccessKeys" => {
            let name = user_name(request, principal)?;
            list_access_keys(state, request, (account, name), stale, now).map(Some)
        }
        "CreateAccessKey" => {
            let name = user_name(request, principal)?;
            create_access_key(state, (account, name), now).map(Some)
        }
        "DeleteAccessKey" => {
            let name = user_name(request, principal)?;
            let delay = state.propagation.delete_delay;
            change_key(state, request, (account, name), |key| {
                key.spread.delete(delay, now);
            })
        }
        "UpdateAccessKey" => {
            let name = user_name(request, principal)?;
            let status = match required(request, "Status")? {
                "Active" => KeyStatus::Active,
                "Inactive" => KeyStatus::Inactive,
                other => return Err(invalid(format!("Status cannot be {other}"))),
            };
            let delay = state.propagation.status_delay;
            change_key(state, request, (account, name), |key| {
                key.switch(status, delay, now);
            })
        }
        "GetUser" => {
            let name = user_name(request, principal)?;
            user_in(state.users.read(stale, now), (account, name)).map(|user| Some(user_xml(user)))
        }
        "ListAttachedUserPolicies" => {
            let name = user_name(request, principal)?;
            list_attached_user_policies(state, (account, name), stale, now).map(Some)
        }
        "CreateUser" => create_user(state, request, account, now).map(Some),
        other => Err(not_simulated(other)),
    }
}

fn not_simulated(action: &str) -> ApiError {
    ApiError::not_simulated(&format!("iam:{action}"))
}

/// An account, and the name of one of its users.
type Name<'a> = (&'a str, &'a str);

fn user_in<'a>(
    users: &'a Directory<User>,
    (account, name): Name<'_>,
) -> Result<&'a User, ApiError> {
    let user = users.get(&in_account(account, name));
    user.ok_or_else(|| ApiError::no_such_user(name))
}

fn change_user<R>(
    users: &mut Directory<User>,
    (account, name): Name<'_>,
    change: impl FnOnce(&mut User) -> Result<R, ApiError>,
) -> Result<R, ApiError> {
    let changed = users.update(&in_account(account, name), change);
    changed.ok_or_else(|| ApiError::no_such_user(name))?
}

/// The named user, or else the caller (fact 26).
fn user_name<'a>(request: &'a ApiRequest, principal: &'a Principal) -> Result<&'a str, ApiError> {
    if request.action == "ListAttachedUserPolicies" {
        return required(request, "UserName");
    }
    let named = request.parameters.text("UserName");
    named.or(principal.user.as_deref()).ok_or_else(|| {
        invalid("Must specify userName when calling with non-User credentials".to_owned())
    })
}

fn required<'a>(request: &'a ApiRequest, name: &str) -> Result<&'a str, ApiError> {
    let value = request.parameters.text(name);
    value.ok_or_else(|| invalid(format!("The request must contain the parameter {name}.")))
}

fn invalid(message: String) -> ApiError {
    ApiError::validation(Service::Iam, message)
}
