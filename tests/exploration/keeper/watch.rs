//! The expectations for the keeper, and for the rotations that follow, while others change the account too. What no
//! look could have shown is counted as excused.

use std::time::{Duration, SystemTime};

use aws_smithy_async::time::TimeSource;
use sandbox::aws::{
    AWSCURRENT, AWSPENDING, AWSPREVIOUS, Aws, Call, KeyStatus, KeyView, Outcome, SecretContent,
};

use crate::explorer::seen::Seen;
use crate::hands::hand::Done;
use crate::hands::looks::Looks;
use crate::hands::marks::{Attempt, Marks};
use crate::keeper::hand::Act;

/// How the function's own labels begin.
const MARK: &str = "iam-key-rotator-";

#[derive(Clone)]
pub struct Watched {
    pub arn: String,
    pub user: String,
    /// The key that was exposed.
    pub exposed: Option<String>,
    /// Whether it may be cut off before its replacement is there.
    pub at_once: bool,
    /// The keeper's `RETIRE_AFTER`.
    pub retire_after: Duration,
}

pub struct Watch {
    watched: Watched,
    before: Seen,
    looks: Looks,
    /// Whether the last look at the key's last use showed everything.
    saw_uses: bool,
    /// Whether the last look at the labels showed all marks.
    saw_marks: bool,
    /// When the replaced key was last used by a consumer.
    used: Option<SystemTime>,
    /// When AWSCURRENT last moved.
    moved: Option<SystemTime>,
    pub marks: Marks,
    /// The number of the run.
    pub run: Attempt,
    /// Whether a rotation may run, which makes and deletes keys.
    pub rotates: bool,
    pub broken: Vec<String>,
    pub excused: usize,
}

impl Watch {
    pub fn new(aws: &Aws, watched: Watched) -> Self {
        Self {
            before: Seen::of(aws, &watched.arn, &watched.user),
            looks: Looks::new(&watched.arn, &[]),
            watched,
            saw_uses: true,
            saw_marks: true,
            used: None,
            moved: None,
            marks: Marks::default(),
            run: (0, 0),
            rotates: false,
            broken: Vec::new(),
            excused: 0,
        }
    }

    /// A key has been exposed.
    pub fn exposed(&mut self, key: &str, at_once: bool) {
        self.watched.exposed = Some(key.to_owned());
        self.watched.at_once = at_once;
    }

    /// The keys that the function had deactivated before.
    pub fn deactivated_before(&mut self) {
        let inactive = self.before.keys.iter();
        let inactive = inactive.filter(|key| key.status == KeyStatus::Inactive);
        self.marks
            .deactivated
            .extend(inactive.map(|key| key.id.clone()));
    }

    /// Somebody did something. No look shows it before a time.
    pub fn hand(&mut self, aws: &Aws, act: Act, done: &Done, unseen_until: SystemTime) {
        self.looks.blind();
        self.before = self.seen(aws);
        self.marks.unseen_until = Some(unseen_until);
        let made = done.made.as_ref();
        self.marks
            .hand(&self.before, act.moves_current(), made, self.run);
        if act.moves_current() {
            self.moved = Some(aws.clock().now());
        }
        if act == Act::Use {
            (self.used, self.saw_uses) = (Some(aws.clock().now()), false);
        }
        self.forgive();
    }

    /// Another process may have changed something. No earlier look shows it.
    pub fn others(&mut self, aws: &Aws) {
        let now = self.seen(aws);
        if now == self.before {
            return;
        }
        let was = std::mem::replace(&mut self.before, now);
        let now = &self.before;
        self.saw_marks &= marks(&was) == marks(now);
        self.looks.keys &= was.keys == now.keys;
        self.looks.current &= was.text(AWSCURRENT) == now.text(AWSCURRENT);
        self.looks.labels &= labels(&was) == labels(now) && values(&was) == values(now);
        let inactive = now
            .keys
            .iter()
            .filter(|key| !now.is_live(&key.id) && was.is_live(&key.id));
        let inactive = inactive.map(|key| key.id.clone());
        self.marks.deactivated.extend(inactive);
        let moved = was.current_version() != now.current_version();
        if moved {
            self.moved = Some(aws.clock().now());
        }
        self.marks.hand(now, moved, None, self.run);
        self.forgive();
    }

