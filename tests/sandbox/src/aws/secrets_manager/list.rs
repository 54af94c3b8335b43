//! ListSecrets (fact 50).

#[cfg(test)]
mod tests;

use std::time::SystemTime;

use serde_json::{Value, json};

use super::reads::entry;
use crate::aws::Service;
use crate::aws::answer::{page_token, position};
use crate::aws::errors::ApiError;
use crate::aws::request::ApiRequest;
use crate::aws::secrets::Secret;
use crate::aws::state::State;

/// The most secrets that a caller may request at a time.
const LARGEST_PAGE: u64 = 100;

/// Filters what is on a page, so that a page can be empty and yet have a NextToken.
pub(super) fn list(
    state: &State,
    request: &ApiRequest,
    stale: usize,
    now: SystemTime,
) -> Result<Value, ApiError> {
    let size = match request.parameters.number("MaxResults") {
        None => state.list_page_size,
        Some(asked @ 1..=LARGEST_PAGE) => state.list_page_size.min(asked as usize),
        Some(_) => return Err(invalid(format!("MaxResults must be 1 to {LARGEST_PAGE}."))),
    };
    let first = match request.parameters.text("NextToken") {
        None => 0,
        Some(token) => position(token).ok_or_else(|| {
            ApiError::new(
                400,
                "InvalidNextTokenException",
                "The NextToken is invalid.",
            )
        })?,
    };
    let filters = filters(request)?;
    let with_deleted = request.parameters.flag("IncludePlannedDeletion") == Some(true);
    let secrets = state.secrets.list(stale, now);
    let page = secrets.iter().skip(first).take(size);
    let entries: Vec<Value> = page
        .filter(|secret| with_deleted || secret.deleted.is_none())
        .filter(|secret| filters.iter().all(|filter| filter.lets(secret)))
        .map(|secret| entry(secret, "SecretVersionsToStages"))
        .collect();
    let mut answer = json!({"SecretList": entries});
    let next = first.saturating_add(size);
    if next < secrets.len() {
        answer["NextToken"] = json!(page_token(next));
    }
    Ok(answer)
}

/// What a secret must have one of.
struct Filter<'a> {
    key: &'a str,
    values: Vec<&'a str>,
}

fn filters(request: &ApiRequest) -> Result<Vec<Filter<'_>>, ApiError> {
    let filters = request.parameters.member("Filters");
    let filters = filters.and_then(Value::as_array).into_iter().flatten();
    filters.map(Filter::parse).collect()
}

impl<'a> Filter<'a> {
    fn parse(filter: &'a Value) -> Result<Self, ApiError> {
        let key = filter["Key"].as_str().unwrap_or_default();
        match key {
            "name" | "description" | "tag-key" | "tag-value" => {}
            "all" | "owning-service" | "primary-region" => {
                return Err(ApiError::not_simulated(&format!("the filter {key}")));
            }
            other => return Err(invalid(format!("There is no filter {other}."))),
        }
        let values = filter["Values"].as_array().into_iter().flatten();
        Ok(Self {
            key,
            values: values.filter_map(Value::as_str).collect(),
        })
    }

    fn lets(&self, secret: &Secret) -> bool {
        self.values
            .iter()
            .any(|value| match value.strip_prefix('!') {
                Some(value) => !self.finds(secret, value),
                None => self.finds(secret, value),
            })
    }

    /// Every match is one of a prefix.
    fn finds(&self, secret: &Secret, prefix: &str) -> bool {
        let mut tags = secret.tags.iter();
        match self.key {
            "name" => secret.name.starts_with(prefix),
            "tag-key" => tags.any(|(key, _)| key.starts_with(prefix)),
            "tag-value" => tags.any(|(_, value)| value.starts_with(prefix)),
            _ => secret.description.as_ref().is_some_and(|description| {
                let description = description.to_lowercase();
                description.starts_with(&prefix.to_lowercase())
            }),
        }
    }
}

fn invalid(message: String) -> ApiError {
    ApiError::validation(Service::SecretsManager, message)
}
