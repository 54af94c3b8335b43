//! P1 to P4 under one fault on any one call of a rotation, in each credential source, followed
//! by Secrets Manager's own retries and, where those fail too, by the next rotation.

use sandbox::aws::{Fault, FaultKind, When};
use sandbox::setup::Source;

use crate::faults::kinds;
use crate::world::{SOURCES, World};

/// Runs the rotation with the fault; none where the rotation has no such call.
async fn survives(source: Source, keys: u8, call: usize, kind: FaultKind) -> Option<()> {
    let about = format!("{source:?}, {keys} keys, {kind:?} on call {call}");
    let mut world = World::from(source, keys);
    world.aws.inject(Fault {
        on: When::Call(call),
        kind,
    });
    let first = world.rotate().await;
    if world.aws.calls().len() < call {
        return None;
    }
    if let Err(failed) = first {
        // The next scheduled rotation; nothing is in its way.
        world
            .rotate()
            .await
            .unwrap_or_else(|again| panic!("{about}: {failed:?}, then {again:?}"));
    }
    world.assert_sound(&about);
    Some(())
}

async fn explore(source: Source, keys: u8) {
    let mut runs = 0;
    for kind in kinds() {
        for call in 1.. {
            if survives(source, keys, call, kind.clone()).await.is_none() {
                break;
            }
            runs += 1;
        }
    }
    assert!(runs > 10 * kinds().len(), "only {runs} runs");
    println!("{source:?} with {keys} keys: {runs} runs with one fault");
}

#[tokio::test(start_paused = true)]
async fn the_users_own_key_with_two_keys() {
    explore(Source::SelfKey, 2).await;
}

#[tokio::test(start_paused = true)]
async fn the_users_own_key_with_one_key() {
    explore(Source::SelfKey, 1).await;
}

#[tokio::test(start_paused = true)]
async fn an_administrator_with_two_keys() {
    explore(Source::Administrator, 2).await;
}

#[tokio::test(start_paused = true)]
async fn the_execution_role_with_two_keys() {
    explore(Source::Role, 2).await;
}

#[tokio::test(start_paused = true)]
async fn the_execution_role_with_one_key() {
    explore(Source::Role, 1).await;
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
