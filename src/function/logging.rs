//! Logs: one JSON line per action, from this crate only.

use std::fmt;

use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

use crate::function::metrics;

/// Writes log lines of `level` and above to `writer`.
///
/// Other crates' events are dropped at every level. At TRACE the runtime logs the raw event,
/// RotationToken included (fact 35), and the SDK logs its requests and responses.
pub fn subscriber<W>(level: LevelFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Clone + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false)
        .with_writer(writer.clone());
    let ours = Targets::new()
        .with_target(env!("CARGO_CRATE_NAME"), level)
        .with_target(metrics::TARGET, LevelFilter::OFF);
    let metrics = tracing_subscriber::fmt::layer()
        .event_format(AsItIs)
        .with_ansi(false)
        .with_writer(writer);
    let theirs = Targets::new().with_target(metrics::TARGET, LevelFilter::INFO);
    Registry::default()
        .with(lines.with_filter(ours))
        .with(metrics.with_filter(theirs))
}

/// Writes an event's message and nothing else: a metric is a whole line in CloudWatch's format (fact 54).
struct AsItIs;

impl<S, N> FormatEvent<S, N> for AsItIs
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

/// The level that the environment asks for: Lambda's `AWS_LAMBDA_LOG_LEVEL`, otherwise `RUST_LOG`, otherwise INFO.
/// `RUST_LOG` is a level, or directives of which only the one for this crate counts.
pub fn level(variable: impl Fn(&str) -> Option<String>) -> LevelFilter {
    let Some(asked) = variable("AWS_LAMBDA_LOG_LEVEL").or_else(|| variable("RUST_LOG")) else {
        return LevelFilter::INFO;
    };
    if asked.eq_ignore_ascii_case("FATAL") {
        return LevelFilter::ERROR;
    }
    asked
        .parse::<LevelFilter>()
        .ok()
        .or_else(|| {
            let directives: Targets = asked.parse().ok()?;
            let levels = [
                LevelFilter::TRACE,
                LevelFilter::DEBUG,
                LevelFilter::INFO,
                LevelFilter::WARN,
                LevelFilter::ERROR,
            ];
            levels.into_iter().find(|level| {
                level
                    .into_level()
                    .is_some_and(|level| directives.would_enable(env!("CARGO_CRATE_NAME"), &level))
            })
        })
        .unwrap_or(LevelFilter::INFO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambdas_level_comes_before_rust_log_and_info_is_the_default() {
        for (lambda, rust_log, expected) in [
            (None, None, LevelFilter::INFO),
            (None, Some("trace"), LevelFilter::TRACE),
            (Some("WARN"), Some("trace"), LevelFilter::WARN),
            (Some("FATAL"), None, LevelFilter::ERROR),
            (None, Some("off"), LevelFilter::OFF),
            (
                None,
                Some("hyper=trace,iam_key_rotator=debug"),
                LevelFilter::DEBUG,
            ),
            (None, Some("warn,hyper=trace"), LevelFilter::WARN),
            (None, Some("a=b=c"), LevelFilter::INFO),
        ] {
            let found = level(|name| {
                let value = match name {
                    "AWS_LAMBDA_LOG_LEVEL" => lambda,
                    _ => rust_log,
                };
                value.map(str::to_owned)
            });
            assert_eq!(found, expected, "{lambda:?} {rust_log:?}");
        }
    }
}
