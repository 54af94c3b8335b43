//! The command line.

mod failure;

use std::path::PathBuf;

use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Parser, ValueEnum};
use sandbox::setup::Source;

use crate::view;

pub(crate) use self::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  cargo run -p sandbox
      Rotate the key of a user who manages its own keys
  cargo run -p sandbox -- --source role --keys 0
      Make the first key of a user, with the function's execution role
  cargo run -p sandbox -- --rotations 3
      See which key each rotation deletes, 30 days after the one before
  cargo run -p sandbox -- --fail CreateAccessKey --logs
      Lose the answer that has the new key in it, and see what the function does
  cargo run -p sandbox -- --env VERIFY_SUCCESSES=1 --env RUST_LOG=warn
      Have the function accept a new key at its first success, and log warnings alone
  cargo run -p sandbox -- --leak
      Report the key as exposed, and see how consumers come through; --leak at-once cuts it off first
  cargo run -p sandbox -- --retire
      See the month of a key: replaced, in use, retired, given back, deleted
  cargo run -p sandbox -- --serve
      Keep the simulated AWS up for the AWS CLI and cargo lambda";

/// What the keeper's shows, in which nothing runs as a process of its own, can't take.
const NOT_WITH_KEEPER: [&str; 6] = [
    "test_rotation",
    "rotations",
    "failures",
    "logs",
    "serve",
    "function",
];

/// Rotates an IAM user's access key with the real function, in a simulated AWS on this machine.
///
/// Builds the function, starts Secrets Manager, IAM and STS on loopback, makes a user and a
/// secret, and runs a rotation step by step as Secrets Manager does. It needs no AWS account,
/// and reaches none.
#[derive(Debug, Parser)]
#[command(name = "sandbox", after_help = EXAMPLES, verbatim_doc_comment)]
pub(crate) struct Cli {
    /// Whose credentials manage the user's access keys; with --leak at-once, role unless set
    #[arg(
        long,
        value_enum,
        default_value_t,
        default_value_if("leak", "at-once", "role"),
        value_name = "SOURCE"
    )]
    pub(crate) source: SourceName,

    /// How many access keys the user has to begin with; with two, the newer is in the secret
    #[arg(
        long,
        default_value_t = 2,
        value_name = "0|1|2",
        value_parser = clap::value_parser!(u8).range(0..=2)
    )]
    pub(crate) keys: u8,

    /// How many rotations to run; 30 days pass between them
    #[arg(
        long,
        default_value_t = 1,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=100)
    )]
    pub(crate) rotations: u32,

    /// Test the rotation instead, as RotateSecret does with RotateImmediately=false:
    /// testSecret alone, and nothing changes
    #[arg(long, conflicts_with = "rotations", verbatim_doc_comment)]
    pub(crate) test_rotation: bool,

    /// Show the keeper in a leak: AWS reports the key as exposed while consumers call every
    /// second. MANNER is one of
    ///   rotate-first  consumers get another key, then the exposed one is deactivated; the default
    ///   at-once       the exposed key is deactivated first
    /// Function and keeper run in this process, in virtual time
    #[arg(
        long,
        value_enum,
        hide_possible_values = true,
        num_args = 0..=1,
        default_missing_value = "rotate-first",
        value_name = "MANNER",
        conflicts_with_all = NOT_WITH_KEEPER,
        verbatim_doc_comment
    )]
    pub(crate) leak: Option<Manner>,

    /// Show the keeper in the month of a key: its replacement, a consumer that still uses it, its
    /// retirement, an undo by a person, its end. In this process, in virtual time
    #[arg(long, conflicts_with_all = NOT_WITH_KEEPER, conflicts_with_all = ["leak", "keys"], verbatim_doc_comment)]
    pub(crate) retire: bool,

    /// Have a call of the function, such as CreateAccessKey, go wrong. KIND is one of
    ///   lost      the call is done, but its answer gets lost; the default
    ///   timeout   the call is done, but no answer ever comes
    ///   error     the service answers with status 503 and does nothing
    ///   throttle  the service answers that there are too many calls
    ///   denied    the caller lacks the permission
    /// It goes wrong once; repeat the option for its next call to go wrong too
    #[arg(long = "fail", value_name = "CALL[:KIND]", verbatim_doc_comment)]
    pub(crate) failures: Vec<Failure>,

    /// Show the function's own log lines
    #[arg(long)]
    pub(crate) logs: bool,

    /// Stay up until Ctrl-C for the AWS CLI and cargo lambda, with a first rotation staged
    /// for tests/events/*.json. RotateSecret over the API runs the function
    #[arg(long, conflicts_with_all = ["test_rotation", "rotations"], verbatim_doc_comment)]
    pub(crate) serve: bool,

    /// The port on 127.0.0.1 to serve at
    #[arg(long, default_value_t = 4599, requires = "serve")]
    pub(crate) port: u16,

    /// Set an environment variable of the function, such as DELETE_KEY_IN_USE=any; repeat the
    /// option for more
    #[arg(long = "env", value_name = "NAME=VALUE", verbatim_doc_comment)]
    pub(crate) variables: Vec<Variable>,

    /// Use this binary of the function instead of building it
    #[arg(long, value_name = "PATH", value_parser = PathBufValueParser::new().try_map(executable))]
    pub(crate) function: Option<PathBuf>,
}

impl Cli {
    /// Whether the running step can be shown on a line of its own until it ends.
    pub(crate) fn is_live(&self) -> bool {
        !self.logs && view::is_terminal()
    }
}

/// The names of the credential sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SourceName {
    /// The user's current key manages the user's keys
    #[default]
    #[value(name = "self")]
    SelfKey,
    /// An administrator's key does, from a secret of its own
    Admin,
    /// The function's execution role does
    Role,
    /// A role in the user's account does, which is not the function's
    AnotherAccount,
}

impl From<SourceName> for Source {
    fn from(name: SourceName) -> Self {
        match name {
            SourceName::SelfKey => Self::SelfKey,
            SourceName::Admin => Self::Administrator,
            SourceName::Role => Self::Role,
            SourceName::AnotherAccount => Self::AnotherAccount,
        }
    }
}

/// Whether consumers get another key before an exposed one is deactivated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Manner {
    RotateFirst,
    AtOnce,
}

impl Manner {
    /// The value of `REVOKE`.
    pub(crate) fn as_setting(self) -> &'static str {
        match self {
            Self::RotateFirst => "rotate-first",
            Self::AtOnce => "at-once",
        }
    }
}

/// The full path of an executable file.
fn executable(path: PathBuf) -> Result<PathBuf, String> {
    let path = path.canonicalize().map_err(|error| error.to_string())?;
    let file = path.metadata().map_err(|error| error.to_string())?;
    #[cfg(unix)]
    let is_executable = std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let is_executable = true;
    if file.is_file() && is_executable {
        Ok(path)
    } else {
        Err("it is not an executable file".to_owned())
    }
}

/// An environment variable of the function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl std::str::FromStr for Variable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok(Self {
                name: name.to_owned(),
                value: value.to_owned(),
            }),
            _ => Err("it is not of the form NAME=VALUE".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
