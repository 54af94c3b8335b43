//! What an error tells the person on call, and how a date is shown.

use chrono::{DateTime, Utc};

/// Shows a date, in whole seconds.
pub(crate) fn shown(date: DateTime<Utc>) -> String {
    date.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// One error's texts. They are side by side in [`crate::rotation::error_texts`] and
/// [`crate::rotation::refusal_texts`].
#[derive(Debug)]
pub(crate) struct Texts {
    /// The `errorType` of the function's response.
    pub(crate) error_type: &'static str,
    /// What is wrong.
    pub(crate) case: String,
    /// What to do now. Each AWS CLI line in it is one command, stands between backticks, and contains the real ids.
    pub(crate) way_out: String,
}

impl Texts {
    pub(crate) fn of(
        error_type: &'static str,
        case: impl Into<String>,
        way_out: impl Into<String>,
    ) -> Self {
        let (case, way_out) = (case.into(), way_out.into());
        Self {
            error_type,
            case,
            way_out,
        }
    }
}
