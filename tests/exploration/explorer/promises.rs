//! The promises, checked after every single call of an invocation.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use sandbox::aws::{AWSCURRENT, Aws, Call, Outcome, smtp_password};

use crate::explorer::layouts::MAIL_REGION;
use crate::explorer::seen::Seen;

/// The expectations for one invocation.
pub struct Watched {
    pub arn: String,
    pub user: String,
    /// The key that was AWSCURRENT's when this rotation began (P6).
    pub protected: Option<String>,
    /// The age after which a key that worked is not refused again.
    pub settles: Duration,
    /// Whether nothing at all may change.
    pub unchanged: bool,
    /// The calls whose response the function cannot read.
    pub garbled: Vec<usize>,
}

/// What one invocation did.
pub struct Promises {
    watched: Watched,
    before: Seen,
    first: Seen,
    authenticated: HashSet<String>,
    moves: usize,
    /// The keys that were made.
    pub made: Vec<String>,
    /// The broken promises, and the call that broke each.
    pub broken: Vec<String>,
}

impl Promises {
    pub fn new(aws: &Aws, watched: Watched) -> Self {
        let first = Seen::of(aws, &watched.arn, &watched.user);
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

    /// Checks the promises after a call.
    pub fn look(&mut self, aws: &Aws, call: &Call) {
        if call.action == "GetCallerIdentity"
            && call.outcome == Outcome::Ok
            && !self.watched.garbled.contains(&call.number)
        {
            self.authenticated.insert(call.access_key_id.clone());
        }
        let now = Seen::of(aws, &self.watched.arn, &self.watched.user);
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
        let mut gone = before
            .keys
            .iter()
            .filter(|key| before.is_live(&key.id) && !now.is_live(&key.id));
        if gone.any(|key| now.gives_out(&key.id)) || (was_live && !is_live) {
            broken
                .push("P1: a key that AWSCURRENT gives out was deleted or deactivated".to_owned());
        }
        if let Some(protected) = &self.watched.protected
            && before.is_live(protected)
            && !now.is_live(protected)
        {
            broken.push("P6: the key that was current as the rotation began is gone".to_owned());
        }
        if now.current_version() != before.current_version() {
            self.moves += 1;
            broken.extend(self.moved(&now, call.at));
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

    /// The keys that were made, and are neither stored nor deleted (P3).
    pub fn lost(&self) -> Vec<String> {
        let lost = self.made.iter().filter(|id| self.before.is_lost(id));
        lost.map(|id| format!("P3: the key {id} was made, and neither stored nor deleted"))
            .collect()
    }

    /// What is wrong with AWSCURRENT's new version (P2, P7).
    fn moved(&self, now: &Seen, at: SystemTime) -> Vec<String> {
        let mut broken = Vec::new();
        if self.moves > 1 {
            broken.push("P4: AWSCURRENT moved twice in one invocation".to_owned());
        }
        let (stale, fresh): (Vec<_>, Vec<_>) = now
            .keys
            .iter()
            .filter(|key| now.gives_out(&key.id))
            .partition(|key| self.before.gives_out(&key.id));
        if !fresh.is_empty() && !stale.is_empty() {
            broken.push("P7: AWSCURRENT goes on giving out the key that was current".to_owned());
        }
        let Some(&key) = fresh.first().or(stale.first()) else {
            return vec!["P2: AWSCURRENT moved to what is no key of the user".to_owned()];
        };
        if !self.authenticated.contains(&key.id) {
            broken.push("P2: AWSCURRENT moved to a key that had not just authenticated".to_owned());
        }
        if !key.usable {
            broken.push("P2: AWSCURRENT moved to a key that does not work".to_owned());
        }
        // Only after the delays of fact 27 are over.
        if at < key.created + self.watched.settles {
            broken.push("P2: AWSCURRENT moved to a key that will be refused again".to_owned());
        }
        let (old, new) = (self.before.text(AWSCURRENT), now.text(AWSCURRENT));
        if new.is_some_and(|text| text.contains("smtp_password") && !mails(text)) {
            broken.push("P7: AWSCURRENT's SMTP password is none of its key's".to_owned());
        }
        if let (Some(old), Some(new)) = (old, new)
            && !differs_in_key_only(old, new)
        {
            broken.push("P7: AWSCURRENT's other fields changed".to_owned());
        }
        broken
    }
}

/// Whether the SMTP password in a text is derived from its secret access key.
fn mails(text: &str) -> bool {
    let behind = |field: &str| text.split_once(field)?.1.split('"').next();
    let secret = behind("\"secretkey\":\"");
    let password = behind("\"smtp_password\":\"");
    secret.is_some_and(|secret| password == Some(&*smtp_password(secret, MAIL_REGION)))
}

/// Whether two texts differ only in the key, whose values the simulation marks, and its SMTP password.
pub fn differs_in_key_only(old: &str, new: &str) -> bool {
    let unmailed = |text: &str| -> Option<String> {
        let (before, rest) = text.split_once("\"smtp_password\":\"")?;
        let behind = rest.split_once('"')?.1;
        Some(format!("{before}{behind}"))
    };
    let (old, new) = match (unmailed(old), unmailed(new)) {
        (Some(old), Some(new)) => (old, new),
        _ => (old.to_owned(), new.to_owned()),
    };
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
    if holds_a_key(&old) {
        return strip(&old) == strip(&new);
    }
    // Its fields exist, and are empty.
    if old.contains("\"accesskey\":\"\"") {
        let emptied = strip(&new);
        let emptied = marks
            .iter()
            .fold(emptied, |text, mark| text.replace(mark, ""));
        return old == emptied;
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
    holds_a_key(&new) && fields(&old) == fields(&new)
}
