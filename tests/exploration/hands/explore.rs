//! Each hand in each gap between a scenario's calls, alone and with one fault in the same invocation. Each run then
//! continues to the end without another.

use std::collections::HashMap;
use std::rc::Rc;

use sandbox::rotation::FunctionError;

use crate::explorer::invocation::{Faults, Ground, Hit};
use crate::explorer::kinds::kinds;
use crate::explorer::layouts::Layout;
use crate::explorer::scenarios::{Expect, Scenario};
use crate::hands::accepted::accepts;
use crate::hands::hand::{Hand, Whose};
use crate::hands::run::{Plan, Ran, Stop, Story, key, run, stop};
use crate::hands::sum::Sum;
use crate::hands::then::{Course, Then};

/// What is explored.
#[derive(Clone)]
pub struct Extent {
    pub hands: fn(Hand) -> bool,
    /// One in this many hands with a fault runs; 0 means none.
    pub faults: usize,
    pub course: Course,
    /// Whether no rotation may be given up.
    pub healthy: bool,
}

/// How the run from a state ends.
#[derive(Clone)]
enum End {
    Well,
    Stuck(String, Rc<Story>),
}

impl End {
    /// No end yet if another invocation follows.
    fn of(then: Then, ran: &Ran) -> Result<Self, Box<Stop>> {
        match then {
            Then::Invoke(next) => Err(next),
            Then::Well => Ok(Self::Well),
            Then::Stuck(why) => Ok(Self::Stuck(why, ran.stop.story.clone())),
        }
    }
}

pub struct Explorer<'a> {
    ground: &'a Ground,
    extent: Extent,
    known: HashMap<u64, End>,
    seen: usize,
    sum: Sum,
}

impl<'a> Explorer<'a> {
    pub async fn explore(scenario: Scenario, extent: Extent) -> Sum {
        let (ground, start) = Ground::new(scenario, false).await;
        let start = stop(&ground, start.snapshot, start.phase);
        let mut explorer = Explorer::new(&ground, extent);
        explorer.path(start).await;
        explorer.end()
    }

    pub fn new(ground: &'a Ground, extent: Extent) -> Self {
        Self {
            ground,
            extent,
            known: HashMap::new(),
            seen: 0,
            sum: Sum::default(),
        }
    }

    pub fn end(self) -> Sum {
        Sum {
            scenarios: 1,
            states: self.known.len(),
            ..self.sum
        }
    }

    /// Runs the scenario without a hand, then tries every hand in every gap of it.
    async fn path(&mut self, mut at: Stop) {
        loop {
            let ran = self.run(&at, None, &Vec::new(), "nothing").await;
            self.invocation(&at, &ran).await;
            let refuses = matches!(self.ground.scenario.expect, Expect::Refuses(_));
            if refuses && ran.result.is_err() {
                return;
            }
            match ran.then(self.ground, &Course::default()).await {
                Then::Invoke(next) => at = *next,
                Then::Well | Then::Stuck(_) => return,
            }
        }
    }

    async fn invocation(&mut self, at: &Stop, undisturbed: &Ran) {
        let plans = self.plans(undisturbed, 0);
        for plan in &plans {
            self.sum.alone += 1;
            let ran = self.disturb(at, *plan, &Vec::new()).await;
            if self.extent.faults > 0 {
                for hit in hits(&ran.actions, plan.behind) {
                    if self.is_due() {
                        self.disturb(at, *plan, &vec![hit]).await;
                    }
                }
            }
        }
        if self.extent.faults == 0 {
            return;
        }
        for hit in hits(&undisturbed.actions, 0) {
            let (call, faults) = (hit.call, vec![hit]);
            let ran = self.run(at, None, &faults, "nothing").await;
            for plan in self.plans(&ran, call) {
                if self.is_due() {
                    self.disturb(at, plan, &faults).await;
                }
            }
        }
    }

    /// Whether to run the next hand with a fault.
    fn is_due(&mut self) -> bool {
        self.seen += 1;
        let due = self.seen.is_multiple_of(self.extent.faults);
        self.sum.with_fault += usize::from(due);
        due
    }

