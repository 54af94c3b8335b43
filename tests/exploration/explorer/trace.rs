//! The calls of an invocation, to tell whether two invocations continue in the same way.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, SystemTime};

use sandbox::aws::{Aws, Call, Lens, Outcome};

/// A call, and the state before it.
#[derive(Clone)]
pub struct Traced {
    pub action: String,
    /// The account before it.
    pub state: u64,
    /// Who asked what, and how it ended.
    pub exchange: u64,
    /// The time since the call before it.
    pub gap: Duration,
    /// How many calls right before it asked the same.
    pub again: usize,
}

/// The hash of a value, the same in every run.
pub fn hash(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// The calls so far.
#[derive(Default)]
pub struct Trace {
    pub calls: Vec<Traced>,
    state: u64,
    at: Option<SystemTime>,
    asked: String,
    again: usize,
}

impl Trace {
    pub fn begin(&mut self, aws: &Aws, lens: &Lens) {
        self.state = hash(aws.canonical(lens));
    }

    pub fn add(&mut self, aws: &Aws, lens: &Lens, call: &Call) {
        let asked = format!("{} {}", call.action, aws.canonical_request(lens));
        self.again = match asked == self.asked {
            true => self.again + 1,
            false => 0,
        };
        let outcome = match &call.outcome {
            Outcome::Ok => "",
            Outcome::Error { code, .. } => code,
            Outcome::Lost => "lost",
        };
        let gap = self.at.and_then(|at| call.at.duration_since(at).ok());
        self.calls.push(Traced {
            action: call.action.clone(),
            state: self.state,
            exchange: hash((&asked, outcome)),
            gap: gap.unwrap_or_default(),
            again: self.again,
        });
        self.asked = asked;
        self.at = Some(call.at);
        self.state = hash(aws.canonical(lens));
    }
}
