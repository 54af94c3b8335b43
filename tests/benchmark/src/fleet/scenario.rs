//! What is simulated, and what is assumed of AWS where AWS documents nothing.

use std::time::Duration;

/// When the rotations of a window start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Start {
    /// Each at a random moment of the window
    #[default]
    Spread,
    /// All at its beginning: the worst case
    AtOnce,
}

impl Start {
    /// The start in words, behind a number of secrets.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Spread => "spread over the window",
            Self::AtOnce => "at once",
        }
    }
}

/// One fleet in one window.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scenario {
    /// How many secrets, each of a user of its own with two access keys.
    pub(super) secrets: usize,
    /// The rotation window. No attempt begins behind it.
    pub(super) window: Duration,
    /// When the rotations start.
    pub(super) start: Start,
    /// Calls of IAM a second that the account is allowed.
    pub(super) iam_rate: f64,
    /// Calls of STS a second; without it, all.
    pub(super) sts_rate: Option<f64>,
    /// The function's time-out.
    pub(super) time_out: Duration,
    /// Invocations at a time.
    pub(super) concurrency: usize,
    /// From a failed attempt to the next. Secrets Manager documents neither this nor how many
    /// attempts it makes (fact 3).
    pub(super) pause: Duration,
    /// How long the initialisation of an environment takes; Lambda bills it (fact 34).
    pub(super) init: Duration,
    /// How long a call takes, from and up to.
    pub(super) latency: (Duration, Duration),
    /// What all chance comes from.
    pub(super) seed: u64,
}
