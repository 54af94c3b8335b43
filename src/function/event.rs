//! The event that Secrets Manager sends for each step (fact 1).

use std::fmt;

use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::rotation::problem::Problem;
use crate::secret::plain::is_word;

/// What a secret's name or ARN can hold besides letters and digits.
const SECRET_ID: &[u8] = b"/_+=.@:!-";
/// The longest SecretId that Secrets Manager takes, in characters.
const LONGEST_SECRET_ID: usize = 2_048;
/// The longest ClientRequestToken that it takes, in characters.
const LONGEST_TOKEN: usize = 64;
/// The longest RotationToken, in bytes: well above the 256 characters that AWS documents (fact 8).
const LONGEST_ROTATION_TOKEN: usize = 4_096;

/// One of the four steps of a rotation, in the order in which Secrets Manager calls them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::enum_variant_names, reason = "Secrets Manager calls them so")]
pub enum Step {
    /// Make the new access key and store it as AWSPENDING.
    CreateSecret,
    /// Give the new key to the service. IAM did so already when it made the key.
    SetSecret,
    /// Verify that the pending key authenticates as the user.
    TestSecret,
    /// Move AWSCURRENT to the pending key.
    FinishSecret,
}

impl Step {
    /// The step's name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CreateSecret => "createSecret",
            Self::SetSecret => "setSecret",
            Self::TestSecret => "testSecret",
            Self::FinishSecret => "finishSecret",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [
            Self::CreateSecret,
            Self::SetSecret,
            Self::TestSecret,
            Self::FinishSecret,
        ]
        .into_iter()
        .find(|step| step.name() == name)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What Secrets Manager asks for in one invocation.
#[derive(Debug)]
pub struct RotationEvent {
    /// The step to run.
    pub step: Step,
    /// The secret's full ARN (a name works too, for invocations by hand).
    pub secret_id: String,
    /// The id of the version that this rotation makes.
    pub token: String,
    /// Proves to Secrets Manager that the function acts for this rotation; sensitive (fact 8).
    pub rotation_token: Option<SecretString>,
}

/// Why a payload is not a rotation event: which field, and the reason. It never quotes a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidEvent(pub String);

impl From<InvalidEvent> for Problem {
    fn from(invalid: InvalidEvent) -> Self {
        Self::EventInvalid { reason: invalid.0 }
    }
}

/// The event's raw fields. `serde_json`'s own messages may quote the event,
/// so every field is optional here, and [`RotationEvent::parse`] checks it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Fields<'a> {
    #[serde(borrow)]
    step: Option<&'a RawValue>,
    #[serde(borrow)]
    secret_id: Option<&'a RawValue>,
    #[serde(borrow)]
    client_request_token: Option<&'a RawValue>,
    #[serde(borrow)]
    rotation_token: Option<&'a RawValue>,
}

impl RotationEvent {
    /// Parses an event's JSON text. What gets into errors and logs is bounded and has no line breaks.
    ///
    /// # Errors
    /// [`InvalidEvent`]. It names the field and never quotes its value.
    pub fn parse(json: &str) -> Result<Self, InvalidEvent> {
        let no_object = || invalid("it is not a JSON object with each field once");
        // An array's values would be read as the fields, in order.
        if json.trim_start().starts_with('[') {
            return Err(no_object());
        }
        let fields: Fields<'_> = serde_json::from_str(json).map_err(|_| no_object())?;
        let step = required("Step", fields.step)?;
        Ok(Self {
            step: Step::parse(&step).ok_or_else(|| {
                invalid("Step is none of createSecret, setSecret, testSecret, finishSecret")
            })?,
            secret_id: secret_id(required("SecretId", fields.secret_id)?)?,
            token: token(required("ClientRequestToken", fields.client_request_token)?)?,
            rotation_token: match fields.rotation_token {
                None => None,
                raw => Some(rotation_token(required("RotationToken", raw)?)?),
            },
        })
    }
}

pub(super) fn required(name: &str, raw: Option<&RawValue>) -> Result<String, InvalidEvent> {
    let raw = raw.ok_or_else(|| invalid(&format!("{name} is missing")))?;
    let text: String =
        serde_json::from_str(raw.get()).map_err(|_| invalid(&format!("{name} is not a string")))?;
    if text.trim().is_empty() {
        return Err(invalid(&format!("{name} is empty")));
    }
    Ok(text)
}

