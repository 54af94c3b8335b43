//! What is simulated, and the assumptions about AWS that it does not document.

use std::time::Duration;

/// What is simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Part {
    /// The fleet rotates in a window
    Rotations,
    /// The keeper retires the keys that were replaced
    Keeper,
}

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
    /// The start in words, to follow a number of secrets.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Spread => "spread over the window",
            Self::AtOnce => "at once",
        }
    }
}

/// How many of a fleet's secrets have a key that the keeper can retire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// None: all have rotated lately.
    Nothing,
    /// One day's of a schedule of 90 days. The keys of most others are retired already.
    Share,
    /// All, as when the keeper is new.
    All,
}

impl Due {
    /// All of them.
    pub(super) const EACH: [Self; 3] = [Self::Nothing, Self::Share, Self::All];

    /// The state in words.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing due",
            Self::Share => "a day of 90 due",
            Self::All => "all due",
        }
    }
}

/// A fleet that the keeper looks after.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Watch {
    /// How many secrets, each with its own user, who has two access keys.
    pub(super) secrets: usize,
    /// How many of them are due.
    pub(super) due: Due,
    /// IAM calls a second that the account is allowed.
    pub(super) iam_rate: f64,
    /// The keeper's timeout.
    pub(super) time_out: Duration,
    /// How long an environment takes to initialise; Lambda bills it (fact 34).
    pub(super) init: Duration,
    /// The shortest and the longest time that a call takes.
    pub(super) latency: (Duration, Duration),
    /// The seed of everything random.
    pub(super) seed: u64,
}

/// One fleet in one window.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scenario {
    /// How many secrets, each with its own user, who has two access keys.
    pub(super) secrets: usize,
    /// The rotation window. No attempt begins after it.
    pub(super) window: Duration,
    /// When the rotations start.
    pub(super) start: Start,
    /// IAM calls a second that the account is allowed.
    pub(super) iam_rate: f64,
    /// STS calls a second; without a value, no limit.
    pub(super) sts_rate: Option<f64>,
    /// The function's timeout.
    pub(super) time_out: Duration,
    /// Invocations at the same time.
    pub(super) concurrency: usize,
    /// The pause between a failed attempt and the next. Secrets Manager documents neither this nor how many attempts
    /// it makes (fact 3).
    pub(super) pause: Duration,
    /// How long an environment takes to initialise; Lambda bills it (fact 34).
    pub(super) init: Duration,
    /// The shortest and the longest time that a call takes.
    pub(super) latency: (Duration, Duration),
    /// The seed of everything random.
    pub(super) seed: u64,
}
