//! Runs of one secret's rotation at the same time.

use std::cell::RefCell;
use std::collections::HashSet;
use std::time::Duration;

use sandbox::rotation::{CREATE_SECRET, FINISH_SECRET, SET_SECRET, TEST_SECRET};
use sandbox::setup::Source;

use super::explored::Explored;
use super::explorer::{Scenario, explore};
use super::process::{Item, Script};
use super::run::{Begun, Run};
use super::whole_rotation;
use crate::faults::is_short;
use crate::world::World;

/// Longer than a stuck rotation is given.
const LATER: Duration = Duration::from_secs(400);
const NEXT_TOKEN: &str = "bbbbbbbb-0c1b-4f6e-9a55-2f0d6c1b7e02";
/// The steps before finishSecret.
const VERIFIED: [&str; 3] = [CREATE_SECRET, SET_SECRET, TEST_SECRET];

struct OneSecret {
    source: Source,
    keys: u8,
    /// How often calls of each process may be held back.
    held: [u8; 2],
    /// How often one process is stopped for the other.
    switches: u8,
    /// The steps done before the processes start.
    done: Vec<&'static str>,
    processes: [Vec<Item>; 2],
    newest_first: bool,
    /// Ends from which the rotation has already been shown to recover.
    recovered: RefCell<HashSet<String>>,
}

impl Scenario for OneSecret {
    fn held(&self, process: usize) -> u8 {
        super::held(process).unwrap_or(self.held[process])
    }

    fn switches(&self) -> u8 {
        super::switches(self.switches)
    }

    async fn begin(&self) -> Begun {
        let mut world = World::from(self.source, self.keys);
        world.stage();
        for step in &self.done {
            world.step(step).await.unwrap();
        }
        let event = world.event(CREATE_SECRET);
        let scripts = self.processes.iter().map(|items| Script {
            arn: world.arn().to_owned(),
            token: world.token().to_owned(),
            rotation_token: event["RotationToken"].as_str().unwrap().to_owned(),
            items: items.clone(),
            key: String::new(),
            newest_first: self.newest_first,
        });
        Begun {
            arns: vec![world.arn().to_owned()],
            scripts: scripts.collect(),
            kept: None,
            world,
        }
    }

    async fn check(&self, run: Run) {
        let all_well = run.results().iter().flatten().all(Result::is_ok);
        let about = format!("{:?} with {} keys\n{}", self.source, self.keys, run.trace);
        let mut world = run.begun.world;
        if all_well {
            // No key is left for the next attempt to clean up.
            assert_eq!(world.lost_keys(), Vec::<String>::new(), "P3: {about}");
        }
        if all_well && self.keys > 0 {
            world.assert_sound(&about);
        }
        if !self.recovered.borrow_mut().insert(digest(&world)) {
            return;
        }
        self.recovers(&mut world, &about).await;
        world.assert_sound(&about);
    }
}

impl OneSecret {
    /// This rotation succeeds; if it cannot continue, the next one does.
    async fn recovers(&self, world: &mut World, about: &str) {
        // A lost first key goes with the rotation after the one that made it.
        for _ in 0..if self.keys == 0 { 2 } else { 1 } {
            let mut failed = Vec::new();
            while let Err(failure) = world.rotate().await {
                failed.push(format!("{failure:?}"));
                assert!(failed.len() < 3, "{about}: {failed:#?}");
                tokio::time::sleep(LATER).await;
            }
        }
    }
}

/// The account as the next run finds it, with ages instead of dates.
pub fn digest(world: &World) -> String {
    let now = world.now();
    let age = |then| now.duration_since(then).unwrap_or_default();
    let keys = world.aws.user_keys(&world.prepared.username).into_iter();
    let keys = keys.map(|key| (age(key.created), key.last_used.map(|used| age(used.at))));
    let versions = world.aws.secret(world.arn()).unwrap().versions.into_iter();
    let versions = versions.map(|version| age(version.created));
    let (keys, versions): (Vec<_>, Vec<_>) = (keys.collect(), versions.collect());
    format!("{:?} {keys:?} {versions:?}", world.snapshot())
}

