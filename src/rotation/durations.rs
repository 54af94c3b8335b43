//! Durations among the settings.

use std::time::Duration;

use crate::aws::invalid_setting::InvalidSetting;

/// Reads a duration such as `90s`, `15m` or `7days`.
///
/// # Errors
/// [`InvalidSetting`], which names the variable.
pub(super) fn duration(
    variable: &impl Fn(&str) -> Option<String>,
    name: &str,
    default: Duration,
) -> Result<Duration, InvalidSetting> {
    variable(name).map_or(Ok(default), |text| {
        humantime::parse_duration(&text)
            .map_err(|_| InvalidSetting::of(name, "is not a duration such as 90s, 15m or 24h"))
    })
}
