//! The function's settings, from environment variables.

use std::time::Duration;

use crate::problem::Problem;
use crate::verification::SPACING;

/// Names of the secret's fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldNames {
    /// `USERNAME_FIELD`, by default `username`.
    pub username: String,
    /// `ACCESS_KEY_FIELD`, by default `accesskey`.
    pub access_key: String,
    /// `SECRET_KEY_FIELD`, by default `secretkey`.
    pub secret_key: String,
    /// `SOURCE_SECRET_FIELD`, by default `secretarn`.
    pub source_secret: String,
    /// `ROLE_FIELD`, by default `rolearn`.
    pub role: String,
    /// `EXTERNAL_ID_FIELD`, by default `externalid`.
    pub external_id: String,
}

impl Default for FieldNames {
    fn default() -> Self {
        Self {
            username: "username".to_owned(),
            access_key: "accesskey".to_owned(),
            secret_key: "secretkey".to_owned(),
            source_secret: "secretarn".to_owned(),
            role: "rolearn".to_owned(),
            external_id: "externalid".to_owned(),
        }
    }
}

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
    /// Names of the secret's fields.
    pub fields: FieldNames,
    /// `DELETE_KEY_IN_USE`.
    pub delete_key_in_use: DeleteKeyInUse,
    /// `IN_USE_WINDOW`: a key used within this time is in use. Default 24 h.
    pub in_use_window: Duration,
    /// `VERIFY_SUCCESSES`: how many times in a row a new key must authenticate. Default 3.
    pub verify_successes: u32,
    /// `VERIFY_TIMEOUT`: how long a new key may take to do so. Default 60 s.
    pub verify_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            fields: FieldNames::default(),
            delete_key_in_use: DeleteKeyInUse::default(),
            in_use_window: Duration::from_secs(24 * 60 * 60),
            verify_successes: 3,
            verify_timeout: Duration::from_secs(60),
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
            fields: read_fields(&variable, defaults.fields)?,
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

fn read_fields(
    variable: &impl Fn(&str) -> Option<String>,
    defaults: FieldNames,
) -> Result<FieldNames, Problem> {
    let name = |name: &str, default: String| match variable(name) {
        None => Ok(default),
        Some(field) if field.trim().is_empty() => Err(invalid(name, "is empty")),
        Some(field) => Ok(field),
    };
    let fields = FieldNames {
        username: name("USERNAME_FIELD", defaults.username)?,
        access_key: name("ACCESS_KEY_FIELD", defaults.access_key)?,
        secret_key: name("SECRET_KEY_FIELD", defaults.secret_key)?,
        source_secret: name("SOURCE_SECRET_FIELD", defaults.source_secret)?,
        role: name("ROLE_FIELD", defaults.role)?,
        external_id: name("EXTERNAL_ID_FIELD", defaults.external_id)?,
    };
    let named = [
        ("USERNAME_FIELD", &fields.username),
        ("ACCESS_KEY_FIELD", &fields.access_key),
        ("SECRET_KEY_FIELD", &fields.secret_key),
        ("SOURCE_SECRET_FIELD", &fields.source_secret),
        ("ROLE_FIELD", &fields.role),
        ("EXTERNAL_ID_FIELD", &fields.external_id),
    ];
    for (index, (variable, field)) in named.iter().enumerate() {
        if let Some((earlier, _)) = named[..index].iter().find(|(_, other)| other == field) {
            return Err(invalid(
                variable,
                &format!("names the same field as {earlier}: \"{field}\""),
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
                    username: "u".into(),
                    access_key: "a".into(),
                    secret_key: "s".into(),
                    source_secret: "b".into(),
                    role: "r".into(),
                    external_id: "e".into(),
                },
                delete_key_in_use: DeleteKeyInUse::Never,
                in_use_window: Duration::from_secs(49 * 3600),
                verify_successes: 5,
                verify_timeout: Duration::from_secs(90),
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
