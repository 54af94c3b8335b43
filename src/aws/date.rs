//! The SDK's dates.

use aws_smithy_types::DateTime as SdkDateTime;
use chrono::{DateTime, Utc};

/// Returns None for a date that chrono cannot hold.
pub(crate) fn to_chrono(date: &SdkDateTime) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(date.secs(), date.subsec_nanos())
}
