//! The one place that changes things: a look, and right behind it one attempt.
//!
//! The SDK's own retries are off for every call that changes something, and each of these takes [`Once`], which nothing
//! else makes. So nothing is changed that was not looked at just before, and nothing is tried again without another look.

use crate::aws::failure::AwsFailure;

/// Leave for one attempt at a change.
#[derive(Debug)]
pub(crate) struct Once(());

/// What came of a change.
pub(crate) type Changed<T> = Result<T, AwsFailure>;

/// Looks, and where `look` gives what was decided, tries the change once. None where there is nothing to change.
///
/// # Errors
/// The look's. How the attempt ended is in the answer: what it may have done is for the caller to find out.
pub(crate) async fn change_once<D, T, E>(
    look: impl AsyncFn() -> Result<Option<D>, E>,
    attempt: impl AsyncFn(&D, Once) -> Changed<T>,
) -> Result<Option<Changed<T>>, E> {
    let Some(decided) = look().await? else {
        return Ok(None);
    };
    Ok(Some(attempt(&decided, Once(())).await))
}

/// Makes a call that changes something, with the SDK's retries off. A macro, since each of the SDK's crates has types of
/// its own.
macro_rules! attempt {
    ($sdk:ident, $once:expr, $call:expr) => {{
        let _: $crate::aws::once::Once = $once;
        let disabled = aws_config::retry::RetryConfig::disabled();
        let config = $sdk::config::Builder::new().retry_config(disabled);
        $call.customize().config_override(config).send().await
    }};
}
pub(crate) use attempt;
