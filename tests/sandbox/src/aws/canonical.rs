//! The relevant state of the account, as a text.

mod ages;

use std::collections::HashMap;
use std::fmt::Write;
use std::time::SystemTime;

use super::directory::Directory;
use super::secrets::{CREATING, Secret};
use super::state::State;
use super::users::{Key, User};
use super::{AWSPENDING, Aws, VersionView, smtp_password};

impl Aws {
    /// The relevant state of the account, as a text: equal texts have equal futures.
    #[must_use]
    pub fn canonical(&self, lens: &Lens) -> String {
        let now = self.now();
        Canonical::new(lens, &self.state(), now).account()
    }

    /// The last request, as the key that signed it and its body, with the names of [`Aws::canonical`].
    #[must_use]
    pub fn canonical_request(&self, lens: &Lens) -> String {
        let now = self.now();
        let state = self.state();
        let signed = state.calls.last().map_or("", |call| &call.access_key_id);
        let body = String::from_utf8_lossy(&state.last_request);
        Canonical::new(lens, &state, now).rename(format!("{signed} {}", unmarked(&body)))
    }
}

/// Which differences in the account count for [`Aws::canonical`].
#[derive(Clone, Debug, Default)]
pub struct Lens {
    /// How many of the last changes a stale read could miss.
    pub history: usize,
    /// Whether ages count to the second, and not only as finely as the function compares them.
    pub exact: bool,
    /// Whether ages and uses count at all.
    pub timeless: bool,
    /// Names for ids, such as those of rotation tokens.
    pub names: Vec<(String, String)>,
    /// What else is known about an access key, by its id.
    pub notes: HashMap<String, String>,
}

/// The account through a lens, with its keys and secrets named by their order.
struct Canonical<'a> {
    lens: &'a Lens,
    state: &'a State,
    now: SystemTime,
    history: usize,
    names: Vec<(String, String)>,
}

/// A key's creation in IAM's whole seconds; keys of the same second are told apart by id (fact 24).
fn order(key: &Key) -> (u64, &str) {
    (seconds(key.created), &key.id)
}

