//! All schedules of some processes, depth first. Each is replayed from the start. Schedules that reach the same place
//! are one from there on.

use std::collections::{HashMap, HashSet};

use super::explored::Explored;
use super::foresight::foresee;
use super::history::{History, Seen, changes_something};
use super::process::{INVOKE, Status};
use super::run::{Begun, Choice, Place, Run, outcome};

/// The limits of a scenario, its start, and its check.
pub trait Scenario {
    /// How often a call of this process that changes something may be held back while time passes.
    fn held(&self, process: usize) -> u8;
    /// How often a process may be stopped for another although it could continue.
    fn switches(&self) -> u8;
    /// The start of every schedule, always the same.
    async fn begin(&self) -> Begun;
    /// What must hold when all processes have ended.
    async fn check(&self, run: Run);
}

struct Node {
    place: Place,
    /// The choice that led here first.
    from: Option<(usize, Choice)>,
    next: Vec<(Choice, Option<usize>)>,
}

struct Explorer<'a, S> {
    scenario: &'a S,
    seen: Seen,
    nodes: Vec<Node>,
    places: HashMap<Place, usize>,
    checked: HashSet<(History, Vec<History>)>,
    explored: Explored,
}

/// Explores a scenario.
pub async fn explore(scenario: &impl Scenario) -> Explored {
    let mut explorer = Explorer {
        scenario,
        seen: Seen::default(),
        nodes: Vec::new(),
        places: HashMap::new(),
        checked: HashSet::new(),
        explored: Explored::default(),
    };
    // Everything runs within one poll of the test's task, which tokio would call greedy.
    tokio::task::unconstrained(explorer.explore()).await;
    let interleavings = explorer.interleavings();
    Explored {
        places: explorer.nodes.len(),
        interleavings,
        ..explorer.explored
    }
}

