//! What is true of the secret document, whatever the text.

use std::cell::LazyCell;
use std::ops::Range;

use iam_key_rotator::{
    AccessKey, AccessKeyId, Field, FieldNames, Malformed, Named, NamedSource, SecretDocument,
    smtp_password::{REGIONS, could_hold_a_password, derive},
};
use secrecy::{ExposeSecret, SecretString};

use crate::layout::{Member, count, is_json, members, string, strings, value};

/// No configured names, so that the fields are found; the usual names swapped; and names that need escapes.
pub fn names() -> [FieldNames; 3] {
    let said = |names: [&str; 7]| {
        let mut names = names.into_iter().map(|name| Some(name.to_owned()));
        let mut next = || names.next().expect("a name for each field");
        FieldNames {
            username: next(),
            access_key: next(),
            secret_key: next(),
            source_secret: next(),
            role: next(),
            external_id: next(),
            smtp_password: next(),
            smtp_region: Some("eu-west-1".to_owned()),
        }
    };
    [
        FieldNames::default(),
        said([
            "secretarn",
            "secretkey",
            "accesskey",
            "username",
            "externalid",
            "rolearn",
            "smtp",
        ]),
        said(["us\"er", "\\", "ключ 🔑", "\u{1}/", "rôle", "\t", "почта"]),
    ]
}

/// An access key as a rotation would store it.
pub fn new_key(secret: &str) -> AccessKey {
    AccessKey {
        id: AccessKeyId::parse("AKIAI44QH8DHBEXAMPLE").expect("an id"),
        secret: SecretString::from(secret),
    }
}

