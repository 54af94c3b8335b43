//! The simulated AWS for other programs.

use std::path::Path;

use aws_credential_types::Credentials;
use sandbox::aws::{Aws, Call, REGION, RotateRequest};
use sandbox::lambda::LambdaProcess;
use sandbox::rotation::{RotateOptions, rotate, test_rotation_with_token};
use sandbox::server::Server;
use sandbox::setup::{Keeper, Prepared};
use tokio::sync::mpsc;

use crate::cli::Cli;
use crate::keeper_shows::EXAMPLE_KEY;
use crate::state::State;
use crate::steps::{Announced, StepView, caller_name, failure, service_name};
use crate::view::{self, DIM, HEADING, WARN};

/// The ClientRequestToken of tests/events/*.json.
const EVENT_TOKEN: &str = "5d1e3f6a-0c1b-4f6e-9a55-2f0d6c1b7e01";

/// Serves, and runs the function for each RotateSecret, until it is dropped.
///
/// # Errors
///
/// If the port is not available or no rotation can be staged.
pub(crate) async fn serve(
    cli: &Cli,
    aws: &Aws,
    prepared: &Prepared,
    binary: &Path,
) -> Result<(), String> {
    let server = Server::start_on(aws.clone(), cli.port)
        .await
        .map_err(|error| {
            format!(
                "can't serve on 127.0.0.1:{}: {error}; choose another with --port",
                cli.port
            )
        })?;
    aws.stage_pending(&prepared.secret_arn, EVENT_TOKEN)
        .map_err(|error| format!("no rotation can be staged: {error}"))?;
    let keeper = prepared
        .add_keeper(aws)
        .map_err(|error| error.to_string())?;
    let (requests, mut requested) = mpsc::unbounded_channel();
    aws.on_rotate(move |request| {
        // Fails only at the end.
        let _ = requests.send(request);
    });
    aws.on_call(show_call);
    let mut function = crate::process(cli, aws, &server, binary);

    view::introduction(cli, prepared, binary);
    view::before(&State::of(aws, &prepared.secret_arn));
    view::print(&instructions(aws, prepared, &keeper, &server.endpoint()));
    while let Some(request) = requested.recv().await {
        run(aws, &mut function, request).await;
    }
    Ok(())
}

/// Runs what a RotateSecret asks for. A failure is a line on the screen, as it is in AWS's log.
async fn run(aws: &Aws, function: &mut LambdaProcess, request: RotateRequest) {
    let RotateRequest {
        arn,
        token,
        rotate_immediately,
    } = request;
    let name = short_name(&arn);
    let before = State::of(aws, &arn);
    let mut steps = StepView::new(aws, false);
    let mut observe = |report: &_| steps.show(report);
    let mut function = Announced::new(function, false);
    let result = if rotate_immediately {
        view::heading(&format!("Rotation of {name}"));
        let options = RotateOptions {
            token: Some(token),
            ..RotateOptions::default()
        };
        rotate(aws, &mut function, &arn, options, &mut observe).await
    } else {
        view::heading(&format!("Test of the rotation of {name}"));
        test_rotation_with_token(aws, &mut function, &arn, token, &mut observe).await
    };
    let after = before.later(aws);
    if rotate_immediately {
        view::after(&before, &after);
    }
    match result {
        Err(failed) => view::failed(&crate::rotation_failed(&failed)),
        Ok(_) if rotate_immediately => view::rotated(&before, &after),
        Ok(_) => view::tested(),
    }
    view::print("\n");
}

