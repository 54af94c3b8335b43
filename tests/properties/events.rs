//! Random rotation events.

use iam_key_rotator::RotationEvent;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use secrecy::ExposeSecret;

use crate::event::holds;
use crate::json::{Written, characters, object, space, spelled, text, value};
use crate::layout::string;
use crate::runs::always;

/// An event's fields, and their values.
type Said = Vec<(&'static str, String)>;

fn events() -> impl Strategy<Value = (Said, Vec<Written>, Vec<String>)> {
    let steps = ["createSecret", "setSecret", "testSecret", "finishSecret"];
    let said = (
        select(steps.to_vec()),
        "[A-Za-z0-9/_+=.@:!-]{1,30}",
        "[!#-&(-_a-~]{1,30}",
        option::of("[ -~\u{a0}-\u{d7ff}\u{10000}-\u{10ffff}]{0,30}[!-~]"),
    )
        .prop_map(|(step, secret, token, rotation_token)| {
            let mut said = vec![
                ("Step", step.to_owned()),
                ("SecretId", secret),
                ("ClientRequestToken", token),
            ];
            said.extend(rotation_token.map(|token| ("RotationToken", token)));
            said
        });
    said.prop_flat_map(|said| {
        let fields: Vec<_> = said
            .iter()
            .map(|(name, value)| (spelled((*name).to_owned()), spelled(value.clone())))
            .collect();
        let other =
            (text(), value()).prop_filter("another field", |(name, _)| string(name).is_some());
        let members = (fields, vec(other, 0..4))
            .prop_map(|(fields, others)| [fields, others].concat())
            .prop_shuffle();
        (Just(said), members, vec(space(), 1..9))
    })
}

#[test]
fn an_event_is_read_as_it_was_written() {
    always("events", 100..=100, &events(), |(said, members, spaces)| {
        let text = object(&members, &spaces);
        let event = RotationEvent::parse(&text).unwrap();
        let token = event
            .rotation_token
            .as_ref()
            .map(|token| token.expose_secret().to_owned());
        let read = [
            Some(event.step.name().to_owned()),
            Some(event.secret_id),
            Some(event.token),
            token,
        ];
        let said: Vec<String> = said.into_iter().map(|(_, value)| value).collect();
        assert_eq!(read.into_iter().flatten().collect::<Vec<_>>(), said);
        holds(text.as_bytes())
    });
}

#[test]
fn a_spoilt_event_is_refused_for_what_was_spoilt() {
    let spoilt = (events(), 0..4_u8, any::<Index>(), value());
    always(
        "spoilt events",
        0..=0,
        &spoilt,
        |((said, mut members, spaces), way, which, value)| {
            let at = |name: &str| {
                members
                    .iter()
                    .position(|(written, _)| string(written).as_deref() == Some(name))
                    .unwrap()
            };
            // A rotation token may be missing.
            let (name, _) = said[which.index(if way == 0 { 3 } else { said.len() })];
            let at = at(name);
            let no_string = |value: &String| !value.starts_with('"') && value != "null";
            match way {
                0 => _ = members.remove(at),
                1 => members.push((members[at].0.clone(), value)),
                2 => {
                    members[at].1 = Some(value)
                        .filter(no_string)
                        .unwrap_or_else(|| "[]".to_owned())
                }
                _ => members[at].1 = "\" \\n\"".to_owned(),
            }
            holds(object(&members, &spaces).as_bytes())
        },
    );
}

#[test]
fn any_payload_is_an_event_or_refused_for_what_is_so() {
    let meddled = (events(), any::<Index>(), vec(any::<u8>(), 0..3), 0..3_usize).prop_map(
        |((_, members, spaces), at, put, less)| {
            let mut payload = object(&members, &spaces).into_bytes();
            let at = at.index(payload.len());
            let end = (at + less).min(payload.len());
            payload.splice(at..end, put);
            payload
        },
    );
    let payloads = prop_oneof![
        1 => vec(any::<u8>(), 0..64),
        2 => (value(), characters(0..4)).prop_map(|(value, behind)| format!("{value}{behind}").into_bytes()),
        5 => meddled,
    ];
    always("payloads given as an event", 5..=60, &payloads, |payload| {
        holds(&payload)
    });
}
