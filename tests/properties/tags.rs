//! What is true of the credential source that a secret's tags name, whatever the tags are.

use std::collections::HashMap;

use iam_key_rotator::{Field, FieldNames, Malformed, Named, NamedSource};
use secrecy::ExposeSecret;

use crate::secret_document::{is_external_id, is_role_arn, is_secret_arn};

/// Tags, one per line: `key=value`. The last value of a key counts, as in a map.
fn tags(text: &str) -> HashMap<String, String> {
    let lines = text.lines().filter_map(|line| line.split_once('='));
    lines
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// Checks tags: they are read correctly, or refused for a true reason. Returns whether they name a source.
pub fn holds(text: &str) -> bool {
    let (tags, names) = (tags(text), FieldNames::default());
    let tag = |field: Field| tags.get(field.seed_name());
    let (secret, role) = (tag(Field::SourceSecret), tag(Field::Role));
    let read = NamedSource::of_tags(&tags, &names);
    match &read {
        Ok(None) => assert_eq!((secret, role), (None, None)),
        Ok(Some(NamedSource::Secret(arn))) => {
            assert_eq!((secret, role), (Some(arn), None));
            assert!(is_secret_arn(arn));
        }
        Ok(Some(source @ NamedSource::Role { arn, external_id })) => {
            assert_eq!((secret, role), (None, Some(arn)));
            assert!(is_role_arn(arn));
            let said = external_id.as_ref().map(ExposeSecret::expose_secret);
            assert_eq!(said, tag(Field::ExternalId).map(String::as_str));
            assert!(said.is_none_or(is_external_id));
            // Short ones occur in the words around it.
            let shown = format!("{source:?}");
            assert!(said.is_none_or(|id| id.len() < 20 || arn.contains(id) || !shown.contains(id)));
        }
        Err(Malformed::TwoSources(..)) => assert!(secret.is_some() && role.is_some()),
        Err(Malformed::Form(Named { name, field }, _)) => {
            assert_eq!(name, field.seed_name());
            let value = tag(*field).expect("the tag");
            assert!(!match field {
                Field::SourceSecret => is_secret_arn(value),
                Field::Role => is_role_arn(value),
                Field::ExternalId => is_external_id(value),
                _ => true,
            });
        }
        Err(reason) => panic!("{reason}"),
    }
    if let Err(reason) = &read {
        // The words are the same whatever the tags hold, so nothing in the tags is quoted.
        let mut others = tags.clone();
        for (key, value) in &mut others {
            let is_named = matches!(reason, Malformed::Form(Named { name, .. }, _) if name == key);
            if is_named || matches!(reason, Malformed::TwoSources(..)) {
                *value = "?".to_owned();
            }
        }
        let again = NamedSource::of_tags(&others, &names).map(|_| ());
        let again = again.expect_err("refused as well");
        assert_eq!(reason.to_string(), again.to_string());
    }
    matches!(read, Ok(Some(_)))
}
