//! The keeper beside a rotation, and beside itself.
//!
//! A rotation that a revocation asks for is a process of its own. It begins at once, and its calls come in any order with
//! the others'.

use std::cell::RefCell;
use std::collections::HashSet;

use sandbox::rotation::Function;
use sandbox::setup::Source;

use super::explored::Explored;
use super::explorer::{Scenario, explore};
use super::one_secret::digest;
use super::process::{Item, Script};
use super::run::{Begun, Run};
use super::whole_rotation;
use crate::faults::is_short;
use crate::figures::figure;
use crate::keeper::case::{Case, DUE, Ground, RETIRE_AFTER, keeper};
use crate::keeper::course::Course;
use crate::keeper::watch::Watched;

const NEXT_TOKEN: &str = "bbbbbbbb-0c1b-4f6e-9a55-2f0d6c1b7e02";
/// How many rotations that are asked for are carried out beside the processes.
const ASKED: usize = 2;

/// Two processes, the first of which is the keeper.
#[derive(Clone, Debug)]
struct Pair {
    name: &'static str,
    /// What the first process is for. Its key is the one that every revocation is about.
    case: Case,
    /// Whether the key is retired before.
    retired: bool,
    other: Vec<Item>,
    /// How often one process is stopped for another.
    switches: u8,
}

struct Kept {
    pair: Pair,
    source: Source,
    /// Ends from which all is well again, as was shown already.
    followed: RefCell<HashSet<String>>,
    /// The ends in which something happened that no look could show.
    excused: RefCell<usize>,
}

impl Scenario for Kept {
    fn held(&self, process: usize) -> u8 {
        super::held(process).unwrap_or(0)
    }

    fn switches(&self) -> u8 {
        super::switches(self.pair.switches)
    }

    async fn begin(&self) -> Begun {
        let case = self.pair.case;
        let world = Ground::replaced(self.source).await;
        tokio::time::sleep(DUE).await;
        if self.pair.retired {
            let mut keeper = keeper(&world.aws, world.arn());
            let event = Case::Retired.event(world.arn(), "");
            keeper.invoke(event).await.unwrap();
        }
        if case.cuts_off() {
            world.people_move_labels();
        }
        let key = world.key_of(case.label()).unwrap();
        let script = |items: Vec<Item>| Script {
            arn: world.arn().to_owned(),
            token: world.token().to_owned(),
            rotation_token: String::new(),
            items,
            key: key.clone(),
            newest_first: false,
        };
        let mut scripts = vec![
            script(vec![Item::Keep(case)]),
            script(self.pair.other.clone()),
        ];
        if case.exposed() {
            let asked = [vec![Item::Asked], whole_rotation()].concat();
            scripts.push(script(vec![asked; ASKED].concat()));
        }
        let kept = Watched {
            arn: world.arn().to_owned(),
            user: world.prepared.username.clone(),
            exposed: case.exposed().then_some(key),
            retire_after: RETIRE_AFTER,
            at_once: case.cuts_off(),
        };
        Begun {
            // Where a key is cut off at once, the keeper's own watch knows that it may be.
            arns: match case.cuts_off() {
                true => Vec::new(),
                false => vec![world.arn().to_owned()],
            },
            scripts,
            kept: Some(kept),
            world,
        }
    }

    /// The hourly runs and the rotations that follow end well, and break no promise.
    async fn check(&self, run: Run) {
        *self.excused.borrow_mut() += usize::from(run.excused() > 0);
        let world = &run.begun.world;
        if !self.followed.borrow_mut().insert(digest(world)) {
            return;
        }
        let ground = Ground {
            case: self.pair.case,
            source: self.source,
            snapshot: world.aws.snapshot(),
            arn: world.arn().to_owned(),
            user: world.prepared.username.clone(),
            key: run.begun.scripts[0].key.clone(),
        };
        let ended = Course::new(&ground, None, None).rest().await;
        let wrong = [ended.broken, ended.wrong].concat();
        assert!(
            wrong.is_empty() && !ended.alarmed,
            "{wrong:#?}\n{:?} from {:?}\n{}{}",
            self.pair,
            self.source,
            run.trace,
            ended.story
        );
    }
}

