//! The results of explorations.

use std::collections::BTreeMap;

/// The findings: by promise and hand, how often each came up, and the story of the first.
pub type Findings = BTreeMap<(String, String), (usize, String)>;

/// The result of an exploration.
#[derive(Default)]
pub struct Sum {
    pub scenarios: usize,
    pub alone: usize,
    pub with_fault: usize,
    pub invocations: usize,
    pub states: usize,
    pub excused: usize,
    pub ends: BTreeMap<String, usize>,
    pub findings: Findings,
}

impl Sum {
    pub fn add(&mut self, other: Self) {
        self.scenarios += other.scenarios;
        self.alone += other.alone;
        self.with_fault += other.with_fault;
        self.invocations += other.invocations;
        self.states += other.states;
        self.excused += other.excused;
        for (end, count) in other.ends {
            *self.ends.entry(end).or_default() += count;
        }
        for (what, (count, story)) in other.findings {
            self.findings.entry(what).or_insert((0, story)).0 += count;
        }
    }

    pub fn find(&mut self, what: &str, by: &str, story: &str) {
        let words = what.split(' ').filter(|word| !word.starts_with("AKIA"));
        let what = words.collect::<Vec<_>>().join(" ");
        let promise = what.split(" (behind").next().unwrap_or_default().to_owned();
        let found = self.findings.entry((promise, by.to_owned()));
        found.or_insert_with(|| (0, format!("{what}{story}"))).0 += 1;
    }

    #[track_caller]
    pub fn assert_nothing_found(&self) {
        for (end, count) in &self.ends {
            println!("ends: {end}: {count}");
        }
        let mut text = String::new();
        for ((promise, by), (count, _)) in &self.findings {
            text.push_str(&format!("\n{count} times: {promise}, by {by}"));
        }
        for ((promise, by), (_, story)) in &self.findings {
            text.push_str(&format!("\n\n{promise}, by {by}:\n{story}"));
        }
        let count = self.findings.len();
        assert!(self.findings.is_empty(), "{count} kinds of findings:{text}");
    }
}