    /// The hands that apply in a run's gaps, starting from a given gap.
    fn plans(&self, ran: &Ran, from: usize) -> Vec<Plan> {
        let mut plans = Vec::new();
        for (behind, hands) in ran.gaps.iter().enumerate().skip(from) {
            for hand in hands
                .iter()
                .copied()
                .filter(|hand| (self.extent.hands)(*hand))
            {
                let between = behind + 1 == ran.gaps.len();
                if hand == Hand::Configure && !between {
                    continue;
                }
                // A nested key that is no longer listed looks like any other text: a first key goes beside it.
                let nested = self.ground.scenario.layout == Layout::Nested;
                if nested && hand == Hand::Delete(Whose::Current) {
                    continue;
                }
                let lates = if hand == Hand::Configure { 1 } else { 2 };
                let lates = [false, true].into_iter().take(lates);
                plans.extend(lates.map(|late| Plan { hand, behind, late }));
            }
        }
        plans
    }

    /// Applies a hand, and runs to the end.
    async fn disturb(&mut self, at: &Stop, plan: Plan, faults: &Faults) -> Ran {
        let by = match plan.late {
            true => format!("{:?}, seen late", plan.hand),
            false => format!("{:?}", plan.hand),
        };
        let by = match faults.first() {
            Some(hit) => format!("{by}, with a fault on {}", hit.action),
            None => by,
        };
        let ran = self.run(at, Some(plan), faults, &by).await;
        if !ran.handled {
            return ran;
        }
        let course = self.extent.course.behind(&at.phase);
        let then = ran.then(self.ground, &course).await;
        let end = match End::of(then, &ran) {
            Ok(end) => end,
            Err(next) => self.follow(*next, &course, &by).await,
        };
        if let End::Stuck(why, story) = end {
            let told = format!("{:?} ends with {why}", plan.hand);
            *self.sum.ends.entry(told).or_default() += 1;
            if !accepts(&self.ground.scenario, plan.hand, &why) {
                let what = format!("liveness: it ends for ever with {why}");
                self.sum.find(&what, &by, &same_end(&ran, &story));
            }
        }
        ran
    }

    /// Continues from an invocation with a fault, without another.
    pub async fn go_on(&mut self, ran: &Ran, by: &str) {
        let course = self.extent.course.behind(&ran.stop.phase);
        let then = ran.then(self.ground, &course).await;
        let end = match End::of(then, ran) {
            Ok(end) => end,
            Err(next) => self.follow(*next, &course, by).await,
        };
        if let End::Stuck(why, story) = end {
            let what = format!("liveness: it ends for ever with {why}");
            self.sum.find(&what, by, &same_end(ran, &story));
        }
    }

    /// Continues without a hand.
    async fn follow(&mut self, start: Stop, course: &Course, by: &str) -> End {
        let mut passed = Vec::new();
        let mut at = start;
        let end = loop {
            let key = key(self.ground, &at, course);
            if let Some(known) = self.known.get(&key) {
                break known.clone();
            }
            passed.push(key);
            let ran = self.run(&at, None, &Vec::new(), by).await;
            match End::of(ran.then(self.ground, course).await, &ran) {
                Err(next) => at = *next,
                Ok(end) => break end,
            }
        };
        for key in passed {
            self.known.insert(key, end.clone());
        }
        end
    }

    pub async fn run(&mut self, at: &Stop, plan: Option<Plan>, faults: &Faults, by: &str) -> Ran {
        self.sum.invocations += 1;
        let ran = run(self.ground, at, plan, faults).await;
        self.sum.excused += ran.excused;
        for broken in &ran.broken {
            let story = ran.stop.story.tell();
            self.sum.find(broken, by, &story);
        }
        let reset = |error: &FunctionError| error.error_type == "RotationReset";
        if self.extent.healthy && ran.result.as_ref().is_err_and(reset) {
            let what = "P4: a rotation was given up that nobody had touched";
            self.sum.find(what, by, &ran.stop.story.tell());
        }
        ran
    }
}

/// The story of a run, and of the first run that reached the same state and end.
fn same_end(ran: &Ran, first: &Story) -> String {
    let (own, first) = (ran.stop.story.tell(), first.tell());
    match first.starts_with(&own) {
        true => first,
        false => format!("{own}\n  and from an equal state:{first}"),
    }
}

/// Each kind of fault on each call of a run after the first `behind`.
pub fn hits(actions: &[String], behind: usize) -> Vec<Hit> {
    let calls = actions.iter().enumerate().skip(behind);
    calls
        .flat_map(|(index, action)| {
            kinds(action, false).into_iter().map(move |kind| Hit {
                call: index + 1,
                action: action.clone(),
                kind: kind.fault,
            })
        })
        .collect()
}
