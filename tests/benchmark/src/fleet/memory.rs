//! Whether one invocation's memory grows with the account: a rotation with no other users, and one with many; the
//! keeper's run over a small fleet, and over a large one.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use fastrand::Rng;
use iam_key_rotator::Config;
use sandbox::aws::Aws;
use sandbox::clock::Clock;
use sandbox::in_process::InProcess;
use sandbox::lambda::LambdaProcess;
use sandbox::rotation::{Function, RotateOptions, rotate};
use sandbox::server::Server;
use sandbox::setup::{Prepared, Setup, Source};
use serde_json::json;
use tokio::runtime::Builder;

use super::account::{Account, Line, Traffic};
use super::members;
use super::scenario::Due;
use super::simulation::DATE;

/// More calls a second than a rotation makes.
const NO_LIMIT: f64 = 1_000.0;

/// The cost of a rotation in an account with this many users and secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Memory {
    /// The number of users, and of secrets.
    pub(super) users: usize,
    /// The peak memory of the function's process (VmHWM), in KiB.
    pub(super) peak: u64,
    /// The traffic between the function and AWS.
    pub(super) traffic: Traffic,
}

/// Measures a rotation in an account with this many users.
///
/// # Errors
/// If the rotation fails, or the system doesn't report a process's memory.
pub(super) fn measure(
    binary: &Path,
    users: usize,
    repeats: usize,
) -> Result<Memory, Box<dyn Error>> {
    let mut peaks = Vec::new();
    for _ in 0..repeats {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        peaks.push(runtime.block_on(peak(binary, users))?);
    }
    peaks.sort_unstable();
    Ok(Memory {
        users,
        peak: peaks.get(peaks.len() / 2).copied().unwrap_or_default(),
        traffic: traffic(users)?,
    })
}

/// The cost of a keeper's run over a fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeeperMemory {
    /// The number of secrets.
    pub(super) secrets: usize,
    /// How many of them were due.
    pub(super) due: Due,
    /// How many it looked at, or knew not to be due, before it had no time for more.
    pub(super) done: usize,
    /// The peak memory of the keeper's process (VmHWM), in KiB.
    pub(super) peak: u64,
}

/// Measures a run of the real binary, deployed as the keeper, in real time and without a rate limit.
///
/// # Errors
/// If the run fails, or the system doesn't report a process's memory.
pub(super) fn measure_keeper(
    binary: &Path,
    secrets: usize,
    due: Due,
    time_out: Duration,
) -> Result<KeeperMemory, Box<dyn Error>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let aws = Aws::new(Clock::real());
        members::make(&aws, secrets, due)?;
        let server = Server::start(aws.clone()).await?;
        let keeper = LambdaProcess::keeper(binary, &aws, &server.endpoint());
        let mut keeper = keeper.env("FLEET", members::FLEET).time_out(time_out);
        let answer = keeper.invoke(json!({ "Action": "retire" })).await?;
        let peak = peak_of(binary);
        keeper.kill().await;
        let left = answer["notLookedAt"].as_u64().unwrap_or_default();
        Ok(KeeperMemory {
            secrets,
            due,
            done: secrets.saturating_sub(usize::try_from(left)?),
            peak: peak?,
        })
    })
}

/// The traffic of a rotation by the function in this process, in virtual time.
fn traffic(users: usize) -> Result<Traffic, Box<dyn Error>> {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    runtime.block_on(async {
        let date = SystemTime::UNIX_EPOCH + Duration::from_secs(DATE);
        let (aws, prepared) = account(Clock::at(date), users)?;
        let latency = (Duration::ZERO, Duration::ZERO);
        let line = Line::new(&Account::new(NO_LIMIT, None), latency, Rng::with_seed(0));
        let mut function =
            InProcess::with_http_client(&aws, Config::default(), line.http_client(&aws));
        rotate_once(&aws, &prepared, &mut function).await?;
        Ok(line.traffic())
    })
}

/// The peak memory of the real binary's process in a rotation, in KiB.
async fn peak(binary: &Path, users: usize) -> Result<u64, Box<dyn Error>> {
    let (aws, prepared) = account(Clock::real(), users)?;
    let server = Server::start(aws.clone()).await?;
    let mut function = LambdaProcess::new(binary, &aws, &server.endpoint());
    rotate_once(&aws, &prepared, &mut function).await?;
    let peak = peak_of(binary);
    function.kill().await;
    Ok(peak?)
}

/// The peak memory of this process's child, in KiB.
fn peak_of(binary: &Path) -> Result<u64, &'static str> {
    child(binary)
        .and_then(|process| status(&process, "VmHWM:"))
        .ok_or("/proc does not tell what the function's process holds")
}

async fn rotate_once(
    aws: &Aws,
    prepared: &Prepared,
    function: &mut impl Function,
) -> Result<(), Box<dyn Error>> {
    let once = RotateOptions {
        attempts: 1,
        ..RotateOptions::default()
    };
    rotate(aws, function, &prepared.secret_arn, once, &mut |_| {}).await?;
    Ok(())
}

/// An account with this many users and secrets, one of which is to rotate.
fn account(clock: Clock, users: usize) -> Result<(Aws, Prepared), Box<dyn Error>> {
    let aws = Aws::new(clock);
    let setup = Setup {
        source: Source::Role,
        keys: 2,
        ..Setup::default()
    };
    let prepared = setup.prepare(&aws)?;
    for number in 1..users {
        let name = format!("user-{number}");
        aws.create_user("/", &name);
        aws.create_access_key(&name);
        let key = aws.create_access_key(&name);
        let value = serde_json::json!({
            "accesskey": key.id, "secretkey": key.secret, "username": name,
        });
        aws.create_secret(&format!("iam/{name}"), Some(value.to_string().into()));
    }
    Ok((aws, prepared))
}

/// The directory of this process's child that was started with a binary's path, whatever is at that path by now.
fn child(binary: &Path) -> Option<PathBuf> {
    let this = u64::from(std::process::id());
    let binary = binary.as_os_str().as_encoded_bytes();
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let mut processes = processes.map(|entry| entry.path());
    processes.find(|process| {
        let command = fs::read(process.join("cmdline")).unwrap_or_default();
        command.split(|byte| *byte == 0).next() == Some(binary)
            && status(process, "PPid:") == Some(this)
    })
}

/// A figure from a process's status.
fn status(process: &Path, name: &str) -> Option<u64> {
    let status = fs::read_to_string(process.join("status")).ok()?;
    let figure = status.lines().find_map(|line| line.strip_prefix(name))?;
    figure.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_asks_and_hears_no_more_where_there_are_more_users() {
        let alone = traffic(1).unwrap();
        assert_eq!(alone, traffic(50).unwrap());
        assert!(alone.calls > 10 && alone.received > 1_000, "{alone:?}");
    }
}
