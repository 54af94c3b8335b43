//! The secret's JSON document: the fields that the rotation needs, everything else untouched.
//!
//! The document is never serialised again. The values of the access key, their copies and what is derived from them
//! are cut out of its text and others put in their place, so that every other byte
//! comes through as it was (P7): order, numbers, spaces, even duplicates.

use std::fmt;
use std::ops::Range;

use secrecy::zeroize::{Zeroize, Zeroizing};
use secrecy::{ExposeSecret, SecretString};
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::access_key::{AccessKey, AccessKeyId};
use crate::fields::{Field, FieldNames};
use crate::foreign_format;
use crate::given_out::GivenOut;
use crate::json_text::{Document, Entries, position, strings};
use crate::malformed::{Malformed, Names, Place};
use crate::named_source::NamedSource;
use crate::secret_layout::{Part, Slot, slots};
use crate::smtp_password::derive;

/// What a text may begin with that is no part of the JSON: Windows' editors put it there.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A secret's JSON document, parsed for the fields that the rotation needs.
pub struct SecretDocument {
    text: SecretString,
    username: String,
    key: Option<AccessKey>,
    source: Option<NamedSource>,
    /// Whether the key's id and its secret have fields already, if only empty ones.
    has_fields: (bool, bool),
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
            let entries = entries(document.text.expose_secret())?;
            return Err(missing(Field::Username, fields, &entries));
        }
        Ok(document)
    }

    /// Parses the text of a credential source's secret: as [`SecretDocument::parse`], but
    /// the username may be missing.
    ///
    /// # Errors
    /// [`Malformed`], which says what is wrong with which field.
    pub fn parse_source(text: SecretString, fields: &FieldNames) -> Result<Self, Malformed> {
        let whole = text.expose_secret();
        let entries = entries(whole)?;
        let found = |field| -> Result<Option<(&str, &RawValue)>, Malformed> {
            let names = entries.iter().map(|(name, _)| name.as_str());
            let index = fields.find(field, names)?;
            Ok(index.map(|index| (entries[index].0.as_str(), entries[index].1)))
        };
        let username = match found(Field::Username)? {
            None => String::new(),
            Some((name, raw)) => user_name(name, &not_empty(name, raw)?)?,
        };
        let (id, secret) = (found(Field::AccessKey)?, found(Field::SecretKey)?);
        let key = key(id, secret, &username, |field| {
            missing(field, fields, &entries)
        })?;
        let source = NamedSource::read(fields, |field| {
            let found = found(field)?;
            found.map(|(name, raw)| not_empty(name, raw)).transpose()
        })?;
        let ends = entries.iter().map(|(_, raw)| position(whole, raw).end);
        Ok(Self {
            username,
            key,
            source,
            has_fields: (id.is_some(), secret.is_some()),
            end_of_last_value: ends.max().unwrap_or_default(),
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

    /// Whose credentials manage the user's keys, where the fields `secretarn` or `rolearn` say so.
    #[must_use]
    pub fn source(&self) -> Option<&NamedSource> {
        self.source.as_ref()
    }

    /// All texts of the document, in every way that they can be read.
    #[must_use]
    pub fn given_out(&self) -> GivenOut {
        let whole = self.text.expose_secret();
        let mut given_out = GivenOut::default();
        given_out.add(whole);
        for text in strings(whole) {
            let quoted = &whole[text.at];
            given_out
                .add(&plain_string(quoted).unwrap_or_else(|| Zeroizing::new(quoted.to_owned())));
        }
        given_out
    }

    /// Says of a user's key, whose id stands somewhere in the document, that it was not found as the secret's.
    #[must_use]
    pub fn not_understood(&self, key: &AccessKeyId) -> Malformed {
        let whole = self.text.expose_secret();
        let holds = |quoted: &str| {
            let mut given_out = GivenOut::default();
            given_out
                .add(&plain_string(quoted).unwrap_or_else(|| Zeroizing::new(quoted.to_owned())));
            given_out.holds(key)
        };
        let found = strings(whole)
            .into_iter()
            .find(|text| holds(&whole[text.at.clone()]));
        let name = found
            .and_then(|text| text.field)
            .map(|at| plain_string(&whole[at]));
        Malformed::NotUnderstood {
            place: match name {
                None => Place::Name,
                Some(name) => Place::Field(Names::of(name.as_deref().map(String::as_str))),
            },
            key: key.clone(),
        }
    }

    /// Sees that another key can be put in place of this one, and nothing goes on giving out the old one.
    ///
    /// Gives the Regions whose SMTP passwords are derived from the key, each once.
    ///
    /// # Errors
    /// [`Malformed`], which names the field.
    pub fn smtp_regions(&self) -> Result<Vec<String>, Malformed> {
        let slots = self.slots()?;
        let mut regions: Vec<_> = slots
            .into_iter()
            .filter_map(|slot| match slot.part {
                Part::SmtpPassword(region) => Some(region),
                Part::Id | Part::Secret => None,
            })
            .collect();
        regions.sort_unstable();
        regions.dedup();
        Ok(regions)
    }

    /// How many fields beside the key's own get one of its values.
    ///
    /// # Errors
    /// As [`SecretDocument::smtp_regions`].
    pub fn copies(&self) -> Result<usize, Malformed> {
        let slots = self.slots()?;
        let values = slots
            .iter()
            .filter(|slot| !matches!(slot.part, Part::SmtpPassword(_)));
        let own = usize::from(self.has_fields.0) + usize::from(self.has_fields.1);
        Ok(values.count().saturating_sub(own))
    }

    fn slots(&self) -> Result<Vec<Slot>, Malformed> {
        slots(self.text.expose_secret(), self.key.as_ref(), &self.fields)
    }

    /// The document's text with another access key, in every place that holds the present one or what is derived from it;
    /// every other byte as it was.
    ///
    /// # Errors
    /// As [`SecretDocument::smtp_regions`].
    pub fn with_key(&self, key: &AccessKey) -> Result<SecretString, Malformed> {
        let text = self.text.expose_secret();
        let mut edits: Vec<(Range<usize>, Zeroizing<String>)> = Vec::new();
        for Slot { at, part } in self.slots()? {
            edits.push((
                at,
                match part {
                    Part::Id => quoted(key.id.as_str()),
                    Part::Secret => quoted(key.secret.expose_secret()),
                    Part::SmtpPassword(region) => {
                        quoted(derive(&key.secret, &region).expose_secret())
                    }
                },
            ));
        }
        let (has_id, has_secret) = self.has_fields;
        for (there, field, value) in [
            (has_id, Field::AccessKey, key.id.as_str()),
            (has_secret, Field::SecretKey, key.secret.expose_secret()),
        ] {
            if !there {
                let (name, value) = (quoted(self.fields.name(field)), quoted(value));
                let member = Zeroizing::new(format!(",{}:{}", *name, *value));
                edits.push((self.end_of_last_value..self.end_of_last_value, member));
            }
        }
        // Stable, so that the two that are added keep their order.
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
        Ok(SecretString::from(spliced))
    }

    /// Whether another document is the same text, byte for byte.
    #[must_use]
    pub fn is_same_text(&self, other: &Self) -> bool {
        self.text.expose_secret() == other.text.expose_secret()
    }

    /// Whether another document is this one with its own access key in place of this one's.
    #[must_use]
    pub fn is_followed_by(&self, other: &Self) -> bool {
        let Some(Ok(followed)) = other.key.as_ref().map(|key| self.with_key(key)) else {
            return false;
        };
        followed.expose_secret() == other.text.expose_secret()
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

/// The fields at the top of a text that is a JSON object.
fn entries(whole: &str) -> Result<Entries<'_>, Malformed> {
    let json = whole.strip_prefix(BYTE_ORDER_MARK).unwrap_or(whole);
    let refused = match serde_json::from_str(json) {
        Ok(Document(entries)) => return Ok(entries),
        Err(error) => error,
    };
    let is_object = json.trim_start().starts_with('{');
    if !is_object && serde_json::from_str::<IgnoredAny>(json).is_ok() {
        let held = plain_string(json.trim());
        let twice = held.is_some_and(|held| serde_json::from_str::<Document<'_>>(&held).is_ok());
        return Err(if twice {
            Malformed::EncodedTwice
        } else {
            Malformed::NotAnObject
        });
    }
    if let Some(format) = foreign_format::name(json) {
        return Err(Malformed::AnotherFormat(format));
    }
    Err(Malformed::NotJson {
        line: refused.line(),
        column: refused.column(),
    })
}

fn missing(field: Field, fields: &FieldNames, entries: &Entries<'_>) -> Malformed {
    Malformed::Missing {
        name: fields.name(field).to_owned(),
        variable: field.variable(),
        there: Names::of(entries.iter().map(|(name, _)| name.as_str())),
    }
}

/// A field that was found: its name and its value.
type Found<'a> = Option<(&'a str, &'a RawValue)>;

/// The access key, where both of its fields are there and not empty; none where both are missing or empty.
fn key(
    id: Found<'_>,
    secret: Found<'_>,
    username: &str,
    missing: impl Fn(Field) -> Malformed,
) -> Result<Option<AccessKey>, Malformed> {
    let half = |found: Found<'_>, field| match found {
        Some((name, _)) => Malformed::HalfAKey(name.to_owned()),
        None => missing(field),
    };
    match (said(id)?, said(secret)?) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(half(secret, Field::SecretKey)),
        (None, Some(_)) => Err(half(id, Field::AccessKey)),
        (Some((id_name, id)), Some((secret_name, secret))) => {
            let form = |name: &str, form| Malformed::Form(name.to_owned(), form);
            for (name, said) in [(id_name, &id), (secret_name, &secret)] {
                if said.trim().is_empty() {
                    return Err(Malformed::Empty(name.to_owned()));
                }
            }
            let id = AccessKeyId::parse(&id)
                .filter(|id| id.as_str() != username)
                .ok_or_else(|| form(id_name, "an access key id"))?;
            // As copies of the key they would get the new one.
            if *secret == username {
                return Err(form(
                    secret_name,
                    "a secret access key: it is the user's name",
                ));
            }
            let secret = SecretString::from(secret.as_str());
            Ok(Some(AccessKey { id, secret }))
        }
    }
}

/// A field's text, unless it is empty.
fn said(found: Found<'_>) -> Result<Option<(&str, Zeroizing<String>)>, Malformed> {
    let said = found.map(|(name, raw)| Ok((name, string(name, raw)?)));
    Ok(said.transpose()?.filter(|(_, said)| !said.is_empty()))
}

fn user_name(field: &str, said: &str) -> Result<String, Malformed> {
    if is_user_name(said) {
        return Ok(said.to_owned());
    }
    let form = match said.starts_with("arn:") {
        true => "an ARN",
        false => "a path",
    };
    let name = said.rsplit_once('/').map(|(_, name)| name);
    match name.filter(|name| !name.is_empty() && is_user_name(name) && is_path(said)) {
        Some(name) => Err(Malformed::WithPath {
            field: field.to_owned(),
            form,
            name: name.to_owned(),
        }),
        None => Err(Malformed::Form(field.to_owned(), "the name of an IAM user")),
    }
}

/// Whether a text can be an IAM path or ARN. A secret access key, which has slashes too, cannot, nor one with a little more.
fn is_path(text: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-/:".contains(&byte);
    let begins_so = text.starts_with("arn:") || text.starts_with('/');
    text.bytes().all(letters) && (begins_so || text.len() < 36)
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

/// A string as it is, wiped on drop; none where the JSON is no string, or half of a surrogate pair.
fn plain_string(json: &str) -> Option<Zeroizing<String>> {
    serde_json::from_str(json).ok().map(Zeroizing::new)
}

fn string(name: &str, raw: &RawValue) -> Result<Zeroizing<String>, Malformed> {
    plain_string(raw.get()).ok_or_else(|| Malformed::NotAString(name.to_owned()))
}

fn not_empty(name: &str, raw: &RawValue) -> Result<Zeroizing<String>, Malformed> {
    let text = string(name, raw)?;
    if text.trim().is_empty() {
        return Err(Malformed::Empty(name.to_owned()));
    }
    Ok(text)
}

#[cfg(test)]
#[path = "secret_value_tests.rs"]
mod tests;
