//! What an exploration found.

use std::collections::BTreeSet;

use crate::figures::figure;

/// What an exploration found.
#[derive(Debug, Default)]
pub struct Explored {
    /// Places that schedules can reach.
    pub places: usize,
    /// Complete interleavings that these stand for.
    pub interleavings: usize,
    /// Schedules that really ran.
    pub runs: usize,
    /// How the processes ended.
    pub outcomes: BTreeSet<String>,
}

impl Explored {
    pub fn add(&mut self, other: Self) {
        self.places += other.places;
        self.interleavings += other.interleavings;
        self.runs += other.runs;
        self.outcomes.extend(other.outcomes);
    }

    pub fn figures(&self, name: &str) {
        println!(
            "{name}: {} runs end in one of {:#?}",
            self.runs, self.outcomes
        );
        figure(&format!("interleavings of {name}"), self.interleavings);
        figure(&format!("distinct states of {name}"), self.places);
    }
}
