//! The graph of what can happen in a scenario.
//!
//! The function keeps no state, so what follows an invocation depends on the account alone. A node is the account
//! before an invocation, and equal accounts are one node. A point is one call of an invocation, where faults branch
//! off. Points are merged too. Two points are followed up once if the account, the request and everything that
//! follows without a fault are the same, including the result.
//! So a fault that the function's retry makes up for costs no more than the faults on the retry. Merging assumes that
//! "does the same from here on" means "is in the same state". A counter inside the function (how often it has tried,
//! how much time it has left) could make that false. The ages of keys and versions count only as far as the function
//! compares them. With `EXPLORE=all` every kind runs on every call, only equal accounts are merged, and ages count to
//! the second.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use crate::explorer::invocation::{Faults, Ground, Hit, Ran};
use crate::explorer::kinds::{Kind, kinds};
use crate::explorer::protocol::{Next, OTHERS, Stage, USUAL};
use crate::explorer::scenarios::Expect;
use crate::explorer::trace::hash;

pub type NodeId = usize;
pub type PointId = usize;

/// Where an invocation leads.
#[derive(Clone, Copy, Debug)]
pub enum End {
    Node(NodeId),
    /// All is well, in this rotation.
    Done(u8),
    /// It never will be.
    Over,
}

/// The points of an invocation's calls after its last fault, and where it leads.
#[derive(Clone, Copy)]
pub struct Path {
    pub first: Option<PointId>,
    pub end: End,
}

pub struct Node {
    pub stage: Rc<Stage>,
    /// How it was reached: from which node, with which faults.
    from: Option<(NodeId, Faults)>,
    /// How many faults were explored from here; `None` if it has not run at all.
    level: Option<u8>,
    pub path: Option<Path>,
}

pub struct Point {
    pub node: NodeId,
    pub faults: Faults,
    call: usize,
    action: String,
    level: u8,
    pub after: Path,
    pub branches: Vec<Branch>,
}

impl Point {
    pub fn hit(&self, kind: &Kind) -> Hit {
        Hit {
            call: self.call,
            action: self.action.clone(),
            kind: kind.fault.clone(),
        }
    }
}

/// A fault at a point.
pub struct Branch {
    pub kind: Kind,
    pub path: Path,
    /// The ends after other pauses.
    pub others: Vec<End>,
}

/// How much was run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub invocations: usize,
    pub singles: usize,
    pub pairs: usize,
    pub repeats: usize,
    pub lived: usize,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.invocations += other.invocations;
        self.singles += other.singles;
        self.pairs += other.pairs;
        self.repeats += other.repeats;
        self.lived += other.lived;
    }
}

pub struct Graph<'a> {
    pub ground: &'a Ground,
    /// Whether to merge only what must be equal.
    all: bool,
    pub nodes: Vec<Node>,
    pub points: Vec<Point>,
    by_key: HashMap<u64, NodeId>,
    by_signature: HashMap<u64, PointId>,
    work: [VecDeque<Task>; 3],
    top: u8,
    pub ran: Tally,
    pub findings: Vec<String>,
}

enum Task {
    Node(NodeId),
    Point(PointId),
}

/// After this many findings, a scenario is not explored further.
pub const ENOUGH: usize = 3;

impl<'a> Graph<'a> {
    /// Explores a scenario with up to `faults` faults.
    pub async fn explore(ground: &'a Ground, start: Stage, faults: u8, all: bool) -> Self {
        let mut graph = Self {
            ground,
            all,
            nodes: Vec::new(),
            points: Vec::new(),
            by_key: HashMap::new(),
            by_signature: HashMap::new(),
            work: Default::default(),
            top: faults,
            ran: Tally::default(),
            findings: Vec::new(),
        };
        let start = graph.node(start, None, faults);
        graph.todo(Task::Node(start), faults);
        // The tasks with the most faults come first: they already explore those with fewer.
        while let Some((level, task)) = graph.next_task() {
            match task {
                Task::Node(node) => graph.run_node(node, level).await,
                Task::Point(point) => graph.run_point(point, level).await,
            }
            if graph.findings.len() >= ENOUGH {
                return graph;
            }
        }
        graph.check_liveness();
        graph
    }

    fn todo(&mut self, task: Task, level: u8) {
        self.work[usize::from(level)].push_back(task);
    }

    fn next_task(&mut self) -> Option<(u8, Task)> {
        (0..3_u8).rev().find_map(|level| {
            let task = self.work[usize::from(level)].pop_front()?;
            Some((level, task))
        })
    }

    fn node(&mut self, stage: Stage, from: Option<(NodeId, Faults)>, level: u8) -> NodeId {
        let key = self.ground.key(&stage, level > 0);
        *self.by_key.entry(key).or_insert_with(|| {
            self.nodes.push(Node {
                stage: Rc::new(stage),
                from,
                level: None,
                path: None,
            });
            self.nodes.len() - 1
        })
    }

    async fn run_node(&mut self, node: NodeId, level: u8) {
        let before = self.nodes[node].level;
        if before.is_some_and(|before| before >= level) {
            return;
        }
        self.nodes[node].level = Some(level);
        let traced = level > 0;
        let stage = self.nodes[node].stage.clone();
        let ran = self.invoke(node, &Vec::new(), traced).await;
        self.judge_without_fault(node, &stage, &ran).await;
        let path = self.path(node, &Vec::new(), &ran, level).await;
        self.nodes[node].path = Some(path);
    }

