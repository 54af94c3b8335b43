//! A whole fleet in virtual time.

use std::cell::RefCell;
use std::error::Error;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use sandbox::clock::Clock;
use tokio::runtime::Builder;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;

use super::account::Account;
use super::figures::Figures;
use super::lambda::Lambda;
use super::rotation::{self, Fleet, Rotation};
use super::scenario::Scenario;

/// The start of every window, in seconds since 1970: it makes the figures the same every day.
pub(super) const DATE: u64 = 1_800_000_000;

/// Runs all rotations of a window on this thread alone. Time passes only when everything waits.
///
/// # Errors
/// If a secret can't be set up.
pub(super) fn simulate(scenario: &Scenario) -> Result<Figures, Box<dyn Error>> {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    // The jitter in the backoff of the SDK and the function comes from the thread's generator.
    fastrand::seed(scenario.seed);
    let (rotations, lambda) = LocalSet::new().block_on(&runtime, rotate_all(scenario))?;
    Ok(Figures::of(&rotations, &lambda))
}

async fn rotate_all(scenario: &Scenario) -> Result<(Vec<Rotation>, Lambda), Box<dyn Error>> {
    let fleet = Rc::new(Fleet {
        account: Account::new(scenario.iam_rate, scenario.sts_rate),
        lambda: RefCell::new(Lambda::new(scenario.concurrency)),
        clock: Clock::at(SystemTime::UNIX_EPOCH + Duration::from_secs(DATE)),
        began: Instant::now(),
        scenario: scenario.clone(),
    });
    let mut running = JoinSet::new();
    for index in 0..scenario.secrets {
        running.spawn_local(rotation::run(fleet.clone(), index));
    }
    let mut rotations = Vec::with_capacity(scenario.secrets);
    while let Some(rotation) = running.join_next().await {
        rotations.push(rotation??);
    }
    let lambda = fleet.lambda.borrow().clone();
    Ok((rotations, lambda))
}
