//! The secret's JSON document: the fields that the rotation needs, everything else untouched.
//!
//! The document is never serialised again. The two values of the access key are
//! cut out of its text and others put in their place, so that every other byte
//! comes through as it was (P7): order, numbers, spaces, even duplicates.

use std::fmt;
use std::ops::Range;

use secrecy::zeroize::{Zeroize, Zeroizing};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::access_key::{AccessKey, AccessKeyId};
use crate::config::FieldNames;
use crate::json_text::{Document, Entries, position};
use crate::named_source::NamedSource;

/// Why a secret's value cannot be used. Never quotes the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The version holds `SecretBinary`.
    #[error("it is binary, not text")]
    Binary,
    /// The text is not JSON.
    #[error("it is not JSON (line {line}, column {column})")]
    NotJson {
        /// Line of the first mistake, from 1.
        line: usize,
        /// Column of the first mistake, from 1.
        column: usize,
    },
    /// The JSON is not an object.
    #[error("it is JSON, but not an object")]
    NotAnObject,
    /// A field that must be there is not.
    #[error("the field \"{0}\" is missing")]
    Missing(String),
    /// A field is there twice.
    #[error("the field \"{0}\" is there twice")]
    Twice(String),
    /// A field's value is not a string.
    #[error("the field \"{0}\" is not a string")]
    NotAString(String),
    /// A field's value is an empty string.
    #[error("the field \"{0}\" is empty (for a first key, leave both key fields out)")]
    Empty(String),
    /// A field's value does not have the form that such a value has.
    #[error("the field \"{0}\" is not {1}")]
    Form(String, &'static str),
    /// Two fields name a credential source each.
    #[error(
        "the fields \"{0}\" and \"{1}\" are both there, and only one can be the credential source"
    )]
    TwoSources(String, String),
}

/// A secret's JSON document, parsed for the fields that the rotation needs.
pub struct SecretDocument {
    text: SecretString,
    username: String,
    key: Option<AccessKey>,
    source: Option<NamedSource>,
    id_at: Option<Range<usize>>,
    secret_at: Option<Range<usize>>,
    /// Where a first key's fields go in: behind the last value.
    end_of_last_value: usize,
    fields: FieldNames,
}

impl SecretDocument {
    /// Parses a secret's text.
    ///
    /// The access key is optional as a whole: a secret without one waits for its first.
    ///
    /// # Errors
    /// [`Malformed`], which says what is wrong with which field.
    pub fn parse(text: SecretString, fields: &FieldNames) -> Result<Self, Malformed> {
        let document = Self::parse_source(text, fields)?;
        if document.username.is_empty() {
            return Err(Malformed::Missing(fields.username.clone()));
        }
        Ok(document)
    }

    /// Parses the text of a credential source's secret: as [`SecretDocument::parse`], but
    /// the username may be missing.
    ///
    /// # Errors
    /// [`Malformed`], which says what is wrong with which field.
    pub fn parse_source(text: SecretString, fields: &FieldNames) -> Result<Self, Malformed> {
        let Document(entries) = serde_json::from_str(text.expose_secret()).map_err(|error| {
            if error.is_data() {
                Malformed::NotAnObject
            } else {
                Malformed::NotJson {
                    line: error.line(),
                    column: error.column(),
                }
            }
        })?;
        let whole = text.expose_secret();
        let username = find(&entries, &fields.username)?;
        let id = find(&entries, &fields.access_key)?;
        let secret = find(&entries, &fields.secret_key)?;

        let key = match (id, secret) {
            (None, None) => None,
            (Some(_), None) => return Err(Malformed::Missing(fields.secret_key.clone())),
            (None, Some(_)) => return Err(Malformed::Missing(fields.access_key.clone())),
            (Some(id), Some(secret)) => Some(AccessKey {
                id: AccessKeyId::parse(&string(&fields.access_key, id)?).ok_or_else(|| {
                    Malformed::Form(fields.access_key.clone(), "an access key id")
                })?,
                secret: SecretString::from(string(&fields.secret_key, secret)?.as_str()),
            }),
        };
        let username = match username {
            None => String::new(),
            Some(raw) => {
                let name = string(&fields.username, raw)?;
                if !is_user_name(&name) {
                    return Err(Malformed::Form(
                        fields.username.clone(),
                        "the name of an IAM user",
                    ));
                }
                name.as_str().to_owned()
            }
        };
        let source = NamedSource::read(fields, |name| {
            let raw = find(&entries, name)?;
            raw.map(|raw| string(name, raw)).transpose()
        })?;
        let end_of_last_value = entries
            .iter()
            .map(|(_, raw)| position(whole, raw).end)
            .max()
            .unwrap_or_default();
        Ok(Self {
            username,
            key,
            source,
            id_at: id.map(|raw| position(whole, raw)),
            secret_at: secret.map(|raw| position(whole, raw)),
            end_of_last_value,
            fields: fields.clone(),
            text,
        })
    }