/// Explores two processes with two keys and with one key, first if the user's own key manages them, then if the
/// execution role does. `held` says how often a call of either process may be held back in each of these.
async fn explore_all(
    name: &str,
    done: &[&'static str],
    processes: [Vec<Item>; 2],
    held: [[u8; 2]; 4],
    switches: u8,
) {
    let mut sum = Explored::default();
    for (source, keys, held) in [
        (Source::SelfKey, 2, held[0]),
        (Source::SelfKey, 1, held[1]),
        (Source::Role, 2, held[2]),
        (Source::Role, 1, held[3]),
    ] {
        let scenario = OneSecret {
            source,
            keys,
            held,
            switches,
            done: done.to_vec(),
            processes: processes.clone(),
            newest_first: false,
            recovered: RefCell::default(),
        };
        sum.add(explore(&scenario).await);
    }
    sum.figures(name);
}

const ONCE: [u8; 2] = [1, 0];
const NEVER: [u8; 2] = [0, 0];
/// Every order of their calls.
const ANY: u8 = u8::MAX;
/// Their calls are too many for every order.
const FEW: u8 = 2;
const ONE: u8 = 1;

#[tokio::test(start_paused = true)]
async fn two_create_secret() {
    if is_short() {
        return;
    }
    let create = vec![Item::Step(CREATE_SECRET)];
    let both = [create.clone(), create];
    let held = [ONCE, ONCE, NEVER, NEVER];
    explore_all("two createSecret", &[], both, held, FEW).await;
}

/// If a run makes calls at the same time, either may come first.
#[tokio::test(start_paused = true)]
async fn two_runs_whose_newest_calls_come_first() {
    if is_short() {
        return;
    }
    let create = vec![Item::Step(CREATE_SECRET)];
    let mut sum = Explored::default();
    for (done, processes) in [
        (vec![], [create.clone(), create.clone()]),
        (vec![], [create, whole_rotation()]),
        (VERIFIED.to_vec(), finish_and_the_next_rotation()),
    ] {
        let scenario = OneSecret {
            source: Source::SelfKey,
            keys: 2,
            held: NEVER,
            switches: FEW,
            done,
            processes,
            newest_first: true,
            recovered: RefCell::default(),
        };
        sum.add(explore(&scenario).await);
    }
    sum.figures("two runs whose newest calls come first");
}

/// With no earlier key, the quota leaves room for a key of each.
#[tokio::test(start_paused = true)]
async fn two_create_secret_of_a_first_key() {
    if is_short() {
        return;
    }
    let create = vec![Item::Step(CREATE_SECRET)];
    let scenario = OneSecret {
        source: Source::Role,
        keys: 0,
        held: ONCE,
        switches: ANY,
        done: Vec::new(),
        processes: [create.clone(), create],
        newest_first: false,
        recovered: RefCell::default(),
    };
    let explored = explore(&scenario).await;
    explored.figures("two createSecret of a first key");
}

#[tokio::test(start_paused = true)]
async fn create_secret_against_a_whole_rotation() {
    if is_short() {
        return;
    }
    let both = [vec![Item::Step(CREATE_SECRET)], whole_rotation()];
    let name = "createSecret and a whole rotation";
    explore_all(name, &[], both, [ONCE, NEVER, NEVER, NEVER], ONE).await;
}

#[tokio::test(start_paused = true)]
async fn two_whole_rotations() {
    if is_short() {
        return;
    }
    let both = [whole_rotation(), whole_rotation()];
    explore_all(
        "two whole rotations",
        &[],
        both,
        [NEVER, ONCE, NEVER, NEVER],
        ONE,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn create_secret_against_finish_secret() {
    let both = [CREATE_SECRET, FINISH_SECRET].map(|step| vec![Item::Step(step)]);
    let name = "createSecret and finishSecret";
    explore_all(name, &VERIFIED, both, [ONCE; 4], ANY).await;
}

#[tokio::test(start_paused = true)]
async fn two_finish_secret() {
    if is_short() {
        return;
    }
    let both = [FINISH_SECRET, FINISH_SECRET].map(|step| vec![Item::Step(step)]);
    explore_all("two finishSecret", &VERIFIED, both, [ONCE; 4], ANY).await;
}

#[tokio::test(start_paused = true)]
async fn finish_secret_late_against_the_next_rotation() {
    if is_short() {
        return;
    }
    let name = "finishSecret and the next rotation";
    let both = finish_and_the_next_rotation();
    explore_all(name, &VERIFIED, both, [ONCE; 4], FEW).await;
}

fn finish_and_the_next_rotation() -> [Vec<Item>; 2] {
    let finish = vec![Item::Step(FINISH_SECRET)];
    let next = [
        finish.clone(),
        vec![Item::Stage(NEXT_TOKEN)],
        whole_rotation(),
    ];
    [finish, next.concat()]
}
