//! The promises, looked at after every single call of an invocation.

use std::collections::{BTreeMap, HashSet};

use sandbox::aws::{
    AWSCURRENT, AWSPENDING, AWSPREVIOUS, Aws, Call, KeyStatus, KeyView, Outcome, SecretView,
};

/// What one invocation is held to.
pub struct Watched {
    pub arn: String,
    pub user: String,
    /// The key that was AWSCURRENT's as this rotation began (P6).
    pub protected: Option<String>,
    /// Whether a key that worked can be refused again: then a look of a moment proves nothing.
    pub flaps: bool,
    /// Whether nothing at all may change.
    pub unchanged: bool,
    /// The calls whose answer the function cannot read.
    pub garbled: Vec<usize>,
}

/// What was seen of one invocation.
pub struct Promises {
    watched: Watched,
    before: Seen,
    first: Seen,
    authenticated: HashSet<String>,
    moves: usize,
    /// The keys that were made.
    pub made: Vec<String>,
    /// The promises that were broken, and by which call.
    pub broken: Vec<String>,
}

/// What of the account the promises are about.
#[derive(Clone, PartialEq)]
struct Seen {
    secret: SecretView,
    keys: Vec<KeyView>,
}

impl Seen {
    fn of(aws: &Aws, watched: &Watched) -> Self {
        let mut keys = aws.user_keys(&watched.user);
        for key in &mut keys {
            key.last_used = None;
        }
        Self {
            secret: aws.secret(&watched.arn).expect("the secret"),
            keys,
        }
    }

    fn key(&self, id: &str) -> Option<&KeyView> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// Whether a key is there and active, however far that has spread.
    fn is_live(&self, id: &str) -> bool {
        self.key(id)
            .is_some_and(|key| key.status == KeyStatus::Active)
    }

    fn text(&self, label: &str) -> Option<&str> {
        self.secret.with_label(label)?.content.as_ref()?.as_text()
    }

    /// Which of the user's keys a label's version holds, whatever its layout.
    fn key_of(&self, label: &str) -> Option<&KeyView> {
        let text = self.text(label)?;
        self.keys.iter().find(|key| text.contains(&key.id))
    }

    fn current_version(&self) -> Option<&str> {
        self.secret
            .with_label(AWSCURRENT)
            .map(|version| version.id.as_str())
    }

