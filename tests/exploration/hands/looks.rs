//! What the function looked at last: whether that could show the hand, and which key had just authenticated.

use std::collections::HashMap;
use std::time::SystemTime;

use sandbox::aws::{AWSPENDING, Aws, Call, Outcome};

/// The calls that may come between a key's success and the move of AWSCURRENT to it, each once.
const READS: [&str; 3] = ["DescribeSecret", "GetSecretValue", "GetCallerIdentity"];

/// Whether the last look at each showed everything.
pub struct Looks {
    arn: String,
    garbled: Vec<usize>,
    pub labels: bool,
    pub current: bool,
    pub keys: bool,
    successes: HashMap<String, Success>,
}

/// A key that authenticated, and the calls after that.
pub struct Success {
    at: SystemTime,
    pub number: usize,
    behind: Vec<String>,
}

impl Success {
    /// Whether no time passed between it and a call, and nothing else was done.
    pub fn is_right_before(&self, call: &Call) -> bool {
        let times = |action: &str| self.behind.iter().filter(|one| *one == action).count();
        let mut behind = self.behind.iter();
        self.at == call.at
            && behind.all(|action| READS.contains(&action.as_str()))
            && READS.into_iter().all(|action| times(action) <= 1)
    }
}

impl Looks {
    pub fn new(arn: &str, garbled: &[usize]) -> Self {
        Self {
            arn: arn.to_owned(),
            garbled: garbled.to_vec(),
            labels: true,
            current: true,
            keys: true,
            successes: HashMap::new(),
        }
    }

    /// Something changed after the last looks.
    pub fn blind(&mut self) {
        (self.labels, self.current, self.keys) = (false, false, false);
    }

    pub fn read(&mut self, aws: &Aws, call: &Call) {
        let answered = match &call.outcome {
            Outcome::Ok => true,
            Outcome::Error { code, .. } => {
                code == "ResourceNotFoundException" || code == "InvalidRequestException"
            }
            Outcome::Lost => false,
        };
        if !answered || self.garbled.contains(&call.number) {
            return;
        }
        let saw = !call.missed;
        let own = call.resource == self.arn;
        match call.action.as_str() {
            "DescribeSecret" if own => (self.labels, self.current) = (saw, saw),
            "GetSecretValue" if own => match aws.last_request().contains(AWSPENDING) {
                true => self.labels = saw,
                false => self.current = saw,
            },
            "ListAccessKeys" => self.keys = saw,
            _ => {}
        }
    }

    pub fn authenticated(&mut self, call: &Call) {
        for success in self.successes.values_mut() {
            success.behind.push(call.action.clone());
        }
        let read = !self.garbled.contains(&call.number);
        if call.action == "GetCallerIdentity" && call.outcome == Outcome::Ok && read {
            let success = Success {
                at: call.at,
                number: call.number,
                behind: Vec::new(),
            };
            self.successes.insert(call.access_key_id.clone(), success);
        }
    }

    /// The success of the key that a text gives out.
    pub fn success(&self, text: &str) -> Option<&Success> {
        let mut successes = self.successes.iter();
        let found = successes.find(|(id, _)| text.contains(*id));
        found.map(|(_, success)| success)
    }
}
