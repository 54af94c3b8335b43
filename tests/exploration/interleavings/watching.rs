//! What the keeper is held to beside other processes: a watch for each process, which knows what that one has looked at.

use std::sync::{Arc, Mutex};

use sandbox::aws::{Aws, Call};

use super::process::Script;
use crate::keeper::watch::{Watch, Watched};

pub struct Keepers {
    watches: Vec<Watch>,
    /// The call that has just reached the account.
    call: Arc<Mutex<Option<Call>>>,
}

impl Keepers {
    pub fn new(aws: &Aws, watched: &Watched, scripts: &[Script]) -> Self {
        let call: Arc<Mutex<_>> = Arc::default();
        let last = call.clone();
        aws.on_call(move |call| *last.lock().unwrap() = Some(call.clone()));
        let watch = |script: &Script| {
            let mut watch = Watch::new(aws, watched.clone());
            watch.deactivated_before();
            watch.rotates = !script.is_kept();
            watch
        };
        Self {
            watches: scripts.iter().map(watch).collect(),
            call,
        }
    }

    /// Checks the promises after a call of a process, or after what Secrets Manager did in its place.
    pub fn look(&mut self, aws: &Aws, number: usize) {
        let call = self.call.lock().unwrap().take();
        for (other, watch) in self.watches.iter_mut().enumerate() {
            match &call {
                Some(call) if other == number => watch.look(aws, call),
                _ => watch.others(aws),
            }
        }
    }

    /// Checks them when an invocation of a process has ended.
    pub fn end(&mut self, number: usize) {
        self.watches[number].end(false);
    }

    pub fn broken(&self) -> impl Iterator<Item = &String> {
        self.watches.iter().flat_map(|watch| &watch.broken)
    }

    /// How often a process did what no look of its could have kept it from.
    pub fn excused(&self) -> usize {
        self.watches.iter().map(|watch| watch.excused).sum()
    }
}
