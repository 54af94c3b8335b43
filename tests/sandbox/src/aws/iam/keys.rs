//! The calls about access keys (facts 21 to 27).

use std::time::SystemTime;

use super::{Name, change_user, invalid, required, user_in};
use crate::aws::answer::{iso_date, nest, page_token, position, tag};
use crate::aws::errors::ApiError;
use crate::aws::request::ApiRequest;
use crate::aws::state::State;
use crate::aws::users::{Key, User, owner_of};

/// Access keys that a user may have, inactive ones included (fact 21).
const QUOTA: usize = 2;
/// The most keys that a caller may request at a time.
const LARGEST_PAGE: usize = 1_000;

pub(super) fn list_access_keys(
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

pub(super) fn create_access_key(
    state: &mut State,
    of: Name<'_>,
    now: SystemTime,
) -> Result<String, ApiError> {
    let State {
        ids,
        users,
        propagation,
        ..
    } = state;
    let create = |user: &mut User| {
        if user.existing_keys().count() >= QUOTA {
            let message = format!("Cannot exceed quota for AccessKeysPerUser: {QUOTA}");
            return Err(ApiError::new(409, "LimitExceeded", message));
        }
        let key = Key::new(ids, propagation.clone(), now);
        let created = tag("UserName", &user.name)
            + &tag("AccessKeyId", &key.id)
            + &tag("Status", key.status.as_str())
            + &tag("SecretAccessKey", key.secret.reveal())
            + &tag("CreateDate", &iso_date(now));
        user.keys.push(key);
        Ok(nest("AccessKey", &created))
    };
    users.change(|users| change_user(users, of, create))
}

pub(super) fn change_key(
    state: &mut State,
    request: &ApiRequest,
    of: Name<'_>,
    change: impl FnOnce(&mut Key),
) -> Result<Option<String>, ApiError> {
    let id = required(request, "AccessKeyId")?;
    let change = |user: &mut User| {
        let key = user
            .existing_key_mut(id)
            .ok_or_else(|| ApiError::no_such_key(id))?;
        change(key);
        Ok(None)
    };
    state.users.change(|users| change_user(users, of, change))
}

pub(super) fn get_access_key_last_used(
    state: &State,
    request: &ApiRequest,
    account: &str,
    stale: usize,
    now: SystemTime,
) -> Result<String, ApiError> {
    let id = required(request, "AccessKeyId")?;
    let owner = state.users.read(stale, now).get(&owner_of(id));
    let found = owner
        .filter(|user| user.account == account)
        .and_then(|user| {
            let key = user.keys.iter().find(|key| key.id == id)?;
            key.spread.is_listed(now).then_some((user, key))
        });
    let (user, key) = found.ok_or_else(|| ApiError::no_such_key(id))?;
    // A key never used has no LastUsedDate at all (fact 25).
    let last_used = match key.uses.shown(now) {
        Some(used) => {
            tag("Region", &used.region)
                + &tag("LastUsedDate", &iso_date(used.at))
                + &tag("ServiceName", &used.service)
        }
        None => tag("Region", "N/A") + &tag("ServiceName", "N/A"),
    };
    Ok(tag("UserName", &user.name) + &nest("AccessKeyLastUsed", &last_used))
}
