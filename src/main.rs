//! The function as Lambda runs it: reads the configuration once, then handles one event after another.

use std::process::ExitCode;
use std::time::SystemTime;

use iam_key_rotator::{
    Config, LONGEST_SENTENCE, Payload, Problem, RotationError, Rotator, Smtp, Trust, deadline,
    load_config, logging, one_line,
};
use lambda_runtime::{LambdaEvent, service_fn};
use tracing::error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // A value that is not Unicode is refused for its replacement character. The SDK would take it as not set.
    let variable =
        |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    if variable("AWS_LAMBDA_RUNTIME_API").is_none() {
        #[allow(clippy::print_stderr, reason = "for the person who ran it by hand")]
        {
            eprintln!(
                "iam-key-rotator is an AWS Lambda function and runs inside Lambda; to see it rotate a key on this machine: cargo run -p sandbox"
            );
        }
        return ExitCode::from(2);
    }
    let subscriber = logging::subscriber(logging::level(variable), std::io::stdout);
    if tracing::subscriber::set_global_default(subscriber).is_err() {
        return ExitCode::FAILURE;
    }

    let rotator = rotator(variable).await.map_err(RotationError::from);
    if let Err(invalid) = &rotator {
        // Logged here at start-up, and reported again to whoever invokes the function.
        error!(error_type = invalid.problem.error_type(), "{invalid}");
    }
    let rotator = &rotator;
    let handler = |event: LambdaEvent<Payload>| async move {
        let rotator = rotator.as_ref().map_err(RotationError::clone)?;
        let deadline = deadline(event.context.deadline(), SystemTime::now());
        rotator
            .handle(event.payload, deadline, &event.context.request_id)
            .await
    };
    match lambda_runtime::run(service_fn(handler)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let failure = one_line(&failure.to_string(), LONGEST_SENTENCE);
            error!("the Lambda Runtime API failed: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn rotator(variable: impl Fn(&str) -> Option<String>) -> Result<Rotator, Problem> {
    let config = Config::read(&variable)?;
    let trust = Trust::read(variable("AWS_CA_BUNDLE"))?;
    let sdk = load_config(&variable, &trust).await?;
    let rotator = Rotator::new(sdk, config).with_smtp(Smtp::new(trust));
    rotator.connect().await;
    Ok(rotator)
}