    /// Checks the promises after a call.
    pub fn look(&mut self, aws: &Aws, call: &Call) {
        self.looks.read(aws, call);
        if call.action == "GetAccessKeyLastUsed" && call.outcome == Outcome::Ok {
            self.saw_uses = !call.missed;
        }
        self.saw_marks |= call.action == "DescribeSecret" && self.looks.labels;
        let now = self.seen(aws);
        if now == self.before {
            return;
        }
        let mut broken = Vec::new();
        for was in self.before.keys.clone() {
            let is = now.key(&was.id).map(|key| key.status);
            match is {
                None => broken.extend(self.deleted(&was, call)),
                Some(is) if is == was.status => {}
                Some(KeyStatus::Active) => broken.extend(self.activated(&was)),
                Some(_) => broken.extend(self.deactivated(&was, &now, call)),
            }
        }
        broken.extend(self.kept_to_itself(&now, call));
        let told = |what| format!("{what} (behind call {} {})", call.number, call.action);
        self.broken.extend(broken.into_iter().map(told));
        self.marks.keep(&now);
        if self.rotates && now.current_version() != self.before.current_version() {
            self.moved = Some(call.at);
        }
        self.before = now;
        self.forgive();
    }

    /// What is wrong when a run ends. A fault may keep it from what it owes.
    pub fn end(&mut self, disturbed: bool) {
        if !disturbed {
            self.broken.extend(self.marks.left(self.run));
        }
        // Only whether two runs are the same one counts.
        self.run.0 = self.run.0.wrapping_add(1);
    }

    fn seen(&self, aws: &Aws) -> Seen {
        Seen::of(aws, &self.watched.arn, &self.watched.user)
    }

    /// A key that was cut off at once is never given back.
    fn forgive(&mut self) {
        if let (Some(exposed), true) = (&self.watched.exposed, self.watched.at_once) {
            self.marks.owed.remove(exposed);
        }
    }

    fn is_exposed(&self, key: &KeyView) -> bool {
        self.watched.exposed.as_ref() == Some(&key.id)
    }

    fn holds(&self, label: &str, key: &KeyView) -> bool {
        let text = self.before.text(label);
        text.is_some_and(|text| text.contains(&key.id))
    }

    /// Whether a hand came that no look has shown since.
    fn unseen(&mut self, looked: bool) -> bool {
        let unseen = self.marks.handled && !looked;
        self.excused += usize::from(unseen);
        unseen
    }

    fn deleted(&mut self, key: &KeyView, call: &Call) -> Vec<String> {
        let mut broken = Vec::new();
        if !self.rotates {
            broken.push("P9: the keeper deleted a key".to_owned());
        }
        if key.status == KeyStatus::Active && !self.unseen(self.looks.keys) {
            broken.push("P9: an active key was deleted".to_owned());
        }
        for label in [AWSCURRENT, AWSPENDING] {
            let looked = self.looks.labels && self.looks.current;
            let excused = self.marks.is_unseen(call.at);
            if self.holds(label, key) && !(excused && self.unseen(looked)) {
                broken.push(format!("P1: {label}'s key was deleted"));
            }
        }
        broken
    }

    fn activated(&self, key: &KeyView) -> Option<String> {
        // Consumers that were moved back to an exposed key get another one first.
        let wanted = self.before.gives_out(&key.id) || self.holds(AWSPENDING, key);
        if self.is_exposed(key) && (self.watched.at_once || !wanted) {
            return Some("P10: an exposed key was activated".to_owned());
        }
        self.marks.activated(&key.id)
    }

