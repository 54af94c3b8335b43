//! IAM users and their access keys.

use std::time::{Duration, SystemTime};

use super::ids::{Confidential, Ids};
use super::propagation::{Propagation, Spread};
use super::timeline::Follow;
use super::uses::Uses;
use super::{KeyStatus, KeyView};

#[derive(Clone, Debug, PartialEq)]
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

    pub(super) fn has_arn(&self, arn: &str) -> bool {
        let rest = arn.strip_prefix("arn:aws:iam::");
        let rest = rest.and_then(|rest| rest.strip_prefix(self.account.as_str()));
        let rest = rest.and_then(|rest| rest.strip_prefix(":user"));
        rest.and_then(|rest| rest.strip_prefix(self.path.as_str())) == Some(&self.name)
    }

    /// Whether this is the user of that name in the account.
    pub(super) fn is(&self, account: &str, name: &str) -> bool {
        self.account == account && self.name == name
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

/// Takes over the whole of each key that was made or changed, and the policies; no key is ever forgotten.
impl Follow for Vec<User> {
    fn follow(&mut self, before: &Self, after: &Self) {
        for user in after {
            let arn = user.arn();
            let Some(own) = self.iter_mut().find(|own| own.arn() == arn) else {
                self.push(user.clone());
                continue;
            };
            let was = before.iter().find(|was| was.arn() == arn);
            if was.is_some_and(|was| was.attached != user.attached) {
                own.attached.clone_from(&user.attached);
            }
            let was = was.map_or(&[][..], |was| &was.keys);
            for key in user.keys.iter().filter(|key| !was.contains(key)) {
                own.keys.retain(|have| have.id != key.id);
                own.keys.push(key.clone());
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
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
