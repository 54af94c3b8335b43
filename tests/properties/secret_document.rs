//! What holds of the secret document, whatever the text.

use iam_key_rotator::access_key::{AccessKey, AccessKeyId};
use iam_key_rotator::config::FieldNames;
use iam_key_rotator::named_source::NamedSource;
use iam_key_rotator::secret_value::{Malformed, SecretDocument};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::layout::{Member, count, is_json, members, string, value};

/// The usual names of the fields, the usual ones the other way round, and some that need escapes.
pub fn names() -> [FieldNames; 3] {
    [
        [
            "username",
            "accesskey",
            "secretkey",
            "secretarn",
            "rolearn",
            "externalid",
        ],
        [
            "secretarn",
            "secretkey",
            "accesskey",
            "username",
            "externalid",
            "rolearn",
        ],
        ["us\"er", "\\", "ключ 🔑", "\u{1}/", "rôle", "\t"],
    ]
    .map(|names| {
        let mut names = names.into_iter().map(str::to_owned);
        let mut next = || names.next().expect("a name for each field");
        FieldNames {
            username: next(),
            access_key: next(),
            secret_key: next(),
            source_secret: next(),
            role: next(),
            external_id: next(),
        }
    })
}

/// An access key as a rotation would store it.
pub fn new_key(secret: &str) -> AccessKey {
    AccessKey {
        id: AccessKeyId::parse("AKIAI44QH8DHBEXAMPLE").expect("an id"),
        secret: SecretString::from(secret),
    }
}

