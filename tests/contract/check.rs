//! The outcome of a check.

use std::fmt::{self, Debug, Display};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// Whether a service behaved like AWS. Anything else that goes wrong is a panic.
pub type Seen = Result<(), Differs>;

/// A result from a service that differs from AWS's.
#[derive(Debug)]
pub struct Differs {
    seen: String,
    aws: String,
}

impl Display for Differs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seen, aws } = self;
        write!(formatter, "gives {seen}, where AWS gives {aws}")
    }
}

/// Compares a service's result with AWS's.
pub fn expect<S: Debug + PartialEq<A>, A: Debug>(seen: S, aws: A) -> Seen {
    if seen == aws {
        return Ok(());
    }
    Err(Differs {
        seen: format!("{seen:?}"),
        aws: format!("{aws:?}"),
    })
}

/// The outcome of a call that was accepted.
pub const OK: &str = "accepted";

/// The outcome of a call: [`OK`], or the service's code for its refusal.
pub fn outcome<R, E>(result: Result<R, SdkError<E, HttpResponse>>) -> String
where
    E: ProvideErrorMetadata + Debug,
{
    let Err(error) = result else {
        return OK.to_owned();
    };
    let code = error.code().map(str::to_owned);
    code.or_else(|| code_in_ec2_envelope(&error))
        .unwrap_or_else(|| panic!("an answer without an error code: {error:?}"))
}

/// The code of an error in EC2's XML. Moto uses that for every service if its permission check
/// refuses. The SDK finds no code in it.
fn code_in_ec2_envelope<E>(error: &SdkError<E, HttpResponse>) -> Option<String> {
    let body = std::str::from_utf8(error.raw_response()?.body().bytes()?).ok()?;
    let (_, error) = body.split_once("<ErrorResponse><Errors><Error><Code>")?;
    error.split_once("</Code>").map(|(code, _)| code.to_owned())
}
