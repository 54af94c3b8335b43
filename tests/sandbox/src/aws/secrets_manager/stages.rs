//! UpdateSecretVersionStage (fact 17).

use std::time::SystemTime;

use serde_json::{Value, json};

use super::{change, not_found, required};
use crate::aws::AWSCURRENT;
use crate::aws::errors::ApiError;
use crate::aws::request::ApiRequest;
use crate::aws::state::State;

pub(super) fn update(
    state: &mut State,
    request: &ApiRequest,
    now: SystemTime,
) -> Result<Value, ApiError> {
    let label = required(request, "VersionStage")?;
    let to = request.parameters.text("MoveToVersionId");
    let from = request.parameters.text("RemoveFromVersionId");
    change(state, request, now, |secret| {
        secret.open()?;
        let holder = secret.with_label(label).map(|version| version.id.clone());
        check_move(label, holder.as_deref(), from, to)?;
        match to {
            Some(to) if holder.as_deref() == Some(to) => {}
            Some(to) => {
                let version = secret
                    .version(to)
                    .ok_or_else(|| not_found(&format!("VersionId: {to}")))?;
                if label == AWSCURRENT && version.content.is_none() {
                    return Err(ApiError::invalid_request(format!(
                        "You can't attach staging label AWSCURRENT to version {to}, which has no \
                         value."
                    )));
                }
                secret.move_label(label, to, now);
            }
            None => secret.remove_label(label),
        }
        Ok(json!({"ARN": secret.arn, "Name": secret.name}))
    })
}

/// Whether a label on `holder` may move as the caller says (fact 17).
fn check_move(
    label: &str,
    holder: Option<&str>,
    from: Option<&str>,
    to: Option<&str>,
) -> Result<(), ApiError> {
    let refuse = |message: String| Err(ApiError::invalid_parameter(message));
    match (holder, from) {
        _ if from.is_none() && to.is_none() => {
            refuse("You must provide MoveToVersionId, RemoveFromVersionId, or both.".to_owned())
        }
        (Some(holder), Some(from)) if holder != from => refuse(format!(
            "Staging label {label} is not attached to version {from} but to version {holder}, so \
             you must reference that version in RemoveFromVersionId."
        )),
        (None, Some(from)) => refuse(format!(
            "Staging label {label} is not attached to version {from}."
        )),
        (Some(holder), None) if to != Some(holder) => refuse(format!(
            "The parameter RemoveFromVersionId can't be empty. Staging label {label} is currently \
             attached to version {holder}, so you must explicitly reference that version in \
             RemoveFromVersionId."
        )),
        _ if label == AWSCURRENT && to.is_none() => refuse(
            "You can't remove staging label AWSCURRENT; you can only move it to another version."
                .to_owned(),
        ),
        _ => Ok(()),
    }
}
