//! A JSON object as text. Each field's value is a slice of the text, so that it can be replaced in place.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Fields in their order, each with its value.
pub(crate) type Entries<'a> = Vec<(String, &'a RawValue)>;

/// An object's fields in their order. Each value is a slice of the text.
pub(crate) struct Document<'a>(pub(crate) Entries<'a>);

impl<'de> Deserialize<'de> for Document<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Document<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Document(entries))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// The position of a raw value, which is a slice of the text that it was parsed from.
pub(crate) fn position(whole: &str, raw: &RawValue) -> Range<usize> {
    let start = raw.get().as_ptr() as usize - whole.as_ptr() as usize;
    start..start + raw.get().len()
}

/// A string in a JSON text.
pub(crate) struct Text {
    /// Its position, including its quotes.
    pub(crate) at: Range<usize>,
    /// The position of its field's name; in an array, of the array's field. None if the string is a name itself.
    pub(crate) field: Option<Range<usize>>,
    /// The number of the object that it is in. Objects are counted in the order in which they begin.
    pub(crate) object: usize,
    /// Whether it is directly the value of a field of that object, and not in an array.
    pub(crate) is_value: bool,
}

/// What surrounds a position in a JSON text.
struct Inside {
    object: usize,
    is_object: bool,
    field: Option<Range<usize>>,
}

/// Every string in a JSON text at any depth, including the names of fields.
///
/// It does not recurse, so no depth is too much.
pub(crate) fn strings(json: &str) -> Vec<Text> {
    let bytes = json.as_bytes();
    let mut strings = Vec::new();
    let mut around: Vec<Inside> = Vec::new();
    let (mut objects, mut at, mut is_name) = (0, 0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'{' => {
                around.push(Inside {
                    object: objects,
                    is_object: true,
                    field: None,
                });
                objects += 1;
                is_name = true;
            }
            b'[' => around.push(Inside {
                object: around.last().map_or(0, |inside| inside.object),
                is_object: false,
                field: around.last().and_then(|inside| inside.field.clone()),
            }),
            b'}' | b']' => drop(around.pop()),
            b',' => is_name = around.last().is_some_and(|inside| inside.is_object),
            b'"' => {
                let string = at..end_of_string(bytes, at);
                at = string.end - 1;
                if let Some(inside) = around.last_mut() {
                    if is_name {
                        inside.field = Some(string.clone());
                    }
                    strings.push(Text {
                        at: string,
                        field: inside.field.clone().filter(|_| !is_name),
                        object: inside.object,
                        is_value: inside.is_object && !is_name,
                    });
                }
                is_name = false;
            }
            _ => {}
        }
        at += 1;
    }
    strings
}

/// The position after the closing quote of the string that begins at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_string_is_found_with_its_field_and_its_object() {
        let json = r#"{"a":"x\"\\","b":[1,"y",["z"],{"c":"w"}],"d":{},"e":"v,}"}"#;
        let found: Vec<_> = strings(json)
            .into_iter()
            .map(|text| {
                let field = text.field.map_or("", |at| &json[at]);
                (&json[text.at], field, text.object, text.is_value)
            })
            .collect();
        assert_eq!(
            found,
            [
                (r#""a""#, "", 0, false),
                (r#""x\"\\""#, r#""a""#, 0, true),
                (r#""b""#, "", 0, false),
                (r#""y""#, r#""b""#, 0, false),
                (r#""z""#, r#""b""#, 0, false),
                (r#""c""#, "", 1, false),
                (r#""w""#, r#""c""#, 1, true),
                (r#""d""#, "", 0, false),
                (r#""e""#, "", 0, false),
                (r#""v,}""#, r#""e""#, 0, true),
            ]
        );
    }

    #[test]
    fn no_depth_is_too_much() {
        let json = format!(
            "{{\"a\":{}\"x\"{}}}",
            "[".repeat(30_000),
            "]".repeat(30_000)
        );
        assert_eq!(strings(&json).len(), 2);
    }
}
