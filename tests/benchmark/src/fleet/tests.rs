//! Small fleets, end to end.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use super::figures::Figures;
use super::keeper::{KeeperFigures, watch};
use super::keeper_report::KeeperRow;
use super::report::Row;
use super::run::failure;
use super::scenario::{Due, Scenario, Start, Watch};
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

fn twenty_watched(due: Due) -> Watch {
    Watch {
        secrets: 20,
        due,
        iam_rate: 5.0,
        time_out: Duration::from_secs(900),
        init: Duration::from_millis(10),
        latency: (Duration::from_millis(10), Duration::from_millis(60)),
        seed: 1,
    }
}

fn watched(scenario: &Watch) -> KeeperFigures {
    watch(scenario).unwrap()
}

#[test]
fn where_nothing_is_due_the_keeper_only_lists() {
    let scenario = twenty_watched(Due::Nothing);
    let first = watched(&scenario).first;
    let traffic = first.traffic;
    assert_eq!((traffic.calls, traffic.secrets_manager_calls), (1, 1));
    assert_eq!((first.retired, first.failed, first.left), (0, 0, 0));
    let more = Watch {
        secrets: 90,
        ..scenario
    };
    assert_eq!(watched(&more).first.answer, first.answer);
}

#[test]
fn what_is_due_is_retired_with_three_calls_of_iam_and_one_seed_gives_the_same_figures() {
    let scenario = twenty_watched(Due::All);
    let figures = watched(&scenario);
    assert_eq!((figures.runs, figures.retired), (1, 20));
    assert_eq!(figures.first.traffic.iam_calls, 60);
    // Three calls for each of 20, at 5 a second after the first 5.
    assert!(figures.first.time >= Duration::from_secs(11), "{figures:?}");
    assert_eq!(watched(&scenario), figures);
}

#[test]
fn of_a_fleet_on_a_schedule_only_the_days_share_costs_calls_of_iam() {
    let scenario = Watch {
        secrets: 180,
        ..twenty_watched(Due::Share)
    };
    let first = watched(&scenario).first;
    assert_eq!((first.retired, first.traffic.iam_calls), (2, 6));
}

#[test]
fn what_a_run_has_no_time_for_is_done_by_the_next_ones() {
    let scenario = Watch {
        time_out: Duration::from_secs(51),
        ..twenty_watched(Due::All)
    };
    let figures = watched(&scenario);
    assert!(figures.first.left > 0 && figures.runs > 1, "{figures:?}");
    assert_eq!(figures.retired, 20);
    let row = KeeperRow {
        watched: scenario,
        figures,
    };
    assert_eq!(row.failure(), None);
    let mut short = row;
    short.figures.retired = 19;
    assert_eq!(
        short.failure().unwrap(),
        "of 20 secrets, all due, the keeper retired 19 keys, and not 20"
    );
}
