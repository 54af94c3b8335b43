//! What becomes of each of the user's keys, and what must hold of it after every call and after every run of the keeper.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_smithy_async::time::TimeSource;
use sandbox::aws::{AWSCURRENT, AWSPREVIOUS, Aws, Call, KeyStatus, Outcome, VersionView};

use super::rules::Rule;
use crate::explorer::seen::Seen;
use crate::keeper::watch::{Watch, Watched};
use crate::world::{World, start};

/// How long after the last change of the secret nothing is expected to happen, if its replaced key is retired. The keeper
/// itself looks at such a key for a day.
const QUIET: Duration = Duration::from_hours(48);

/// What runs at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Running {
    /// The keeper's hourly run, which starts no rotation.
    Hourly,
    /// A rotation, or a revocation with its rotation.
    Rotation,
}

/// A change of a key's status.
#[derive(Clone, Debug)]
pub struct Turn {
    pub at: SystemTime,
    pub key: String,
    /// None if it was deleted.
    pub status: Option<KeyStatus>,
    pub by: Running,
}

pub struct Lives {
    aws: Aws,
    arn: String,
    user: String,
    rule: Rule,
    watch: Watch,
    running: Running,
    /// Whether a call of the run has failed, or has missed a change.
    disturbed: bool,
    statuses: BTreeMap<String, KeyStatus>,
    versions: Vec<VersionView>,
    /// When the secret last changed.
    changed: SystemTime,
    pub turns: Vec<Turn>,
    /// When AWSCURRENT moved, and the key that it gives out since.
    pub moves: Vec<(SystemTime, String)>,
    pub broken: Vec<String>,
}

impl Lives {
    /// Follows every call from now on.
    pub fn follow(world: &World, rule: Rule) -> Arc<Mutex<Self>> {
        let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
        let user = world.prepared.username.clone();
        let watched = Watched {
            arn: arn.clone(),
            user: user.clone(),
            exposed: None,
            at_once: false,
            retire_after: rule.retire_after,
        };
        let lives = Arc::new(Mutex::new(Self {
            watch: Watch::new(&aws, watched),
            statuses: statuses(&aws, &user),
            versions: Vec::new(),
            changed: aws.clock().now(),
            aws,
            arn,
            user,
            rule,
            running: Running::Hourly,
            disturbed: false,
            turns: Vec::new(),
            moves: Vec::new(),
            broken: Vec::new(),
        }));
        let followed = lives.clone();
        world
            .aws
            .on_call(move |call| followed.lock().unwrap().look(call));
        lives
    }

    pub fn begin(&mut self, running: Running) {
        self.running = running;
        self.watch.rotates = running == Running::Rotation;
        self.disturbed = false;
    }

    /// A key has leaked, and may be cut off before its replacement is there.
    pub fn exposed(&mut self, key: &str, at_once: bool) {
        self.watch.exposed(key, at_once);
    }

    /// Whether the key that was replaced could be retired by its time alone.
    pub fn is_due(&self) -> bool {
        let seen = Seen::of(&self.aws, &self.arn, &self.user);
        let previous = seen.key_of(AWSPREVIOUS);
        previous.is_some_and(|key| key.status == KeyStatus::Active)
            && self.ago(self.changed, self.aws.clock().now()) >= self.rule.retire_after
    }

    /// Whether nothing has happened for days, and nothing is left to retire.
    pub fn is_quiet(&self) -> bool {
        let seen = Seen::of(&self.aws, &self.arn, &self.user);
        let previous = seen.key_of(AWSPREVIOUS);
        previous.is_none_or(|key| key.status != KeyStatus::Active)
            && self.ago(self.changed, self.aws.clock().now()) > QUIET
    }

    /// When a key was first deactivated, not before a time.
    pub fn deactivated(&self, key: &str, not_before: SystemTime) -> Option<SystemTime> {
        let mut turns = self.turns.iter().filter(|turn| turn.at >= not_before);
        let turn = turns.find(|turn| turn.key == key && turn.status == Some(KeyStatus::Inactive));
        turn.map(|turn| turn.at)
    }

    /// How many keys the hourly runs have retired.
    pub fn retired(&self) -> usize {
        let retired =
            |turn: &&Turn| turn.by == Running::Hourly && turn.status == Some(KeyStatus::Inactive);
        self.turns.iter().filter(retired).count()
    }