async fn explore_all(pair: Pair, sources: &[Source]) {
    let (mut sum, mut excused) = (Explored::default(), 0);
    let name = pair.name;
    for source in sources.iter().copied() {
        let scenario = Kept {
            pair: pair.clone(),
            source,
            followed: RefCell::default(),
            excused: RefCell::default(),
        };
        sum.add(explore(&scenario).await);
        excused += scenario.excused.into_inner();
    }
    sum.figures(name);
    figure(
        &format!("ends of {name} that no look could prevent"),
        excused,
    );
}

const BOTH: [Source; 2] = [Source::SelfKey, Source::Role];
const ANY: u8 = u8::MAX;

fn next_rotation() -> Vec<Item> {
    [vec![Item::Stage(NEXT_TOKEN)], whole_rotation()].concat()
}

#[tokio::test(start_paused = true)]
async fn retire_beside_the_next_rotation() {
    let pair = Pair {
        name: "retire and the next rotation",
        case: Case::Retire,
        retired: false,
        other: next_rotation(),
        switches: if is_short() { 1 } else { 2 },
    };
    explore_all(pair, if is_short() { &BOTH[..1] } else { &BOTH }).await;
}

#[tokio::test(start_paused = true)]
async fn undo_beside_the_next_rotation() {
    if is_short() {
        return;
    }
    let pair = Pair {
        name: "undo and the next rotation",
        case: Case::Undo,
        retired: true,
        other: next_rotation(),
        switches: 2,
    };
    explore_all(pair, &BOTH).await;
}

#[tokio::test(start_paused = true)]
async fn two_retire() {
    if is_short() {
        return;
    }
    let pair = Pair {
        name: "two retire",
        case: Case::Retire,
        retired: false,
        other: vec![Item::Keep(Case::Retire)],
        switches: ANY,
    };
    explore_all(pair, &BOTH).await;
}

#[tokio::test(start_paused = true)]
async fn retire_beside_undo() {
    if is_short() {
        return;
    }
    let pair = Pair {
        name: "retire and undo",
        case: Case::Retire,
        retired: false,
        other: vec![Item::Keep(Case::Undo)],
        switches: ANY,
    };
    explore_all(pair, &BOTH).await;
}

#[tokio::test(start_paused = true)]
async fn retire_beside_undo_of_a_retired_key() {
    if is_short() {
        return;
    }
    let pair = Pair {
        name: "retire and undo of a retired key",
        case: Case::Retire,
        retired: true,
        other: vec![Item::Keep(Case::Undo)],
        switches: ANY,
    };
    explore_all(pair, &BOTH).await;
}

#[tokio::test(start_paused = true)]
async fn revoke_beside_retire() {
    if is_short() {
        return;
    }
    let pair = Pair {
        name: "revoke and retire",
        case: Case::RevokeCurrent,
        retired: false,
        other: vec![Item::Keep(Case::Retire)],
        switches: 1,
    };
    explore_all(pair, &BOTH).await;
}

/// Takes longer than all other pairs together, so only `EXPLORE=pairs` runs it.
#[tokio::test(start_paused = true)]
async fn two_revoke() {
    if std::env::var("EXPLORE").as_deref() != Ok("pairs") {
        return;
    }
    let pair = Pair {
        name: "two revoke",
        case: Case::RevokeCurrent,
        retired: false,
        other: vec![Item::Keep(Case::RevokeCurrent)],
        switches: 1,
    };
    explore_all(pair, &BOTH).await;
}

/// With the user's own key, no rotation can follow.
#[tokio::test(start_paused = true)]
async fn revoke_at_once_beside_the_next_rotation() {
    if is_short() {
        return;
    }
    let pair = Pair {
        name: "revoke at once and the next rotation",
        case: Case::RevokeAtOnce,
        retired: false,
        other: next_rotation(),
        switches: 1,
    };
    explore_all(pair, &[Source::Role]).await;
}
