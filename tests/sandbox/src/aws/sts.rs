//! STS: GetCallerIdentity (fact 28).

use super::ACCOUNT;
use super::answer::tag;
use super::errors::ApiError;
use super::request::ApiRequest;
use super::state::{Principal, Resource};

/// STS calls are about nothing but the caller.
pub(super) fn resource() -> Resource {
    Resource {
        arn: "*".to_owned(),
        shown: String::new(),
        recorded: String::new(),
    }
}

pub(super) fn act(request: &ApiRequest, principal: &Principal) -> Result<String, ApiError> {
    match request.action.as_str() {
        "GetCallerIdentity" => {
            let (arn, id) = (&principal.arn, &principal.id);
            Ok(tag("Arn", arn) + &tag("UserId", id) + &tag("Account", ACCOUNT))
        }
        other => Err(ApiError::not_simulated(&format!("sts:{other}"))),
    }
}
