//! What a test looks at: the secret's versions, the user's keys, and the calls.

use sandbox::aws::{AWSCURRENT, AWSPENDING, Aws, KeyStatus};
use sandbox::setup::Prepared;
use serde_json::Value;

use crate::watch::gives_out;
use crate::world::World;

/// What a rotation can change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    versions: Vec<(String, Vec<String>, Option<String>)>,
    keys: Vec<(String, KeyStatus)>,
}

impl World {
    /// The value of the version with a label.
    pub fn value(&self, label: &str) -> Option<Value> {
        value(&self.aws, self.arn(), label)
    }

    /// The text of the version with a label.
    pub fn text(&self, label: &str) -> String {
        let view = self.aws.secret(self.arn()).unwrap();
        let content = &view.with_label(label).unwrap().content;
        content.as_ref().unwrap().as_text().unwrap().to_owned()
    }

    pub fn pending_key(&self) -> String {
        self.key_of(AWSPENDING).unwrap()
    }

    /// The key id in the version with a label.
    pub fn key_of(&self, label: &str) -> Option<String> {
        key_of(&self.aws, self.arn(), label)
    }

    /// The ids of the keys that AWSCURRENT gives out, whatever its layout.
    #[allow(dead_code, reason = "for the behaviour, which shares this file")]
    pub fn given_out(&self) -> Vec<String> {
        let given_out = |id: &String| gives_out(&self.aws, self.arn(), id);
        self.keys().into_iter().filter(given_out).collect()
    }

    /// The user's key ids, sorted.
    pub fn keys(&self) -> Vec<String> {
        keys(&self.aws, &self.prepared)
    }

    pub fn lost_keys(&self) -> Vec<String> {
        lost_keys(&self.aws, &self.prepared)
    }

    /// How many calls of an action there were.
    pub fn count(&self, action: &str) -> usize {
        self.aws
            .calls()
            .iter()
            .filter(|call| call.action == action)
            .count()
    }

    pub fn snapshot(&self) -> Snapshot {
        let view = self.aws.secret(self.arn()).unwrap();
        Snapshot {
            versions: view
                .versions
                .iter()
                .map(|version| {
                    let mut labels = version.labels.clone();
                    labels.sort();
                    let text = version
                        .content
                        .as_ref()
                        .map(|content| format!("{content:?}{:?}", content.as_text()));
                    (version.id.clone(), labels, text)
                })
                .collect(),
            keys: self
                .aws
                .user_keys(&self.prepared.username)
                .into_iter()
                .map(|key| (key.id, key.status))
                .collect(),
        }
    }

    #[allow(dead_code, reason = "for the exploration, which shares this file")]
    pub fn assert_sound(&self, about: &str) {
        assert_sound(&self.aws, &self.prepared, about);
    }

    pub fn older_key(&self) -> String {
        self.prepared.older_key.as_ref().unwrap().id.clone()
    }

    pub fn current_key(&self) -> String {
        self.prepared.current_key.as_ref().unwrap().id.clone()
    }
}

/// The end state of every rotation: AWSCURRENT's key works (P2), no key is lost (P3),
/// and there are at most two keys.
#[allow(dead_code, reason = "for the exploration, which shares this file")]
pub fn assert_sound(aws: &Aws, prepared: &Prepared, about: &str) {
    let keys = keys(aws, prepared);
    assert!(keys.len() <= 2, "{about}: {keys:?}");
    let lost = lost_keys(aws, prepared);
    assert_eq!(lost, Vec::<String>::new(), "{about}: P3");
    let current = value(aws, &prepared.secret_arn, AWSCURRENT).unwrap();
    let [id, secret] = ["accesskey", "secretkey"].map(|field| current[field].as_str().unwrap());
    assert!(aws.authenticates(id, secret), "{about}: P2");
}

/// The user's key ids, sorted.
pub fn keys(aws: &Aws, prepared: &Prepared) -> Vec<String> {
    let keys = aws.user_keys(&prepared.username);
    let mut ids: Vec<_> = keys.into_iter().map(|key| key.id).collect();
    ids.sort();
    ids
}

/// The user's keys that are in none of the secret's versions (P3).
pub fn lost_keys(aws: &Aws, prepared: &Prepared) -> Vec<String> {
    let view = aws.secret(&prepared.secret_arn).unwrap();
    let texts: Vec<_> = view
        .versions
        .iter()
        .filter(|version| !version.labels.is_empty())
        .filter_map(|version| version.content.as_ref()?.as_text().map(str::to_owned))
        .collect();
    let mut keys = keys(aws, prepared);
    keys.retain(|id| !texts.iter().any(|text| text.contains(id.as_str())));
    keys
}

/// The key id in the version with a label.
pub fn key_of(aws: &Aws, arn: &str, label: &str) -> Option<String> {
    Some(value(aws, arn, label)?["accesskey"].as_str()?.to_owned())
}

fn value(aws: &Aws, arn: &str, label: &str) -> Option<Value> {
    let view = aws.secret(arn)?;
    let content = view
        .with_label(label)?
        .content
        .as_ref()?
        .as_text()?
        .to_owned();
    serde_json::from_str(&content).ok()
}
