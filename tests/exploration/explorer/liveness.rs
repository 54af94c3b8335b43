//! From every state that faults lead to, all is well again without another fault.

use crate::explorer::graph::{ENOUGH, End, Graph};

/// The rotation in which all is well from a node on, if any. The outer `None` means not known yet.
type Known = Option<Option<u8>>;

impl Graph<'_> {
    /// From every state that a fault leads to, this rotation or the next one ends well without another fault.
    pub fn check_liveness(&mut self) {
        let patience = self.ground.scenario.patience();
        let mut done: Vec<Known> = vec![None; self.nodes.len()];
        let mut late = Vec::new();
        for point in &self.points {
            let rotation = self.nodes[point.node].stage.phase.rotation;
            for branch in &point.branches {
                for end in branch.others.iter().chain([&branch.path.end]) {
                    self.ran.lived += 1;
                    let at = self.done_at(*end, &mut done);
                    if at.is_none_or(|at| at > rotation + patience) {
                        let mut faults = point.faults.clone();
                        faults.push(point.hit(&branch.kind));
                        late.push((point.node, faults, at));
                    }
                }
            }
        }
        for (node, faults, at) in late.into_iter().take(ENOUGH) {
            let what = format!(
                "liveness: all is well in rotation {:?} only",
                at.map(|at| at + 1)
            );
            self.find(&what, node, &faults, &[]);
        }
    }

    /// The rotation in which all is well, without a further fault.
    fn done_at(&self, end: End, known: &mut [Known]) -> Option<u8> {
        let mut passed = Vec::new();
        let mut at = end;
        let found = loop {
            match at {
                End::Done(rotation) => break Some(rotation),
                End::Over => break None,
                End::Node(node) => {
                    if let Some(found) = known[node] {
                        break found;
                    }
                    passed.push(node);
                    match self.nodes[node].path {
                        Some(path) => at = path.end,
                        None => break None,
                    }
                }
            }
        };
        for node in passed {
            known[node] = Some(found);
        }
        found
    }
}
