//! What the secret and the user's keys look like at one moment.

use std::time::{Duration, SystemTime};

use aws_smithy_async::time::TimeSource;
use sandbox::aws::{
    AWSCURRENT, AWSPREVIOUS, Aws, KeyStatus, KeyView, SecretContent, SecretView, VersionView,
};
use serde_json::Value;

use crate::table::{Cell, render};
use crate::view::{DIM, GOOD, WARN, short};

/// The secret and the keys of its user.
pub(crate) struct State {
    arn: String,
    secret: Option<SecretView>,
    /// The user that the secret names.
    pub(crate) username: String,
    keys: Vec<KeyView>,
    now: SystemTime,
}

impl State {
    pub(crate) fn of(aws: &Aws, arn: &str) -> Self {
        Self::seen(aws, arn, "")
    }

    /// The same secret and user now. The user stays the same if the secret that named it is gone.
    pub(crate) fn later(&self, aws: &Aws) -> Self {
        Self::seen(aws, &self.arn, &self.username)
    }

    fn seen(aws: &Aws, arn: &str, known_username: &str) -> Self {
        let secret = aws.secret(arn);
        let current = secret
            .as_ref()
            .and_then(|secret| secret.with_label(AWSCURRENT));
        let username = current
            .and_then(|version| field(version, "username"))
            .unwrap_or_else(|| known_username.to_owned());
        let keys = if username.is_empty() {
            Vec::new()
        } else {
            aws.user_keys(&username)
        };
        Self {
            arn: arn.to_owned(),
            secret,
            username,
            keys,
            now: aws.clock().now(),
        }
    }

    /// Whether nothing but the time has changed.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.secret == other.secret && self.keys == other.keys
    }

    /// The access key id in AWSCURRENT.
    pub(crate) fn current_key(&self) -> Option<String> {
        self.key_with_label(AWSCURRENT)
    }

    /// The access key id in AWSPREVIOUS, while the key can be used.
    pub(crate) fn usable_previous_key(&self) -> Option<String> {
        self.key_with_label(AWSPREVIOUS)
            .filter(|id| self.keys.iter().any(|key| key.id == *id && key.usable))
    }

    fn key_with_label(&self, label: &str) -> Option<String> {
        field(self.secret.as_ref()?.with_label(label)?, "accesskey")
    }

    fn versions(&self) -> &[VersionView] {
        self.secret.as_ref().map_or(&[], |secret| &secret.versions)
    }

    /// The versions of the secret as a table; those missing from `before` stand out.
    pub(crate) fn versions_table(&self, before: Option<&Self>) -> String {
        let rows: Vec<_> = self
            .versions()
            .iter()
            .map(|version| {
                let is_new = before.is_some_and(|before| {
                    before.versions().iter().all(|known| known.id != version.id)
                });
                let style = match (version.labels.is_empty(), is_new) {
                    (true, _) => DIM,
                    (false, true) => GOOD,
                    (false, false) => anstyle::Style::new(),
                };
                let access_key = match &version.content {
                    Some(_) => field(version, "accesskey").unwrap_or_else(|| "none".to_owned()),
                    None => "no value yet".to_owned(),
                };
                let secret_key = field(version, "secretkey").map_or("", |_| "****");
                [
                    short(&version.id).to_owned(),
                    join(version.labels.clone(), "none"),
                    access_key,
                    secret_key.to_owned(),
                    ago(self.now, version.created),
                ]
                .map(|text| Cell::new(text).style(style))
            })
            .collect();
        if rows.is_empty() {
            return "    none\n".to_owned();
        }
        render(
            4,
            ["VERSION", "LABELS", "ACCESS KEY", "SECRET KEY", "CREATED"],
            &rows,
        )
    }

    /// The user's keys as a table. Those missing from `before` stand out, and those that only
    /// `before` has are shown as deleted.
    pub(crate) fn keys_table(&self, before: Option<&Self>) -> String {
        let known = before.map_or(&[][..], |before| &before.keys);
        let has = |keys: &[KeyView], id: &str| keys.iter().any(|key| key.id == id);
        let deleted = known
            .iter()
            .filter(|key| !has(&self.keys, &key.id))
            .map(|key| {
                [
                    key.id.clone(),
                    "deleted".to_owned(),
                    String::new(),
                    String::new(),
                    String::new(),
                ]
                .map(|text| Cell::new(text).style(DIM))
            });
        let kept = self.keys.iter().map(|key| {
            let is_new = before.is_some() && !has(known, &key.id);
            let style = if is_new { GOOD } else { anstyle::Style::new() };
            let status = Cell::new(key.status.as_str());
            let status = status.style(if key.status == KeyStatus::Active {
                style
            } else {
                WARN
            });
            let cell = |text: String| Cell::new(text).style(style);
            let last_used = match &key.last_used {
                Some(used) => format!(
                    "{}, {} in {}",
                    ago(self.now, used.at),
                    used.service,
                    used.region
                ),
                None => "never".to_owned(),
            };
            [
                cell(key.id.clone()),
                status,
                cell(self.place_of(&key.id)),
                cell(ago(self.now, key.created)),
                cell(last_used),
            ]
        });
        let rows: Vec<_> = deleted.chain(kept).collect();
        if rows.is_empty() {
            return "    none\n".to_owned();
        }
        render(
            4,
            [
                "ACCESS KEY",
                "STATUS",
                "IN THE SECRET",
                "CREATED",
                "LAST USED",
            ],
            &rows,
        )
    }

    /// The labels of the versions that hold a key.
    fn place_of(&self, id: &str) -> String {
        let holds = |version: &&VersionView| field(version, "accesskey").as_deref() == Some(id);
        let mut holding = self.versions().iter().filter(holds).peekable();
        if holding.peek().is_none() {
            return "no".to_owned();
        }
        join(
            holding.flat_map(|version| version.labels.clone()).collect(),
            "no label",
        )
    }
}

