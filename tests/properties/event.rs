//! What is true of a rotation event, whatever the payload.

use iam_key_rotator::{Event, InvalidEvent, Payload, RotationEvent};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::layout::{Member, count, members, string, value};

const STEPS: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];
const FIELDS: [&str; 4] = ["Step", "SecretId", "ClientRequestToken", "RotationToken"];

/// Checks a payload: deserializing it never fails, and the result agrees with its text.
/// Returns whether it is an event.
pub fn holds(payload: &[u8]) -> bool {
    let mut json = serde_json::Deserializer::from_slice(payload);
    let Payload(result) = Payload::deserialize(&mut json).expect("never fails");
    // The runtime does not look past the first value.
    let mut values = serde_json::Deserializer::from_slice(payload).into_iter::<IgnoredAny>();
    let is_json = matches!(values.next(), Some(Ok(_)));
    let first = str::from_utf8(&payload[..values.byte_offset()]);
    let read = result.is_ok();
    match (is_json, first) {
        (true, Ok(text)) => {
            assert_eq!(format!("{result:?}"), format!("{:?}", Event::parse(text)));
            if let Ok(Event::Rotation(event)) = result {
                judged(Ok(event), text);
            }
        }
        _ => _ = refusal(result.expect_err("no JSON")),
    }
    if let Ok(text) = str::from_utf8(payload) {
        judged(RotationEvent::parse(text), text);
    }
    read
}

/// What was read agrees with the text, and a refusal names a true reason.
fn judged(result: Result<RotationEvent, InvalidEvent>, text: &str) {
    let found = members(text).filter(|found| FIELDS.iter().all(|name| count(found, name) < 2));
    match (result, found) {
        (Ok(event), Some(found)) => said(event, text, &found),
        (Err(problem), Some(found)) => so(&refusal(problem), text, &found),
        (Err(problem), None) => assert_eq!(
            refusal(problem),
            "it is not a JSON object with each field once"
        ),
        (Ok(event), None) => panic!("no event: {event:?}"),
    }
}

fn said(mut event: RotationEvent, text: &str, found: &[Member]) {
    let said = |name: &str| {
        let json = value(text, found, name).filter(|json| *json != "null")?;
        Some(string(json).expect("a string"))
    };
    assert_eq!(said("Step").as_deref(), Some(event.step.name()));
    assert_eq!(event.step.to_string(), event.step.name());
    assert_eq!(said("SecretId").as_ref(), Some(&event.secret_id));
    assert_eq!(said("ClientRequestToken").as_ref(), Some(&event.token));
    let token = event.rotation_token.as_ref();
    assert_eq!(
        said("RotationToken").as_deref(),
        token.map(ExposeSecret::expose_secret)
    );
    for (name, value) in FIELDS
        .iter()
        .filter_map(|name| said(name).map(|value| (*name, value)))
    {
        assert!(!value.trim().is_empty());
        assert!(name == "Step" || is_plain(name, &value), "{name}");
    }
    let shown = format!("{event:?}");
    let another = token.map(|_| SecretString::from("another token"));
    event.rotation_token = another;
    assert_eq!(shown, format!("{event:?}"));
}

/// A refusal is one of a few fixed sentences, so it cannot quote anything. Each must be true when it is given.
fn so(reason: &str, text: &str, found: &[Member]) {
    let json = |name: &str| value(text, found, name).filter(|json| *json != "null");
    if reason == "Step is none of createSecret, setSecret, testSecret, finishSecret" {
        let step = json("Step").and_then(string).expect("a step");
        assert!(!STEPS.contains(&&*step));
        return;
    }
    let (name, what) = reason.split_once(' ').expect("a field");
    assert!(FIELDS.contains(&name), "{reason}");
    let string = json(name).and_then(string);
    match what {
        "is missing" => assert!(name != "RotationToken" && json(name).is_none()),
        "is not a string" => assert!(json(name).is_some() && string.is_none()),
        "is empty" => assert_eq!(string.as_deref().map(str::trim), Some("")),
        "is not the ARN or the name of a secret"
        | "is not 1 to 64 printable characters without spaces and quotes"
        | "is longer than 4,096 bytes or holds control characters" => {
            assert!(!is_plain(name, &string.expect("a string")));
        }
        _ => panic!("{reason}"),
    }
}

/// Whether a field's value may stand in an error or a log line, or be passed on.
fn is_plain(name: &str, value: &str) -> bool {
    let mut characters = value.chars();
    match name {
        "SecretId" => {
            value.len() <= 2_048
                && characters.all(|one| one.is_ascii_alphanumeric() || "/_+=.@:!-".contains(one))
        }
        "ClientRequestToken" => {
            value.len() <= 64
                && characters.all(|one| ('!'..='~').contains(&one) && !"\"'`".contains(one))
        }
        _ => value.len() <= 4_096 && !characters.any(char::is_control),
    }
}

/// Why a payload is not an event.
fn refusal(invalid: InvalidEvent) -> String {
    invalid.0
}
