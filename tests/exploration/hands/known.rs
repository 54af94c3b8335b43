//! Sequences that need more than a hand with one fault or a pair of faults. Each was once a way to lose a key, or to
//! take somebody's.

use std::time::Duration;

use sandbox::aws::{Fault, FaultKind, Propagation, When};
use sandbox::setup::Source;

use crate::explorer::invocation::{Ground, Hit};
use crate::explorer::kinds::{Environment, kinds};
use crate::explorer::past::Past;
use crate::explorer::protocol::Pauses;
use crate::explorer::scenarios::{Scenario, scenarios};
use crate::explorer::virtual_time;
use crate::faults::explores_all;
use crate::figures::figure_of_hands;
use crate::hands::explore::{Explorer, Extent, hits};
use crate::hands::hand::Hand;
use crate::hands::run::{Ran, Stop, stop};
use crate::hands::sum::Sum;
use crate::hands::then::{Course, Then};
use crate::hands::{explore, explores_hands};

const SECOND: Duration = Duration::from_secs(1);

fn role(keys: u8, past: Past) -> Scenario {
    let is = |scenario: &Scenario| {
        (scenario.source, scenario.keys, scenario.past) == (Source::Role, keys, past)
            && !scenario.test
    };
    scenarios().into_iter().find(is).expect("a scenario")
}

fn spreading(scenario: Scenario, propagation: Propagation) -> Scenario {
    Scenario {
        environment: Environment {
            name: format!("{propagation:?}"),
            propagation,
            ..Environment::default()
        },
        ..scenario
    }
}

fn extent() -> Extent {
    Extent {
        hands: |_| false,
        faults: 0,
        course: Course::default(),
        healthy: false,
    }
}

/// Retries at once, and rotates again within the day.
fn soon() -> Course {
    Course {
        pauses: Pauses {
            attempt: SECOND,
            rotation: Duration::from_hours(4),
        },
        ..Course::default()
    }
}

async fn begin(scenario: Scenario) -> (Ground, Stop) {
    let (ground, start) = Ground::new(scenario, false).await;
    let start = stop(&ground, start.snapshot, start.phase);
    (ground, start)
}

fn stale_reads() -> [FaultKind; 3] {
    let (reads, changes) = (6, 3);
    [
        FaultKind::StaleReads(1),
        FaultKind::StaleReads(3),
        FaultKind::StalerReads { reads, changes },
    ]
}

/// Each of these kinds on each call of a run after the first `behind`.
fn each(ran: &Ran, behind: usize, kinds: &[FaultKind]) -> Vec<Hit> {
    let calls = ran.actions.iter().enumerate().skip(behind);
    let of = |(index, action): (usize, &String)| {
        let hit = |kind: &FaultKind| Hit {
            call: index + 1,
            action: action.clone(),
            kind: kind.clone(),
        };
        kinds.iter().map(hit).collect::<Vec<_>>()
    };
    calls.flat_map(of).collect()
}

/// A put that took effect but got an error as its response, another put that is refused for certain, and reads that
/// do not show what is stored.
async fn stored_and_refused(scenario: Scenario, all: bool) -> (usize, Sum) {
    let (ground, start) = begin(scenario).await;
    let mut explorer = Explorer::new(&ground, extent());
    let by = "three faults";
    let undisturbed = explorer.run(&start, None, &Vec::new(), by).await;
    let mut actions = undisturbed.actions.iter();
    let put = actions.position(|action| action == "PutSecretValue");
    let put = put.expect("a put") + 1;
    let refused = FaultKind::ErrorBefore {
        status: 400,
        code: "EncryptionFailure".to_owned(),
    };
    let (mut first, mut second, mut third) = (
        vec![FaultKind::ErrorAfter {
            status: 500,
            code: "InternalServiceError".to_owned(),
        }],
        vec![refused, FaultKind::Denied],
        vec![FaultKind::Denied],
    );
    third.extend(stale_reads());
    if all {
        let more = kinds("PutSecretValue", true).into_iter();
        let more: Vec<_> = more.map(|kind| kind.fault).collect();
        first.clone_from(&more);
        second.extend(more.iter().cloned());
        third.extend(more);
    }
    let mut sequences = 0;
    for kind in first {
        let action = "PutSecretValue".to_owned();
        let one = Hit {
            call: put,
            action,
            kind,
        };
        let ran = explorer.run(&start, None, &vec![one.clone()], by).await;
        for two in each(&ran, put, &second) {
            let faults = vec![one.clone(), two.clone()];
            let ran = explorer.run(&start, None, &faults, by).await;
            for three in each(&ran, two.call, &third) {
                sequences += 1;
                let faults = vec![one.clone(), two.clone(), three];
                let ran = explorer.run(&start, None, &faults, by).await;
                explorer.go_on(&ran, by).await;
            }
        }
    }
    (sequences, explorer.end())
}

#[test]
fn a_key_that_was_stored_is_not_taken_for_one_that_was_not() {
    let (mut sequences, mut sum) = (0, Sum::default());
    for scenario in [role(2, Past::Rotated), role(1, Past::None)] {
        let explored = stored_and_refused(scenario, explores_all());
        let (count, found) = virtual_time().block_on(explored);
        sequences += count;
        sum.add(found);
    }
    sum.assert_nothing_found();
    figure_of_hands("puts that are stored, and refused when repeated", sequences);
}