/// Checks a text: it is read as what it says or refused for what is so, and another access key
/// changes nothing else. Says whether it was read.
pub fn holds(text: &str, fields: &FieldNames, new: &AccessKey) -> bool {
    let parsed = SecretDocument::parse(SecretString::from(text), fields);
    let source = SecretDocument::parse_source(SecretString::from(text), fields);
    match (&parsed, &source) {
        (Ok(_), Ok(document)) => said(document, text, fields),
        (Err(Malformed::Missing(name)), Ok(document)) => {
            assert_eq!((name, document.username()), (&fields.username, ""));
            said(document, text, fields);
        }
        (Err(reason), Err(same)) => {
            assert_eq!(reason, same);
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

/// A document holds what its text says.
fn said(document: &SecretDocument, text: &str, fields: &FieldNames) {
    let found = members(text).expect("an object");
    let said = |name: &str| {
        assert!(count(&found, name) < 2, "{name} is there twice");
        value(text, &found, name).map(|json| string(json).expect("a string"))
    };
    let username = said(&fields.username);
    assert_eq!(document.username(), username.as_deref().unwrap_or_default());
    let key = document
        .key()
        .map(|key| (key.id.as_str(), key.secret.expose_secret()));
    let (id, secret) = (said(&fields.access_key), said(&fields.secret_key));
    assert_eq!(key.map(|(id, _)| id), id.as_deref());
    assert_eq!(key.map(|(_, secret)| secret), secret.as_deref());
    let (source, role) = (said(&fields.source_secret), said(&fields.role));
    let external_id = role.as_ref().and_then(|_| said(&fields.external_id));
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

    for name in [&username, &id, &secret, &source, &external_id]
        .into_iter()
        .flatten()
    {
        assert!(!name.trim().is_empty());
    }
    assert!(username.is_none_or(|name| is_user_name(&name)));
    assert!(id.is_none_or(|id| is_key_id(&id)));
    assert!(source.is_none_or(|arn| is_secret_arn(&arn)));
    assert!(external_id.is_none_or(|id| is_external_id(&id)));
}

/// A refusal names what is so. It can quote nothing: it holds names of fields and numbers alone.
fn so(reason: &Malformed, text: &str, fields: &FieldNames) {
    let found = members(text);
    let number = |name: &str| count(found.as_deref().expect("an object"), name);
    let json = |name: &str| value(text, found.as_deref().expect("an object"), name).expect(name);
    let said = |name: &str| string(json(name)).expect("a string");
    match reason {
        Malformed::Binary => panic!("text is not binary"),
        Malformed::NotJson { line, column } => {
            assert!(found.is_none());
            // Half of a surrogate pair is JSON, but no name; 1e400 too, but nothing that serde_json reads.
            let no_object = !text.trim_start().starts_with('{');
            assert!(!is_json(text) || text.contains("\\u") || no_object);
            assert!((1..=text.split('\n').count()).contains(line));
            assert!(*column <= text.len());
        }
        // What comes behind the first token is not looked at.
        Malformed::NotAnObject => assert!(!text.trim_start().starts_with('{')),
        Malformed::Missing(name) => {
            assert_eq!(number(name), 0);
            let other = if *name == fields.access_key {
                &fields.secret_key
            } else {
                assert_eq!(name, &fields.secret_key);
                &fields.access_key
            };
            assert_eq!(number(other), 1);
        }
        Malformed::Twice(name) => assert!(is_field(name, fields) && number(name) > 1),
        Malformed::NotAString(name) => {
            assert!(is_field(name, fields));
            let half_a_pair = json(name).to_ascii_lowercase().contains("\\ud");
            assert!(!json(name).starts_with('"') || half_a_pair);
        }
        Malformed::Empty(name) => {
            assert!(is_field(name, fields));
            assert_eq!(said(name).trim(), "");
        }
        Malformed::Form(name, form) => {
            let (field, is): (_, fn(&str) -> bool) = match *form {
                "the name of an IAM user" => (&fields.username, is_user_name),
                "an access key id" => (&fields.access_key, is_key_id),
                "the ARN of a secret" => (&fields.source_secret, is_secret_arn),
                "the ARN of an IAM role" => (&fields.role, is_role_arn),
                "an external id" => (&fields.external_id, is_external_id),
                _ => panic!("{reason}"),
            };
            assert_eq!(name, field);
            assert!(!is(&said(name)));
        }
        Malformed::TwoSources(secret, role) => {
            assert_eq!((secret, role), (&fields.source_secret, &fields.role));
            assert_eq!((number(secret), number(role)), (1, 1));
        }
    }
}

/// Another access key changes the two values, or adds the two fields, and nothing else.
fn replaced(document: &SecretDocument, text: &str, fields: &FieldNames, new: &AccessKey) {
    let spliced = document.with_key(new);
    let spliced = spliced.expose_secret();
    let after = members(spliced).expect("an object");
    let names = [&*fields.access_key, &*fields.secret_key];
    let values = names.map(|name| value(spliced, &after, name).and_then(string));
    assert_eq!(values[0].as_deref(), Some(new.id.as_str()));
    assert_eq!(values[1].as_deref(), Some(new.secret.expose_secret()));

    let before = members(text).expect("an object");
    if document.key().is_some() {
        assert_eq!(
            without_values(text, &before, names),
            without_values(spliced, &after, names)
        );
    } else {
        let end = before.last().expect("a user name").value.end;
        let (head, tail) = text.split_at(end);
        let rest = spliced.strip_prefix(head).expect("what comes first");
        let added = rest.strip_suffix(tail).expect("what comes last");
        let added = format!("{{{}}}", added.strip_prefix(',').expect("a comma"));
        assert_eq!(
            serde_json::from_str::<Value>(&added).expect("two fields"),
            json!({ names[0]: new.id.as_str(), names[1]: new.secret.expose_secret() })
        );
    }
    // The same once more as JSON, where serde_json can hold it: not 1e400, nor half a surrogate pair.
    if let Ok(Value::Object(mut before)) = serde_json::from_str(text) {
        let mut after = serde_json::from_str::<serde_json::Map<_, _>>(spliced).expect("JSON");
        for name in names {
            before.shift_remove(name);
            after.shift_remove(name);
        }
        assert!(before.iter().eq(after.iter()));
    }

    let read = |text: &str| {
        SecretDocument::parse(SecretString::from(text), fields).expect("the same document")
    };
    let again = read(spliced);
    assert!(again.differs_in_key_only(document) && document.differs_in_key_only(&again));
    assert_eq!(again.with_key(new).expose_secret(), spliced);
    // Nothing but the names and the id is in what a log shows.
    let mut shown = json!({
        &*fields.username: document.username(),
        names[0]: new.id.as_str(),
        names[1]: "another secret",
    });
    match document.source() {
        Some(NamedSource::Secret(arn)) => shown[&*fields.source_secret] = arn.as_str().into(),
        Some(NamedSource::Role { arn, external_id }) => {
            shown[&*fields.role] = arn.as_str().into();
            if external_id.is_some() {
                shown[&*fields.external_id] = "another-id".into();
            }
        }
        None => {}
    }
    assert_eq!(
        format!("{again:?}"),
        format!("{:?}", read(&shown.to_string()))
    );
}

/// A text with holes where the values of two fields stand.
fn without_values(text: &str, members: &[Member], names: [&str; 2]) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = 0;
    for member in members
        .iter()
        .filter(|member| names.contains(&&*member.name))
    {
        pieces.push(text[rest..member.value.start].to_owned());
        rest = member.value.end;
    }
    pieces.push(text[rest..].to_owned());
    pieces
}

fn is_field(name: &str, fields: &FieldNames) -> bool {
    [
        &fields.username,
        &fields.access_key,
        &fields.secret_key,
        &fields.source_secret,
        &fields.role,
        &fields.external_id,
    ]
    .into_iter()
    .any(|field| field == name)
}

pub fn is_user_name(name: &str) -> bool {
    let letters = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
    // 40 of them with capitals, small letters and digits could be a secret access key.
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

fn is_secret_arn(arn: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
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
        && letters(name, "/_+=.@!-")
        && arn.len() <= 2048
}

fn is_role_arn(arn: &str) -> bool {
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

fn is_external_id(id: &str) -> bool {
    let letters = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c);
    (2..=1224).contains(&id.len()) && id.chars().all(letters)
}
