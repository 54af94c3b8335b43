//! RotateSecret (facts 2, 4 and 5).

use std::time::SystemTime;

use serde_json::{Value, json};

use super::{change, token};
use crate::aws::RotateRequest;
use crate::aws::errors::ApiError;
use crate::aws::request::ApiRequest;
use crate::aws::state::State;

/// Stages the rotation and leaves the rest to `Aws::on_rotate`'s callback.
pub(super) fn rotate(
    state: &mut State,
    request: &ApiRequest,
    now: SystemTime,
) -> Result<Value, ApiError> {
    if state.rotate.is_none() {
        return Err(ApiError::invalid_request(
            "No Lambda rotation function ARN is associated with this secret.",
        ));
    }
    let token = token(state, request)?;
    let rotate_immediately = request.parameters.flag("RotateImmediately") != Some(false);
    let (run, answer) = change(state, request, |secret| {
        secret.open()?;
        let staged = if rotate_immediately {
            secret.stage_pending(&token, now)
        } else {
            secret.stage_test(&token, now).map(|()| token.clone())
        };
        let run = staged.map_err(|error| ApiError::invalid_request(error.to_string()))?;
        let rotation = RotateRequest {
            arn: secret.arn.clone(),
            token: run,
            rotate_immediately,
        };
        let answer = json!({"ARN": secret.arn, "Name": secret.name, "VersionId": token});
        Ok((rotation, answer))
    })?;
    let reattempted = run.token != token;
    state.rotations.push(run);
    if reattempted {
        return Err(ApiError::invalid_request(
            "A previous rotation isn't complete. That rotation will be reattempted.",
        ));
    }
    Ok(answer)
}