/// The part after the last colon of an ARN.
fn short_name(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

fn show_call(call: &Call) {
    let who = caller_name(call);
    let what = format!("{} {}", service_name(call.service), call.action);
    let how = failure(call)
        .map(|how| format!("   {WARN}{how}{WARN:#}"))
        .unwrap_or_default();
    let resource = short_name(&call.resource);
    view::print(&format!(
        "    {DIM}{who:<16} {what:<42} {resource}{DIM:#}{how}\n"
    ));
}

fn instructions(aws: &Aws, prepared: &Prepared, keeper: &Keeper, endpoint: &str) -> String {
    let Prepared {
        secret_name,
        username,
        ..
    } = prepared;
    format!(
        "
{HEADING}Serving at {endpoint} until Ctrl-C{HEADING:#}

  As the function's execution role:
{role}
  As the keeper, which revokes what AWS reports:
{keeper}
  As an operator, who may do everything:
{operator}
  With the AWS CLI, as the operator:
    aws secretsmanager describe-secret --secret-id {secret_name}
    aws iam list-access-keys --user-name {username}
    aws secretsmanager rotate-secret --secret-id {secret_name}

  With cargo lambda, as the execution role, in the repository:
    cargo lambda watch -p iam-key-rotator
    cargo lambda invoke --data-file tests/events/create_secret.json

{report}  The rotation of tests/events is staged. The first rotate-secret therefore says that a
  previous rotation isn't complete, and runs that one, as AWS does.

",
        role = exports(endpoint, &aws.role_credentials()),
        keeper = keeper_exports(endpoint, prepared, keeper),
        report = prepared
            .current_key
            .as_ref()
            .map_or_else(String::new, |key| report(&key.id)),
        operator = exports(endpoint, &aws.operator_credentials()),
    )
}

/// The lines for the keeper, with its settings.
fn keeper_exports(endpoint: &str, prepared: &Prepared, keeper: &Keeper) -> String {
    let arn = &prepared.secret_arn;
    let credentials = exports(endpoint, &keeper.credentials);
    format!("{credentials}    export SECRET_ARN={arn}\n    export EXPOSED_KEYS=revoke\n")
}

/// How AWS's report of a key gets to the keeper.
fn report(key: &str) -> String {
    format!(
        "  With cargo lambda watch as the keeper instead, AWS Health's report that the key has leaked:
    cargo lambda invoke --data-ascii \
      \"$(sed s/{EXAMPLE_KEY}/{key}/ tests/events/aws_health.json)\"

"
    )
}

/// The lines that point a shell's AWS clients here. Version 1 of the CLI reads the Region from a variable of its own.
fn exports(endpoint: &str, credentials: &Credentials) -> String {
    let variables = [
        ("AWS_ENDPOINT_URL", Some(endpoint)),
        ("AWS_REGION", Some(REGION)),
        ("AWS_DEFAULT_REGION", Some(REGION)),
        ("AWS_ACCESS_KEY_ID", Some(credentials.access_key_id())),
        (
            "AWS_SECRET_ACCESS_KEY",
            Some(credentials.secret_access_key()),
        ),
        ("AWS_SESSION_TOKEN", credentials.session_token()),
    ];
    let line = |(name, value): (&str, Option<&str>)| match value {
        Some(value) => format!("    export {name}={value}\n"),
        None => format!("    unset {name}\n"),
    };
    variables.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use sandbox::clock::Clock;
    use sandbox::rotation::{STEPS, event};
    use sandbox::setup::Setup;
    use serde_json::Value;

    use super::*;

    #[tokio::test]
    async fn the_events_in_the_repository_are_those_of_the_served_secret() {
        let prepared = Setup::default().prepare(&Aws::new(Clock::real()));
        let arn = prepared
            .map(|prepared| prepared.secret_arn)
            .unwrap_or_default();
        let events = [
            include_str!("../../events/create_secret.json"),
            include_str!("../../events/set_secret.json"),
            include_str!("../../events/test_secret.json"),
            include_str!("../../events/finish_secret.json"),
        ];
        for (step, text) in STEPS.into_iter().zip(events) {
            let shipped: Option<Value> = serde_json::from_str(text).ok();
            assert_eq!(shipped, Some(event(step, &arn, EVENT_TOKEN, None)));
        }
    }

    #[test]
    fn exports_leave_no_session_token_of_another_principal() {
        let operator = Credentials::new("AKIA1", "SECRET", None, None, "test");
        assert!(exports("http://127.0.0.1:1", &operator).ends_with("unset AWS_SESSION_TOKEN\n"));
    }
}