/// The labels, AWSCURRENT first, or `none` if there are none.
fn join(mut labels: Vec<String>, none: &str) -> String {
    labels.sort();
    if labels.is_empty() {
        none.to_owned()
    } else {
        labels.join(", ")
    }
}

/// A field of a version's JSON.
pub(crate) fn field(version: &VersionView, name: &str) -> Option<String> {
    let text = version.content.as_ref().and_then(SecretContent::as_text)?;
    let fields: Value = serde_json::from_str(text).ok()?;
    fields[name].as_str().map(str::to_owned)
}

/// How long ago something was, in its largest unit.
fn ago(now: SystemTime, then: SystemTime) -> String {
    let seconds = now.duration_since(then).unwrap_or(Duration::ZERO).as_secs();
    let (count, unit) = match seconds {
        0..60 => return "just now".to_owned(),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

#[cfg(test)]
mod tests {
    use sandbox::clock::Clock;
    use sandbox::setup::Setup;

    use super::*;

    #[tokio::test]
    async fn tables_name_keys_and_mask_their_secrets() {
        let aws = Aws::new(Clock::real());
        let prepared = Setup::default().prepare(&aws);
        let arn = prepared
            .map(|prepared| prepared.secret_arn)
            .unwrap_or_default();
        let state = State::of(&aws, &arn);
        let text = state.versions_table(None) + &state.keys_table(None);
        assert!(text.contains("AWSCURRENT"), "{text}");
        assert!(
            aws.user_keys("alice")
                .iter()
                .all(|key| text.contains(&key.id)),
            "{text}"
        );
        assert!(
            aws.confidential()
                .iter()
                .all(|secret| !text.contains(secret)),
            "{text}"
        );
    }

    #[tokio::test]
    async fn the_keys_of_a_secret_that_is_gone_are_not_told_as_deleted() {
        let aws = Aws::new(Clock::real());
        let prepared = Setup::default().prepare(&aws);
        let arn = prepared
            .map(|prepared| prepared.secret_arn)
            .unwrap_or_default();
        let before = State::of(&aws, &arn);
        aws.remove_secret(&arn);
        let text = before.later(&aws).keys_table(Some(&before));
        assert!(!text.contains("deleted"), "{text}");
        assert_eq!(text.matches("Active").count(), 2, "{text}");
    }

    #[test]
    fn ages_are_told_in_their_largest_unit() {
        let now = SystemTime::now();
        let tell = |seconds| ago(now, now - Duration::from_secs(seconds));
        assert_eq!(tell(5), "just now");
        assert_eq!(tell(60), "1 minute ago");
        assert_eq!(tell(7_200), "2 hours ago");
        assert_eq!(tell(90 * 86_400), "90 days ago");
    }
}
