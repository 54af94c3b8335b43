//! P1 to P4 under several faults at once, slow propagation, short time-outs and other runs of the
//! same rotation, all at random, from seeds that a failure names. `RUNS=5000 FIRST_SEED=1 cargo test
//! random_faults` runs longer; the number of runs is printed.

use std::time::Duration;

use fastrand::Rng;
use sandbox::aws::{Fault, When};
use sandbox::in_process::InProcess;
use sandbox::rotation::{Function, STEPS};
use sandbox::setup::Source;
use serde_json::Value;

use crate::faults::{LATER, kinds, propagation, seconds, variable};
use crate::world::{SOURCES, World};

/// A world with faults in it, and what they are.
fn troubled(rng: &mut Rng, seed: u64, calls: usize, faults: usize) -> (World, String) {
    let source = SOURCES[rng.usize(..3)];
    // A first key that is lost goes with the next rotation, not with the next attempt.
    let world = World::from(source, rng.u8(1..=2));
    let mut about = format!("seed {seed}, {source:?}");
    for _ in 0..faults {
        let kind = rng.choice(kinds()).unwrap();
        let on = When::Call(rng.usize(1..=calls));
        about += &format!(", {kind:?} on {on:?}");
        world.aws.inject(Fault { on, kind });
    }
    if rng.bool() {
        let propagation = propagation(rng);
        about += &format!(", {propagation:?}");
        world.aws.set_propagation(propagation);
    }
    (world, about)
}

/// The faults are over: this rotation or, where it cannot go on, the next one succeeds.
async fn recovers(mut world: World, about: &str) {
    world.function_time_out(Duration::from_secs(120));
    tokio::time::sleep(LATER).await;
    let mut failed = Vec::new();
    while let Err(failure) = world.rotate().await {
        failed.push(format!("{failure:?}"));
        assert!(failed.len() <= 3, "{about}: {failed:#?}");
        tokio::time::sleep(LATER).await;
    }
    // Until what was deleted last has gone from IAM's list.
    tokio::time::sleep(Duration::from_secs(60)).await;
    world.assert_sound(about);
}

#[tokio::test(start_paused = true)]
async fn a_rotation_under_two_or_three_faults() {
    let (first, runs) = (variable("FIRST_SEED", 1), variable("RUNS", 100));
    for seed in first..first + runs {
        let mut rng = Rng::with_seed(seed);
        let faults = rng.usize(2..=3);
        let (mut world, mut about) = troubled(&mut rng, seed, 32, faults);
        if rng.bool() {
            let time_out = Duration::from_secs(3) + seconds(&mut rng, 20);
            about += &format!(", time-out {time_out:?}");
            world.function_time_out(time_out);
        }
        // Whatever it ends with.
        let _ = world.rotate().await;
        recovers(world, &about).await;
    }
    println!("{runs} runs with two or three faults, from seed {first}");
}

async fn run(mut function: InProcess, delay: Duration, events: Vec<Value>) {
    tokio::time::sleep(delay).await;
    for event in events {
        if function.invoke(event).await.is_err() {
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn three_runs_of_one_rotation_at_once_under_faults() {
    let (first, runs) = (variable("FIRST_SEED", 1), variable("RUNS", 100));
    for seed in first..first + runs {
        let mut rng = Rng::with_seed(seed);
        let faults = rng.usize(..4);
        let (mut world, mut about) = troubled(&mut rng, seed, 60, faults);
        world.stage();
        let events: Vec<_> = STEPS.iter().map(|step| world.event(step)).collect();
        let delays: [Duration; 3] =
            std::array::from_fn(|_| Duration::from_millis(rng.u64(..12_000) * rng.u64(..2)));
        about += &format!(", runs at {delays:?}");
        tokio::join!(
            run(world.another_function(), delays[0], events.clone()),
            run(world.another_function(), delays[1], events.clone()),
            // A late retry that stops behind its first step.
            run(world.another_function(), delays[2], events[..1].to_vec()),
        );
        recovers(world, &about).await;
    }
    println!("{runs} times three runs at once, from seed {first}");
}

#[tokio::test(start_paused = true)]
async fn a_first_key_under_one_fault_on_any_call() {
    for kind in kinds() {
        for call in 1.. {
            let about = format!("{kind:?} on call {call}");
            let mut world = World::from(Source::Role, 0);
            world.aws.inject(Fault {
                on: When::Call(call),
                kind: kind.clone(),
            });
            let _ = world.rotate().await;
            if world.aws.calls().len() < call {
                break;
            }
            // A lost first key goes with the rotation behind the one that made it.
            for _ in 0..2 {
                tokio::time::sleep(LATER).await;
                let rotated = world.rotate().await;
                rotated.unwrap_or_else(|failed| panic!("{about}: {failed:?}"));
            }
            world.assert_sound(&about);
        }
    }
}
