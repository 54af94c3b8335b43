//! What one invocation under a deadline must have done and reported when it ends.

use std::time::Duration;

use sandbox::aws::AWSCURRENT;
use sandbox::rotation::{FunctionError, StepReport};

use super::case::Case;
use crate::look::Snapshot;
use crate::world::World;

/// How long before its timeout an invocation has responded.
const ANSWERED: Duration = Duration::from_millis(450);

/// The state when an invocation began.
pub struct Invocation {
    snapshot: Snapshot,
    keys: Vec<String>,
    current: Option<String>,
}

impl Invocation {
    pub fn begin(world: &World) -> Self {
        Self {
            snapshot: world.snapshot(),
            keys: world.keys(),
            current: world.key_of(AWSCURRENT),
        }
    }

    /// The broken promises, now that it has ended.
    pub fn judge(&self, world: &World, case: &Case, report: &StepReport) -> Vec<String> {
        let mut broken = Vec::new();
        if report.took + ANSWERED > case.time_out {
            broken.push(format!("it took {:?}", report.took));
        }
        if let Err(error) = &report.result {
            broken.extend(malformed(report.step, error));
            broken.extend(self.untold(world, &error.error_message));
            broken.extend(self.keys_left(world, case, &error.error_message));
        }
        for broken in &mut broken {
            *broken = format!("{broken}: {} {:?}", report.step, report.result);
        }
        broken
    }

    /// Changes that the error does not report.
    fn untold(&self, world: &World, said: &str) -> Vec<String> {
        let mut untold = Vec::new();
        if said.contains("Nothing was changed") && self.snapshot != world.snapshot() {
            untold.push("something was changed".to_owned());
        }
        let keys = world.keys();
        for gone in self.keys.iter().filter(|key| !keys.contains(key)) {
            if !said.contains(gone) {
                untold.push(format!("{gone} was deleted"));
            }
        }
        if world.key_of(AWSCURRENT) != self.current && !said.contains("AWSCURRENT") {
            untold.push("AWSCURRENT moved".to_owned());
        }
        untold
    }

    /// Keys that were made and neither stored nor deleted. If storing was refused for certain, and there was time and
    /// no fault in the clean-up, there must be none. Otherwise the error names the key, if the function knows it, and
    /// a later attempt takes it away.
    fn keys_left(&self, world: &World, case: &Case, said: &str) -> Vec<String> {
        let mut lost = world.lost_keys();
        lost.retain(|key| !self.keys.contains(key));
        let broken = |left: &String| {
            // The log shows what the function knows.
            let is_known = world.logs().contains(left.as_str());
            let is_told = said.contains("may have been made");
            if case.refuses_to_store() && case.spares("DeleteAccessKey") {
                Some(format!("{left} could have been deleted"))
            } else if is_known && !said.contains(left) && !is_told {
                Some(format!("{left} is left, and not named"))
            } else if !is_known && !is_told {
                Some(format!("{left} is left, and not told of"))
            } else {
                None
            }
        };
        lost.iter().filter_map(broken).collect()
    }
}

/// What every error contains.
fn malformed(step: &str, error: &FunctionError) -> Vec<String> {
    let said = &error.error_message;
    let mut wanted = vec![format!("{step} of the secret "), "What to do: ".to_owned()];
    if error.error_type == "OutOfTime" {
        wanted.extend(["time was up while", "raise the function's time-out"].map(str::to_owned));
    }
    let mut lacking: Vec<_> = wanted
        .into_iter()
        .filter(|part| !said.contains(part))
        .map(|part| format!("the error lacks {part:?}"))
        .collect();
    if error.error_type == "Sandbox.Timedout" {
        lacking.push("it was killed".to_owned());
    }
    lacking
}