pub(super) fn secret_id(text: String) -> Result<String, InvalidEvent> {
    if !is_word(&text, LONGEST_SECRET_ID, SECRET_ID) {
        return Err(invalid("SecretId is not the ARN or the name of a secret"));
    }
    Ok(text)
}

/// Secrets Manager makes UUIDs, but accepts other tokens.
fn token(text: String) -> Result<String, InvalidEvent> {
    let allowed = |byte: u8| byte.is_ascii_graphic() && !b"\"'`".contains(&byte);
    if text.len() > LONGEST_TOKEN || !text.bytes().all(allowed) {
        return Err(invalid(
            "ClientRequestToken is not 1 to 64 printable characters without spaces and quotes",
        ));
    }
    Ok(text)
}

fn rotation_token(text: String) -> Result<SecretString, InvalidEvent> {
    let text = Zeroizing::new(text);
    if text.len() > LONGEST_ROTATION_TOKEN || text.chars().any(char::is_control) {
        return Err(invalid(
            "RotationToken is longer than 4,096 bytes or holds control characters",
        ));
    }
    Ok(SecretString::from(text.as_str()))
}

pub(super) fn invalid(reason: &str) -> InvalidEvent {
    InvalidEvent(reason.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const EVENT: &str = r#"{"Step":"createSecret","SecretId":"arn:x","ClientRequestToken":"t","RotationToken":"r","Extra":1}"#;

    #[test]
    fn an_event_has_step_secret_token_and_rotation_token() {
        let event = RotationEvent::parse(EVENT).unwrap();
        assert_eq!(event.step, Step::CreateSecret);
        assert_eq!((&*event.secret_id, &*event.token), ("arn:x", "t"));
        assert!(event.rotation_token.is_some());
    }

    #[test]
    fn the_rotation_token_is_optional_and_never_shown() {
        let without = EVENT.replace(r#","RotationToken":"r""#, "");
        assert!(
            RotationEvent::parse(&without)
                .unwrap()
                .rotation_token
                .is_none()
        );
        let shown = format!(
            "{:?}",
            RotationEvent::parse(&EVENT.replace(r#""r""#, r#""sesame""#))
        );
        assert!(!shown.contains("sesame"), "{shown}");
    }

    #[test]
    fn each_kind_of_invalid_event_is_named_without_quoting_it() {
        for (event, expected) in [
            ("sesame", "not a JSON object"),
            ("[]", "not a JSON object"),
            (r#""sesame""#, "not a JSON object"),
            (
                r#"{"Step":"createSecret","Step":"setSecret"}"#,
                "each field once",
            ),
            (&EVENT.replace("Step", "Stop"), "Step is missing"),
            (&EVENT.replace("createSecret", "sesame"), "Step is none of"),
            (&EVENT.replace("SecretId", "Id"), "SecretId is missing"),
            (
                &EVENT.replace(r#""arn:x""#, "7"),
                "SecretId is not a string",
            ),
            (
                &EVENT.replace("ClientRequestToken", "T"),
                "ClientRequestToken is missing",
            ),
            (
                &EVENT.replace(r#""t""#, r#""""#),
                "ClientRequestToken is empty",
            ),
            (
                &EVENT.replace(r#""r""#, "987654"),
                "RotationToken is not a string",
            ),
            (&EVENT.replace(r#""r""#, r#""""#), "RotationToken is empty"),
            (
                &EVENT.replace("arn:x", "sesame sesame"),
                "SecretId is not the ARN or the name",
            ),
            (
                &EVENT.replace("arn:x", &"sesame".repeat(342)),
                "SecretId is not the ARN or the name",
            ),
            (
                &EVENT.replace(r#""t""#, r#""sesame\n""#),
                "ClientRequestToken is not 1 to 64",
            ),
            (
                &EVENT.replace(r#""t""#, r#""sesame'""#),
                "ClientRequestToken is not 1 to 64",
            ),
            (
                &EVENT.replace(r#""t""#, &format!("\"{}\"", "sesame".repeat(11))),
                "ClientRequestToken is not 1 to 64",
            ),
            (
                &EVENT.replace(r#""r""#, r#""sesame\u0000""#),
                "RotationToken is longer",
            ),
            (
                &EVENT.replace(r#""r""#, &format!("\"{}\"", "sesame".repeat(683))),
                "RotationToken is longer",
            ),
        ] {
            let problem = RotationEvent::parse(event).unwrap_err().to_string();
            assert!(problem.contains(expected), "{event}: {problem}");
            assert!(!problem.contains("sesame") && !problem.contains("987654"));
        }
    }
}
