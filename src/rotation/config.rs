//! The function's settings, from environment variables.

use std::time::Duration;

use crate::aws::invalid_setting::InvalidSetting;
use crate::aws::smtp_endpoint::SmtpEndpoint;
use crate::key::deletion_rule::{DeleteKeyInUse, DeletionRule};
use crate::rotation::durations::duration;
use crate::rotation::keeper_config::{KeeperConfig, retire_after};
use crate::rotation::verification_waits::least_time;
use crate::secret::fields::{Field, FieldNames};
use crate::secret::name::SecretName;
use crate::secret::smtp_password::is_region;

/// The function's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The configured names of the secret's fields.
    pub fields: FieldNames,
    /// `SECRET_NAME`: the name that a secret must have for its user. Default: any.
    pub secret_name: Option<SecretName>,
    /// `DELETE_KEY_IN_USE`.
    pub delete_key_in_use: DeleteKeyInUse,
    /// `IN_USE_WINDOW`: a key used within this time is in use. Default 24 h.
    pub in_use_window: Duration,
    /// `VERIFY_SUCCESSES`: how many times in a row a new key must authenticate. Default 3.
    pub verify_successes: u32,
    /// `VERIFY_TIMEOUT`: how long the verification of a new key may take. Default 60 s.
    pub verify_timeout: Duration,
    /// `VERIFY_SMTP`: whether a new SMTP password is tried too. Default `on`.
    pub verify_smtp: bool,
    /// `SMTP_ENDPOINT`: the host and port of SES's SMTP endpoint. Default: the Region's own.
    pub smtp_endpoint: Option<SmtpEndpoint>,
    /// `RETIRE_AFTER`: how long consumers may hold a key that was replaced. None: nothing is retired.
    pub retire_after: Option<Duration>,
    /// `METRICS`: whether metrics are written. Default `on`.
    pub metrics: bool,
    /// `AWS_LAMBDA_FUNCTION_NAME`: the dimension of the metrics.
    pub function_name: String,
    /// The keeper's settings. None: the function rotates.
    pub keeper: Option<KeeperConfig>,
}

impl Default for Config {
    fn default() -> Self {
        let rule = DeletionRule::default();
        Self {
            fields: FieldNames::default(),
            secret_name: None,
            delete_key_in_use: rule.delete_key_in_use,
            in_use_window: rule.in_use_window,
            verify_successes: 3,
            verify_timeout: Duration::from_secs(60),
            verify_smtp: true,
            smtp_endpoint: None,
            retire_after: None,
            metrics: true,
            function_name: String::new(),
            keeper: None,
        }
    }
}

impl Config {
    /// The settings of the deletion rule.
    #[must_use]
    pub fn deletion_rule(&self) -> DeletionRule {
        DeletionRule {
            delete_key_in_use: self.delete_key_in_use,
            in_use_window: self.in_use_window,
        }
    }

    /// Reads the settings. `variable` returns an environment variable's value.
    ///
    /// # Errors
    /// [`InvalidSetting`], which names the variable.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidSetting> {
        let defaults = Self::default();
        let config = Self {
            fields: read_fields(&variable)?,
            secret_name: variable("SECRET_NAME")
                .map(|text| {
                    SecretName::parse(&text)
                        .map_err(|reason| InvalidSetting::of("SECRET_NAME", reason))
                })
                .transpose()?,
            delete_key_in_use: match variable("DELETE_KEY_IN_USE").as_deref() {
                None => defaults.delete_key_in_use,
                Some("previous") => DeleteKeyInUse::Previous,
                Some("never") => DeleteKeyInUse::Never,
                Some("any") => DeleteKeyInUse::Any,
                Some(_) => {
                    return Err(InvalidSetting::of(
                        "DELETE_KEY_IN_USE",
                        "is none of previous, never and any",
                    ));
                }
            },
            in_use_window: duration(&variable, "IN_USE_WINDOW", defaults.in_use_window)?,
            verify_successes: match variable("VERIFY_SUCCESSES") {
                None => defaults.verify_successes,
                Some(text) => text
                    .parse()
                    .ok()
                    .filter(|count| (1..=20).contains(count))
                    .ok_or_else(|| {
                        InvalidSetting::of("VERIFY_SUCCESSES", "is not a whole number from 1 to 20")
                    })?,
            },
            verify_timeout: duration(&variable, "VERIFY_TIMEOUT", defaults.verify_timeout)?,
            verify_smtp: is_on(&variable, "VERIFY_SMTP")?,
            smtp_endpoint: variable("SMTP_ENDPOINT")
                .map(|text| {
                    let endpoint = SmtpEndpoint::parse(&text);
                    endpoint.ok_or_else(|| {
                        InvalidSetting::of(
                            "SMTP_ENDPOINT",
                            "is not a host with a port, such as mail.example:587",
                        )
                    })
                })
                .transpose()?,
            retire_after: retire_after(&variable)?,
            metrics: is_on(&variable, "METRICS")?,
            function_name: variable("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default(),
            keeper: KeeperConfig::read(&variable)?,
        };
        let least = least_time(config.verify_successes);
        if config.verify_timeout <= least {
            return Err(InvalidSetting::of(
                "VERIFY_TIMEOUT",
                &format!("is not more than the {least:?} that VERIFY_SUCCESSES takes"),
            ));
        }
        Ok(config)
    }
}

/// Whether a variable is `on`, which is the default, or `off`.
fn is_on(
    variable: &impl Fn(&str) -> Option<String>,
    name: &'static str,
) -> Result<bool, InvalidSetting> {
    match variable(name).as_deref() {
        None | Some("on") => Ok(true),
        Some("off") => Ok(false),
        Some(_) => Err(InvalidSetting::of(name, "is neither on nor off")),
    }
}

fn read_fields(variable: &impl Fn(&str) -> Option<String>) -> Result<FieldNames, InvalidSetting> {
    let name = |field: Field| match variable(field.variable()) {
        Some(name) if name.trim().is_empty() => {
            Err(InvalidSetting::of(field.variable(), "is empty"))
        }
        name => Ok(name),
    };
    let fields = FieldNames {
        username: name(Field::Username)?,
        access_key: name(Field::AccessKey)?,
        secret_key: name(Field::SecretKey)?,
        source_secret: name(Field::SourceSecret)?,
        role: name(Field::Role)?,
        external_id: name(Field::ExternalId)?,
        smtp_password: name(Field::SmtpPassword)?,
        smtp_region: match variable("SMTP_REGION") {
            Some(region) if !is_region(&region) => {
                return Err(InvalidSetting::of(
                    "SMTP_REGION",
                    "is not a Region such as eu-west-1",
                ));
            }
            region => region,
        },
    };
    for (index, field) in Field::ALL.into_iter().enumerate() {
        let same = |other: &&Field| fields.name(**other) == fields.name(field);
        if let Some(earlier) = Field::ALL[..index].iter().find(same) {
            let (field, earlier) = match fields.said(field) {
                Some(_) => (field, *earlier),
                None => (*earlier, field),
            };
            return Err(InvalidSetting::of(
                field.variable(),
                &format!(
                    "names the same field as {}: \"{}\"",
                    earlier.variable(),
                    fields.name(field)
                ),
            ));
        }
    }
    Ok(fields)
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
