//! IAM: users and access keys (facts 21 to 27).

#[cfg(test)]
mod tests;

use std::time::SystemTime;

use super::access::{Principal, Resource};
use super::answer::{iso_date, nest, page_token, position, tag};
use super::errors::ApiError;
use super::propagation::Spread;
use super::request::ApiRequest;
use super::state::State;
use super::users::{Key, User, user_arn};
use super::{KeyStatus, Service};

/// Access keys that a user may have, inactive ones included (fact 21).
const QUOTA: usize = 2;
/// The most keys that a caller may request at a time.
const LARGEST_PAGE: usize = 1_000;

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
            let owner = state.key(id).map(|(user, _)| user.arn());
            Ok(Resource {
                arn: owner.unwrap_or_else(|| "*".to_owned()),
                shown: format!("access key {id}"),
                recorded: id.to_owned(),
            })
        }
        "CreateAccessKey" | "CreateUser" | "DeleteAccessKey" | "GetUser" | "ListAccessKeys"
        | "UpdateAccessKey" => {
            let name = user_name(request, principal)?;
            let path = request.parameters.text("Path").unwrap_or("/");
            let account = principal.account();
            let user = state.users.now().iter().find(|user| user.is(account, name));
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

pub(super) fn act(
    state: &mut State,
    request: &ApiRequest,
    principal: &Principal,
    stale: usize,
    now: SystemTime,
) -> Result<Option<String>, ApiError> {
    let account = principal.account();
    match request.action.as_str() {
        "GetAccessKeyLastUsed" => get_access_key_last_used(state, request, stale, now).map(Some),
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
        "CreateUser" => create_user(state, request, account, now).map(Some),
        other => Err(not_simulated(other)),
    }
}

fn not_simulated(action: &str) -> ApiError {
    ApiError::not_simulated(&format!("iam:{action}"))
}

fn list_access_keys(
    state: &State,
    request: &ApiRequest,
    of: Name<'_>,
    stale: usize,
    now: SystemTime,
) -> Result<String, ApiError> {
    let user = user_in(state.users.read(stale, now), of)?;
    let first = match request.parameters.text("Marker") {
        None => 0,
        Some(marker) => position(marker).ok_or_else(|| invalid("Invalid Marker.".to_owned()))?,
    };
    let size = match request.parameters.text("MaxItems").map(str::parse) {
        None => state.page_size,
        Some(Ok(asked @ 1..=LARGEST_PAGE)) => asked.min(state.page_size),
        Some(_) => return Err(invalid(format!("MaxItems must be 1 to {LARGEST_PAGE}."))),
    };
    let listed: Vec<&Key> = user
        .keys
        .iter()
        .filter(|key| key.spread.is_listed(now))
        .collect();
    let members: String = listed
        .iter()
        .skip(first)
        .take(size)
        .map(|key| {
            let member = tag("UserName", &user.name)
                + &tag("AccessKeyId", &key.id)
                + &tag("Status", key.status_at(now).as_str())
                + &tag("CreateDate", &iso_date(key.created));
            nest("member", &member)
        })
        .collect();
    let next = first.saturating_add(size);
    let rest = if next < listed.len() {
        tag("IsTruncated", "true") + &tag("Marker", &page_token(next))
    } else {
        tag("IsTruncated", "false")
    };
    Ok(nest("AccessKeyMetadata", &members) + &rest)
}

fn create_access_key(state: &mut State, of: Name<'_>, now: SystemTime) -> Result<String, ApiError> {
    let State {
        ids,
        users,
        propagation,
        ..
    } = state;
    users.change(|users| {
        let user = user_in_mut(users, of)?;
        if user.existing_keys().count() >= QUOTA {
            let message = format!("Cannot exceed quota for AccessKeysPerUser: {QUOTA}");
            return Err(ApiError::new(409, "LimitExceeded", message));
        }
        let key = Key {
            id: ids.iam_id("AKIA"),
            secret: ids.secret_access_key(),
            status: KeyStatus::Active,
            created: now,
            last_used: None,
            spread: Spread::begin(propagation.clone(), now),
            switched: None,
        };
        let created = tag("UserName", &user.name)
            + &tag("AccessKeyId", &key.id)
            + &tag("Status", key.status.as_str())
            + &tag("SecretAccessKey", key.secret.reveal())
            + &tag("CreateDate", &iso_date(now));
        user.keys.push(key);
        Ok(nest("AccessKey", &created))
    })
}

fn change_key(
    state: &mut State,
    request: &ApiRequest,
    of: Name<'_>,
    change: impl FnOnce(&mut Key),
) -> Result<Option<String>, ApiError> {
    let id = required(request, "AccessKeyId")?;
    state.users.change(|users| {
        let user = user_in_mut(users, of)?;
        let key = user
            .existing_key_mut(id)
            .ok_or_else(|| ApiError::no_such_key(id))?;
        change(key);
        Ok(None)
    })
}

fn get_access_key_last_used(
    state: &State,
    request: &ApiRequest,
    stale: usize,
    now: SystemTime,
) -> Result<String, ApiError> {
    let id = required(request, "AccessKeyId")?;
    let found = state.users.read(stale, now).iter().find_map(|user| {
        let key = user.keys.iter().find(|key| key.id == id)?;
        key.spread.is_listed(now).then_some((user, key))
    });
    let (user, key) = found.ok_or_else(|| ApiError::no_such_key(id))?;
    // A key never used has no LastUsedDate at all (fact 25).
    let last_used = match &key.last_used {
        Some(used) => {
            tag("Region", &used.region)
                + &tag("LastUsedDate", &iso_date(used.at))
                + &tag("ServiceName", &used.service)
        }
        None => tag("Region", "N/A") + &tag("ServiceName", "N/A"),
    };
    Ok(tag("UserName", &user.name) + &nest("AccessKeyLastUsed", &last_used))
}

fn create_user(
    state: &mut State,
    request: &ApiRequest,
    account: &str,
    now: SystemTime,
) -> Result<String, ApiError> {
    let name = required(request, "UserName")?;
    let path = request.parameters.text("Path").unwrap_or("/");
    let State { ids, users, .. } = state;
    users.change(|users| {
        if users.iter().any(|user| user.is(account, name)) {
            let message = format!("User with name {name} already exists.");
            return Err(ApiError::new(409, "EntityAlreadyExists", message));
        }
        let user = User {
            account: account.to_owned(),
            name: name.to_owned(),
            path: path.to_owned(),
            id: ids.iam_id("AIDA"),
            created: now,
            keys: Vec::new(),
        };
        let created = user_xml(&user);
        users.push(user);
        Ok(created)
    })
}

fn user_xml(user: &User) -> String {
    let members = tag("Path", &user.path)
        + &tag("UserName", &user.name)
        + &tag("UserId", &user.id)
        + &tag("Arn", &user.arn())
        + &tag("CreateDate", &iso_date(user.created));
    nest("User", &members)
}

/// An account, and the name of one of its users.
type Name<'a> = (&'a str, &'a str);

fn user_in<'a>(users: &'a [User], (account, name): Name<'_>) -> Result<&'a User, ApiError> {
    let user = users.iter().find(|user| user.is(account, name));
    user.ok_or_else(|| ApiError::no_such_user(name))
}

fn user_in_mut<'a>(
    users: &'a mut [User],
    (account, name): Name<'_>,
) -> Result<&'a mut User, ApiError> {
    let user = users.iter_mut().find(|user| user.is(account, name));
    user.ok_or_else(|| ApiError::no_such_user(name))
}

/// The named user, or else the caller (fact 26).
fn user_name<'a>(request: &'a ApiRequest, principal: &'a Principal) -> Result<&'a str, ApiError> {
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
