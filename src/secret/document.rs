//! The secret's JSON document: the fields that the rotation needs. Everything else stays untouched.
//!
//! The document is never serialised again. The access key's values, their copies and the derived values are replaced in
//! its text. Every other byte stays as it was (P7): order, numbers, spaces, even duplicates.

use std::fmt;
use std::ops::Range;

use secrecy::zeroize::{Zeroize, Zeroizing};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::key::access_key::{AccessKey, AccessKeyId};
use crate::key::given_out::GivenOut;
use crate::secret::fields::{Field, FieldNames};
use crate::secret::json_text::position;
use crate::secret::layout::{Part, Read, Slot, read_all, slots};
use crate::secret::malformed::{Malformed, Place};
use crate::secret::named_source::NamedSource;
use crate::secret::secret_fields::{entries, find, key, missing, not_empty, user_name};
use crate::secret::smtp_password::derive;

/// A secret's JSON document, parsed for the fields that the rotation needs.
pub struct SecretDocument {
    text: SecretString,
    username: String,
    key: Option<AccessKey>,
    source: Option<NamedSource>,
    /// Whether the fields for the key's id and its secret exist, even if they are empty.
    has_fields: (bool, bool),
    /// Where a first key's fields are inserted: after the last value.
    end_of_last_value: usize,
    fields: FieldNames,
}

impl SecretDocument {
    /// Parses a secret's text.
    ///
    /// The access key is optional as a whole: a secret without one waits for its first key.
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

    /// Parses the text of a credential source's secret. Like [`SecretDocument::parse`], but the username may be
    /// missing.
    ///
    /// # Errors
    /// [`Malformed`], which says what is wrong with which field.
    pub fn parse_source(text: SecretString, fields: &FieldNames) -> Result<Self, Malformed> {
        let whole = text.expose_secret();
        let entries = entries(whole)?;
        let found = |field| find(&entries, field, fields);
        let username = match found(Field::Username)? {
            None => String::new(),
            Some(found) => user_name(&found)?,
        };
        let (id, secret) = (found(Field::AccessKey)?, found(Field::SecretKey)?);
        let key = key(id.as_ref(), secret.as_ref(), &username, |field| {
            missing(field, fields, &entries)
        })?;
        let source = NamedSource::read(fields, |field| {
            found(field)?.as_ref().map(not_empty).transpose()
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

    /// The IAM user's name. Empty if a credential source's secret does not name one.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.username
    }

    /// The access key. None if the secret waits for its first key.
    #[must_use]
    pub fn key(&self) -> Option<&AccessKey> {
        self.key.as_ref()
    }

    /// The access key's id.
    #[must_use]
    pub fn key_id(&self) -> Option<&AccessKeyId> {
        self.key.as_ref().map(|key| &key.id)
    }

    /// Whose credentials manage the user's keys, if the field `secretarn` or `rolearn` says so.
    #[must_use]
    pub fn source(&self) -> Option<&NamedSource> {
        self.source.as_ref()
    }

    /// All texts of the document, with every way to decode them.
    #[must_use]
    pub fn given_out(&self) -> GivenOut {
        let whole = self.text.expose_secret();
        let mut given_out = GivenOut::default();
        given_out.add(whole);
        for one in read_all(whole) {
            given_out.add(&one.said);
        }
        given_out
    }

    /// The error for a user's key whose id is somewhere in the document, but was not found as the secret's key.
    #[must_use]
    pub fn not_understood(&self, key: &AccessKeyId) -> Malformed {
        let holds = |one: &Read| {
            let mut given_out = GivenOut::default();
            given_out.add(&one.said);
            given_out.holds(key)
        };
        let found = read_all(self.text.expose_secret()).into_iter().find(holds);
        Malformed::NotUnderstood {
            place: found.map_or(Place::Name, |one| one.place()),
            key: key.clone(),
        }
    }

    /// Checks that another key can replace this one, and that nothing keeps giving out the old one.
    ///
    /// Returns the Regions whose SMTP passwords are derived from the key, each once.
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

    /// How many fields other than the key's own get one of its values.
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

    /// The document's text with another access key, which replaces the present one and its derived values everywhere.
    /// Every other byte stays the same.
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
        // A stable sort, so that the two added fields keep their order.
        edits.sort_by_key(|(at, _)| at.start);
        // The exact length, so that no reallocation leaves a copy in memory.
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

    /// Whether the other document has the same text, byte for byte.
    #[must_use]
    pub fn is_same_text(&self, other: &Self) -> bool {
        self.text.expose_secret() == other.text.expose_secret()
    }

    /// Whether the other document equals this one, except that it has its own access key in place of this one's.
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

fn quoted(text: &str) -> Zeroizing<String> {
    let mut copy = Value::from(text);
    let quoted = Zeroizing::new(copy.to_string());
    if let Value::String(copy) = &mut copy {
        copy.zeroize();
    }
    quoted
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