fn seconds(at: SystemTime) -> u64 {
    let since = at.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

impl<'a> Canonical<'a> {
    fn new(lens: &'a Lens, state: &'a State, now: SystemTime) -> Self {
        let missed = state.faults.stale().map_or(0, |(_, changes)| changes);
        let mut this = Self {
            lens,
            state,
            now,
            history: missed.max(lens.history),
            names: lens.names.clone(),
        };
        let texts = this.texts();
        let mut keys: Vec<&Key> = this.eras().into_iter().flatten().collect();
        keys.sort_by_key(|key| order(key));
        keys.dedup_by_key(|key| &key.id);
        keys.retain(|key| this.exists(key) || texts.contains(&key.id));
        for (rank, key) in keys.into_iter().enumerate() {
            let name = format!("<key {rank}>");
            this.names.push((key.id.clone(), name.clone()));
            this.names.push((
                key.secret.reveal().to_owned(),
                format!("<secret of {name}>"),
            ));
            for region in state.smtp.regions() {
                let password = smtp_password(key.secret.reveal(), region);
                let name = format!("<password of {name} in {region}>");
                this.names.push((password, name));
            }
        }
        this
    }

    /// The current keys, and the earlier ones that can still be read.
    fn eras(&self) -> Vec<Vec<&'a Key>> {
        let eras = self.users();
        eras.map(|users| users.iter().flat_map(|user| &user.keys).collect())
            .collect()
    }

    fn users(&self) -> impl Iterator<Item = &'a Directory<User>> {
        let users = &self.state.users;
        let lagging = users.lagging(self.now).map(|(seen, _)| seen);
        std::iter::once(users.now())
            .chain(users.before(self.history))
            .chain(lagging)
    }

    fn secrets(&self) -> impl Iterator<Item = &'a Directory<Secret>> {
        let secrets = &self.state.secrets;
        let lagging = secrets.lagging(self.now).map(|(seen, _)| seen);
        let listed = secrets.unlisted(self.now).map(|(seen, _)| seen);
        std::iter::once(secrets.now())
            .chain(secrets.before(self.history))
            .chain(lagging)
            .chain(listed)
    }

    fn texts(&self) -> String {
        let secrets = self.secrets().flat_map(Directory::iter);
        let versions = secrets.flat_map(|secret| self.versions(secret));
        versions
            .filter_map(|version| version.content.as_ref()?.as_text())
            .collect()
    }

    /// The versions that a read can find: those with a label, and those with a name of their own.
    fn versions<'s>(&self, secret: &'s Secret) -> impl Iterator<Item = &'s VersionView> {
        let named = |id: &str| self.lens.names.iter().any(|(own, _)| own == id);
        let versions = secret.versions.iter();
        versions.filter(move |version| !version.labels.is_empty() || named(&version.id))
    }

    /// Whether the key is, or will be, known anywhere.
    fn exists(&self, key: &Key) -> bool {
        key.spread.is_listed(self.now)
            || key.spread.is_accepted(self.now)
            || !key.spread.changes_after(self.now).is_empty()
    }

    fn rename(&self, text: String) -> String {
        let names = self.names.iter();
        names.fold(text, |text, (own, name)| {
            match text.contains(own.as_str()) {
                true => text.replace(own, name),
                false => text,
            }
        })
    }

    fn account(&self) -> String {
        let held = self.texts();
        let mut text = String::new();
        for keys in self.eras() {
            self.write_keys(&mut text, keys, &held);
        }
        for (era, users) in self.users().enumerate() {
            for user in users.iter().filter(|user| !user.attached.is_empty()) {
                let (name, attached) = (&user.name, &user.attached);
                let _ = writeln!(text, "{era}: {name} carries {attached:?}");
            }
        }
        for secrets in self.secrets() {
            for secret in secrets.iter() {
                self.write_secret(&mut text, secret);
            }
            text.push_str("--\n");
        }
        if let Some((reads, changes)) = self.state.faults.stale() {
            let _ = writeln!(text, "{reads} reads miss {changes} changes");
        }
        for (_, left) in self.state.secrets.unlisted(self.now) {
            let _ = writeln!(text, "lists lag for {left:?}");
        }
        let secrets = self.state.secrets.lagging(self.now).map(|(_, left)| left);
        let users = self.state.users.lagging(self.now).map(|(_, left)| left);
        if secrets.or(users).is_some() {
            let _ = writeln!(text, "reads lag for {secrets:?}, lists for {users:?}");
        }
        self.rename(text)
    }

    fn write_keys(&self, text: &mut String, mut keys: Vec<&Key>, held: &str) {
        keys.retain(|key| self.exists(key));
        keys.sort_by_key(|key| order(key));
        let mut last = None;
        for key in keys {
            let created = seconds(key.created);
            let tie = if last == Some(created) { "=" } else { "" };
            last = Some(created);
            let _ = write!(
                text,
                "{tie}{} {:?} deleted {}",
                key.id,
                key.status,
                key.spread.is_deleted()
            );
            if let Some((before, until)) = key.switched.filter(|(_, until)| self.now < *until) {
                let left = until.duration_since(self.now);
                let _ = write!(text, " {before:?} for {left:?}");
            }
            if !self.lens.timeless {
                let _ = write!(
                    text,
                    " listed {} accepted {} at SMTP {} then {:?} {} {}",
                    key.spread.is_listed(self.now),
                    key.spread.is_accepted(self.now),
                    key.spread.has_reached_smtp(self.now),
                    key.spread.changes_after(self.now),
                    self.key_age(key, held.contains(&key.id)),
                    self.last_use(key)
                );
            }
            let note = self.lens.notes.get(&key.id).map_or("", String::as_str);
            let _ = writeln!(text, " {note}");
        }
        text.push_str("-\n");
    }

    fn write_secret(&self, text: &mut String, secret: &Secret) {
        let _ = writeln!(
            text,
            "{} deleted {} test {:?}",
            secret.name,
            secret.deleted.is_some(),
            secret.test
        );
        for version in self.versions(secret) {
            let labels = version.labels.iter();
            let labels = labels.map(|label| self.mark(label).unwrap_or_else(|| label.clone()));
            let mut labels: Vec<_> = labels.collect();
            labels.sort_unstable();
            let own = self.lens.names.iter().find(|(id, _)| *id == version.id);
            let name = own.map_or("", |(_, name)| name.as_str());
            let content = match &version.content {
                Some(content) => content.as_text().unwrap_or("binary"),
                None => "no value",
            };
            let pending = labels.iter().any(|label| label == AWSPENDING);
            let age = match pending && !self.lens.timeless {
                true => self.pending_age(version),
                false => String::new(),
            };
            let _ = writeln!(text, "{name} {labels:?} {age} {content}");
        }
    }
}

/// The text without the times and runs in the function's marks.
fn unmarked(mut text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    while let Some((before, rest)) = text.split_once(CREATING) {
        plain.push_str(before);
        plain.push_str(CREATING);
        let of_mark = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        text = rest.trim_start_matches(of_mark);
    }
    plain.push_str(text);
    plain
}
