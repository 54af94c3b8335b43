//! A person's hand between any two calls of any step. It moves a label, stores a value, makes, switches or deletes a
//! key, begins another rotation or changes the settings. Then the protocol continues, and the promises are checked
//! after every call.
//!
//! `EXPLORE=hands` runs every hand in every scenario. In the everyday scenarios it also runs a sample of hands with
//! one fault in the same invocation; `EXPLORE=all` runs all of these. `SCENARIO` selects scenarios by the start of
//! their name.

mod accepted;
pub mod explore;
pub mod hand;
mod known;
pub mod looks;
pub mod marks;
mod run;
pub mod sum;
mod then;
mod watch;

use sandbox::setup::Source;

use crate::explorer::layouts::Layout;
use crate::explorer::past::Past;
use crate::explorer::scenarios::{Scenario, everyday, scenarios};
use crate::explorer::virtual_time;
use crate::faults::explores_all;
use crate::figures::figure_of_hands;
use crate::hands::explore::{Explorer, Extent};
use crate::hands::hand::Hand;
use crate::hands::sum::Sum;
use crate::hands::then::Course;

/// One in this many hands with a fault runs, except with `EXPLORE=all`.
const ONE_IN: usize = 41;

pub fn explores_hands() -> bool {
    std::env::var("EXPLORE").is_ok_and(|extent| extent == "hands" || extent == "all")
}

fn explore(mut chosen: Vec<Scenario>, extent: &Extent) -> Sum {
    if let Ok(name) = std::env::var("SCENARIO") {
        chosen.retain(|scenario| scenario.name().starts_with(&name));
    }
    Sum::of_each(&chosen, |scenario| {
        let explored = Explorer::explore(scenario.clone(), extent.clone());
        (scenario.name(), virtual_time().block_on(explored))
    })
}

#[test]
fn some_hands_between_any_two_calls() {
    let chosen = everyday().filter(|scenario| scenario.source == Source::Role);
    let extent = Extent {
        hands: |hand| {
            matches!(
                hand,
                Hand::CurrentBack
                    | Hand::StoreOtherKey
                    | Hand::Cancel
                    | Hand::RotateAnew
                    | Hand::Deactivate(_)
                    | Hand::Activate(_)
                    | Hand::Delete(_)
            )
        },
        faults: 0,
        course: Course::default(),
        healthy: false,
    };
    let sum = explore(chosen.collect(), &extent);
    sum.assert_nothing_found();
    figure_of_hands("hands between two calls", sum.alone);
}

#[test]
fn every_hand_between_any_two_calls_of_every_scenario() {
    if !explores_hands() {
        return;
    }
    let extent = Extent {
        hands: |_| true,
        faults: 0,
        course: Course::default(),
        healthy: false,
    };
    let sum = explore(scenarios(), &extent);
    figure_of_hands("scenarios with hands", sum.scenarios);
    figure_of_hands("hands in every scenario", sum.alone);
    figure_of_hands("what no look could show", sum.excused);
    sum.assert_nothing_found();
}

#[test]
fn every_hand_with_one_fault_in_the_same_invocation() {
    if !explores_hands() {
        return;
    }
    let extent = Extent {
        // If a creation has no response, nothing tells its key from one that somebody makes in the same minutes.
        hands: |hand| explores_all() || hand != Hand::MakeKey,
        faults: if explores_all() { 1 } else { ONE_IN },
        course: Course::default(),
        healthy: false,
    };
    // In the last scenario, a key is made without a look at the labels after the mark.
    let first = scenarios().into_iter().filter(|scenario| {
        (scenario.source, scenario.keys, scenario.past) == (Source::Role, 1, Past::None)
            && scenario.layout == Layout::Seed
    });
    let sum = explore(everyday().chain(first).collect(), &extent);
    figure_of_hands("hands with a fault", sum.with_fault);
    sum.assert_nothing_found();
}
