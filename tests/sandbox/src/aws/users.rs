//! IAM users and their access keys.

use std::time::{Duration, SystemTime};

use super::directory::{Directory, Named};
use super::ids::{Confidential, Ids};
use super::propagation::{Propagation, Spread};
use super::timeline::Follow;
use super::uses::Uses;
use super::{KeyStatus, KeyView};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct User {
    pub(super) account: String,
    pub(super) name: String,
    pub(super) path: String,
    pub(super) id: String,
    pub(super) created: SystemTime,
    pub(super) keys: Vec<Key>,
    pub(super) tags: Vec<(String, String)>,
    /// The ARNs of the managed policies that are attached.
    pub(super) attached: Vec<String>,
}

impl User {
    pub(super) fn new(account: &str, path: &str, name: &str, id: String, now: SystemTime) -> Self {
        Self {
            account: account.to_owned(),
            name: name.to_owned(),
            path: path.to_owned(),
            id,
            created: now,
            keys: Vec::new(),
            tags: Vec::new(),
            attached: Vec::new(),
        }
    }

    pub(super) fn arn(&self) -> String {
        user_arn(&self.account, &self.path, &self.name)
    }

    /// The keys that are not deleted, however far a deletion has spread.
    pub(super) fn existing_keys(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(|key| !key.spread.is_deleted())
    }

    pub(super) fn existing_key_mut(&mut self, id: &str) -> Option<&mut Key> {
        self.keys
            .iter_mut()
            .find(|key| key.id == id && !key.spread.is_deleted())
    }

    pub(super) fn age(&mut self, by: Duration) {
        self.created -= by;
        for key in &mut self.keys {
            key.created -= by;
            key.spread.age(by);
            if let Some((_, until)) = &mut key.switched {
                *until -= by;
            }
            key.uses.age(by);
        }
    }
}

/// Its name, its ARN, [`in_account`], and [`owner_of`] each of its keys.
impl Named for User {
    fn names(&self) -> Vec<String> {
        let own = [
            self.name.clone(),
            self.arn(),
            in_account(&self.account, &self.name),
        ];
        let keys = self.keys.iter().map(|key| owner_of(&key.id));
        own.into_iter().chain(keys).collect()
    }
}

/// What a user of an account is found by.
pub(super) fn in_account(account: &str, name: &str) -> String {
    format!("{name} of {account}")
}

/// What a key's user is found by.
pub(super) fn owner_of(key_id: &str) -> String {
    format!("owner of {key_id}")
}

/// Changes a key wherever it is known.
pub(super) fn amend_key(users: &mut Directory<User>, id: &str, change: impl Fn(&mut Key)) {
    users.update(&owner_of(id), |user| {
        let keys = user.keys.iter_mut().filter(|key| key.id == id);
        keys.for_each(change);
    });
}

/// Takes over the whole of each key that was made or changed, and the policies; no key is ever forgotten.
impl Follow for Directory<User> {
    fn follow(&mut self, before: &Self, after: &Self) {
        for user in after.iter() {
            let arn = user.arn();
            let was = before.get(&arn);
            if self.update(&arn, |own| own.follow(was, user)).is_none() {
                self.push(user.clone());
            }
        }
    }
}

impl User {
    fn follow(&mut self, was: Option<&Self>, is: &Self) {
        if was.is_some_and(|was| was.attached != is.attached) {
            self.attached.clone_from(&is.attached);
        }
        let was = was.map_or(&[][..], |was| &was.keys);
        for key in is.keys.iter().filter(|key| !was.contains(key)) {
            self.keys.retain(|have| have.id != key.id);
            self.keys.push(key.clone());
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) id: String,
    pub(super) secret: Confidential,
    pub(super) status: KeyStatus,
    pub(super) created: SystemTime,
    pub(super) uses: Uses,
    pub(super) spread: Spread,
    /// The status before the switch, and until when it stays in effect (fact 42).
    pub(super) switched: Option<(KeyStatus, SystemTime)>,
}

impl Key {
    /// An active key that was never used.
    pub(super) fn new(ids: &mut Ids, propagation: Propagation, now: SystemTime) -> Self {
        Self {
            id: ids.iam_id("AKIA"),
            secret: ids.secret_access_key(),
            status: KeyStatus::Active,
            created: now,
            uses: Uses::default(),
            spread: Spread::begin(propagation, now),
            switched: None,
        }
    }

    /// Sets the status, which spreads with a delay.
    pub(super) fn switch(&mut self, status: KeyStatus, delay: Duration, now: SystemTime) {
        let before = self.status_at(now);
        self.status = status;
        self.switched = (before != status && !delay.is_zero()).then_some((before, now + delay));
    }

    /// The status that has spread so far.
    pub(super) fn status_at(&self, now: SystemTime) -> KeyStatus {
        let before = self.switched.filter(|(_, until)| now < *until);
        before.map_or(self.status, |(before, _)| before)
    }

    /// Whether a request signed with the key is accepted now (facts 27 and 29).
    pub(super) fn is_usable(&self, now: SystemTime) -> bool {
        self.status_at(now) == KeyStatus::Active && self.spread.is_accepted(now)
    }

    /// Whether the key's SMTP password is accepted now.
    pub(super) fn is_usable_for_smtp(&self, now: SystemTime) -> bool {
        self.status_at(now) == KeyStatus::Active && self.spread.is_accepted_by_smtp(now)
    }

    pub(super) fn view(&self, now: SystemTime) -> KeyView {
        KeyView {
            id: self.id.clone(),
            status: self.status,
            created: self.created,
            last_used: self.uses.shown(now).cloned(),
            usable: self.is_usable(now),
        }
    }
}

pub(super) fn user_arn(account: &str, path: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:user{path}{name}")
}
