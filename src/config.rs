//! The function's settings, from environment variables.

use std::time::Duration;

use crate::fields::{Field, FieldNames};
use crate::problem::Problem;
use crate::secret_name::SecretName;
use crate::smtp_endpoint::SmtpEndpoint;
use crate::smtp_password::is_region;
use crate::verification::SPACING;

/// `DELETE_KEY_IN_USE`: whether a key that was used lately may be deleted to make room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeleteKeyInUse {
    /// AWSPREVIOUS's key may, any other may not.
    #[default]
    Previous,
    /// None may, not even AWSPREVIOUS's.
    Never,
    /// Any may, but AWSCURRENT's and AWSPENDING's.
    Any,
}

/// The function's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// What the secret's fields are called, as far as it is said.
    pub fields: FieldNames,
    /// `SECRET_NAME`: the name that a secret must have for its user. Default: any.
    pub secret_name: Option<SecretName>,
    /// `DELETE_KEY_IN_USE`.
    pub delete_key_in_use: DeleteKeyInUse,
    /// `IN_USE_WINDOW`: a key used within this time is in use. Default 24 h.
    pub in_use_window: Duration,
    /// `VERIFY_SUCCESSES`: how many times in a row a new key must authenticate. Default 3.
    pub verify_successes: u32,
    /// `VERIFY_TIMEOUT`: how long a new key may take to do so. Default 60 s.
    pub verify_timeout: Duration,
    /// `VERIFY_SMTP`: whether a new SMTP password is tried too. Default `on`.
    pub verify_smtp: bool,
    /// `SMTP_ENDPOINT`: the host, and its port, that SES's SMTP is reached by. Default: the Region's own.
    pub smtp_endpoint: Option<SmtpEndpoint>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            fields: FieldNames::default(),
            secret_name: None,
            delete_key_in_use: DeleteKeyInUse::default(),
            in_use_window: Duration::from_secs(24 * 60 * 60),
            verify_successes: 3,
            verify_timeout: Duration::from_secs(60),
            verify_smtp: true,
            smtp_endpoint: None,
        }
    }
}

impl Config {
    /// Reads the settings; `variable` gives an environment variable's value.
    ///
    /// # Errors
    /// [`Problem::ConfigurationInvalid`], which names the variable.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Problem> {
        let defaults = Self::default();
        let config = Self {
            fields: read_fields(&variable)?,
            secret_name: variable("SECRET_NAME")
                .map(|text| {
                    SecretName::parse(&text).map_err(|reason| invalid("SECRET_NAME", reason))
                })
                .transpose()?,
            delete_key_in_use: match variable("DELETE_KEY_IN_USE").as_deref() {
                None => defaults.delete_key_in_use,
                Some("previous") => DeleteKeyInUse::Previous,
                Some("never") => DeleteKeyInUse::Never,
                Some("any") => DeleteKeyInUse::Any,
                Some(_) => {
                    return Err(invalid(
                        "DELETE_KEY_IN_USE",
                        "is none of previous, never, any",
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
                        invalid("VERIFY_SUCCESSES", "is not a whole number from 1 to 20")
                    })?,
            },
            verify_timeout: duration(&variable, "VERIFY_TIMEOUT", defaults.verify_timeout)?,
            verify_smtp: match variable("VERIFY_SMTP").as_deref() {
                None | Some("on") => true,
                Some("off") => false,
                Some(_) => return Err(invalid("VERIFY_SMTP", "is neither on nor off")),
            },
            smtp_endpoint: variable("SMTP_ENDPOINT")
                .map(|text| {
                    let endpoint = SmtpEndpoint::parse(&text);
                    endpoint.ok_or_else(|| {
                        invalid(
                            "SMTP_ENDPOINT",
                            "is no host with a port, such as mail.example:587",
                        )
                    })
                })
                .transpose()?,
        };
        let least = SPACING * (config.verify_successes - 1);
        if config.verify_timeout <= least {
            return Err(invalid(
                "VERIFY_TIMEOUT",
                &format!("is not more than the {least:?} that VERIFY_SUCCESSES takes"),
            ));
        }
        Ok(config)
    }
}

