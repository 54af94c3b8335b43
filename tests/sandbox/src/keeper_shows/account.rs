//! The keys and labels of a secret's user at one moment, and what differs from one moment to the next.

use std::collections::BTreeMap;

use sandbox::aws::{AWSCURRENT, AWSPENDING, AWSPREVIOUS, Aws, KeyStatus};

use crate::state::field;

const EXPOSED: &str = "iam-key-rotator-exposed-";
const REMOVING: &str = "iam-key-rotator-removing-";

/// The user's keys, and what the secret's labels are on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Account {
    /// The status of each key, by its id.
    keys: BTreeMap<String, &'static str>,
    /// The key in the version that carries a label; empty if there is none yet.
    labels: BTreeMap<String, String>,
}

impl Account {
    /// Looks at the user's keys and at the secret.
    pub(super) fn of(aws: &Aws, secret_arn: &str, username: &str) -> Self {
        let keys = aws.user_keys(username).into_iter();
        let keys = keys.map(|key| (key.id, key.status.as_str())).collect();
        let versions = aws.secret(secret_arn).map(|secret| secret.versions);
        let versions = versions.into_iter().flatten();
        let labels = versions.flat_map(|version| {
            let key = field(&version, "accesskey").unwrap_or_default();
            let labels = version.labels.into_iter();
            labels.map(move |label| (label, key.clone()))
        });
        Self {
            keys,
            labels: labels.collect(),
        }
    }

    /// The key in the version that carries a label.
    pub(super) fn holder(&self, label: &str) -> Option<String> {
        let key = self.labels.get(label);
        key.filter(|key| !key.is_empty()).cloned()
    }

    /// IAM's word for a key's status. None if the user has no such key.
    pub(super) fn status(&self, key: &str) -> Option<&'static str> {
        self.keys.get(key).copied()
    }

    /// The ids of the user's keys.
    pub(super) fn key_ids(&self) -> impl Iterator<Item = &String> {
        self.keys.keys()
    }

    /// Where a key is in its life, in the words of the README. Empty if the user has no such key.
    pub(super) fn life(&self, key: &str) -> String {
        let Some(status) = self.status(key) else {
            return String::new();
        };
        let is_held = |label: &str| self.holder(label).as_deref() == Some(key);
        let is_marked = |mark: &str| self.labels.contains_key(&format!("{mark}{key}"));
        let inactive = status != KeyStatus::Active.as_str();
        let stage = if inactive && is_marked(EXPOSED) {
            "revoked"
        } else if inactive && is_marked(REMOVING) {
            "retired"
        } else if is_held(AWSCURRENT) {
            "current"
        } else if is_held(AWSPENDING) {
            "created"
        } else if is_held(AWSPREVIOUS) {
            "replaced"
        } else {
            "in no version"
        };
        format!("{stage}, {status}")
    }

    /// What has changed since `before`, each in a few words.
    pub(super) fn changes_since(&self, before: &Self) -> Vec<String> {
        let mut changes = Vec::new();
        for (key, status) in &self.keys {
            match before.keys.get(key) {
                None => changes.push(format!("{key} is made")),
                Some(known) if known != status => changes.push(format!("{key} is {status}")),
                Some(_) => {}
            }
        }
        let gone = before
            .keys
            .keys()
            .filter(|key| !self.keys.contains_key(*key));
        changes.extend(gone.map(|key| format!("{key} is deleted")));
        for (label, key) in &self.labels {
            if before.labels.get(label) == Some(key) {
                continue;
            }
            if let Some(exposed) = label.strip_prefix(EXPOSED) {
                changes.push(format!("{exposed} is marked as exposed"));
            } else if let Some(removed) = label.strip_prefix(REMOVING) {
                changes.push(format!("{removed} is marked as being removed"));
            } else if (label == AWSCURRENT || label == AWSPENDING) && !key.is_empty() {
                changes.push(format!("{label} gives out {key}"));
            }
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(keys: &[(&str, &'static str)], labels: &[(&str, &str)]) -> Account {
        let labels = labels.iter();
        Account {
            keys: keys
                .iter()
                .map(|(key, is)| ((*key).to_owned(), *is))
                .collect(),
            labels: labels
                .map(|(label, key)| ((*label).to_owned(), (*key).to_owned()))
                .collect(),
        }
    }

    #[test]
    fn a_key_is_told_by_its_label_its_status_and_its_mark() {
        let removing = format!("{REMOVING}B");
        let exposed = format!("{EXPOSED}C");
        let account = account(
            &[
                ("A", "Active"),
                ("B", "Inactive"),
                ("C", "Inactive"),
                ("D", "Inactive"),
            ],
            &[
                (AWSCURRENT, "A"),
                (AWSPREVIOUS, "B"),
                (&removing, "A"),
                (&exposed, "A"),
            ],
        );
        let lives = ["A", "B", "C", "D", "E"].map(|key| account.life(key));
        let told = ["current, Active", "retired, Inactive", "revoked, Inactive"];
        assert_eq!(lives[..3], told);
        assert_eq!(lives[3..], ["in no version, Inactive", ""]);
    }

    #[test]
    fn each_change_is_told_once() {
        let before = account(&[("A", "Active"), ("O", "Active")], &[(AWSCURRENT, "A")]);
        let exposed = format!("{EXPOSED}A");
        let after = account(
            &[("A", "Inactive"), ("B", "Active")],
            &[(AWSCURRENT, "B"), (AWSPREVIOUS, "A"), (&exposed, "B")],
        );
        assert_eq!(
            after.changes_since(&before),
            [
                "A is Inactive",
                "B is made",
                "O is deleted",
                "AWSCURRENT gives out B",
                "A is marked as exposed"
            ]
        );
        assert_eq!(after.changes_since(&after), Vec::<String>::new());
    }
}
