//! The calls that read a secret.

#[cfg(test)]
mod tests;

use aws_smithy_types::base64;
use serde_json::{Map, Value, json};

use super::not_found;
use crate::aws::answer::epoch_seconds;
use crate::aws::errors::ApiError;
use crate::aws::request::ApiRequest;
use crate::aws::secrets::{Rules, Secret};
use crate::aws::{AWSCURRENT, SecretContent};

/// DescribeSecret: labelled versions, including those without a value (fact 18).
pub(super) fn describe(secret: &Secret) -> Value {
    entry(secret, "VersionIdsToStages")
}

/// What DescribeSecret and ListSecrets tell of a secret; each has another name for the versions with their labels.
pub(super) fn entry(secret: &Secret, stages: &str) -> Value {
    let mut entry = json!({
        "ARN": secret.arn,
        "Name": secret.name,
        "CreatedDate": epoch_seconds(secret.created),
        "LastChangedDate": epoch_seconds(secret.changed),
    });
    let labelled = secret.versions.iter();
    let labels: Map<String, Value> = labelled
        .filter(|version| !version.labels.is_empty())
        .map(|version| (version.id.clone(), json!(version.labels)))
        .collect();
    if !labels.is_empty() {
        entry[stages] = Value::Object(labels);
    }
    if !secret.tags.is_empty() {
        let tags = secret.tags.iter();
        entry["Tags"] = tags
            .map(|(key, value)| json!({"Key": key, "Value": value}))
            .collect();
    }
    for (name, text) in [
        ("Description", &secret.description),
        ("KmsKeyId", &secret.kms_key),
    ] {
        if let Some(text) = text {
            entry[name] = json!(text);
        }
    }
    if let Some(deleted) = secret.deleted {
        entry["DeletedDate"] = epoch_seconds(deleted);
    }
    if let Some(enabled) = secret.schedule.enabled {
        entry["RotationEnabled"] = json!(enabled);
        entry["RotationLambdaARN"] = json!(secret.function());
        let rules = rotation_rules(&secret.schedule.rules);
        if !rules.is_empty() {
            entry["RotationRules"] = Value::Object(rules);
        }
    }
    // Null while rotation is off (fact 12).
    let rotated = secret.rotated.filter(|_| secret.schedule.is_on());
    let next = secret.schedule.next(secret.rotated);
    for (name, date) in [("LastRotatedDate", rotated), ("NextRotationDate", next)] {
        if let Some(date) = date {
            entry[name] = epoch_seconds(date);
        }
    }
    entry
}

fn rotation_rules(rules: &Rules) -> Map<String, Value> {
    let Rules {
        days,
        duration,
        expression,
    } = rules;
    let mut members = Map::new();
    if let Some(days) = days {
        members.insert("AutomaticallyAfterDays".to_owned(), json!(days));
    }
    for (name, text) in [("Duration", duration), ("ScheduleExpression", expression)] {
        if let Some(text) = text {
            members.insert(name.to_owned(), json!(text));
        }
    }
    members
}

pub(super) fn value(secret: &Secret, request: &ApiRequest) -> Result<Value, ApiError> {
    secret.open()?;
    let id = request.parameters.text("VersionId");
    let label = request.parameters.text("VersionStage");
    let missing = || match id {
        Some(id) => not_found(&format!("VersionId: {id}")),
        None => not_found(&format!("staging label: {}", label.unwrap_or(AWSCURRENT))),
    };
    let version = match id {
        Some(id) => secret.version(id),
        None => secret.with_label(label.unwrap_or(AWSCURRENT)),
    };
    let version = version.ok_or_else(missing)?;
    if label.is_some_and(|label| !version.labels.iter().any(|have| have == label)) {
        return Err(ApiError::invalid_request(
            "You provided a VersionStage that is not associated to the provided VersionId.",
        ));
    }
    let content = version.content.as_ref().ok_or_else(missing)?;
    let mut answer = json!({
        "ARN": secret.arn,
        "Name": secret.name,
        "VersionId": version.id,
        "VersionStages": version.labels,
        "CreatedDate": epoch_seconds(version.created),
    });
    match content {
        SecretContent::Text(text) => answer["SecretString"] = json!(text),
        SecretContent::Binary(bytes) => answer["SecretBinary"] = json!(base64::encode(bytes)),
    }
    Ok(answer)
}

/// Leaves out versions without a value (fact 18), and unlabelled ones unless the request asks for them.
pub(super) fn versions(secret: &Secret, request: &ApiRequest) -> Value {
    let all = request.parameters.flag("IncludeDeprecated") == Some(true);
    let versions: Vec<Value> = secret
        .versions
        .iter()
        .filter(|version| version.content.is_some() && (all || !version.labels.is_empty()))
        .map(|version| {
            json!({
                "VersionId": version.id,
                "VersionStages": version.labels,
                "CreatedDate": epoch_seconds(version.created),
            })
        })
        .collect();
    json!({"ARN": secret.arn, "Name": secret.name, "Versions": versions})
}