fn read_fields(variable: &impl Fn(&str) -> Option<String>) -> Result<FieldNames, Problem> {
    let name = |field: Field| match variable(field.variable()) {
        Some(name) if name.trim().is_empty() => Err(invalid(field.variable(), "is empty")),
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
                return Err(invalid("SMTP_REGION", "is no Region such as eu-west-1"));
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
            return Err(invalid(
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

fn duration(
    variable: &impl Fn(&str) -> Option<String>,
    name: &str,
    default: Duration,
) -> Result<Duration, Problem> {
    variable(name).map_or(Ok(default), |text| {
        humantime::parse_duration(&text)
            .map_err(|_| invalid(name, "is not a duration such as 90s, 15m or 24h"))
    })
}

fn invalid(variable: &str, reason: &str) -> Problem {
    Problem::ConfigurationInvalid {
        reason: format!("{variable} {reason}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, Problem> {
        Config::read(|name| {
            variables
                .iter()
                .find(|(variable, _)| *variable == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_set_gives_the_defaults() {
        assert_eq!(read(&[]).unwrap(), Config::default());
    }

    #[test]
    fn every_variable_is_read() {
        let config = read(&[
            ("USERNAME_FIELD", "u"),
            ("ACCESS_KEY_FIELD", "a"),
            ("SECRET_KEY_FIELD", "s"),
            ("SOURCE_SECRET_FIELD", "b"),
            ("ROLE_FIELD", "r"),
            ("EXTERNAL_ID_FIELD", "e"),
            ("SMTP_PASSWORD_FIELD", "m"),
            ("SMTP_REGION", "eu-west-1"),
            ("SECRET_NAME", "iam/{username}"),
            ("VERIFY_SMTP", "off"),
            ("SMTP_ENDPOINT", "mail.example:2587"),
            ("DELETE_KEY_IN_USE", "never"),
            ("IN_USE_WINDOW", "2days 1h"),
            ("VERIFY_SUCCESSES", "5"),
            ("VERIFY_TIMEOUT", "90s"),
        ])
        .unwrap();
        assert_eq!(
            config,
            Config {
                fields: FieldNames {
                    username: Some("u".into()),
                    access_key: Some("a".into()),
                    secret_key: Some("s".into()),
                    source_secret: Some("b".into()),
                    role: Some("r".into()),
                    external_id: Some("e".into()),
                    smtp_password: Some("m".into()),
                    smtp_region: Some("eu-west-1".into()),
                },
                secret_name: SecretName::parse("iam/{username}").ok(),
                delete_key_in_use: DeleteKeyInUse::Never,
                in_use_window: Duration::from_secs(49 * 3600),
                verify_successes: 5,
                verify_timeout: Duration::from_secs(90),
                verify_smtp: false,
                smtp_endpoint: Some(SmtpEndpoint {
                    host: "mail.example".into(),
                    port: 2587,
                }),
            }
        );
    }

    #[test]
    fn each_bad_value_is_refused_with_the_variables_name() {
        for (name, value, reason) in [
            ("USERNAME_FIELD", "", "is empty"),
            ("ACCESS_KEY_FIELD", " ", "is empty"),
            (
                "SECRET_KEY_FIELD",
                "accesskey",
                "the same field as ACCESS_KEY_FIELD",
            ),
            (
                "SOURCE_SECRET_FIELD",
                "username",
                "the same field as USERNAME_FIELD",
            ),
            (
                "ROLE_FIELD",
                "secretarn",
                "the same field as SOURCE_SECRET_FIELD",
            ),
            ("EXTERNAL_ID_FIELD", "", "is empty"),
            ("SMTP_PASSWORD_FIELD", "", "is empty"),
            (
                "SMTP_PASSWORD_FIELD",
                "secretkey",
                "the same field as SECRET_KEY_FIELD",
            ),
            (
                "USERNAME_FIELD",
                "secretkey",
                "the same field as SECRET_KEY_FIELD",
            ),
            ("SMTP_REGION", "", "is no Region"),
            ("SMTP_REGION", "Ireland", "is no Region"),
            ("SECRET_NAME", "", "has no {username} in it"),
            ("SECRET_NAME", "iam/alice", "has no {username} in it"),
            ("SECRET_NAME", "iam:{username}", "no secret's name"),
            ("VERIFY_SMTP", "no", "neither on nor off"),
            ("SMTP_ENDPOINT", "mail.example", "is no host with a port"),
            ("SMTP_ENDPOINT", "mail.example:0", "is no host with a port"),
            (
                "SMTP_ENDPOINT",
                "https://mail.example:587",
                "is no host with a port",
            ),
            ("DELETE_KEY_IN_USE", "oldest", "none of"),
            ("IN_USE_WINDOW", "a day", "not a duration"),
            ("IN_USE_WINDOW", "-1h", "not a duration"),
            ("IN_USE_WINDOW", "24", "not a duration"),
            ("VERIFY_SUCCESSES", "0", "whole number"),
            ("VERIFY_SUCCESSES", "many", "whole number"),
            ("VERIFY_TIMEOUT", "", "not a duration"),
            ("VERIFY_TIMEOUT", "0s", "is not more than"),
            ("VERIFY_TIMEOUT", "2s", "is not more than the 2s"),
        ] {
            let problem = read(&[(name, value)]).unwrap_err().to_string();
            assert!(
                problem.contains(name) && problem.contains(reason),
                "{name}={value}: {problem}"
            );
        }
    }
}
