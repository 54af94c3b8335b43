//! The keeper's actions: the events that a person or a schedule sends.

use serde_json::value::RawValue;

use crate::function::event::{InvalidEvent, invalid, secret_id};
use crate::function::object::Object;
use crate::key::access_key::AccessKeyId;
use crate::secret::plain::is_word;

/// The longest name of an unknown field that an error shows, in characters.
const LONGEST_NAME: usize = 32;
/// Each action with the fields that it takes besides `Action` and `DryRun`.
const ACTIONS: [(&str, &[&str]); 4] = [
    ("retire", &["SecretId"]),
    ("undo", &["SecretId", "AccessKeyId"]),
    ("revoke", &["SecretId", "AccessKeyId", "AtOnce"]),
    ("report", &["SecretId"]),
];

/// What the keeper can be asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Deactivate the keys that were replaced long enough ago.
    Retire {
        /// The only secret to look at. None: all that the keeper has.
        secret_id: Option<String>,
    },
    /// Activate a key again that was retired.
    Undo {
        /// The secret whose key it is.
        secret_id: String,
        /// The key. None: the one that was retired.
        key: Option<AccessKeyId>,
    },
    /// Replace a key that somebody else has, and deactivate it. It has the secret, the key or both.
    Revoke {
        /// The secret that gives out the key. None: the one of the key's user.
        secret_id: Option<String>,
        /// The key. None: the one that the secret gives out.
        key: Option<AccessKeyId>,
        /// Whether to deactivate the key before there is a new one.
        at_once: bool,
    },
    /// Say which keys there are, and what is wrong with them.
    Report {
        /// The only secret to look at. None: all that the keeper has.
        secret_id: Option<String>,
    },
}

/// An action, and whether to do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What to do.
    pub action: Action,
    /// Whether only to say what would be done.
    pub dry_run: bool,
}

impl Asked {
    /// Parses an event's JSON text, such as `{"Action":"undo","SecretId":"iam/alice","DryRun":true}`.
    ///
    /// A person may write it in a hurry. So a field that the action does not take is refused: a dry run with a typo in
    /// it must not become a real one. White space around the ids does no harm.
    ///
    /// # Errors
    /// [`InvalidEvent`]. It names the field and never quotes its value.
    pub fn parse(json: &str) -> Result<Self, InvalidEvent> {
        let event = Object::parse(json)?;
        let action = event.required("Action")?;
        let (action, fields) = ACTIONS
            .into_iter()
            .find(|(name, _)| *name == action)
            .ok_or_else(|| invalid("Action is none of retire, undo, revoke, report"))?;
        let takes = |name: &&str| fields.contains(name) || ["Action", "DryRun"].contains(name);
        if let Some(other) = event.names().find(|name| !takes(name)) {
            return Err(no_field(other, action, fields));
        }
        let secret_id = || read(&event, "SecretId", secret_id);
        let key = || read(&event, "AccessKeyId", access_key_id);
        let action = match action {
            "retire" => Action::Retire {
                secret_id: secret_id()?,
            },
            "undo" => Action::Undo {
                secret_id: secret_id()?.ok_or_else(|| invalid("SecretId is missing"))?,
                key: key()?,
            },
            "revoke" => match (secret_id()?, key()?) {
                (None, None) => {
                    return Err(invalid(
                        "SecretId and AccessKeyId are missing: revoke takes one of them or both",
                    ));
                }
                (secret_id, key) => Action::Revoke {
                    secret_id,
                    key,
                    at_once: flag(&event, "AtOnce")?,
                },
            },
            _ => Action::Report {
                secret_id: secret_id()?,
            },
        };
        Ok(Self {
            action,
            dry_run: flag(&event, "DryRun")?,
        })
    }
}

/// Reads a field that may be left out. `null` is refused: a variable that was never set would turn an action for one
/// secret into one for all of them.
fn read<T>(
    event: &Object<'_>,
    name: &str,
    parse: fn(String) -> Result<T, InvalidEvent>,
) -> Result<Option<T>, InvalidEvent> {
    let there = event.get(name)?;
    there
        .map(|_| event.required(name).and_then(parse))
        .transpose()
}

fn access_key_id(text: String) -> Result<AccessKeyId, InvalidEvent> {
    AccessKeyId::parse(&text).ok_or_else(|| invalid("AccessKeyId is not the id of an access key"))
}

/// Reads a field that is false if it is left out. Texts and numbers are refused: whether `"false"` is true is a matter
/// of the language.
fn flag(event: &Object<'_>, name: &str) -> Result<bool, InvalidEvent> {
    let read = |value: &RawValue| serde_json::from_str(value.get());
    let value = event.get(name)?.map_or(Ok(false), read);
    value.map_err(|_| event.invalid(name, "is neither true nor false"))
}

/// Why a field is refused. It is named where its name cannot be anything but a name: a secret key is longer.
fn no_field(name: &str, action: &str, fields: &[&str]) -> InvalidEvent {
    let name = Some(format!("{name:?}")).filter(|_| is_word(name, LONGEST_NAME, b"_- "));
    invalid(&format!(
        "{} is not a field of {action}, which takes {} and DryRun",
        name.as_deref().unwrap_or("a name that cannot be shown"),
        fields.join(", ")
    ))
}

#[cfg(test)]
#[path = "action_tests.rs"]
mod tests;
