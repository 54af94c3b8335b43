//! The keeper's hourly runs over a fleet, in virtual time: the real keeper, until nothing is left over.

use std::error::Error;
use std::time::{Duration, SystemTime};

use fastrand::Rng;
use sandbox::aws::Aws;
use sandbox::clock::Clock;
use sandbox::in_process::InProcess;
use sandbox::rotation::Function as _;
use serde_json::{Value, json};
use tokio::runtime::Builder;
use tokio::time::Instant;

use super::account::{Account, Line, Traffic};
use super::lambda::billed;
use super::members;
use super::scenario::Watch;
use super::simulation::DATE;
use super::window::HOUR;

/// More runs than any fleet here takes.
const MOST_RUNS: usize = 1_000;

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeeperRun {
    /// The keys that it retired.
    pub(super) retired: usize,
    /// The secrets that it could not look at, for an error.
    pub(super) failed: usize,
    /// The secrets that its time was too short for.
    pub(super) left: usize,
    /// The traffic between the keeper and AWS.
    pub(super) traffic: Traffic,
    /// How long it took.
    pub(super) time: Duration,
    /// What Lambda bills for it, in milliseconds.
    pub(super) billed: u64,
    /// The bytes of its answer.
    pub(super) answer: usize,
}

/// The runs until none had anything left over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeeperFigures {
    /// The first run.
    pub(super) first: KeeperRun,
    /// How many runs it took.
    pub(super) runs: usize,
    /// The keys that all of them retired.
    pub(super) retired: usize,
    /// What Lambda bills for all of them, in milliseconds.
    pub(super) billed: u64,
}

/// Runs the keeper each hour until nothing is left over.
///
/// # Errors
/// If the fleet can't be set up, or a run ends with an error.
pub(super) fn watch(watch: &Watch) -> Result<KeeperFigures, Box<dyn Error>> {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    // The jitter in the backoff of the SDK and the function comes from the thread's generator.
    fastrand::seed(watch.seed);
    runtime.block_on(async {
        let aws = Aws::new(Clock::at(
            SystemTime::UNIX_EPOCH + Duration::from_secs(DATE),
        ));
        members::make(&aws, watch.secrets, watch.due)?;
        let account = Account::new(watch.iam_rate, None);
        let mut runs: Vec<KeeperRun> = Vec::new();
        loop {
            let began = Instant::now();
            let done = one_run(watch, &aws, &account, runs.len() as u64).await?;
            let is_last = done.left == 0 || runs.len() + 1 == MOST_RUNS;
            runs.push(done);
            if is_last {
                break;
            }
            aws.clear_calls();
            tokio::time::sleep_until(began + HOUR).await;
        }
        let first = runs.first().cloned().ok_or("no run was made")?;
        Ok(KeeperFigures {
            first,
            runs: runs.len(),
            retired: runs.iter().map(|run| run.retired).sum(),
            billed: runs.iter().map(|run| run.billed).sum(),
        })
    })
}

/// One run in a new environment.
async fn one_run(
    watch: &Watch,
    aws: &Aws,
    account: &Account,
    number: u64,
) -> Result<KeeperRun, Box<dyn Error>> {
    let random = Rng::with_seed(watch.seed.wrapping_add(number << 32));
    let line = Line::new(account, watch.latency, random);
    let began = Instant::now();
    tokio::time::sleep(watch.init).await;
    let client = line.http_client(aws);
    let keeper = InProcess::keeper_with_http_client(aws, members::config(), client);
    let mut keeper = keeper.time_out(watch.time_out);
    let answer = keeper.invoke(json!({ "Action": "retire" })).await?;
    let time = began.elapsed();
    let left = answer["notLookedAt"].as_u64().unwrap_or_default();
    Ok(KeeperRun {
        retired: count(&answer, "retired"),
        failed: count(&answer, "failed"),
        left: usize::try_from(left)?,
        traffic: line.traffic(),
        time,
        billed: billed(time),
        answer: answer.to_string().len(),
    })
}

/// How many entries of an answer have this outcome.
fn count(answer: &Value, outcome: &str) -> usize {
    let entries = answer["secrets"].as_array().into_iter().flatten();
    entries.filter(|entry| entry["outcome"] == outcome).count()
}
