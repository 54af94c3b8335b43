//! How many sequences of faults the graph covers, counted without running them.

use std::collections::HashMap;

use crate::explorer::graph::{End, Graph, Path};

/// How many single faults, and ordered pairs, are covered from the start of the graph.
pub struct Cover<'a> {
    graph: &'a Graph<'a>,
    singles: HashMap<usize, u64>,
    pairs: HashMap<usize, u64>,
}

impl<'a> Cover<'a> {
    pub fn of(graph: &'a Graph<'a>) -> Self {
        Self {
            graph,
            singles: HashMap::new(),
            pairs: HashMap::new(),
        }
    }

    fn start(&self) -> Path {
        Path {
            first: None,
            end: End::Node(0),
        }
    }

    pub fn singles(&mut self) -> u64 {
        self.count(self.start(), false)
    }

    pub fn pairs(&mut self) -> u64 {
        self.count(self.start(), true)
    }

    /// Faults at this call, and at the calls after it.
    fn count(&mut self, path: Path, pairs: bool) -> u64 {
        let mut sum = 0;
        let mut at = path;
        let mut passed = Vec::new();
        loop {
            let Some(point) = at.first else {
                match at.end {
                    End::Node(node) => match self.graph.nodes[node].path {
                        Some(path) => at = path,
                        None => break,
                    },
                    End::Done(_) | End::Over => break,
                }
                continue;
            };
            let known = if pairs { &self.pairs } else { &self.singles };
            if let Some(known) = known.get(&point) {
                sum += known;
                break;
            }
            passed.push((point, sum));
            let point = &self.graph.points[point];
            for branch in &point.branches {
                let stands_for = branch.kind.stands_for as u64;
                sum += match pairs {
                    true => stands_for * self.count(branch.path, false),
                    false => stands_for,
                };
            }
            at = point.after;
        }
        let known = if pairs {
            &mut self.pairs
        } else {
            &mut self.singles
        };
        for (point, before) in passed {
            known.insert(point, sum - before);
        }
        sum
    }
}