    /// Explores faults at a call. Those that are already explored are not run again.
    async fn run_point(&mut self, point: PointId, level: u8) {
        if self.points[point].level >= level {
            return;
        }
        self.points[point].level = level;
        let node = self.points[point].node;
        let mut branches = Vec::new();
        for kind in kinds(&self.points[point].action, self.all) {
            let mut faults = self.points[point].faults.clone();
            faults.push(self.points[point].hit(&kind));
            let ran = self.invoke(node, &faults, level > 1).await;
            match level == self.top {
                true => self.ran.singles += 1,
                false => self.ran.pairs += 1,
            }
            let path = self.path(node, &faults, &ran, level - 1).await;
            let mut others = Vec::new();
            // One failed attempt after the first fault is explored with other pauses too.
            if level == self.top && ran.result.is_err() {
                for pauses in OTHERS {
                    let next = self.ground.next(&ran, pauses).await;
                    others.push(self.end(next, node, &faults, 0));
                }
            }
            branches.push(Branch { kind, path, others });
            if self.findings.len() >= ENOUGH {
                break;
            }
        }
        self.points[point].branches = branches;
    }

    async fn invoke(&mut self, node: NodeId, faults: &Faults, traced: bool) -> Ran {
        self.ran.invocations += 1;
        let stage = self.nodes[node].stage.clone();
        let ran = self.ground.invoke(&stage, faults, traced, None).await;
        for broken in ran.broken.clone() {
            self.find(&broken, node, faults, &ran.record);
        }
        ran
    }

    /// Creates the points of a run's calls after its last fault.
    async fn path(&mut self, node: NodeId, faults: &Faults, ran: &Ran, level: u8) -> Path {
        let next = self.ground.next(ran, USUAL).await;
        let end = self.end(next, node, faults, level);
        let mut path = Path { first: None, end };
        if level == 0 {
            return path;
        }
        let phase = &self.nodes[node].stage.phase;
        let error = ran.result.as_ref().err().map(|error| &error.error_type);
        let end_key = match end {
            End::Node(node) => format!("node {node}"),
            other => format!("{other:?}"),
        };
        let mut signature = hash((error, end_key, phase.rotation, phase.attempt, phase.step));
        let behind = faults.last().map_or(0, |hit| hit.call);
        for (index, call) in ran.calls.iter().enumerate().skip(behind).rev() {
            let gap = ran.calls.get(index + 1).map(|call| call.gap);
            signature = hash((signature, call.state, call.exchange, call.again, gap));
            let own = hash((signature, node, faults.len(), format!("{faults:?}")));
            let key = if self.all { own } else { signature };
            let point = Point {
                node,
                faults: faults.clone(),
                call: index + 1,
                action: call.action.clone(),
                level: 0,
                after: path,
                branches: Vec::new(),
            };
            let id = *self.by_signature.entry(key).or_insert_with(|| {
                self.points.push(point);
                self.points.len() - 1
            });
            path.first = Some(id);
            self.todo(Task::Point(id), level);
        }
        path
    }

    fn end(&mut self, next: Next, node: NodeId, faults: &Faults, level: u8) -> End {
        match next {
            Next::Invoke(stage) => {
                let id = self.node(*stage, Some((node, faults.clone())), level);
                self.todo(Task::Node(id), level);
                End::Node(id)
            }
            Next::Done { rotation } => End::Done(rotation),
            Next::Over(why) => {
                self.find(&format!("liveness: {why}"), node, faults, &[]);
                End::Over
            }
        }
    }

    /// Without a fault, a scenario that must be refused is refused with its error, and a step that succeeded can be
    /// repeated.
    async fn judge_without_fault(&mut self, node: NodeId, stage: &Stage, ran: &Ran) {
        let calm = !stage.snapshot.is_stale();
        if self.ground.scenario.environment.blocks() && ran.result.is_ok() {
            let what = "P8: it succeeds though AWS refuses every call";
            self.find(what, node, &Vec::new(), &ran.record);
        }
        if let Expect::Refuses(error_type) = self.ground.scenario.expect
            && calm
        {
            let found = ran
                .result
                .as_ref()
                .err()
                .map(|error| error.error_type.as_str());
            if found != Some(error_type) {
                let what = format!("P8: it ends with {found:?} instead of {error_type}");
                self.find(&what, node, &Vec::new(), &ran.record);
            }
        }
        if ran.result.is_ok() && !self.ground.scenario.test && !ran.aws.snapshot().is_stale() {
            self.ran.repeats += 1;
            for broken in self.ground.repeat(ran).await {
                self.find(&broken, node, &Vec::new(), &ran.record);
            }
        }
    }

    /// Records a finding, with everything needed to reproduce it.
    pub fn find(&mut self, what: &str, node: NodeId, faults: &Faults, record: &[String]) {
        let mut story = Vec::new();
        let mut at = Some((node, faults.clone()));
        while let Some((node, faults)) = at {
            let phase = self.nodes[node].stage.phase.name();
            story.push(match faults.is_empty() {
                true => phase,
                false => format!("{phase} with {faults:?}"),
            });
            at = self.nodes[node].from.clone();
        }
        story.reverse();
        let scenario = self.ground.scenario.name();
        self.findings.push(format!(
            "{what}\n  scenario: {scenario}\n  {}\n  calls: {record:?}",
            story.join("\n  ")
        ));
    }
}