/// A process that is killed at a call, and reads of the next attempt that miss what it did.
async fn killed_and_stale(scenario: Scenario) -> (usize, Sum) {
    let course = soon();
    let (ground, start) = begin(scenario).await;
    let mut explorer = Explorer::new(&ground, Extent { course, ..extent() });
    let by = "a kill, and stale reads in the next attempt";
    let undisturbed = explorer.run(&start, None, &Vec::new(), by).await;
    let mut sequences = 0;
    for kill in each(&undisturbed, 0, &[FaultKind::KilledAfter]) {
        let killed = explorer.run(&start, None, &vec![kill], by).await;
        let Then::Invoke(again) = killed.then(&ground, &course).await else {
            continue;
        };
        let calm = explorer.run(&again, None, &Vec::new(), by).await;
        for stale in each(&calm, 0, &stale_reads()) {
            sequences += 1;
            let ran = explorer.run(&again, None, &vec![stale], by).await;
            explorer.go_on(&ran, by).await;
        }
    }
    (sequences, explorer.end())
}

#[test]
fn a_key_that_was_lost_is_found_though_reads_and_lists_lag() {
    let (mut sequences, mut sum) = (0, Sum::default());
    let delays: &[u32] = match explores_hands() {
        true => &[0, 2, 5, 8, 15],
        false => &[2],
    };
    for delay in delays {
        for scenario in [role(2, Past::Rotated), role(1, Past::None)] {
            let propagation = Propagation {
                list_delay: *delay * SECOND,
                ..Propagation::default()
            };
            let explored = killed_and_stale(spreading(scenario, propagation));
            let (count, found) = virtual_time().block_on(explored);
            sequences += count;
            sum.add(found);
        }
    }
    sum.assert_nothing_found();
    figure_of_hands("kills followed by stale reads", sequences);
}

/// How long before the next rotation somebody makes a key.
const BEFORE: [Duration; 2] = [Duration::from_hours(2), Duration::from_secs(10)];

/// A rotation in which nothing can be stored, and a much later one that finds somebody's new key.
async fn never_stored(scenario: Scenario, before: Duration) -> Sum {
    let (ground, mut start) = begin(scenario).await;
    start.lasting = vec![Fault {
        on: When::Every {
            action: "PutSecretValue".to_owned(),
        },
        kind: FaultKind::Denied,
    }];
    let course = Course {
        stranger: Some(before),
        ..Course::default()
    };
    let mut explorer = Explorer::new(&ground, Extent { course, ..extent() });
    let by = "a rotation in which nothing is stored";
    let ran = explorer.run(&start, None, &Vec::new(), by).await;
    explorer.go_on(&ran, by).await;
    explorer.end()
}

#[test]
fn somebodys_new_key_is_not_taken_for_one_that_was_lost_long_ago() {
    let (mut hands, mut sum) = (0, Sum::default());
    let chosen = || [role(2, Past::Rotated), role(1, Past::None)];
    let chosen_hands = match explores_hands() {
        true => |_| true,
        false => |hand| {
            matches!(
                hand,
                Hand::Cancel | Hand::CancelAndBack | Hand::RotateAnew | Hand::Delete(_)
            )
        },
    };
    for before in BEFORE {
        for scenario in chosen() {
            sum.add(virtual_time().block_on(never_stored(scenario, before)));
        }
        let course = Course {
            stranger: Some(before),
            ..Course::default()
        };
        let extent = Extent {
            hands: chosen_hands,
            course,
            ..extent()
        };
        let found = explore(chosen().to_vec(), &extent);
        hands += found.alone;
        sum.add(found);
    }
    sum.assert_nothing_found();
    figure_of_hands("hands with somebody's new key in the next rotation", hands);
}

/// One fault on each call, with keys that appear in lists late and work late.
async fn reset(scenario: Scenario) -> (usize, Sum) {
    let course = soon();
    let (ground, start) = begin(scenario).await;
    let healthy = Extent {
        course,
        healthy: true,
        ..extent()
    };
    let mut explorer = Explorer::new(&ground, healthy);
    let (mut at, mut sequences) = (start, 0);
    loop {
        let undisturbed = explorer.run(&at, None, &Vec::new(), "nothing").await;
        for hit in hits(&undisturbed.actions, 0) {
            sequences += 1;
            let by = "one fault";
            let ran = explorer.run(&at, None, &vec![hit], by).await;
            explorer.go_on(&ran, by).await;
        }
        match undisturbed.then(&ground, &course).await {
            Then::Invoke(next) => at = *next,
            Then::Well | Then::Stuck(_) => return (sequences, explorer.end()),
        }
    }
}

#[test]
fn a_rotation_that_was_staged_long_ago_is_not_given_up_for_a_key_that_is_new() {
    let propagation = Propagation {
        list_delay: 8 * SECOND,
        create_delay: 8 * SECOND,
        ..Propagation::default()
    };
    let scenario = spreading(role(2, Past::Staged), propagation);
    let (sequences, sum) = virtual_time().block_on(reset(scenario));
    sum.assert_nothing_found();
    figure_of_hands("faults in a rotation that was staged long ago", sequences);
}
