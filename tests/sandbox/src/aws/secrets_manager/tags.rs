//! TagResource and UntagResource.

#[cfg(test)]
mod tests;

use std::time::SystemTime;

use serde_json::{Value, json};

use super::change;
use crate::aws::errors::ApiError;
use crate::aws::request::ApiRequest;
use crate::aws::state::State;
use crate::aws::tags::set_tag;

/// The most tags of a secret.
const MOST: usize = 50;

pub(super) fn tag(
    state: &mut State,
    request: &ApiRequest,
    now: SystemTime,
) -> Result<Value, ApiError> {
    let tags = request.parameters.tags();
    change(state, request, now, |secret| {
        secret.open()?;
        for (key, value) in &tags {
            if key.starts_with("aws:") {
                return Err(ApiError::invalid_parameter(
                    "Tag keys must not begin with aws:.",
                ));
            }
            set_tag(&mut secret.tags, key, value);
        }
        if secret.tags.len() > MOST {
            return Err(ApiError::new(
                400,
                "LimitExceededException",
                format!("A secret has at most {MOST} tags."),
            ));
        }
        Ok(json!({}))
    })
}

pub(super) fn untag(
    state: &mut State,
    request: &ApiRequest,
    now: SystemTime,
) -> Result<Value, ApiError> {
    let keys = request.parameters.texts("TagKeys").unwrap_or_default();
    change(state, request, now, |secret| {
        secret.open()?;
        secret.tags.retain(|(key, _)| !keys.contains(key));
        Ok(json!({}))
    })
}