/// The object's members, after a byte order mark if there is one.
fn found(text: &str) -> Option<Vec<Member>> {
    members(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The name under which a text has a field: the configured name, else the seed's, else the one with a usual spelling.
fn name_of(field: Field, found: &[Member], fields: &FieldNames) -> Option<String> {
    let there = |name: &str| (count(found, name) > 0).then(|| name.to_owned());
    if let Some(said) = fields.said(field) {
        return there(said);
    }
    let spelled = || found.iter().find(|member| field.is_spelled(&member.name));
    there(field.seed_name()).or_else(|| Some(spelled()?.name.clone()))
}

/// Checks a text: it is read correctly or refused for a true reason, and another access key
/// changes nothing else. Returns whether it was read.
pub fn holds(text: &str, fields: &FieldNames, new: &AccessKey) -> bool {
    let parsed = SecretDocument::parse(SecretString::from(text), fields);
    let source = SecretDocument::parse_source(SecretString::from(text), fields);
    match (&parsed, &source) {
        (Ok(_), Ok(document)) => said(document, text, fields),
        (Err(reason @ Malformed::Missing { name, .. }), Ok(document)) => {
            assert_eq!(
                (&**name, document.username()),
                (fields.name(Field::Username), "")
            );
            quotes_nothing(reason, text, fields);
            said(document, text, fields);
        }
        (Err(reason), Err(same)) => {
            assert_eq!(reason, same);
            quotes_nothing(reason, text, fields);
            so(reason, text, fields);
        }
        (Ok(_), Err(reason)) => panic!("no source: {reason}"),
        (Err(reason), Ok(_)) => panic!("a source: {reason}"),
    }
    if let Ok(document) = &parsed {
        replaced(document, text, fields, new);
    }
    parsed.is_ok()
}

/// A document agrees with its text.
fn said(document: &SecretDocument, text: &str, fields: &FieldNames) {
    let found = found(text).expect("an object");
    let json = text.strip_prefix('\u{feff}').unwrap_or(text);
    let said = |field: Field| {
        let name = name_of(field, &found, fields)?;
        assert!(count(&found, &name) < 2, "{name} is there twice");
        value(json, &found, &name).map(|json| string(json).expect("a string"))
    };
    let username = said(Field::Username);
    assert_eq!(document.username(), username.as_deref().unwrap_or_default());
    let key = document
        .key()
        .map(|key| (key.id.as_str(), key.secret.expose_secret()));
    let [id, secret] = [Field::AccessKey, Field::SecretKey]
        .map(|field| said(field).filter(|value| !value.is_empty()));
    assert_eq!(key.map(|(id, _)| id), id.as_deref());
    assert_eq!(key.map(|(_, secret)| secret), secret.as_deref());
    if let Some(id) = document.key_id() {
        assert!(document.given_out().holds(id), "it gives out its own key");
        // The id and the secret are replaced like their copies, and the user stays.
        assert!(id.as_str() != document.username() && secret.as_deref() != username.as_deref());
    }
    let (source, role) = (said(Field::SourceSecret), said(Field::Role));
    let external_id = role.as_ref().and_then(|_| said(Field::ExternalId));
    match document.source() {
        None => assert_eq!((&source, &role), (&None, &None)),
        Some(NamedSource::Secret(arn)) => assert_eq!((Some(arn), None), (source.as_ref(), role)),
        Some(NamedSource::Role {
            arn,
            external_id: id,
        }) => {
            assert_eq!((None, Some(arn)), (source.as_ref(), role.as_ref()));
            let id = id.as_ref().map(ExposeSecret::expose_secret);
            assert_eq!(id, external_id.as_deref());
            assert!(is_role_arn(arn));
        }
    }

    for said in [&username, &id, &secret, &source, &external_id]
        .into_iter()
        .flatten()
    {
        assert!(!said.trim().is_empty());
    }
    assert!(username.is_none_or(|name| is_user_name(&name)));
    assert!(id.is_none_or(|id| is_key_id(&id)));
    assert!(source.is_none_or(|arn| is_secret_arn(&arn)));
    assert!(external_id.is_none_or(|id| is_external_id(&id)));
}

/// A refusal names a true reason.
fn so(reason: &Malformed, text: &str, fields: &FieldNames) {
    let json = text.strip_prefix('\u{feff}').unwrap_or(text);
    let found = found(text);
    let number = |name: &str| count(found.as_deref().expect("an object"), name);
    let raw = |name: &str| value(json, found.as_deref().expect("an object"), name).expect(name);
    let said = |name: &str| string(raw(name)).expect("a string");
    let is = |field: Field, name: &str| {
        let found = found.as_deref().expect("an object");
        name_of(field, found, fields).as_deref() == Some(name)
    };
    let is_field = |name: &str| Field::ALL.into_iter().any(|field| is(field, name));
    match reason {
        Malformed::Binary => panic!("text is not binary"),
        Malformed::NotJson { line, column } => {
            assert!(found.is_none());
            // Half of a surrogate pair is JSON but not a name. 1e400 is JSON too, but serde_json does not read it.
            let object = json.trim_start().starts_with('{');
            assert!(!is_json(json) || (json.contains("\\u") && object));
            assert!((1..=text.split('\n').count()).contains(line));
            assert!(*column <= text.len());
        }
        Malformed::AnotherFormat(_) => assert!(found.is_none()),
        Malformed::NotAnObject => assert!(is_json(json) && !json.trim_start().starts_with('{')),
        Malformed::EncodedTwice => {
            let inner = string(json.trim()).expect("a string");
            assert!(members(&inner).is_some());
        }
        Malformed::Missing { name, .. } => {
            let (missing, other) = match name == fields.name(Field::AccessKey) {
                true => (Field::AccessKey, Field::SecretKey),
                false => (Field::SecretKey, Field::AccessKey),
            };
            assert_eq!(name, fields.name(missing));
            let found = found.as_deref().expect("an object");
            assert_eq!(name_of(missing, found, fields), None);
            assert!(name_of(other, found, fields).is_some());
        }
        Malformed::Ambiguous {
            one,
            other,
            variable,
        } => {
            let field = Field::ALL
                .into_iter()
                .find(|field| field.variable() == *variable);
            let field = field.expect("a field");
            assert!(one != other && fields.said(field).is_none());
            assert!(field.is_spelled(one) && field.is_spelled(other));
            assert!(number(one) > 0 && number(other) > 0 && number(field.seed_name()) == 0);
        }
        Malformed::Twice(Named { name, .. }) => assert!(is_field(name) && number(name) > 1),
        Malformed::NotAString(Named { name, .. }) => {
            assert!(is_field(name));
            let half_a_pair = raw(name).to_ascii_lowercase().contains("\\ud");
            assert!(!raw(name).starts_with('"') || half_a_pair);
        }
        Malformed::Empty(Named { name, .. }) => {
            assert!(is_field(name));
            assert_eq!(said(name).trim(), "");
        }
        Malformed::HalfAKey(Named { name, .. }) => {
            assert!(is(Field::AccessKey, name) || is(Field::SecretKey, name));
            assert_eq!(said(name), "");
        }
        Malformed::Form(Named { name, .. }, form) => {
            let held = |field| {
                let found = found.as_deref().expect("an object");
                name_of(field, found, fields).map(|name| said(&name))
            };
            let user = || held(Field::Username);
            let (field, fits) = match *form {
                "the name of an IAM user" => (Field::Username, is_user_name(&said(name))),
                "an access key id" => {
                    let fits = is_key_id(&said(name)) && user() != Some(said(name));
                    (Field::AccessKey, fits)
                }
                "a secret access key: it is the user's name" => {
                    (Field::SecretKey, user() != Some(said(name)))
                }
                "a secret access key: it is the access key's id" => {
                    (Field::SecretKey, held(Field::AccessKey) != Some(said(name)))
                }
                "the ARN of a secret" => (Field::SourceSecret, is_secret_arn(&said(name))),
                "the ARN of an IAM role" => (Field::Role, is_role_arn(&said(name))),
                "an external id" => (Field::ExternalId, is_external_id(&said(name))),
                _ => panic!("{reason}"),
            };
            assert!(is(field, name) && !fits);
        }
        Malformed::WithPath { field, name, .. } => {
            assert!(is(Field::Username, field) && is_user_name(name));
            assert!(said(field).ends_with(&format!("/{name}")));
        }
        Malformed::TwoSources(secret, role) => {
            assert!(is(Field::SourceSecret, secret) && is(Field::Role, role));
            assert_eq!((number(secret), number(role)), (1, 1));
        }
        Malformed::Inside { .. }
        | Malformed::NotUnderstood { .. }
        | Malformed::SmtpPasswordUnknown { .. }
        | Malformed::SmtpRegionUnknown { .. } => panic!("not while it is read: {reason}"),
    }
}

/// A refusal contains nothing of what the fields hold, except for the name after a path.
fn quotes_nothing(reason: &Malformed, text: &str, fields: &FieldNames) {
    let said = reason.to_string();
    let named = Field::ALL.map(|field| fields.name(field)).concat();
    assert!(!said.contains(char::is_control) || named.contains(char::is_control));
    let path = match reason {
        Malformed::WithPath { name, .. } => name.clone(),
        _ => String::new(),
    };
    let json = text.strip_prefix('\u{feff}').unwrap_or(text);
    let members = found(text).unwrap_or_default();
    for member in &members {
        let held = string(&json[member.value.clone()]).unwrap_or_default();
        // Shorter ones occur in the message's own words, and names of fields are shown.
        let long = held.len() >= 20 && !held.starts_with("arn:");
        let is_named = members.iter().any(|other| other.name.contains(&held));
        assert!(
            !long || is_named || held == path || !said.contains(&held),
            "{said}"
        );
    }
}

/// Whether a text holds the new key's id or one of its SMTP passwords. A key that IAM has just made is in no text yet,
/// but a fuzzer sees what its texts are compared with, and puts it into them.
fn knows(document: &SecretDocument, text: &str, new: &AccessKey) -> bool {
    let passwords = LazyCell::new(|| REGIONS.map(|region| derive(&new.secret, region)));
    let mut texts = strings(text)
        .into_iter()
        .map(|at| string(&text[at.clone()]).unwrap_or_else(|| text[at].to_owned()))
        .filter(|said| could_hold_a_password(said));
    let of_new = |said: String| {
        let mut all = passwords.iter();
        all.any(|password| said.contains(password.expose_secret()))
    };
    document.given_out().holds(&new.id) || texts.any(of_new)
}

/// Another access key replaces the old key's values and their derived values wherever they are, or adds the two fields.
/// It changes nothing else. Or it is refused, if something would still give out the old key.
fn replaced(document: &SecretDocument, text: &str, fields: &FieldNames, new: &AccessKey) {
    if knows(document, text, new) {
        return;
    }
    let spliced = match document.with_key(new) {
        Ok(spliced) => spliced,
        Err(reason) => {
            quotes_nothing(&reason, text, fields);
            return refused(&reason, document, text);
        }
    };
    let spliced = spliced.expose_secret();
    let added = match document.key() {
        Some(_) => 0..0,
        None => added(text, spliced, fields, new),
    };
    let without = [&spliced[..added.start], &spliced[added.end..]].concat();
    let changes = |old: &str, now: &str| match document.key() {
        Some(key) => {
            let secret = key.secret.expose_secret();
            let derived = |key: &AccessKey, said: &str| {
                let of = |region: &&str| derive(&key.secret, region).expose_secret() == said;
                REGIONS.into_iter().find(of)
            };
            let empty = old.is_empty() && derived(new, now).is_some();
            (old == key.id.as_str() && now == new.id.as_str())
                || (old == secret && now == new.secret.expose_secret())
                || (derived(key, old).is_some() && derived(key, old) == derived(new, now))
                || empty
        }
        None => old.is_empty(),
    };
    let (before, after) = (strings(text), strings(&without));
    assert_eq!(before.len(), after.len());
    let mut ends = (0, 0);
    for (old, now) in before.iter().zip(&after) {
        assert_eq!(
            text[ends.0..old.start],
            without[ends.1..now.start],
            "between strings"
        );
        ends = (old.end, now.end);
        let (old, now) = (&text[old.clone()], &without[now.clone()]);
        if old != now {
            let [old, now] = [old, now].map(|json| string(json).expect("a string"));
            assert!(changes(&old, &now), "a string that is none of the key's");
        }
    }
    assert_eq!(text[ends.0..], without[ends.1..]);
    if let Some(old) = document.key_id().filter(|old| **old != new.id) {
        let again = SecretDocument::parse(SecretString::from(spliced), fields);
        assert!(
            !again.expect("a document").given_out().holds(old),
            "the old key"
        );
    }

    let read = |text: &str| {
        SecretDocument::parse(SecretString::from(text), fields).expect("the same document")
    };
    let again = read(spliced);
    let key = again.key().expect("a key");
    assert_eq!(key.id, new.id);
    assert_eq!(key.secret.expose_secret(), new.secret.expose_secret());
    assert_eq!(again.username(), document.username());
    assert!(document.is_followed_by(&again) && again.is_followed_by(&again));
    let shown = format!("{again:?}");
    assert!(!shown.contains(new.secret.expose_secret()) || new.secret.expose_secret().len() < 20);
}

/// What was added to a document that waits for its first key: one or two fields after the last value.
fn added(text: &str, spliced: &str, fields: &FieldNames, new: &AccessKey) -> Range<usize> {
    let found = found(text).expect("an object");
    let missing: Vec<_> = [
        (Field::AccessKey, new.id.as_str()),
        (Field::SecretKey, new.secret.expose_secret()),
    ]
    .into_iter()
    .filter(|(field, _)| name_of(*field, &found, fields).is_none())
    .map(|(field, value)| format!(",{}:{}", json(fields.name(field)), json(value)))
    .collect();
    let added = missing.concat();
    let end = spliced.rfind(&added).expect("what was added");
    end..end + added.len()
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// If another key cannot be put into a document, the refusal gives a true reason.
fn refused(reason: &Malformed, document: &SecretDocument, text: &str) {
    match reason {
        Malformed::Inside { .. } => {
            let key = document.key().expect("a key");
            let is_key = |said: &str| said == key.id.as_str() || said == key.secret.expose_secret();
            let others = strings(text).into_iter().filter(|at| {
                let said = string(&text[at.clone()]);
                said.is_none_or(|said| !is_key(&said))
            });
            // Names that are the key are left out too.
            assert!(others.count() > 0);
        }
        Malformed::SmtpPasswordUnknown { .. } | Malformed::SmtpRegionUnknown { .. } => {
            assert!(strings(text).len() > 2);
        }
        _ => panic!("not behind reading: {reason}"),
    }
}

pub fn is_user_name(name: &str) -> bool {
    let letters = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
    // 40 of them with uppercase letters, lowercase letters and digits could be a secret access key.
    let secret = name.len() == 40
        && !name.contains(['=', ',', '.', '@', '_', '-'])
        && name.contains(|c: char| c.is_ascii_uppercase())
        && name.contains(|c: char| c.is_ascii_lowercase())
        && name.contains(|c: char| c.is_ascii_digit());
    name.chars().all(letters) && name.len() <= 64 && !secret
}

fn is_key_id(id: &str) -> bool {
    let lengths = 16..=128;
    lengths.contains(&id.len()) && !id.contains(|c| !matches!(c, 'A'..='Z' | '0'..='9'))
}

pub fn is_secret_arn(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(7, ':').collect();
    let [_, partition, _, region, account, _, name] = parts[..] else {
        return false;
    };
    let letters = |text: &str, more: &str| {
        !text.is_empty()
            && !text.contains(|c: char| !c.is_ascii_alphanumeric() && !more.contains(c))
    };
    arn.starts_with(&format!(
        "arn:{partition}:secretsmanager:{region}:{account}:secret:"
    )) && letters(partition, "-")
        && letters(region, "-")
        && account.len() == 12
        && !account.contains(|c: char| !c.is_ascii_digit())
        && letters(name, "/_+=.@-!")
        && arn.len() <= 2048
}

pub fn is_role_arn(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, partition, _, _, account, resource] = parts[..] else {
        return false;
    };
    let letters = |text: &str, more: &str| {
        !text.is_empty()
            && !text.contains(|c: char| !c.is_ascii_alphanumeric() && !more.contains(c))
    };
    arn.starts_with(&format!("arn:{partition}:iam::{account}:role/"))
        && letters(partition, "-")
        && account.len() == 12
        && !account.contains(|c: char| !c.is_ascii_digit())
        && letters(&resource["role/".len()..], "+=,.@_-/")
        && arn.len() <= 2048
}

pub fn is_external_id(id: &str) -> bool {
    let letters = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c);
    (2..=1224).contains(&id.len()) && id.chars().all(letters)
}