    fn deactivated(&mut self, key: &KeyView, now: &Seen, call: &Call) -> Vec<String> {
        let mut broken = Vec::new();
        self.marks.deactivated.insert(key.id.clone());
        let cut_off = self.is_exposed(key) && self.watched.at_once;
        if self.before.gives_out(&key.id) && !cut_off {
            match self.unseen(self.looks.current) {
                true => {
                    self.marks.owed.insert(key.id.clone(), self.run);
                }
                false => broken.push("P1: AWSCURRENT's key was deactivated".to_owned()),
            }
        } else if self.holds(AWSPENDING, key) && !cut_off && !self.unseen(self.looks.labels) {
            broken.push("P1: AWSPENDING's key was deactivated".to_owned());
        }
        let either = ["removing", "exposed"].map(|mark| format!("{MARK}{mark}-{}", key.id));
        let is_marked = marks(now).into_iter().any(|mark| either.contains(mark));
        if !is_marked && !self.unseen(self.saw_marks) {
            broken.push("P9: a key was deactivated without a mark".to_owned());
        }
        if !self.is_exposed(key) && !self.rotates {
            broken.extend(self.retired(key, call));
        }
        broken
    }

    /// What is wrong with the retirement of a key (P6).
    fn retired(&mut self, key: &KeyView, call: &Call) -> Vec<String> {
        let mut broken = Vec::new();
        let retire_after = self.watched.retire_after;
        let lately = |at: Option<SystemTime>| {
            at.and_then(|at| call.at.duration_since(at).ok())
                .is_some_and(|age| age < retire_after)
        };
        let seen = self.looks.labels;
        if !self.holds(AWSPREVIOUS, key) && !self.unseen(seen) {
            broken.push("P6: a key was retired that AWSPREVIOUS does not hold".to_owned());
        }
        if lately(self.moved) && !self.unseen(seen) {
            broken.push("P6: a key was retired although AWSCURRENT had just moved".to_owned());
        }
        let pending = self.before.secret.with_label(AWSPENDING);
        let current = self.before.current_version();
        let rotating = pending.is_some_and(|pending| Some(pending.id.as_str()) != current);
        if rotating && !self.unseen(seen) {
            broken.push("P6: a key was retired during a rotation".to_owned());
        }
        // IN_USE_WINDOW is longer than a run.
        if self.used.is_some() && lately(self.used) && !self.unseen(self.saw_uses) {
            broken.push("P6: a key was retired that is in use".to_owned());
        }
        broken
    }

    /// The keeper moves no label of AWS, and stores and makes nothing. Secrets Manager begins the rotation that it asks
    /// for.
    fn kept_to_itself(&self, now: &Seen, call: &Call) -> Option<String> {
        let made = now
            .keys
            .iter()
            .any(|key| self.before.key(&key.id).is_none());
        let same = labels(now) == labels(&self.before) && values(now) == values(&self.before);
        let begins = call.action == "RotateSecret";
        (!self.rotates && (made || !(same || begins)))
            .then(|| "P10: the keeper did more than its role may".to_owned())
    }
}

/// The function's own labels.
fn marks(seen: &Seen) -> Vec<&String> {
    let versions = seen.secret.versions.iter();
    let labels = versions.flat_map(|version| &version.labels);
    labels.filter(|label| label.starts_with(MARK)).collect()
}

/// The versions with AWS's labels.
fn labels(seen: &Seen) -> [Option<String>; 3] {
    [AWSCURRENT, AWSPENDING, AWSPREVIOUS].map(|label| {
        let version = seen.secret.with_label(label);
        version.map(|version| version.id.clone())
    })
}

fn values(seen: &Seen) -> Vec<Option<SecretContent>> {
    let versions = seen.secret.versions.iter();
    versions.map(|version| version.content.clone()).collect()
}
