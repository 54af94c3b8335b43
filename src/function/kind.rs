//! Pure: what an event is, by the names of its fields. Its own parser then judges their values.
use crate::function::object::Object;

/// What an event asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A step of a rotation: [`RotationEvent`](crate::function::event::RotationEvent).
    Rotation,
    /// An action of the keeper: [`Asked`](crate::function::action::Asked).
    Action,
    /// A report of AWS: [`Exposure`](crate::function::exposure::Exposure).
    Report,
    /// None of these.
    Unknown,
}

/// The kind of event that a JSON text is.
///
/// A rotation event may have further fields, so `Step` counts first.
#[must_use]
pub(crate) fn kind(json: &str) -> Kind {
    let Ok(event) = Object::parse(json) else {
        return Kind::Unknown;
    };
    let has = |name: &str| event.names().any(|field| field == name);
    if has("Step") {
        Kind::Rotation
    } else if has("Action") {
        Kind::Action
    } else if has("source") && has("detail-type") {
        Kind::Report
    } else {
        Kind::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_the_fields_tell_what_an_event_is() {
        for (json, expected) in [
            (r#"{"Step":"createSecret","Extra":1}"#, Kind::Rotation),
            (r#"{"Action":"retire","Step":null}"#, Kind::Rotation),
            (r#"{"Step":1,"Step":2}"#, Kind::Rotation),
            (r#" {"\u0041ction":"retire"} "#, Kind::Action),
            (r#"{"source":1,"detail-type":2,"Action":3}"#, Kind::Action),
            (r#"{"detail-type":null,"source":null}"#, Kind::Report),
            (r#"{"source":"aws.health"}"#, Kind::Unknown),
            (r#"{"detail-type":"AWS Health Event"}"#, Kind::Unknown),
            (
                r#"{"step":"createSecret","action":"retire"}"#,
                Kind::Unknown,
            ),
            (r#"{"detail":{"Step":1,"Action":2}}"#, Kind::Unknown),
            (r#"["Step","Action"]"#, Kind::Unknown),
            (r#"{"Step":1"#, Kind::Unknown),
            ("{}", Kind::Unknown),
            ("null", Kind::Unknown),
            ("", Kind::Unknown),
        ] {
            assert_eq!(kind(json), expected, "{json}");
        }
    }

    #[test]
    fn no_depth_is_too_much() {
        let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
        let json = format!("{{\"a\":{open}{close},\"Action\":1}}");
        assert_eq!(kind(&json), Kind::Action);
    }
}
