//! The expectations for the function while others change the account too. Each change is either the function's or the
//! hand's. What no look could have shown is counted as excused.

use std::time::{Duration, SystemTime};

use sandbox::aws::{AWSCURRENT, AWSPENDING, Aws, Call, KeyStatus, KeyView};

use crate::explorer::promises::differs_in_key_only;
use crate::explorer::seen::Seen;
use crate::hands::hand::{Done, Hand};
use crate::hands::looks::Looks;
use crate::hands::marks::{Attempt, Marks};

/// Whether no active key may be deleted (P9).
const P9: bool = true;
/// A key that is younger, or was used more recently, is somebody's.
const IN_USE: Duration = Duration::from_hours(24);

/// The expectations for one invocation.
#[derive(Clone)]
pub struct Watched {
    pub arn: String,
    /// All users whose keys can end up in the secret.
    pub users: Vec<String>,
    pub token: String,
    pub attempt: Attempt,
    /// The key that was AWSCURRENT's when this rotation began (P6).
    pub protected: Option<String>,
    /// Whether the function's settings let it delete keys in use.
    pub any_goes: bool,
    /// The calls whose response the function cannot read.
    pub garbled: Vec<usize>,
}

pub struct Watch {
    watched: Watched,
    before: Seen,
    uses: Vec<KeyView>,
    looks: Looks,
    hand_behind: Option<usize>,
    moves: usize,
    pub marks: Marks,
    pub made: Vec<String>,
    pub broken: Vec<String>,
    pub excused: usize,
}

impl Watch {
    pub fn new(aws: &Aws, watched: Watched, marks: Marks) -> Self {
        Self {
            before: seen(aws, &watched),
            uses: keys(aws, &watched),
            looks: Looks::new(&watched.arn, &watched.garbled),
            watched,
            hand_behind: None,
            moves: 0,
            marks,
            made: Vec::new(),
            broken: Vec::new(),
            excused: 0,
        }
    }

    /// The hand came after this many calls. No look shows it before that time.
    pub fn hand(
        &mut self,
        aws: &Aws,
        hand: Hand,
        done: &Done,
        behind: usize,
        unseen_until: SystemTime,
    ) {
        self.looks.blind();
        self.hand_behind = Some(behind);
        self.before = seen(aws, &self.watched);
        self.uses = keys(aws, &self.watched);
        let (moved, at) = (hand.moves_current(), self.watched.attempt);
        self.marks.unseen_until = Some(unseen_until);
        self.marks.hand(&self.before, moved, done.made.as_ref(), at);
    }

    /// Checks the promises after a call by the function.
    pub fn look(&mut self, aws: &Aws, call: &Call) {
        self.looks.read(aws, call);
        let now = seen(aws, &self.watched);
        if now != self.before {
            let mut broken = Vec::new();
            let known = |id: &str| self.before.key(id).is_some();
            let made = now.keys.iter().filter(|key| !known(&key.id));
            self.made.extend(made.map(|key| key.id.clone()));
            for was in self.before.keys.clone() {
                let is = now.key(&was.id).map(|key| key.status);
                match is {
                    None => broken.extend(self.deleted(&was, call)),
                    Some(is) if is == was.status => {}
                    Some(KeyStatus::Active) => broken.extend(self.marks.activated(&was.id)),
                    Some(_) => broken.extend(self.deactivated(&was, call)),
                }
            }
            if now.current_version() != self.before.current_version() {
                broken.extend(self.moved(&now, call));
            }
            broken.extend(self.staged(&now, call));
            let where_ = format!("behind call {} {}", call.number, call.action);
            let broken = broken.into_iter();
            self.broken
                .extend(broken.map(|what| format!("{what} ({where_})")));
            self.marks.keep(&now);
            self.before = now;
        }
        self.uses = keys(aws, &self.watched);
        self.looks.authenticated(call);
    }

    /// What is wrong when the invocation ends.
    pub fn end(&mut self) {
        self.broken.extend(self.marks.left(self.watched.attempt));
    }

