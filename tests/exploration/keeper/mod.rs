//! The keeper's runs. Every fault on every call, every kill, and every hand of a person between two calls, with the
//! promises checked after each call. Then the hourly runs and the next rotations follow, and all must be well.
//!
//! `EXPLORE=hands` runs all of it; `cargo test` runs one case.

mod accepted;
pub mod case;
pub mod course;
mod explore;
mod hand;
pub mod watch;

use sandbox::setup::Source;

use crate::explorer::virtual_time;
use crate::figures::figure_of_hands;
use crate::hands::explores_hands;
use crate::hands::sum::Sum;
use crate::keeper::case::Case;
use crate::keeper::explore::explore;
use crate::world::SOURCES;

fn explore_all(chosen: &[(Case, Source)]) -> Sum {
    Sum::of_each(chosen, |(case, source)| {
        let explored = virtual_time().block_on(explore(*case, *source));
        (format!("{case:?} from {source:?}"), explored)
    })
}

#[test]
fn nothing_that_happens_to_a_run_of_the_keeper_breaks_a_promise() {
    let each = Case::all().flat_map(|case| SOURCES.map(|source| (case, source)));
    let mut chosen: Vec<_> = each.filter(|(case, source)| case.works(*source)).collect();
    if !explores_hands() {
        chosen = vec![(Case::Retire, Source::Role)];
    }
    if let Ok(name) = std::env::var("SCENARIO") {
        chosen.retain(|(case, source)| format!("{case:?} from {source:?}").starts_with(&name));
    }
    let sum = explore_all(&chosen);
    figure_of_hands("cases of the keeper", sum.scenarios);
    figure_of_hands("faults in a run of the keeper", sum.with_fault);
    figure_of_hands("hands in a run of the keeper", sum.alone);
    figure_of_hands(
        "invocations of the keeper and of what follows",
        sum.invocations,
    );
    figure_of_hands("what no look of the keeper could show", sum.excused);
    sum.assert_nothing_found();
}
