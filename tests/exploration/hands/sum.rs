//! The results of explorations.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

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
    /// Explores each of these, as many at the same time as there are cores, and prints how long each took.
    pub fn of_each<T: Sync>(chosen: &[T], explore: impl Fn(&T) -> (String, Self) + Sync) -> Self {
        let (next, sum) = (AtomicUsize::new(0), Mutex::new(Self::default()));
        let cores = thread::available_parallelism().map_or(2, usize::from);
        thread::scope(|scope| {
            for _ in 0..cores {
                scope.spawn(|| {
                    while let Some(one) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let started = Instant::now();
                        let (name, done) = explore(one);
                        println!("{name}: {}, {:?}", done.told(), started.elapsed());
                        sum.lock().unwrap().add(done);
                    }
                });
            }
        });
        sum.into_inner().unwrap()
    }

    fn told(&self) -> String {
        format!(
            "{} hands, {} with a fault, {} invocations, {} states, {} excused, {} findings",
            self.alone,
            self.with_fault,
            self.invocations,
            self.states,
            self.excused,
            self.findings.len()
        )
    }

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
