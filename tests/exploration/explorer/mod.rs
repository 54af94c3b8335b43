//! Every fault on every call of a rotation, alone and in pairs, from every state that a rotation can begin in. The
//! promises are checked after every call.
//!
//! Without a variable, single faults run from four states. `EXPLORE=singles` runs them from a few more, in seconds.
//! `EXPLORE=usual` runs them from all, and pairs from four. `EXPLORE=pairs` runs pairs from all, and `EXPLORE=all`
//! does so without merging (see `graph`). `SCENARIO` selects scenarios by the start of their name, as a failure
//! prints it.

mod cover;
mod graph;
pub mod invocation;
pub mod kinds;
pub mod layouts;
mod liveness;
pub mod past;
pub mod promises;
pub mod protocol;
pub mod scenarios;
pub mod seen;
pub mod soundness;
pub mod trace;
mod triples;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use sandbox::setup::Source;

use crate::explorer::cover::Cover;
use crate::explorer::graph::{Graph, Tally};
use crate::explorer::invocation::Ground;
pub use crate::explorer::kinds::kinds;
use crate::explorer::kinds::{KINDS, environments};
use crate::explorer::scenarios::{Scenario, everyday, scenarios};
use crate::figures::figure;

/// The results of one or several explorations.
#[derive(Default)]
struct Sum {
    scenarios: usize,
    tally: Tally,
    nodes: usize,
    points: usize,
    singles: u64,
    pairs: u64,
    log_lines: usize,
    findings: Vec<String>,
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.scenarios += other.scenarios;
        self.tally.add(other.tally);
        self.nodes += other.nodes;
        self.points += other.points;
        self.singles += other.singles;
        self.pairs += other.pairs;
        self.log_lines += other.log_lines;
        self.findings.extend(other.findings);
    }

    #[track_caller]
    fn assert_nothing_found(&self) {
        let (findings, count) = (self.findings.join("\n\n"), self.findings.len());
        assert!(self.findings.is_empty(), "{count} findings:\n{findings}");
    }
}

/// How much to explore.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Short,
    Usual,
    Singles,
    Pairs,
    All,
}

fn extent() -> Extent {
    match std::env::var("EXPLORE").as_deref() {
        Err(_) | Ok("hands") => Extent::Short,
        Ok("usual") => Extent::Usual,
        Ok("singles") => Extent::Singles,
        Ok("pairs") => Extent::Pairs,
        Ok("all") => Extent::All,
        Ok(other) => panic!("EXPLORE={other} is none of usual, singles, pairs, all"),
    }
}

/// A runtime in virtual time.
pub fn virtual_time() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap()
}

fn explore(scenario: Scenario, faults: u8) -> Sum {
    let started = std::time::Instant::now();
    let all = extent() == Extent::All;
    virtual_time().block_on(async {
        let name = scenario.name();
        let (ground, start) = Ground::new(scenario, all).await;
        let graph = Graph::explore(&ground, start, faults, all).await;
        let mut cover = Cover::of(&graph);
        let sum = Sum {
            scenarios: 1,
            tally: graph.ran,
            nodes: graph.nodes.len(),
            points: graph.points.len(),
            singles: cover.singles(),
            pairs: if faults > 1 { cover.pairs() } else { 0 },
            log_lines: ground.log_lines.get(),
            findings: graph.findings.clone(),
        };
        println!(
            "{name}: {} invocations, {} states, {} singles of {}, {} pairs of {}, {:?}",
            sum.tally.invocations,
            sum.nodes,
            sum.tally.singles,
            sum.singles,
            sum.tally.pairs,
            sum.pairs,
            started.elapsed(),
        );
        sum
    })
}

/// Explores scenarios with this many faults. The longest come first, so that the cores finish together.
fn explore_all(mut scenarios: Vec<(Scenario, u8)>) -> Sum {
    if let Ok(name) = std::env::var("SCENARIO") {
        scenarios.retain(|(scenario, _)| scenario.name().starts_with(&name));
    }
    let sum = on_every_core(&scenarios, |(scenario, faults)| {
        explore(scenario.clone(), *faults)
    });
    sum.assert_nothing_found();
    sum
}

fn on_every_core<T: Sync>(jobs: &[T], run: impl Fn(&T) -> Sum + Sync) -> Sum {
    let (next, sum) = (AtomicUsize::new(0), Mutex::new(Sum::default()));
    let cores = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let done = run(job);
                    sum.lock().unwrap().add(done);
                }
            });
        }
    });
    sum.into_inner().unwrap()
}

fn count(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

#[test]
fn every_single_fault_and_pair_of_faults_in_every_scenario() {
    let extent = extent();
    let mut chosen = Vec::new();
    for scenario in scenarios() {
        let pairs = match extent {
            Extent::Usual => scenario.pairs,
            Extent::Short | Extent::Singles => false,
            Extent::Pairs | Extent::All => true,
        };
        chosen.push((scenario, if pairs { 2 } else { 1 }));
    }
    match extent {
        Extent::Short => chosen.retain(|(scenario, _)| scenario.pairs),
        Extent::Singles => {
            chosen.retain(|(scenario, _)| scenario.pairs || scenario.source == Source::Role);
        }
        _ => {}
    }
    chosen.sort_by_key(|(_, faults)| std::cmp::Reverse(*faults));
    let sum = explore_all(chosen);
    figure("scenarios", sum.scenarios);
    figure("kinds of faults", KINDS);
    figure("single faults covered", count(sum.singles));
    figure("single faults run", sum.tally.singles);
    figure("ordered pairs of faults covered", count(sum.pairs));
    figure("ordered pairs of faults run", sum.tally.pairs);
    figure("distinct states", sum.nodes);
    figure("states followed until all is well", sum.tally.lived);
    figure("steps repeated", sum.tally.repeats);
    figure("log lines searched", sum.log_lines);
}

#[test]
fn every_single_fault_where_keys_spread_slowly_or_clocks_differ() {
    let chosen_by_name = std::env::var_os("SCENARIO").is_some();
    if [Extent::Short, Extent::Singles].contains(&extent()) && !chosen_by_name {
        return;
    }
    let mut chosen = Vec::new();
    for environment in environments() {
        chosen.extend(everyday().map(|scenario| {
            let environment = environment.clone();
            (
                Scenario {
                    environment,
                    ..scenario
                },
                1,
            )
        }));
    }
    let sum = explore_all(chosen);
    figure("environments", environments().len());
    figure("environments times credential sources", sum.scenarios);
    figure("single faults in them covered", count(sum.singles));
    figure("single faults in them run", sum.tally.singles);
}