    /// The IAM user's name; empty where a credential source's secret does not say.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.username
    }

    /// The access key, unless the secret waits for its first.
    #[must_use]
    pub fn key(&self) -> Option<&AccessKey> {
        self.key.as_ref()
    }

    /// The access key's id.
    #[must_use]
    pub fn key_id(&self) -> Option<&AccessKeyId> {
        self.key.as_ref().map(|key| &key.id)
    }

    /// Whose credentials manage the keys, where the fields `secretarn` or `rolearn` say so.
    #[must_use]
    pub fn source(&self) -> Option<&NamedSource> {
        self.source.as_ref()
    }

    /// The document's text with another access key, every other byte as it was.
    #[must_use]
    pub fn with_key(&self, key: &AccessKey) -> SecretString {
        let text = self.text.expose_secret();
        let id = quoted(key.id.as_str());
        let secret = quoted(key.secret.expose_secret());
        let mut edits: Vec<(Range<usize>, Zeroizing<String>)> = match (&self.id_at, &self.secret_at)
        {
            (Some(id_at), Some(secret_at)) => {
                vec![(id_at.clone(), id), (secret_at.clone(), secret)]
            }
            _ => vec![(
                self.end_of_last_value..self.end_of_last_value,
                Zeroizing::new(format!(
                    ",{}:{},{}:{}",
                    *quoted(&self.fields.access_key),
                    *id,
                    *quoted(&self.fields.secret_key),
                    *secret
                )),
            )],
        };
        edits.sort_by_key(|(at, _)| at.start);
        // The exact length, so that no reallocation leaves a copy behind.
        let length = edits
            .iter()
            .fold(text.len(), |sum, (at, new)| sum - at.len() + new.len());
        let mut spliced = String::with_capacity(length);
        let mut rest = 0;
        for (at, new) in edits {
            spliced.push_str(&text[rest..at.start]);
            spliced.push_str(&new);
            rest = at.end;
        }
        spliced.push_str(&text[rest..]);
        SecretString::from(spliced)
    }

    /// Whether two documents differ in the access key alone.
    #[must_use]
    pub fn differs_in_key_only(&self, other: &Self) -> bool {
        let Some(key) = self.key.as_ref().or(other.key.as_ref()) else {
            return self.text.expose_secret() == other.text.expose_secret();
        };
        self.with_key(key).expose_secret() == other.with_key(key).expose_secret()
    }
}

impl fmt::Debug for SecretDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretDocument")
            .field("username", &self.username)
            .field("key", &self.key)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

/// IAM: letters, digits and `+=,.@_-`, 64 at the most. Not what looks like a secret access
/// key, 40 characters of base64, which a name in a log would give away.
fn is_user_name(name: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| name.bytes().any(|byte| kind(&byte));
    let like_a_secret = name.len() == 40
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'+')
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase);
    !like_a_secret
        && name.len() <= 64
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte))
}

fn quoted(text: &str) -> Zeroizing<String> {
    let mut copy = Value::from(text);
    let quoted = Zeroizing::new(copy.to_string());
    if let Value::String(copy) = &mut copy {
        copy.zeroize();
    }
    quoted
}

fn find<'a>(entries: &Entries<'a>, name: &str) -> Result<Option<&'a RawValue>, Malformed> {
    let mut found = entries.iter().filter(|(field, _)| field == name);
    match (found.next(), found.next()) {
        (_, Some(_)) => Err(Malformed::Twice(name.to_owned())),
        (first, None) => Ok(first.map(|(_, raw)| *raw)),
    }
}

fn string(name: &str, raw: &RawValue) -> Result<Zeroizing<String>, Malformed> {
    let text: String =
        serde_json::from_str(raw.get()).map_err(|_| Malformed::NotAString(name.to_owned()))?;
    let text = Zeroizing::new(text);
    if text.trim().is_empty() {
        return Err(Malformed::Empty(name.to_owned()));
    }
    Ok(text)
}

#[cfg(test)]
#[path = "secret_value_tests.rs"]
mod tests;
