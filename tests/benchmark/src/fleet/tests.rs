//! Small fleets, end to end.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use super::figures::Figures;
use super::report::Row;
use super::run::failure;
use super::scenario::{Scenario, Start};
use super::simulation::simulate;
use super::window::HOUR;

fn twenty_at_once() -> Scenario {
    Scenario {
        secrets: 20,
        window: HOUR,
        start: Start::AtOnce,
        iam_rate: 5.0,
        sts_rate: None,
        time_out: Duration::from_secs(120),
        concurrency: 1_000,
        pause: Duration::from_secs(60),
        init: Duration::from_millis(10),
        latency: (Duration::from_millis(10), Duration::from_millis(60)),
        seed: 1,
    }
}

fn run(scenario: &Scenario) -> Figures {
    simulate(scenario).unwrap()
}

#[test]
fn a_fleet_that_starts_at_once_finishes_and_one_seed_gives_the_same_figures() {
    let scenario = twenty_at_once();
    let figures = run(&scenario);
    assert_eq!(
        (figures.finished, figures.failed, figures.concurrent),
        (20, 0, 20)
    );
    assert!(figures.iam_calls >= 5.0, "{figures:?}");
    assert!(
        figures.throttled > 0.0,
        "20 × 5 calls are more than 5 a second: {figures:?}"
    );
    assert!(
        figures.last >= Duration::from_secs(11),
        "sooner than the rate allows: {figures:?}"
    );
    assert_eq!(run(&scenario), figures);
    let other = Scenario {
        seed: 2,
        ..scenario
    };
    assert_ne!(run(&other), figures);
}

#[test]
fn attempts_that_the_time_out_cuts_are_made_again_until_all_have_finished() {
    let scenario = Scenario {
        time_out: Duration::from_secs(25),
        ..twenty_at_once()
    };
    let figures = run(&scenario);
    assert_eq!((figures.finished, figures.failed), (20, 0));
    assert!(
        figures.retried > 0 && figures.invocations > 4.0,
        "{figures:?}"
    );
    assert!(figures.errors.contains_key("Throttled"), "{figures:?}");
}

#[test]
fn no_more_run_at_a_time_than_lambda_runs() {
    let scenario = Scenario {
        concurrency: 5,
        ..twenty_at_once()
    };
    let figures = run(&scenario);
    assert_eq!((figures.finished, figures.concurrent), (20, 5));
    assert!(
        figures.errors.contains_key("TooManyRequestsException"),
        "{figures:?}"
    );
}

/// Within a timeout IAM lets in one call, and a rotation that finds two keys needs two in a row.
#[test]
fn where_the_window_cannot_hold_them_none_finishes_and_the_error_says_how_wide_it_must_be() {
    let scenario = Scenario {
        iam_rate: 0.001,
        pause: Duration::from_secs(15 * 60),
        ..twenty_at_once()
    };
    let figures = run(&scenario);
    assert_eq!((figures.finished, figures.failed), (0, 20));
    assert_eq!(
        failure(&Row { scenario, figures }).unwrap(),
        "20 of 20 secrets, at once, had not rotated when the window of 1 h ended: 20 secrets need 100 calls of IAM, \
         at 0.001 a second at least 27 h 46 min: a window of 1 h can't hold them; not even 24 h can, which hold 15: spread them over more than one day"
    );
}
