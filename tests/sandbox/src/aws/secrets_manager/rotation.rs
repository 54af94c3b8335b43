//! RotateSecret (facts 2, 4 and 5) and CancelRotateSecret.

#[cfg(test)]
mod tests;

use std::time::SystemTime;

use serde_json::{Value, json};

use super::{change, token};
use crate::aws::errors::ApiError;
use crate::aws::request::ApiRequest;
use crate::aws::secrets::Rules;
use crate::aws::state::State;
use crate::aws::{AWSCURRENT, AWSPENDING, RotateRequest};

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
    let function = request.parameters.text("RotationLambdaARN");
    let rules = rules(request)?;
    let (run, answer) = change(state, request, now, |secret| {
        secret.open()?;
        if let Some(function) = function {
            secret.schedule.function = Some(function.to_owned());
        }
        if let Some(rules) = rules {
            secret.schedule.rules = rules;
        }
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

/// The rules to store, if the request has any.
fn rules(request: &ApiRequest) -> Result<Option<Rules>, ApiError> {
    let Some(rules) = request.parameters.member("RotationRules") else {
        return Ok(None);
    };
    let text = |name| Some(rules.get(name)?.as_str()?.to_owned());
    let rules = Rules {
        days: rules.get("AutomaticallyAfterDays").and_then(Value::as_u64),
        duration: text("Duration"),
        expression: text("ScheduleExpression"),
    };
    match rules.days {
        Some(_) if rules.expression.is_some() => Err(ApiError::invalid_parameter(
            "You can't specify both AutomaticallyAfterDays and ScheduleExpression.",
        )),
        Some(1..=1_000) | None => Ok(Some(rules)),
        Some(_) => Err(ApiError::invalid_parameter(
            "AutomaticallyAfterDays must be 1 to 1000.",
        )),
    }
}

/// Leaves AWSPENDING where it is (fact 5).
pub(super) fn cancel(
    state: &mut State,
    request: &ApiRequest,
    now: SystemTime,
) -> Result<Value, ApiError> {
    change(state, request, now, |secret| {
        secret.open()?;
        if secret.schedule.is_on() {
            secret.schedule.turn_off();
        }
        let mut answer = json!({"ARN": secret.arn, "Name": secret.name});
        let pending = secret.with_label(AWSPENDING);
        let incomplete = |labels: &[String]| labels.iter().all(|label| label != AWSCURRENT);
        if let Some(version) = pending.filter(|version| incomplete(&version.labels)) {
            answer["VersionId"] = json!(version.id);
        }
        Ok(answer)
    })
}
