//! The calls about users.

use std::time::SystemTime;

use super::{Name, required, user_in};
use crate::aws::answer::{iso_date, nest, tag};
use crate::aws::errors::ApiError;
use crate::aws::request::ApiRequest;
use crate::aws::state::State;
use crate::aws::users::{User, in_account};

pub(super) fn create_user(
    state: &mut State,
    request: &ApiRequest,
    account: &str,
    now: SystemTime,
) -> Result<String, ApiError> {
    let name = required(request, "UserName")?;
    let path = request.parameters.text("Path").unwrap_or("/");
    let State { ids, users, .. } = state;
    users.change(|users| {
        if users.get(&in_account(account, name)).is_some() {
            let message = format!("User with name {name} already exists.");
            return Err(ApiError::new(409, "EntityAlreadyExists", message));
        }
        let user = User::new(account, path, name, ids.iam_id("AIDA"), now);
        let created = user_xml(&user);
        users.push(user);
        Ok(created)
    })
}

pub(super) fn user_xml(user: &User) -> String {
    let members = tag("Path", &user.path)
        + &tag("UserName", &user.name)
        + &tag("UserId", &user.id)
        + &tag("Arn", &user.arn())
        + &tag("CreateDate", &iso_date(user.created));
    nest("User", &members)
}

/// The managed policies of a user, all on one page.
pub(super) fn list_attached_user_policies(
    state: &State,
    of: Name<'_>,
    stale: usize,
    now: SystemTime,
) -> Result<String, ApiError> {
    let user = user_in(state.users.read(stale, now), of)?;
    let members: String = user
        .attached
        .iter()
        .map(|arn| {
            let name = arn.rsplit('/').next().unwrap_or_default();
            nest(
                "member",
                &(tag("PolicyName", name) + &tag("PolicyArn", arn)),
            )
        })
        .collect();
    Ok(nest("AttachedPolicies", &members) + &tag("IsTruncated", "false"))
}
