//! The parts of the account that the promises are about.

use std::collections::BTreeMap;

use sandbox::aws::{
    AWSCURRENT, AWSPENDING, AWSPREVIOUS, Aws, KeyStatus, KeyView, SecretView, VersionView,
};

/// The secret and the user's keys, without the keys' last uses.
#[derive(Clone, PartialEq)]
pub struct Seen {
    pub secret: SecretView,
    pub keys: Vec<KeyView>,
}

impl Seen {
    pub fn of(aws: &Aws, arn: &str, user: &str) -> Self {
        let mut keys = aws.user_keys(user);
        for key in &mut keys {
            key.last_used = None;
        }
        Self {
            secret: aws.secret(arn).expect("the secret"),
            keys,
        }
    }

    pub fn key(&self, id: &str) -> Option<&KeyView> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// Whether a key exists and is active, however far that has spread.
    pub fn is_live(&self, id: &str) -> bool {
        self.key(id)
            .is_some_and(|key| key.status == KeyStatus::Active)
    }

    /// Whether a key exists, and is in no version with a label.
    pub fn is_lost(&self, id: &str) -> bool {
        let versions = self.secret.versions.iter();
        let mut labelled = versions.filter(|version| !version.labels.is_empty());
        let holds = |version: &VersionView| {
            let content = version.content.as_ref();
            content.is_some_and(|content| content.gives_out(id))
        };
        self.key(id).is_some() && !labelled.any(holds)
    }

    /// Whether a key's id is anywhere in AWSCURRENT's text.
    pub fn gives_out(&self, id: &str) -> bool {
        let current = self.secret.with_label(AWSCURRENT);
        let content = current.and_then(|version| version.content.as_ref());
        content.is_some_and(|content| content.gives_out(id))
    }

    pub fn text(&self, label: &str) -> Option<&str> {
        self.secret.with_label(label)?.content.as_ref()?.as_text()
    }

    /// Which of the user's keys is in the version with a label, in any layout.
    pub fn key_of(&self, label: &str) -> Option<&KeyView> {
        let text = self.text(label)?;
        self.keys.iter().find(|key| text.contains(&key.id))
    }

    pub fn current_version(&self) -> Option<&str> {
        self.secret
            .with_label(AWSCURRENT)
            .map(|version| version.id.as_str())
    }

    /// What a refusal must not change: the labels of AWS, the values, the keys.
    pub fn essence(&self) -> impl PartialEq {
        let labels: BTreeMap<_, _> = [AWSCURRENT, AWSPENDING, AWSPREVIOUS]
            .map(|label| {
                (
                    label,
                    self.secret
                        .with_label(label)
                        .map(|version| version.id.clone()),
                )
            })
            .into();
        let values: Vec<_> = self
            .secret
            .versions
            .iter()
            .map(|version| version.content.clone())
            .collect();
        let keys: Vec<_> = self
            .keys
            .iter()
            .map(|key| (key.id.clone(), key.status))
            .collect();
        (labels, values, keys)
    }
}
