//! An invocation's payload: a step of a rotation, an action of the keeper, or a report of AWS.

use secrecy::zeroize::Zeroizing;
use serde::Deserialize;
use serde::de::Deserializer;
use serde_json::value::RawValue;

use crate::function::action::Asked;
use crate::function::event::{InvalidEvent, RotationEvent, invalid};
use crate::function::exposure::Exposure;
use crate::function::kind::{Kind, kind};

/// What an invocation is asked for.
#[derive(Debug)]
pub enum Event {
    /// A step of a rotation.
    Rotation(RotationEvent),
    /// An action of the keeper.
    Asked(Asked),
    /// A report of AWS that names exposed keys.
    Exposure(Exposure),
}

impl Event {
    /// Parses an event's JSON text.
    ///
    /// # Errors
    /// [`InvalidEvent`]. It names the field and never quotes its value.
    pub fn parse(json: &str) -> Result<Self, InvalidEvent> {
        match kind(json) {
            Kind::Action => Asked::parse(json).map(Self::Asked),
            Kind::Report => Exposure::parse(json).map(Self::Exposure),
            Kind::Rotation | Kind::Unknown => RotationEvent::parse(json).map(Self::Rotation),
        }
    }
}

/// An invocation's payload, parsed or not.
///
/// Deserializing it never fails. So a payload that is no event is answered with our own error, not with one of the
/// runtime's.
#[derive(Debug)]
pub struct Payload(
    /// The event, or why the payload is not one.
    pub Result<Event, InvalidEvent>,
);

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(
            Box::<RawValue>::deserialize(deserializer).map_or_else(
                |_| Err(invalid("it is not JSON")),
                |raw| Event::parse(&Zeroizing::new(String::from(Box::<str>::from(raw)))),
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_payload_that_is_not_json_is_an_event_problem() {
        for bytes in ["{", "", "not json"] {
            // As the runtime does it: nothing checks what comes after the value.
            let mut json = serde_json::Deserializer::from_str(bytes);
            assert!(Payload::deserialize(&mut json).unwrap().0.is_err());
        }
    }

    #[test]
    fn each_kind_of_event_is_read_by_its_own_parser() {
        let rotation = r#"{"Step":"createSecret","SecretId":"arn:x","ClientRequestToken":"t"}"#;
        assert!(matches!(Event::parse(rotation), Ok(Event::Rotation(_))));
        assert!(matches!(
            Event::parse(r#"{"Action":"retire"}"#),
            Ok(Event::Asked(_))
        ));
        let health = include_str!("../../tests/events/aws_health.json");
        assert!(matches!(Event::parse(health), Ok(Event::Exposure(_))));
        let unknown = Event::parse("{}").unwrap_err().to_string();
        assert!(unknown.contains("Step is missing"), "{unknown}");
    }
}
