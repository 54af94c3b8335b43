//! The keeper's settings, from environment variables.

use std::time::Duration;

use crate::aws::invalid_setting::InvalidSetting;
use crate::aws::secret_list::FLEET_TAG;
use crate::rotation::durations::duration;
use crate::secret::named_source::is_secret_arn;
use crate::secret::plain::is_word;

/// `RETIRE_AFTER` by default.
const RETIRE_AFTER: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The longest time that a documented cache holds a key (fact 32).
const LONGEST_CACHE: Duration = Duration::from_secs(60 * 60);
/// The longest value of a tag, in characters.
const LONGEST_TAG: usize = 256;

/// The secrets that the keeper looks after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watches {
    /// `SECRET_ARN`: one secret.
    One(String),
    /// `FLEET`: all secrets with this value of the tag `iam-key-rotator`.
    Fleet(String),
}

/// The keeper's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeeperConfig {
    /// `SECRET_ARN` or `FLEET`.
    pub watches: Watches,
    /// `RETIRE_AFTER`: how long consumers may hold a key that was replaced. Default 7 days.
    pub retire_after: Duration,
    /// `REVOKE`: whether an exposed key is deactivated before its replacement is there. Default `rotate-first`.
    pub at_once: bool,
    /// `EXPOSED_KEYS`: whether a report of AWS revokes the key. Default `report`.
    pub revokes_reported: bool,
}

impl KeeperConfig {
    /// Reads the settings. Returns None if neither `SECRET_ARN` nor `FLEET` is set.
    ///
    /// # Errors
    /// [`InvalidSetting`], which names the variable.
    pub(crate) fn read(
        variable: &impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, InvalidSetting> {
        let watches = match (variable("SECRET_ARN"), variable("FLEET")) {
            (None, None) => return Ok(None),
            (Some(arn), None) if is_secret_arn(&arn) => Watches::One(arn),
            (Some(_), None) => {
                return Err(InvalidSetting::of(
                    "SECRET_ARN",
                    "is not the ARN of a secret",
                ));
            }
            (None, Some(fleet)) if is_word(&fleet, LONGEST_TAG, b" _.:/=+-@") => {
                Watches::Fleet(fleet)
            }
            (None, Some(_)) => {
                let reason = format!("is not a value of the tag {FLEET_TAG}");
                return Err(InvalidSetting::of("FLEET", &reason));
            }
            (Some(_), Some(_)) => {
                let reason =
                    "is set beside SECRET_ARN: the keeper looks after one secret or a fleet";
                return Err(InvalidSetting::of("FLEET", reason));
            }
        };
        Ok(Some(Self {
            watches,
            retire_after: retire_after(variable)?.unwrap_or(RETIRE_AFTER),
            at_once: one_of(variable, "REVOKE", ["rotate-first", "at-once"])?,
            revokes_reported: one_of(variable, "EXPOSED_KEYS", ["report", "revoke"])?,
        }))
    }
}

/// Reads `RETIRE_AFTER`.
///
/// # Errors
/// [`InvalidSetting`] if it is no duration, or shorter than a consumer may cache a key.
pub(super) fn retire_after(
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<Option<Duration>, InvalidSetting> {
    let name = "RETIRE_AFTER";
    if variable(name).is_none() {
        return Ok(None);
    }
    let long = duration(variable, name, RETIRE_AFTER)?;
    if long < LONGEST_CACHE {
        let reason = "is shorter than the hour for which AWS's caches hold a key";
        return Err(InvalidSetting::of(name, reason));
    }
    Ok(Some(long))
}

/// Whether the variable is the second of the two words. The first is the default.
fn one_of(
    variable: &impl Fn(&str) -> Option<String>,
    name: &str,
    [default, other]: [&str; 2],
) -> Result<bool, InvalidSetting> {
    match variable(name).as_deref() {
        None => Ok(false),
        Some(word) if word == default => Ok(false),
        Some(word) if word == other => Ok(true),
        Some(_) => {
            let reason = format!("is neither {default} nor {other}");
            Err(InvalidSetting::of(name, &reason))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:iam/alice-AbCdEf";

    fn read(set: &[(&str, &str)]) -> Result<Option<KeeperConfig>, InvalidSetting> {
        KeeperConfig::read(&|name: &str| {
            let found = set.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn one_secret_or_a_fleet_makes_it_a_keeper() {
        assert_eq!(read(&[("RETIRE_AFTER", "1h")]), Ok(None));
        let one = read(&[("SECRET_ARN", ARN)]).unwrap().unwrap();
        assert_eq!(one.watches, Watches::One(ARN.to_owned()));
        assert_eq!(one.retire_after, RETIRE_AFTER);
        assert!(!one.at_once && !one.revokes_reported);
        let set = [
            ("FLEET", "team blue"),
            ("RETIRE_AFTER", "1h"),
            ("REVOKE", "at-once"),
            ("EXPOSED_KEYS", "revoke"),
        ];
        let fleet = read(&set).unwrap().unwrap();
        assert_eq!(fleet.watches, Watches::Fleet("team blue".to_owned()));
        assert_eq!(fleet.retire_after, LONGEST_CACHE);
        assert!(fleet.at_once && fleet.revokes_reported);
    }

    #[test]
    fn each_setting_that_cannot_be_used_is_named() {
        for (set, named) in [
            (&[("SECRET_ARN", "")][..], "SECRET_ARN is not the ARN"),
            (&[("SECRET_ARN", "sesame")], "SECRET_ARN is not the ARN"),
            (&[("FLEET", "")], "FLEET is not a value"),
            (&[("FLEET", "a\nsesame")], "FLEET is not a value"),
            (
                &[("SECRET_ARN", ARN), ("FLEET", "x")],
                "FLEET is set beside",
            ),
            (
                &[("SECRET_ARN", ARN), ("RETIRE_AFTER", "59m")],
                "RETIRE_AFTER is shorter",
            ),
            (
                &[("SECRET_ARN", ARN), ("RETIRE_AFTER", "sesame")],
                "RETIRE_AFTER is not a duration",
            ),
            (
                &[("SECRET_ARN", ARN), ("REVOKE", "sesame")],
                "REVOKE is neither rotate-first nor at-once",
            ),
            (
                &[("SECRET_ARN", ARN), ("EXPOSED_KEYS", "no")],
                "EXPOSED_KEYS is neither report nor revoke",
            ),
        ] {
            let refused = read(set).unwrap_err().0;
            assert!(refused.contains(named), "{set:?}: {refused}");
            assert!(!refused.contains("sesame"), "{refused}");
        }
    }
}
