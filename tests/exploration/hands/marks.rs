//! What must be known about an account besides its contents, from one invocation to the next.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::SystemTime;

use sandbox::aws::KeyStatus;

use crate::explorer::protocol::Phase;
use crate::explorer::seen::Seen;

/// An attempt at a rotation.
pub type Attempt = (u8, u8);

pub fn attempt(phase: &Phase) -> Attempt {
    (phase.rotation, phase.attempt)
}

#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// Whether the hand has come.
    pub handled: bool,
    /// The time before which no look shows it.
    pub unseen_until: Option<SystemTime>,
    /// Whether it moved AWSCURRENT in the current rotation.
    pub moved_current: bool,
    /// The keys that the function deactivated and nobody has touched since.
    pub deactivated: BTreeSet<String>,
    /// Those that were in that set when the hand came.
    pub deactivated_before: BTreeSet<String>,
    /// AWSCURRENT's keys among them, and the attempt since which both have been true.
    pub owed: BTreeMap<String, Attempt>,
    /// The keys that a hand made.
    pub foreign: BTreeSet<String>,
}

impl Marks {
    /// Records that the hand has come.
    pub fn hand(&mut self, now: &Seen, moved_current: bool, made: Option<&String>, at: Attempt) {
        self.handled = true;
        self.moved_current = moved_current;
        self.foreign.extend(made.cloned());
        self.keep(now);
        self.deactivated_before = self.deactivated.clone();
        let owed = self.deactivated.iter().filter(|id| now.gives_out(id));
        for id in owed {
            self.owed.entry(id.clone()).or_insert(at);
        }
    }

    /// Whether no look could show the hand yet: at the moment that it came, or while reads missed it.
    pub fn is_unseen(&self, at: SystemTime) -> bool {
        self.unseen_until.is_some_and(|until| at <= until)
    }

    /// Forgets the keys that are no longer inactive because of the function.
    pub fn keep(&mut self, now: &Seen) {
        let inactive = |id: &String| {
            now.key(id)
                .is_some_and(|key| key.status == KeyStatus::Inactive)
        };
        self.deactivated.retain(inactive);
        self.owed.retain(|id, _| inactive(id) && now.gives_out(id));
    }

    /// The keys that must be active again by the end of an attempt's first invocation.
    pub fn due(&self, at: Attempt) -> impl Iterator<Item = &String> {
        let due = self.owed.iter().filter(move |(_, since)| **since != at);
        due.map(|(id, _)| id)
    }

    /// What is wrong if such a key is left when an invocation of an attempt ends (P1).
    pub fn left(&self, at: Attempt) -> Option<String> {
        let is_left = self.due(at).next().is_some();
        is_left.then(|| {
            "P1: AWSCURRENT's key is still inactive, though the function deactivated it".to_owned()
        })
    }

    /// What is wrong if the function activates this key.
    pub fn activated(&self, id: &str) -> Option<String> {
        let own = self.deactivated.contains(id);
        (!own).then(|| "P8: a key was activated that the function had not deactivated".to_owned())
    }

    /// The parts of this that make a difference, by key.
    pub fn notes(&self) -> BTreeMap<String, String> {
        let mut notes: BTreeMap<String, String> = BTreeMap::new();
        let sets = [
            (&self.deactivated, "deactivated"),
            (&self.deactivated_before, "deactivated before"),
            (&self.foreign, "a hand's"),
        ];
        for (keys, word) in sets {
            for key in keys {
                let _ = write!(notes.entry(key.clone()).or_default(), " {word}");
            }
        }
        for (key, since) in &self.owed {
            let _ = write!(notes.entry(key.clone()).or_default(), " owed {since:?}");
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use sandbox::aws::{AWSCURRENT, Aws};
    use sandbox::clock::Clock;

    use super::*;
    use crate::world::start;

    /// An account whose key the function deactivated, in AWSCURRENT or not.
    fn account(given_out: bool) -> (Aws, String, String) {
        let aws = Aws::new(Clock::at(start()));
        aws.create_user("/", "alice");
        let key = aws.create_access_key("alice").id;
        aws.set_key_status(&key, KeyStatus::Inactive);
        let text = if given_out { key.as_str() } else { "{}" };
        let arn = aws.create_secret("s", Some(text.into()));
        (aws, arn, key)
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_that_a_hand_makes_current_is_owed_from_the_next_attempt_on() {
        for given_out in [true, false] {
            let (aws, arn, key) = account(given_out);
            let mut marks = Marks::default();
            marks.deactivated.insert(key.clone());
            marks.hand(&Seen::of(&aws, &arn, "alice"), true, None, (0, 1));
            assert_eq!(marks.due((0, 1)).count(), 0);
            assert_eq!(marks.due((0, 2)).count(), usize::from(given_out));
            aws.set_key_status(&key, KeyStatus::Active);
            marks.keep(&Seen::of(&aws, &arn, "alice"));
            assert_eq!(marks.due((0, 2)).count(), 0);
            assert!(marks.deactivated.is_empty());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_that_is_current_no_more_is_owed_no_more() {
        let (aws, arn, key) = account(true);
        let mut marks = Marks::default();
        marks.deactivated.insert(key);
        marks.hand(&Seen::of(&aws, &arn, "alice"), true, None, (0, 1));
        aws.put_secret_text(&arn, "{}");
        assert!(aws.secret(&arn).unwrap().with_label(AWSCURRENT).is_some());
        marks.keep(&Seen::of(&aws, &arn, "alice"));
        assert_eq!(marks.due((1, 1)).count(), 0);
    }
}