    /// What a refusal must leave as it is: the labels of AWS, the values, the keys.
    fn essence(&self) -> impl PartialEq {
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

impl Promises {
    pub fn new(aws: &Aws, watched: Watched) -> Self {
        let first = Seen::of(aws, &watched);
        Self {
            before: first.clone(),
            first,
            watched,
            authenticated: HashSet::new(),
            moves: 0,
            made: Vec::new(),
            broken: Vec::new(),
        }
    }

    /// Looks behind a call.
    pub fn look(&mut self, aws: &Aws, call: &Call) {
        if call.action == "GetCallerIdentity"
            && call.outcome == Outcome::Ok
            && !self.watched.garbled.contains(&call.number)
        {
            self.authenticated.insert(call.access_key_id.clone());
        }
        let now = Seen::of(aws, &self.watched);
        if now == self.before {
            return;
        }
        let mut broken = Vec::new();
        let before = &self.before;
        let made = now.keys.iter().filter(|key| before.key(&key.id).is_none());
        self.made.extend(made.map(|key| key.id.clone()));

        let was_live = before
            .key_of(AWSCURRENT)
            .is_some_and(|key| before.is_live(&key.id));
        let is_live = now
            .key_of(AWSCURRENT)
            .is_some_and(|key| now.is_live(&key.id));
        if was_live && !is_live {
            broken.push("P1: AWSCURRENT's key was deleted or deactivated".to_owned());
        }
        if let Some(protected) = &self.watched.protected
            && before.is_live(protected)
            && !now.is_live(protected)
        {
            broken.push("P6: the key that was current as the rotation began is gone".to_owned());
        }
        if now.current_version() != before.current_version() {
            self.moves += 1;
            broken.extend(self.moved(&now));
        }
        if self.watched.unchanged && now.essence() != self.first.essence() {
            broken.push("P8: a refusal changed something".to_owned());
        }
        let where_ = format!("call {} {}", call.number, call.action);
        self.broken.extend(
            broken
                .into_iter()
                .map(|what| format!("{what} (behind {where_})")),
        );
        self.before = now;
    }

    /// What is wrong with AWSCURRENT's new version (P2, P7).
    fn moved(&self, now: &Seen) -> Vec<String> {
        let mut broken = Vec::new();
        if self.moves > 1 {
            broken.push("P4: AWSCURRENT moved twice in one invocation".to_owned());
        }
        let Some(key) = now.key_of(AWSCURRENT) else {
            return vec!["P2: AWSCURRENT moved to what is no key of the user".to_owned()];
        };
        if !self.authenticated.contains(&key.id) {
            broken.push("P2: AWSCURRENT moved to a key that had not just authenticated".to_owned());
        }
        if !key.usable && !self.watched.flaps {
            broken.push("P2: AWSCURRENT moved to a key that does not work".to_owned());
        }
        let (old, new) = (self.before.text(AWSCURRENT), now.text(AWSCURRENT));
        if let (Some(old), Some(new)) = (old, new)
            && !differs_in_key_only(old, new)
        {
            broken.push("P7: AWSCURRENT's other fields changed".to_owned());
        }
        broken
    }
}

/// Whether two texts are the same but for the key, whose two values the simulation's marks tell.
fn differs_in_key_only(old: &str, new: &str) -> bool {
    let marks = ["AKIASANDBOX", "SANDBOXSECRETKEY"];
    let holds_a_key = |text: &str| marks.iter().all(|mark| text.contains(mark));
    let strip = |text: &str| {
        let quoted =
            text.split('"').map(
                |part| match marks.iter().find(|mark| part.starts_with(**mark)) {
                    Some(mark) => mark,
                    None => part,
                },
            );
        quoted.collect::<Vec<_>>().join("\"")
    };
    if holds_a_key(old) {
        return strip(old) == strip(new);
    }
    // A first key: two more fields, and nothing else.
    let fields = |text: &str| -> Vec<(String, String)> {
        let value: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(text).unwrap_or_default();
        let fields = value
            .into_iter()
            .map(|(name, value)| (name, value.to_string()));
        fields
            .filter(|(_, value)| !marks.iter().any(|mark| value.contains(mark)))
            .collect()
    };
    holds_a_key(new) && fields(old) == fields(new)
}

/// What is not as every rotation leaves it in the end: AWSCURRENT on a key that works, at most two
/// keys, none lost (P3), and of one rotation's no more than one (P4).
pub fn unsound(
    aws: &Aws,
    arn: &str,
    user: &str,
    notes: &std::collections::HashMap<String, String>,
    flaps: bool,
) -> Vec<String> {
    let watched = Watched {
        arn: arn.to_owned(),
        user: user.to_owned(),
        protected: None,
        flaps,
        unchanged: false,
        garbled: Vec::new(),
    };
    let seen = Seen::of(aws, &watched);
    let mut wrong = Vec::new();
    if !seen
        .key_of(AWSCURRENT)
        .is_some_and(|key| seen.is_live(&key.id) && (flaps || key.usable))
    {
        wrong.push("AWSCURRENT's key does not work".to_owned());
    }
    if seen.keys.len() > 2 {
        wrong.push(format!("there are {} keys", seen.keys.len()));
    }
    let labelled = seen
        .secret
        .versions
        .iter()
        .filter(|version| !version.labels.is_empty());
    let texts: String = labelled
        .filter_map(|version| version.content.as_ref()?.as_text())
        .collect();
    for key in &seen.keys {
        let foreign = notes.get(&key.id).is_some_and(|note| note == FOREIGN);
        if !foreign && !texts.contains(&key.id) {
            wrong.push(format!("P3: the key {} is lost", key.id));
        }
        let token = notes.get(&key.id).filter(|note| *note != FOREIGN);
        let same = seen
            .keys
            .iter()
            .filter(|other| token.is_some() && notes.get(&other.id) == token);
        if same.count() > 1 {
            wrong.push(format!("P4: {} is one of two keys of one rotation", key.id));
        }
    }
    wrong
}

/// The note on a key that was there before and is in no version of the secret.
pub const FOREIGN: &str = "foreign";

/// The keys that a scenario begins with, as notes.
pub fn notes(aws: &Aws, arn: &str, user: &str) -> std::collections::HashMap<String, String> {
    let secret = aws.secret(arn).expect("the secret");
    let held = |id: &str| {
        let mut versions = secret
            .versions
            .iter()
            .filter(|version| !version.labels.is_empty());
        versions.any(|version| {
            let text = version
                .content
                .as_ref()
                .and_then(|content| content.as_text());
            text.is_some_and(|text| text.contains(id))
        })
    };
    let keys = aws.user_keys(user).into_iter();
    let foreign = keys.filter(|key| !held(&key.id));
    foreign.map(|key| (key.id, FOREIGN.to_owned())).collect()
}
