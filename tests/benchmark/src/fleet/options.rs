//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use super::scenario::{Due, Part, Scenario, Start, Watch};
use super::window;

const SIZES: [usize; 5] = [1, 10, 100, 1_000, 10_000];
const SHORT_SIZES: [usize; 3] = [1, 10, 50];

/// Rotates fleets of secrets with the real function, in a simulated AWS and in virtual time.
///
/// An hour passes where everyone waits. The same options give the same figures every time.
#[derive(Clone, Debug, Parser)]
#[command(name = "fleet")]
pub struct Options {
    /// See that all of it works, with a few secrets
    #[arg(long, conflicts_with_all = ["secrets", "save"])]
    pub(super) short: bool,

    /// Only the rotations, or only the keeper's runs
    #[arg(long, value_enum)]
    pub(super) only: Option<Part>,

    /// How many secrets rotate in a window, each of a user of its own with two access keys
    #[arg(long, value_delimiter = ',', value_name = "N,N,…", default_values_t = SIZES,
          value_parser = size)]
    pub(super) secrets: Vec<usize>,

    /// The rotation window, in hours; without it the narrowest that holds the secrets
    #[arg(long, value_name = "HOURS", value_parser = clap::value_parser!(u32).range(1..=24))]
    pub(super) window: Option<u32>,

    /// When the rotations of a window start; without it the one and then the other, and what helps
    /// in the worst case
    #[arg(long, value_enum)]
    pub(super) start: Option<Start>,

    /// Calls of IAM a second that the account is allowed
    #[arg(long, default_value_t = 5.0, value_name = "RATE", value_parser = rate)]
    pub(super) iam_rate: f64,

    /// Calls of STS a second that the account is allowed; without it all
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub(super) sts_rate: Option<f64>,

    /// The function's time-out, in seconds
    #[arg(long, default_value_t = 120, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..=900))]
    pub(super) time_out: u64,

    /// The keeper's time-out, in seconds: by default the longest that Lambda allows
    #[arg(long, default_value_t = 900, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(60..=900))]
    pub(super) keeper_time_out: u64,

    /// How many invocations Lambda runs at a time; a new account has 1,000 for all of its functions
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = size)]
    pub(super) concurrency: usize,

    /// From a failed attempt of Secrets Manager's to its next, in seconds: not documented, assumed
    #[arg(long, default_value_t = 60, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) pause: u64,

    /// How long a new execution environment takes to initialise, in milliseconds: assumed
    #[arg(long, default_value_t = 10, value_name = "MS")]
    pub(super) init: u64,

    /// How long a call of AWS takes, from and to, in milliseconds: assumed
    #[arg(long, default_value = "10-60", value_name = "MS-MS", value_parser = latency)]
    pub(super) latency: (u64, u64),

    /// What all chance comes from
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(super) seed: u64,

    /// The function's binary, whose memory is measured, built already
    #[arg(long, value_name = "PATH")]
    pub(super) function: Option<PathBuf>,

    /// Write fleet.md, fleet.svg, fleet-billed.svg and keeper.md to tests/benchmark/results
    #[arg(long)]
    pub(super) save: bool,
}

impl Options {
    /// The sizes of the fleets.
    pub(super) fn sizes(&self) -> &[usize] {
        if self.short {
            &SHORT_SIZES
        } else {
            &self.secrets
        }
    }

    /// Whether a part was asked for.
    pub(super) fn does(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }

    /// A fleet that the keeper looks after.
    pub(super) fn watch(&self, secrets: usize, due: Due) -> Watch {
        Watch {
            secrets,
            due,
            iam_rate: self.iam_rate,
            time_out: Duration::from_secs(self.keeper_time_out),
            init: Duration::from_millis(self.init),
            latency: self.latency(),
            seed: self.seed,
        }
    }

    fn latency(&self) -> (Duration, Duration) {
        let (from, to) = self.latency;
        (Duration::from_millis(from), Duration::from_millis(to))
    }

    /// A fleet of one of the sizes. A fleet that fits no window gets the widest one.
    pub(super) fn scenario(&self, secrets: usize, start: Start) -> Scenario {
        let window = match self.window {
            Some(hours) => window::HOUR * hours,
            None => window::narrowest(secrets, self.iam_rate).unwrap_or(window::LONGEST),
        };
        Scenario {
            secrets,
            window,
            start,
            iam_rate: self.iam_rate,
            sts_rate: self.sts_rate,
            time_out: Duration::from_secs(self.time_out),
            concurrency: self.concurrency,
            pause: Duration::from_secs(self.pause),
            init: Duration::from_millis(self.init),
            latency: self.latency(),
            seed: self.seed,
        }
    }
}

fn size(text: &str) -> Result<usize, String> {
    let size = text.replace('_', "").parse().ok();
    size.filter(|size| (1..=1_000_000).contains(size))
        .ok_or_else(|| "it is not a whole number from 1 to 1000000".to_owned())
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok();
    rate.filter(|rate: &f64| rate.is_finite() && *rate > 0.0)
        .ok_or_else(|| "it is not a number above 0".to_owned())
}

fn latency(text: &str) -> Result<(u64, u64), String> {
    let ends = text
        .split_once('-')
        .and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    ends.filter(|(from, to)| from <= to)
        .ok_or_else(|| "it is not of the form 10-60".to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn each_fleet_gets_the_narrowest_window_that_holds_it() {
        let options = Options::parse_from(["fleet"]);
        let hours = |secrets| options.scenario(secrets, Start::Spread).window.as_secs() / 3_600;
        let windows: Vec<_> = options
            .sizes()
            .iter()
            .map(|secrets| hours(*secrets))
            .collect();
        assert_eq!(windows, [1, 1, 1, 1, 4]);
        let options = Options::parse_from(["fleet", "--window", "3"]);
        assert_eq!(
            options.scenario(10_000, Start::AtOnce).window,
            window::HOUR * 3
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for bad in [
            ["--secrets", "0"],
            ["--iam-rate", "0"],
            ["--iam-rate", "NaN"],
            ["--latency", "60-10"],
            ["--window", "25"],
            ["--time-out", "901"],
            ["--pause", "0"],
            ["--only", "reports"],
            // With less than 45 s left, the keeper begins nothing.
            ["--keeper-time-out", "59"],
        ] {
            assert!(
                Options::try_parse_from([&["fleet"][..], &bad].concat()).is_err(),
                "{bad:?}"
            );
        }
        let options = Options::try_parse_from(["fleet", "--secrets", "1,10_000"]).unwrap();
        assert_eq!(options.sizes(), [1, 10_000]);
    }
}