impl<S: Scenario> Explorer<'_, S> {
    async fn explore(&mut self) {
        let root = self.start().await.place;
        let (root, _) = self.node(root, None);
        let mut stack = vec![root];
        while let Some(&at) = stack.last() {
            let open = self.nodes[at].next.iter().position(|(_, to)| to.is_none());
            let Some(open) = open else {
                stack.pop();
                continue;
            };
            let choice = self.nodes[at].next[open].0;
            let Some(place) = self.foresee(at, choice) else {
                self.run(at, choice, &mut stack).await;
                continue;
            };
            let (to, new) = self.link(at, choice, place);
            if new && self.nodes[to].next.is_empty() {
                self.check_again(to).await;
            } else if new {
                stack.push(to);
            }
        }
    }

    async fn start(&mut self) -> Run {
        self.explored.runs += 1;
        let begun = self.scenario.begin().await;
        Run::new(begun, &mut self.seen)
    }

    /// Runs a schedule through a choice whose result is unknown, and continues as long as everything is new.
    async fn run(&mut self, at: usize, choice: Choice, stack: &mut Vec<usize>) {
        let mut run = self.replay(at).await;
        let (mut at, mut choice) = (at, choice);
        loop {
            run.perform(choice, &mut self.seen).await;
            let mut place = run.place.clone();
            self.hold(at, choice, &mut place);
            run.place.held.clone_from(&place.held);
            run.place.switched = place.switched;
            let (to, new) = self.link(at, choice, place);
            if new && self.nodes[to].next.is_empty() {
                return self.check(to, run).await;
            }
            if new {
                stack.push(to);
            }
            let Some(unknown) = self.unknown(to) else {
                return;
            };
            (at, choice) = (to, unknown);
        }
    }

    /// A choice whose result only a run can show; at a new place, any choice.
    fn unknown(&self, at: usize) -> Option<Choice> {
        let open = self.nodes[at].next.iter().filter(|(_, to)| to.is_none());
        let mut open = open.map(|(choice, _)| *choice);
        open.find(|choice| self.foresee(at, *choice).is_none())
    }

    async fn replay(&mut self, at: usize) -> Run {
        let mut path = Vec::new();
        let mut node = at;
        while let Some((before, choice)) = self.nodes[node].from {
            path.push((choice, node));
            node = before;
        }
        let mut run = self.start().await;
        for (choice, to) in path.into_iter().rev() {
            run.perform(choice, &mut self.seen).await;
            let place = &self.nodes[to].place;
            run.place.held.clone_from(&place.held);
            run.place.switched = place.switched;
            // The prediction was right.
            assert_eq!(run.place, *place, "{}", run.trace);
        }
        run
    }

    /// Where a choice leads, if all of it was seen before, in any schedules.
    fn foresee(&self, at: usize, choice: Choice) -> Option<Place> {
        let mut place = foresee(&self.seen, &self.nodes[at].place, choice)?;
        self.hold(at, choice, &mut place);
        Some(place)
    }

    /// Records whose calls were held back on the way from a place to the next one.
    fn hold(&self, at: usize, choice: Choice, next: &mut Place) {
        let before = &self.nodes[at].place;
        next.held.clone_from(&before.held);
        let gated = self.gated(before);
        next.switched = before.switched;
        if let Choice::Call(number) = choice {
            let stopped = self.goes_on(before).is_some_and(|last| last != number);
            next.switched.1 += u8::from(stopped);
            next.switched.0 = Some(number);
        }
        for (number, (times, now)) in next.held.iter_mut().enumerate() {
            if choice == Choice::Time && gated.contains(&number) && !*now {
                (*times, *now) = (*times + 1, true);
            }
            // Its next call, or the same call again after the SDK's timeout.
            *now &= before.processes[number] == next.processes[number];
        }
    }

    /// Whose calls wait at the gate. An invocation is not a call: it may come at any time.
    fn gated(&self, place: &Place) -> Vec<usize> {
        let gated = |number: &usize| match &self.seen.statuses[&place.processes[*number]] {
            Status::Gated(call) => !call.starts_with(INVOKE),
            _ => false,
        };
        (0..place.processes.len()).filter(gated).collect()
    }

    /// Whether the others only wait themselves. A call that is held back is let in when one of them does something
    /// else. Which two looks that find nothing new it comes between makes no difference.
    fn waits_on(&self, place: &Place, number: usize) -> bool {
        let mut others = place.processes.iter().enumerate();
        others.any(|(other, history)| {
            let asleep = self.seen.statuses[history] == Status::Asleep;
            other != number && (asleep || self.seen.polls.contains(history))
        })
    }

    /// Which process called last and could continue.
    fn goes_on(&self, place: &Place) -> Option<usize> {
        let last = place.switched.0?;
        let waits = place.held[last].1 && self.waits_on(place, last);
        (self.gated(place).contains(&last) && !waits).then_some(last)
    }

    fn choices(&self, place: &Place) -> Vec<Choice> {
        let may_switch = place.switched.1 < self.scenario.switches();
        let only = self.goes_on(place).filter(|_| !may_switch);
        let gated = self.gated(place);
        let statuses = place.processes.iter();
        let statuses = statuses.map(|history| &self.seen.statuses[history]);
        let calls = statuses.clone().enumerate();
        let calls = calls.filter(|(number, status)| {
            let waits = place.held[*number].1 && self.waits_on(place, *number);
            let may_come = only.is_none_or(|only| only == *number);
            matches!(status, Status::Gated(_)) && !waits && may_come
        });
        let mut choices: Vec<_> = calls.map(|(number, _)| Choice::Call(number)).collect();
        let sleeps = statuses.into_iter().any(|status| *status == Status::Asleep);
        // A look that comes late is the same as a look at that time. Only what the run does after it matters.
        let may_wait = |number: &usize| {
            let (times, now) = place.held[*number];
            let status = &self.seen.statuses[&place.processes[*number]];
            let changes = matches!(status, Status::Gated(call) if changes_something(call));
            now || changes && times < self.scenario.held(*number)
        };
        if sleeps && gated.iter().all(may_wait) {
            choices.push(Choice::Time);
        }
        choices
    }

    fn link(&mut self, at: usize, choice: Choice, place: Place) -> (usize, bool) {
        let (to, new) = self.node(place, Some((at, choice)));
        let mut next = self.nodes[at].next.iter_mut();
        let edge = next.find(|(this, _)| *this == choice).unwrap();
        edge.1 = Some(to);
        (to, new)
    }

    fn node(&mut self, place: Place, from: Option<(usize, Choice)>) -> (usize, bool) {
        if let Some(known) = self.places.get(&place) {
            return (*known, false);
        }
        let number = self.nodes.len();
        let choices = self.choices(&place).into_iter();
        let next = choices.map(|choice| (choice, None)).collect();
        self.places.insert(place.clone(), number);
        self.nodes.push(Node { place, from, next });
        (number, true)
    }

    /// Checks an end that was predicted, not run.
    async fn check_again(&mut self, at: usize) {
        if !self.checked.contains(&self.end(at)) {
            let run = self.replay(at).await;
            self.check(at, run).await;
        }
    }

    async fn check(&mut self, at: usize, run: Run) {
        if !self.checked.insert(self.end(at)) {
            return;
        }
        let processes = run.results();
        let ends = processes.iter().map(|ended| {
            let ended: Vec<_> = ended.iter().map(outcome).collect();
            ended.join(", ")
        });
        let ends: Vec<_> = ends.collect();
        self.explored.outcomes.insert(ends.join(" | "));
        for error in processes
            .iter()
            .flatten()
            .filter_map(|end| end.as_ref().err())
        {
            let message = &error.error_message;
            assert!(
                message.contains("What to do: "),
                "P8: {message}\n{}",
                run.trace
            );
        }
        self.scenario.check(run).await;
    }

    /// What identifies an end: the account and the results of the processes, not the time.
    fn end(&self, at: usize) -> (History, Vec<History>) {
        let place = &self.nodes[at].place;
        (place.account, place.processes.clone())
    }

    fn interleavings(&self) -> usize {
        fn count<S>(explorer: &Explorer<'_, S>, at: usize, counts: &mut [Option<usize>]) -> usize {
            if let Some(known) = counts[at] {
                return known;
            }
            let node = &explorer.nodes[at];
            let mut sum = usize::from(node.next.is_empty());
            for (_, to) in &node.next {
                let ways = count(explorer, to.unwrap(), counts);
                sum = sum.checked_add(ways).unwrap();
            }
            counts[at] = Some(sum);
            sum
        }
        count(self, 0, &mut vec![None; self.nodes.len()])
    }
}
