//! What has happened, as numbers: two histories are the same number if and only if everything in them is the same.
//! That makes pruning exact: a process is a function of its own history, and the account is a function of the changes
//! made to it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::process::{STAGE, Status};

/// A sequence of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct History(usize);

impl History {
    pub const EMPTY: Self = Self(0);
}

/// When a process that waits for time to pass continues, as far as that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wakes {
    At(Duration),
    /// Later than that.
    After(Duration),
}

/// A call to the account in its current state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    account: History,
    /// Only if the time matters. Nothing propagates with a delay here, so a read is the same at any time.
    now: Option<Duration>,
    call: String,
}

impl Asked {
    pub fn new(account: History, now: Duration, call: &str) -> Self {
        // A call that a user's key signs may be recorded as that key's last use.
        let matters = changes_something(call) || call.starts_with("AKIA");
        Self {
            account,
            now: matters.then_some(now),
            call: call.to_owned(),
        }
    }
}

pub fn changes_something(call: &str) -> bool {
    let verbs = ["Put", "Update", "Create", "Delete", "Rotate"];
    let names = verbs.map(|verb| [format!(".{verb}"), format!("Action={verb}")]);
    let mut names = names.iter().flatten();
    call.starts_with(STAGE) || names.any(|name| call.contains(name.as_str()))
}

/// Everything seen in any schedule so far. What was seen once does not need to run again.
#[derive(Debug, Default)]
pub struct Seen {
    numbers: HashMap<(History, String), History>,
    /// The history that a process reached by an event.
    pub moves: HashMap<(History, String), History>,
    pub statuses: HashMap<History, Status>,
    /// Histories at which a process makes the same call again, as it does while it waits for something.
    pub polls: HashSet<History>,
    pub wakes: HashMap<History, Wakes>,
    /// The account's response to a call, and its state after that.
    pub answers: HashMap<Asked, (String, History)>,
    /// The process that carries out the rotations that are asked for.
    pub rotates: Option<usize>,
    /// If the changes of each process are judged by what it had seen: the account and the process before each. Else None.
    pub judged: Option<HashSet<(History, History)>>,
}

impl Seen {
    /// The history extended by an event.
    pub fn then(&mut self, history: History, event: &str) -> History {
        let next = History(self.numbers.len() + 1);
        *self
            .numbers
            .entry((history, event.to_owned()))
            .or_insert(next)
    }
}

pub fn asked(now: Duration, account: History) -> String {
    format!("{now:?} asked, {account:?}")
}

pub fn answered(now: Duration, answer: &str) -> String {
    format!("{now:?} {answer}")
}

pub fn woken(now: Duration) -> String {
    format!("{now:?} woken")
}
