//! AWS CLI commands for the person on call, ready to paste.

use crate::key::access_key::AccessKeyId;
use crate::secret::plain::is_word;
use crate::secret::stages::PENDING;

/// The most keys of one user that commands are given for. IAM allows two (fact 21).
pub(crate) const MOST_KEYS: usize = 5;

/// What a problem is about, if known. Commands that need an unknown value are left out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct About<'a> {
    /// The secret, as the event named it.
    pub secret: Option<&'a str>,
    /// The event's ClientRequestToken: the id of the version that is AWSPENDING.
    pub token: Option<&'a str>,
    /// The user that the secret names.
    pub user: Option<&'a str>,
}

impl About<'_> {
    /// A version's value cannot be rewritten, and rotate-secret runs the old version again (facts 5 and 15).
    pub(crate) fn take_pending_off(&self) -> String {
        let line = self.secret.zip(self.token).map(|(secret, token)| {
            command(&[
                "secretsmanager",
                "update-secret-version-stage",
                "--secret-id",
                secret,
                "--version-stage",
                PENDING,
                "--remove-from-version-id",
                token,
            ])
        });
        format!(
            "AWSCURRENT is untouched; take AWSPENDING off that version{} and rotate again{}",
            in_parentheses(line),
            self.rotate()
        )
    }

    pub(crate) fn rotate(&self) -> String {
        self.of_secret("rotate-secret")
    }

    pub(crate) fn of_secret(&self, action: &str) -> String {
        let line = |secret| command(&["secretsmanager", action, "--secret-id", secret]);
        in_parentheses(self.secret.map(line))
    }

    pub(crate) fn of_key(&self, action: &str, key: &AccessKeyId) -> String {
        in_parentheses(
            self.user
                .map(|user| command(&words_of_key(action, user, key))),
        )
    }

    pub(crate) fn set_status(&self, key: &AccessKeyId, status: &str) -> String {
        in_parentheses(self.user.map(|user| {
            let mut words = words_of_key("update-access-key", user, key).to_vec();
            words.extend(["--status", status]);
            command(&words)
        }))
    }
}

fn words_of_key<'a>(action: &'a str, user: &'a str, key: &'a AccessKeyId) -> [&'a str; 6] {
    let key = key.as_str();
    ["iam", action, "--user-name", user, "--access-key-id", key]
}

pub(crate) fn listing(user: Option<&str>) -> String {
    in_parentheses(user.map(|user| command(&["iam", "list-access-keys", "--user-name", user])))
}

pub(crate) fn last_uses(keys: &[AccessKeyId]) -> String {
    let line = |key: &AccessKeyId| {
        let key = key.as_str();
        command(&["iam", "get-access-key-last-used", "--access-key-id", key])
    };
    let lines: Vec<_> = keys.iter().take(MOST_KEYS).map(line).collect();
    in_parentheses((!lines.is_empty()).then(|| lines.join(", ")))
}

fn in_parentheses(lines: Option<String>) -> String {
    lines.map_or_else(String::new, |lines| format!(" ({lines})"))
}

/// An AWS CLI command between backticks, quoted for a shell. A caller's own token may contain special characters.
pub(crate) fn command(words: &[&str]) -> String {
    let mut line = "`aws".to_owned();
    for word in words {
        line.push(' ');
        if is_word(word, usize::MAX, b"/_+=.,@:-") {
            line.push_str(word);
        } else {
            line.push_str(&format!("'{}'", word.replace('\'', r"'\''")));
        }
    }
    line.push('`');
    line
}
