//! Runs many cases sequentially, and adds up the results.

use std::time::Duration;

use sandbox::aws::Fault;
use sandbox::setup::Source;

use super::case::Case;
use crate::faults::explores_all;
use crate::world::SOURCES;

/// A credential source, and how many access keys the user has.
pub type Place = (Source, u8);

/// The cases so far.
#[derive(Debug)]
pub struct Sweep {
    one_in: usize,
    seen: usize,
    places: usize,
    pub invocations: usize,
    failed: usize,
    broken: Vec<String>,
}

impl Sweep {
    /// Runs one case in this many, unless every combination is asked for.
    pub fn of(one_in: usize) -> Self {
        Self {
            one_in: if explores_all() { 1 } else { one_in },
            seen: 0,
            places: 0,
            invocations: 0,
            failed: 0,
            broken: Vec::new(),
        }
    }

    /// Whether to run the next case.
    pub fn is_due(&mut self) -> bool {
        self.seen += 1;
        self.seen.is_multiple_of(self.one_in)
    }

    /// Where to run the next case: everywhere, or in one place at a time, in turn.
    pub fn places(&mut self) -> Vec<Place> {
        let all = [1, 2].map(|keys| SOURCES.map(|source| (source, keys)));
        let all = all.as_flattened();
        self.places += 1;
        match explores_all() {
            true => all.to_vec(),
            false => vec![all[self.places % all.len()]],
        }
    }

    /// Runs a case, if it is due; the faults may depend on how many keys the user has.
    pub async fn case(&mut self, time_out: Duration, faults: impl Fn(u8) -> Vec<Fault>) {
        if self.is_due() {
            for place in self.places() {
                self.run(place, time_out, faults(place.1)).await;
            }
        }
    }

    /// Runs a case. Returns how many calls there were under the timeout.
    pub async fn run(&mut self, place: Place, time_out: Duration, faults: Vec<Fault>) -> usize {
        let (source, keys) = place;
        let case = Case {
            source,
            keys,
            time_out,
            faults,
        };
        let ended = case.run().await;
        self.invocations += ended.invocations;
        self.failed += usize::from(ended.failed);
        self.broken.extend(ended.broken);
        ended.calls
    }

    /// Asserts that every case kept its promises, and that at least so many failed and so tested one.
    pub fn end(&self, least_failed: usize) {
        let count = self.broken.len();
        let first = self.broken.iter().take(5).collect::<Vec<_>>();
        assert_eq!(count, 0, "{first:#?}");
        assert!(self.failed >= least_failed, "only {} failed", self.failed);
    }
}
