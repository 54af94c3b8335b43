//! P6, and all the other promises that it depends on. Consumers read AWSCURRENT through every kind of cache and sign
//! a call each second. They do so over twenty rotations under random faults, and no call is refused.
//!
//! They call once a second from before each rotation until the shorter cache has expired, and less often after that.
//! Their own calls have no faults: a stale read (fact 19) would only act as one more cache, of seconds.
//!
//! With `EXPLORE=all` they call each second of all the days, which takes minutes per seed. `RUNS` and `FIRST_SEED`
//! then choose other faults.

mod cache;
mod clients;
mod keeping;
mod leak;
mod lives;
mod reader;
mod retirement;
mod rules;
mod years;

use std::time::Duration;

use fastrand::Rng;
use sandbox::aws::{AWSCURRENT, AWSPREVIOUS, Fault, When};
use sandbox::setup::Source;
use tokio::time::{Instant, sleep, sleep_until};

use self::cache::Cache;
use self::clients::{Clients, Habit, Refusal};
use self::reader::Reader;
use crate::faults::{LATER, explores_all, is_short, kinds, propagation, seconds, variable};
use crate::figures::figure;
use crate::world::{SOURCES, World};

const ROTATIONS: usize = 20;
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
/// How long before a rotation the calls each second begin.
const LEAD: Duration = Duration::from_secs(30);
/// The shortest interval that Secrets Manager allows (fact 12), and a day.
const INTERVALS: [Duration; 2] = [Duration::from_hours(4), Duration::from_hours(24)];

/// How often a consumer calls: each second around a rotation, and in between only if asked to.
fn every(usual: Duration) -> Duration {
    if explores_all() { SECOND } else { usual }
}

/// Injects faults into the next rotation, and says which.
fn trouble(world: &mut World, rng: &mut Rng) -> String {
    let faults: Vec<_> = (0..rng.usize(1..=3))
        .map(|_| Fault {
            kind: rng.choice(kinds()).unwrap(),
            on: When::Call(rng.usize(1..=32)),
        })
        .collect();
    let propagation = propagation(rng);
    let latency = Duration::from_millis(rng.u64(..900));
    let time_out = Duration::from_secs([15, 30, 120][rng.usize(..3)]);
    let about = format!("{faults:?}, {propagation:?}, latency {latency:?}, time-out {time_out:?}");
    for fault in faults {
        world.aws.inject(fault);
    }
    world.aws.set_propagation(propagation);
    world.aws.set_latency(latency);
    world.function_time_out(time_out);
    about
}

/// One rotation, retried by Secrets Manager until AWSCURRENT has moved.
async fn rotate(world: &mut World, clients: &mut Clients, about: &str) {
    let old = world.key_of(AWSCURRENT);
    let mut failed = Vec::new();
    while let Err(failure) = clients.call_during(world.rotate(), SECOND).await {
        // The lost response may be the one that said that AWSCURRENT moved.
        if world.key_of(AWSCURRENT) != old {
            break;
        }
        failed.push(format!("{failure:?}"));
        assert!(failed.len() <= 3, "{about}: {failed:#?}");
        world.function_time_out(Duration::from_secs(120));
        clients.call_during(sleep(LATER), SECOND).await;
    }
    assert_ne!(world.key_of(AWSCURRENT), old, "{about}");
    assert_eq!(world.key_of(AWSPREVIOUS), old, "{about}");
}

/// The number of calls that the consumers made, and of those that were refused.
async fn twenty_rotations(seed: u64) -> (usize, Vec<Refusal>) {
    fastrand::seed(seed);
    let mut rng = Rng::with_seed(seed);
    let source = SOURCES[usize::try_from(seed).unwrap() % SOURCES.len()];
    let mut world = World::from(source, 2);
    let habits = Cache::ALL.map(|cache| Habit {
        cache,
        rereads: false,
    });
    let mut clients = Clients::new(&world, &habits, &format!("seed {seed}, {source:?}"));
    let mut due = Instant::now();
    for number in 1..=ROTATIONS {
        let about = trouble(&mut world, &mut rng);
        let about = format!("seed {seed}, {source:?}, rotation {number}: {about}");
        due += INTERVALS[usize::from(rng.u8(..4) == 0)];
        // Somewhere in the rotation window.
        let start = due + seconds(&mut rng, 3_600);
        let idle = sleep_until(start - LEAD);
        clients.call_during(idle, every(15 * MINUTE)).await;
        // No read misses a change that is hours old.
        world.aws.age(Duration::ZERO);
        clients.call_during(sleep(LEAD), SECOND).await;
        rotate(&mut world, &mut clients, &about).await;
        clients.call_during(sleep(5 * MINUTE + LEAD), SECOND).await;
        world.assert_sound(&about);
        let last_cache = sleep(Cache::LONGEST - 5 * MINUTE);
        clients.call_during(last_cache, every(LEAD)).await;
    }
    for client in clients.all() {
        assert_eq!(
            client.with_an_old_key == 0,
            client.habit.cache == Cache::Off
        );
    }
    let calls = clients.all().iter().map(|client| client.calls).sum();
    let refused = clients.all().iter().flat_map(|client| &client.refused);
    (calls, refused.cloned().collect())
}

#[tokio::test(start_paused = true)]
async fn no_call_is_refused_over_twenty_rotations_under_faults() {
    if is_short() {
        return;
    }
    let (first, runs) = (variable("FIRST_SEED", 1), variable("RUNS", 3));
    let (mut calls, mut rotations) = (0, 0);
    let mut refused = Vec::new();
    for seed in first..first + runs {
        let (more, more_refused) = twenty_rotations(seed).await;
        calls += more;
        refused.extend(more_refused);
        rotations += ROTATIONS;
    }
    let count = refused.len();
    refused.truncate(5);
    assert_eq!(
        count, 0,
        "refused, of {calls} calls: {refused:#?} and so on"
    );
    figure("consumer rotations", rotations);
    figure("consumer calls", calls);
    figure("consumer calls refused", count);
}

#[tokio::test(start_paused = true)]
async fn the_shipped_policy_allows_awscurrent_alone_and_no_caching_library() {
    let mut world = World::from(Source::Role, 2);
    world.rotate().await.unwrap();
    let reader = Reader::new(&world, "consumer");
    reader.current().await;
    for (answer, action) in [
        (reader.get_secret_value(AWSPREVIOUS).await, "GetSecretValue"),
        (reader.describe_secret().await, "DescribeSecret"),
    ] {
        let said = format!("not authorized to perform: secretsmanager:{action}");
        assert!(answer.message().contains(&said));
    }
}
