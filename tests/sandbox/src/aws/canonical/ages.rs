//! Ages, as finely as the function compares them.

use std::time::{Duration, SystemTime};

use super::{Canonical, seconds};
use crate::aws::secrets::CREATING;
use crate::aws::users::Key;
use crate::aws::{LastUsed, VersionView};

impl Canonical<'_> {
    /// For a key that no version holds, the function checks whether it is a day old.
    pub(super) fn key_age(&self, key: &Key, held: bool) -> String {
        let age = self.age(key.created);
        match (self.lens.exact, held) {
            (true, _) => capped(age),
            (false, true) => String::new(),
            (false, false) => days(age),
        }
    }

    /// For one of its marks, the function checks which keys are of its time, whether it is this rotation's, and whether
    /// it is a day old.
    pub(super) fn mark(&self, label: &str) -> Option<String> {
        let (since, run) = label.strip_prefix(CREATING)?.split_once('-')?;
        let since: u64 = since.parse().ok()?;
        let keys = self.state.users.now().iter().flat_map(|user| &user.keys);
        let of_its_time = keys.filter(|key| {
            let created = seconds(key.created);
            self.exists(key) && (since.saturating_sub(300)..=since + 360).contains(&created)
        });
        let keys: Vec<_> = of_its_time.map(|key| &*key.id).collect();
        let own = self
            .lens
            .names
            .iter()
            .any(|(name, _)| run.starts_with(name));
        let age = seconds(self.now).saturating_sub(since);
        let age = match (self.lens.exact, self.lens.timeless) {
            (_, true) => String::new(),
            (true, _) => capped(age),
            (false, _) => days(age),
        };
        Some(format!("creating {keys:?} own {own} {age}"))
    }

    /// The function checks whether a use was within the last day, and whether it was one of STS
    /// within 15 minutes of the key's creation. Close to a day, minutes count.
    pub(super) fn last_use(&self, key: &Key) -> String {
        let mut text = match key.uses.shown(self.now) {
            Some(used) => self.used(key, used),
            None => "never used".to_owned(),
        };
        for (from, used) in key.uses.coming(self.now) {
            let left = from.duration_since(self.now).unwrap_or_default();
            text.push_str(&format!(", in {left:?} {}", self.used(key, used)));
        }
        text
    }

    fn used(&self, key: &Key, used: &LastUsed) -> String {
        let age = self.age(used.at);
        let when = match self.lens.exact {
            true => capped(age),
            false => days(age),
        };
        let soon = seconds(used.at).saturating_sub(seconds(key.created)) < 15 * 60;
        format!("used {when} in {}, soon {soon}", used.service)
    }

    /// For AWSPENDING's version, the function checks whether it is five minutes old.
    pub(super) fn pending_age(&self, version: &VersionView) -> String {
        let age = self.age(version.created);
        match age {
            _ if self.lens.exact => capped(age),
            0..270 => format!("{} half minutes", age / 30),
            270..330 => format!("{age} s"),
            _ => "old".to_owned(),
        }
    }

    fn age(&self, at: SystemTime) -> u64 {
        seconds(self.now).saturating_sub(seconds(at))
    }
}

/// An age relative to one day; close to a day, minutes count.
fn days(age: u64) -> String {
    const HOUR: u64 = 3_600;
    match age {
        age if age < 23 * HOUR => "lately".to_owned(),
        age if age < 25 * HOUR => format!("{} min", age / 60),
        _ => "long ago".to_owned(),
    }
}

/// Ages over two days are all the same: the function does not look back further.
fn capped(age: u64) -> String {
    let limit = Duration::from_hours(48).as_secs();
    match age {
        0..172_800 => format!("{age} s"),
        _ => format!("over {limit} s"),
    }
}