    /// What must hold when a run has ended that began at this time.
    pub fn end(&mut self, began: SystemTime, failed: bool) {
        let disturbed = self.disturbed || failed;
        self.watch.end(disturbed);
        let broken = std::mem::take(&mut self.watch.broken);
        broken.into_iter().for_each(|what| self.breaks(&what));
        if disturbed || self.running != Running::Hourly {
            return;
        }
        let seen = Seen::of(&self.aws, &self.arn, &self.user);
        let is_active = |label| {
            seen.key_of(label)
                .map(|key| key.status == KeyStatus::Active)
        };
        if is_active(AWSCURRENT) != Some(true) {
            self.breaks("P1: AWSCURRENT's key is not active after a run");
        }
        let previous = seen.key_of(AWSPREVIOUS);
        let due = self.ago(self.changed, began) >= self.rule.retire_after;
        let used = previous.and_then(|key| self.shown_use(&key.id));
        let in_use = used.is_some_and(|used| self.ago(used, began) < self.rule.in_use_window);
        if is_active(AWSPREVIOUS) == Some(true) && due && !in_use {
            self.breaks("the replaced key was not retired, though it is due and not in use");
        }
        let active = seen.keys.iter();
        let active = active.filter(|key| key.status == KeyStatus::Active).count();
        if active > 1 && due && !in_use {
            self.breaks("the user has more than one active key");
        }
    }

    fn look(&mut self, call: &Call) {
        self.watch.look(&self.aws, call);
        self.disturbed |= call.outcome != Outcome::Ok || call.missed;
        let seen = self.aws.secret(&self.arn).unwrap();
        if seen.versions != self.versions {
            let current = seen.with_label(AWSCURRENT).unwrap();
            let text = current.content.as_ref().unwrap().as_text().unwrap();
            let keys = self.aws.user_keys(&self.user).into_iter();
            let given_out = keys.map(|key| key.id).find(|id| text.contains(id));
            let before = self.moves.last().map(|(_, key)| key);
            if given_out.as_ref() != before {
                self.moves.push((call.at, given_out.unwrap_or_default()));
            }
            (self.versions, self.changed) = (seen.versions, call.at);
        }
        let now = statuses(&self.aws, &self.user);
        for (key, was) in std::mem::replace(&mut self.statuses, now.clone()) {
            let status = now.get(&key).copied();
            if status != Some(was) {
                self.turn(Turn {
                    at: call.at,
                    key,
                    status,
                    by: self.running,
                });
            }
        }
    }

    fn turn(&mut self, turn: Turn) {
        let retires = turn.status == Some(KeyStatus::Inactive) && turn.by == Running::Hourly;
        let used = self.shown_use(&turn.key);
        let lately = |used| self.ago(used, turn.at) < self.rule.in_use_window;
        if retires && used.is_some_and(lately) {
            self.breaks("P6: a key was retired although IAM shows its use");
        }
        let earlier = self.turns.iter().rev().find(|one| one.key == turn.key);
        let by_keeper = earlier.is_some_and(|one| one.by == Running::Hourly);
        if turn.status == Some(KeyStatus::Active) && by_keeper {
            self.breaks("a retired key is active again, and nobody has undone it");
        }
        self.turns.push(turn);
    }

    /// A key's last use, as IAM shows it.
    fn shown_use(&self, key: &str) -> Option<SystemTime> {
        let keys = self.aws.user_keys(&self.user).into_iter();
        let mut keys = keys.filter(|one| one.id == key);
        keys.next()?.last_used.map(|used| used.at)
    }

    fn ago(&self, earlier: SystemTime, now: SystemTime) -> Duration {
        now.duration_since(earlier).unwrap_or_default()
    }

    fn breaks(&mut self, what: &str) {
        let at = self.aws.clock().now().duration_since(start()).unwrap();
        self.broken.push(format!("{at:?}: {what}"));
    }
}

fn statuses(aws: &Aws, user: &str) -> BTreeMap<String, KeyStatus> {
    let keys = aws.user_keys(user).into_iter();
    keys.map(|key| (key.id, key.status)).collect()
}
