//! The one place that changes things: a look, and one attempt right after it.
//!
//! The SDK's own retries are off for every call that changes something. Each such call takes [`Once`], which nothing
//! else makes. So nothing is changed without a look just before, and nothing is retried without another look.

use crate::aws::failure::AwsFailure;

/// Permission for one attempt at a change.
#[derive(Debug)]
pub(crate) struct Once(());

/// The result of a change.
pub(crate) type Changed<T> = Result<T, AwsFailure>;

/// Looks, and attempts the change once if `look` returns what was decided. Returns None if there is nothing to change.
///
/// # Errors
/// The look's errors. The result tells how the attempt ended; the caller has to find out what it may have done.
pub(crate) async fn change_once<D, T, E>(
    look: impl AsyncFn() -> Result<Option<D>, E>,
    attempt: impl AsyncFn(&D, Once) -> Changed<T>,
) -> Result<Option<Changed<T>>, E> {
    let Some(decided) = look().await? else {
        return Ok(None);
    };
    Ok(Some(attempt(&decided, Once(())).await))
}

/// Makes a call that changes something, with the SDK's retries off. A macro, since each SDK crate has its own types.
macro_rules! attempt {
    ($sdk:ident, $once:expr, $call:expr) => {{
        let _: $crate::aws::once::Once = $once;
        let disabled = aws_config::retry::RetryConfig::disabled();
        let config = $sdk::config::Builder::new().retry_config(disabled);
        $call.customize().config_override(config).send().await
    }};
}
pub(crate) use attempt;