    fn deleted(&mut self, key: &KeyView, call: &Call) -> Vec<String> {
        let mut broken = Vec::new();
        if self.before.gives_out(&key.id) {
            let before = self.marks.deactivated_before.contains(&key.id);
            match before && !self.looks.current && self.marks.is_unseen(call.at) {
                true => self.excused += 1,
                false => broken.push("P1: AWSCURRENT's key was deleted".to_owned()),
            }
        }
        let pending = self.before.text(AWSPENDING);
        if pending.is_some_and(|text| text.contains(&key.id)) {
            match !self.looks.labels && self.marks.is_unseen(call.at) {
                true => self.excused += 1,
                false => broken.push("P1: AWSPENDING's key was deleted".to_owned()),
            }
        }
        if P9 && key.status == KeyStatus::Active && (self.looks.keys || !self.marks.handled) {
            broken.push("P9: an active key was deleted".to_owned());
        }
        broken.extend(self.protected(key));
        broken.extend(self.foreign(key, call, "deleted"));
        broken
    }

    fn deactivated(&mut self, key: &KeyView, call: &Call) -> Vec<String> {
        let mut broken = Vec::new();
        self.marks.deactivated.insert(key.id.clone());
        if self.before.gives_out(&key.id) {
            match self.marks.handled && !self.looks.current {
                true => {
                    let at = self.watched.attempt;
                    self.marks.owed.insert(key.id.clone(), at);
                }
                false => broken.push("P1: AWSCURRENT's key was deactivated".to_owned()),
            }
        }
        broken.extend(self.protected(key));
        broken.extend(self.foreign(key, call, "deactivated"));
        broken
    }

    fn protected(&self, key: &KeyView) -> Option<String> {
        let was_current = self.watched.protected.as_ref() == Some(&key.id);
        (was_current && !self.marks.moved_current)
            .then(|| "P6: the key that was current as the rotation began was taken".to_owned())
    }

    /// Somebody's key that is new or in use.
    fn foreign(&self, key: &KeyView, call: &Call, how: &str) -> Option<String> {
        let age = |at| call.at.duration_since(at).unwrap_or_default();
        let used = self.uses.iter().find(|one| one.id == key.id);
        let used = used.and_then(|one| one.last_used.as_ref());
        let in_use = age(key.created) < IN_USE || used.is_some_and(|used| age(used.at) < IN_USE);
        let foreign = self.marks.foreign.contains(&key.id);
        (foreign && in_use && !self.watched.any_goes)
            .then(|| format!("P6: a key that somebody had just made was {how}"))
    }

    /// What is wrong with AWSCURRENT's new version.
    fn moved(&mut self, now: &Seen, call: &Call) -> Vec<String> {
        let mut broken = Vec::new();
        self.moves += 1;
        if self.moves > 1 {
            broken.push("P4: AWSCURRENT moved twice in one invocation".to_owned());
        }
        let text = now.text(AWSCURRENT).unwrap_or_default();
        let success = self.looks.success(text);
        let at_once = success.is_some_and(|success| success.is_right_before(call));
        if !at_once {
            broken.push("P2: AWSCURRENT moved to a key that had not just authenticated".to_owned());
        }
        let broken_since = match (success, self.hand_behind) {
            (Some(success), Some(behind)) => behind >= success.number,
            _ => false,
        };
        if !now.key_of(AWSCURRENT).is_some_and(|key| key.usable) {
            match at_once && broken_since {
                true => self.excused += 1,
                false => broken.push("P2: AWSCURRENT moved to a key that does not work".to_owned()),
            }
        }
        if let (Some(old), Some(new)) = (self.before.text(AWSCURRENT), now.text(AWSCURRENT))
            && !differs_in_key_only(old, new)
        {
            broken.push("P7: AWSCURRENT's other fields changed".to_owned());
        }
        broken
    }

    /// AWSPENDING goes from another rotation's version to this one's.
    fn staged(&mut self, now: &Seen, call: &Call) -> Option<String> {
        let holder = |seen: &Seen| {
            let version = seen.secret.with_label(AWSPENDING);
            version.map(|version| version.id.clone())
        };
        let (was, is) = (holder(&self.before)?, holder(now)?);
        let taken = call.action == "PutSecretValue" && was != is && is == self.watched.token;
        if taken && !self.looks.labels && self.marks.is_unseen(call.at) {
            self.excused += 1;
            return None;
        }
        taken.then(|| "P8: AWSPENDING was taken from a newer rotation".to_owned())
    }
}

fn keys(aws: &Aws, watched: &Watched) -> Vec<KeyView> {
    let users = watched.users.iter();
    users.flat_map(|user| aws.user_keys(user)).collect()
}

fn seen(aws: &Aws, watched: &Watched) -> Seen {
    let mut keys = keys(aws, watched);
    for key in &mut keys {
        key.last_used = None;
    }
    Seen {
        secret: aws.secret(&watched.arn).expect("the secret"),
        keys,
    }
}
