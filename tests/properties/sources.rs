//! Random tags of a secret.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::json::{characters, word};
use crate::runs::always;
use crate::tags::holds;

/// A tag's value, which usually has the right form.
fn value() -> impl Strategy<Value = String> {
    let secret = word("abXY09/_+=.@-!", 1..20)
        .prop_map(|name| format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{name}"));
    let role = word("abXY09+=,.@_-/", 1..20)
        .prop_map(|name| format!("arn:aws-cn:iam::444455556666:role/{name}"));
    prop_oneof![
        3 => secret,
        3 => role,
        2 => word("abXY09_+=,.@:/-", 2..40),
        1 => characters(0..30),
    ]
}

#[test]
fn tags_name_a_source_or_are_refused_for_what_is_so() {
    let key = select(vec![
        "secretarn",
        "rolearn",
        "externalid",
        "role_arn",
        "team",
    ]);
    let tag = (key, value()).prop_map(|(key, value)| format!("{key}={value}"));
    let tags = vec(tag, 0..5).prop_map(|tags| tags.join("\n"));
    always("tags of a secret", 5..=60, &tags, |text| holds(&text));
}
