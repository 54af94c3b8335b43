//! Several runs of one rotation at once, under random faults, and several rotations in a row. A failure names its
//! seed. `EXPLORE=usual RUNS=5000 FIRST_SEED=1000` runs more, with other seeds.

use std::time::Duration;

use fastrand::Rng;
use sandbox::aws::{Fault, When};
use sandbox::in_process::InProcess;
use sandbox::rotation::{Function, STEPS};
use serde_json::Value;

use crate::faults::{LATER, is_short, kinds, propagation, variable};
use crate::figures::figure;
use crate::world::{SOURCES, World};

/// A world with faults in it, and a description of them.
fn troubled(rng: &mut Rng, seed: u64) -> (World, String) {
    let source = SOURCES[rng.usize(..SOURCES.len())];
    // The next rotation, not the next attempt, deletes a lost first key.
    let world = World::from(source, rng.u8(1..=2));
    let mut about = format!("seed {seed}, {source:?}");
    for _ in 0..rng.usize(..4) {
        let kind = rng.choice(kinds()).unwrap();
        let on = When::Call(rng.usize(1..=60));
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

/// The faults are over. This rotation succeeds; if it cannot continue, the next one does.
async fn recovers(mut world: World, about: &str) {
    tokio::time::sleep(LATER).await;
    let mut failed = Vec::new();
    while let Err(failure) = world.rotate().await {
        failed.push(format!("{failure:?}"));
        assert!(failed.len() <= 3, "{about}: {failed:#?}");
        tokio::time::sleep(LATER).await;
    }
    // Until IAM's list no longer shows the last deleted key.
    tokio::time::sleep(Duration::from_secs(60)).await;
    world.assert_sound(about);
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
    let (first, runs) = (
        variable("FIRST_SEED", 1),
        variable("RUNS", if is_short() { 10 } else { 100 }),
    );
    for seed in first..first + runs {
        let mut rng = Rng::with_seed(seed);
        let (mut world, mut about) = troubled(&mut rng, seed);
        world.stage();
        let events: Vec<_> = STEPS.iter().map(|step| world.event(step)).collect();
        let delays: [Duration; 3] =
            std::array::from_fn(|_| Duration::from_millis(rng.u64(..12_000) * rng.u64(..2)));
        about += &format!(", runs at {delays:?}");
        tokio::join!(
            run(world.another_function(), delays[0], events.clone()),
            run(world.another_function(), delays[1], events.clone()),
            // A late retry that stops after its first step.
            run(world.another_function(), delays[2], events[..1].to_vec()),
        );
        recovers(world, &about).await;
    }
    figure(
        "three runs at once under faults at random",
        usize::try_from(runs).unwrap(),
    );
}

#[tokio::test(start_paused = true)]
async fn three_rotations_in_a_row_keep_two_keys() {
    for source in SOURCES {
        let mut world = World::from(source, 1);
        for _ in 0..3 {
            world.rotate().await.unwrap();
            assert_eq!(world.keys().len(), 2);
        }
    }
}
