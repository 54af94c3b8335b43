//! Pure: the fields of a secret that the rotation needs, read from the top level of its JSON object.

use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::key::access_key::{AccessKey, AccessKeyId};
use crate::secret::fields::{Field, FieldNames};
use crate::secret::foreign_format;
use crate::secret::json_text::{Document, Entries};
use crate::secret::malformed::{Malformed, Named, Names};

/// A mark that Windows editors put before the text. It is not part of the JSON.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The top-level fields of a text that is a JSON object.
pub(crate) fn entries(whole: &str) -> Result<Entries<'_>, Malformed> {
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

pub(crate) fn missing(field: Field, fields: &FieldNames, entries: &Entries<'_>) -> Malformed {
    Malformed::Missing {
        name: fields.name(field).to_owned(),
        variable: field.variable(),
        there: Names::of(entries.iter().map(|(name, _)| name.as_str())),
    }
}

/// A field that was found.
#[derive(Clone)]
pub(crate) struct Found<'a> {
    pub(crate) named: Named,
    pub(crate) value: &'a RawValue,
}

/// Finds a field at the top level: by the name that a variable sets, then the seed's name, then the only usual name.
///
/// # Errors
/// [`Malformed::Twice`]. [`Malformed::Ambiguous`] if two fields have a usual name, and none has the seed's.
pub(crate) fn find<'a>(
    entries: &Entries<'a>,
    field: Field,
    fields: &FieldNames,
) -> Result<Option<Found<'a>>, Malformed> {
    let found = |(name, value): &(String, &'a RawValue)| Found {
        named: Named::new(field, name),
        value,
    };
    let named = |wanted: &str| {
        let mut named = entries.iter().filter(|(name, _)| name == wanted);
        match (named.next(), named.next()) {
            (Some(_), Some(_)) => Err(Malformed::Twice(Named::new(field, wanted))),
            (first, _) => Ok(first.map(found)),
        }
    };
    if let Some(said) = fields.said(field) {
        return named(said);
    }
    if let Some(found) = named(field.seed_name())? {
        return Ok(Some(found));
    }
    let mut usual = entries.iter().filter(|(name, _)| field.is_spelled(name));
    match (usual.next(), usual.next()) {
        (None, _) => Ok(None),
        (Some(one), None) => Ok(Some(found(one))),
        (Some((one, _)), Some((other, _))) if one == other => {
            Err(Malformed::Twice(Named::new(field, one)))
        }
        (Some((one, _)), Some((other, _))) => Err(Malformed::Ambiguous {
            one: one.clone(),
            other: other.clone(),
            variable: field.variable(),
        }),
    }
}

/// The access key, if both of its fields exist and are not empty. Returns None if each is missing or empty.
pub(crate) fn key(
    id: Option<&Found<'_>>,
    secret: Option<&Found<'_>>,
    username: &str,
    missing: impl Fn(Field) -> Malformed,
) -> Result<Option<AccessKey>, Malformed> {
    let half = |found: Option<&Found<'_>>, field| match found {
        Some(found) => Malformed::HalfAKey(found.named.clone()),
        None => missing(field),
    };
    match (said(id)?, said(secret)?) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(half(secret, Field::SecretKey)),
        (None, Some(_)) => Err(half(id, Field::AccessKey)),
        (Some((id_named, id)), Some((secret_named, secret))) => {
            for (named, said) in [(id_named, &id), (secret_named, &secret)] {
                if said.trim().is_empty() {
                    return Err(Malformed::Empty(named.clone()));
                }
            }
            let id = AccessKeyId::parse(&id)
                .filter(|id| id.as_str() != username)
                .ok_or_else(|| Malformed::Form(id_named.clone(), "an access key id"))?;
            // The other value would count as a copy of this one, and the new secret would replace both, or the new id.
            let other = [
                (username, "a secret access key: it is the user's name"),
                (
                    id.as_str(),
                    "a secret access key: it is the access key's id",
                ),
            ];
            if let Some((_, form)) = other.into_iter().find(|(other, _)| **secret == **other) {
                return Err(Malformed::Form(secret_named.clone(), form));
            }
            let secret = SecretString::from(secret.as_str());
            Ok(Some(AccessKey { id, secret }))
        }
    }
}

/// A field's text, unless it is empty.
fn said<'a>(
    found: Option<&'a Found<'_>>,
) -> Result<Option<(&'a Named, Zeroizing<String>)>, Malformed> {
    let said = found.map(|found| Ok((&found.named, string(found)?)));
    Ok(said.transpose()?.filter(|(_, said)| !said.is_empty()))
}

pub(crate) fn user_name(found: &Found<'_>) -> Result<String, Malformed> {
    let said = not_empty(found)?;
    if is_user_name(&said) {
        return Ok(said.as_str().to_owned());
    }
    let form = match said.starts_with("arn:") {
        true => "an ARN",
        false => "a path",
    };
    let name = said.rsplit_once('/').map(|(_, name)| name);
    match name.filter(|name| !name.is_empty() && is_user_name(name) && is_path(&said)) {
        Some(name) => Err(Malformed::WithPath {
            field: found.named.name.clone(),
            form,
            name: name.to_owned(),
        }),
        None => Err(Malformed::Form(
            found.named.clone(),
            "the name of an IAM user",
        )),
    }
}

/// Whether a text can be an IAM path or ARN. A secret access key has slashes too, but cannot be one. Nor can a slightly
/// longer text.
fn is_path(text: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-/:".contains(&byte);
    let begins_so = text.starts_with("arn:") || text.starts_with('/');
    text.bytes().all(letters) && (begins_so || text.len() < 36)
}

/// IAM allows at most 64 letters, digits and `+=,.@_-`. A text that looks like a secret access key, 40 characters of
/// base64, is refused: a name in a log would leak it.
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

/// The decoded string, wiped on drop. Returns None if the JSON is not a string, or has half of a surrogate pair.
pub(crate) fn plain_string(json: &str) -> Option<Zeroizing<String>> {
    serde_json::from_str(json).ok().map(Zeroizing::new)
}

fn string(found: &Found<'_>) -> Result<Zeroizing<String>, Malformed> {
    plain_string(found.value.get()).ok_or_else(|| Malformed::NotAString(found.named.clone()))
}

pub(crate) fn not_empty(found: &Found<'_>) -> Result<Zeroizing<String>, Malformed> {
    let text = string(found)?;
    if text.trim().is_empty() {
        return Err(Malformed::Empty(found.named.clone()));
    }
    Ok(text)
}

#[cfg(test)]
#[path = "secret_fields_tests.rs"]
mod tests;
