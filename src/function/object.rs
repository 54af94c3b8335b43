//! Pure: a JSON object's fields by name. An error names the field and the objects that it is in, and never quotes a value.

use serde_json::value::RawValue;

use crate::function::event::{InvalidEvent, invalid, required};
use crate::secret::json_text::{Document, Entries};

/// An object of an event.
pub(super) struct Object<'a> {
    /// What comes before its fields' names, such as `detail.`. Empty for the event itself.
    path: String,
    fields: Entries<'a>,
}

impl<'a> Object<'a> {
    /// Parses an event's JSON text.
    ///
    /// # Errors
    /// [`InvalidEvent`]: the text is not a JSON object.
    pub(super) fn parse(json: &'a str) -> Result<Self, InvalidEvent> {
        let Document(fields) =
            serde_json::from_str(json).map_err(|_| invalid("it is not a JSON object"))?;
        Ok(Self {
            path: String::new(),
            fields,
        })
    }

    /// The names of its fields, in their order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| name.as_str())
    }

    /// A field's value, if there is such a field.
    ///
    /// # Errors
    /// [`InvalidEvent`]: there are several. It would be a guess which of them counts.
    pub(super) fn get(&self, name: &str) -> Result<Option<&'a RawValue>, InvalidEvent> {
        let mut found = self.fields.iter().filter(|(field, _)| field == name);
        let first = found.next().map(|(_, value)| *value);
        match found.next() {
            None => Ok(first),
            Some(_) => Err(self.invalid(name, "is there more than once")),
        }
    }

    /// The text of a field that must be there, without white space around it.
    ///
    /// # Errors
    /// [`InvalidEvent`]: the field is missing, not a string, empty, or there more than once.
    pub(super) fn required(&self, name: &str) -> Result<String, InvalidEvent> {
        let text = required(&self.full(name), self.get(name)?)?;
        Ok(text.trim().to_owned())
    }

    /// The text of a field, without white space around it. None if there is none, or if it is not a string or empty.
    ///
    /// # Errors
    /// [`InvalidEvent`]: the field is there more than once.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, InvalidEvent> {
        let text = |value: &RawValue| serde_json::from_str::<String>(value.get()).ok();
        let text = self.get(name)?.and_then(text);
        Ok(text
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty()))
    }

    /// The object in a field that must be there.
    ///
    /// # Errors
    /// [`InvalidEvent`]: the field is missing, not an object, or there more than once.
    pub(super) fn object(&self, name: &str) -> Result<Self, InvalidEvent> {
        let value = self.get(name)?;
        let value = value.ok_or_else(|| self.invalid(name, "is missing"))?;
        let Document(fields) = serde_json::from_str(value.get())
            .map_err(|_| self.invalid(name, "is not a JSON object"))?;
        Ok(Self {
            path: format!("{}.", self.full(name)),
            fields,
        })
    }

    /// The values of the list in a field. Empty if there is no such list.
    ///
    /// # Errors
    /// [`InvalidEvent`]: the field is there more than once.
    pub(super) fn list(&self, name: &str) -> Result<Vec<&'a RawValue>, InvalidEvent> {
        let list = |value: &'a RawValue| serde_json::from_str(value.get()).ok();
        Ok(self.get(name)?.and_then(list).unwrap_or_default())
    }

    /// What is wrong with a field.
    pub(super) fn invalid(&self, name: &str, reason: &str) -> InvalidEvent {
        invalid(&format!("{} {reason}", self.full(name)))
    }

    /// The field's name with those of the objects that it is in.
    fn full(&self, name: &str) -> String {
        format!("{}{name}", self.path)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const JSON: &str =
        r#"{"a":" x ","b":{"c":{"d":7}},"e":" ","f":null,"g":[1,"y"],"h":1,"h":2,"\u0069":"z"}"#;

    fn reason<T>(result: Result<T, InvalidEvent>) -> String {
        result.err().unwrap().0
    }

    #[test]
    fn a_text_has_no_white_space_around_it() {
        let object = Object::parse(JSON).unwrap();
        assert_eq!(object.required("a").unwrap(), "x");
        assert_eq!(object.text("a").unwrap().as_deref(), Some("x"));
        // The name is compared as it reads, not as it is spelled.
        assert_eq!(object.required("i").unwrap(), "z");
        for none in ["b", "e", "f", "g", "j"] {
            assert_eq!(object.text(none).unwrap(), None, "{none}");
        }
    }

    #[test]
    fn an_error_names_the_field_and_the_objects_that_it_is_in() {
        let object = Object::parse(JSON).unwrap();
        let inner = object.object("b").unwrap().object("c").unwrap();
        for (said, expected) in [
            (reason(inner.required("d")), "b.c.d is not a string"),
            (reason(inner.required("e")), "b.c.e is missing"),
            (reason(inner.object("d")), "b.c.d is not a JSON object"),
            (reason(inner.object("e")), "b.c.e is missing"),
            (reason(object.required("e")), "e is empty"),
            (reason(object.required("f")), "f is not a string"),
            // An array is no object whose fields have no names.
            (reason(object.object("g")), "g is not a JSON object"),
            (reason(object.get("h")), "h is there more than once"),
            (reason(object.text("h")), "h is there more than once"),
            (reason(object.list("h")), "h is there more than once"),
            (reason(object.object("h")), "h is there more than once"),
        ] {
            assert_eq!(said, expected);
        }
    }

    #[test]
    fn a_list_has_its_values_as_they_are_written() {
        let object = Object::parse(JSON).unwrap();
        let list = object.list("g").unwrap();
        assert_eq!(
            list.iter().map(|one| one.get()).collect::<Vec<_>>(),
            ["1", "\"y\""]
        );
        for none in ["a", "b", "f", "j"] {
            assert!(object.list(none).unwrap().is_empty(), "{none}");
        }
    }

    #[test]
    fn what_is_not_an_object_is_refused() {
        for json in ["", "{", "[]", "7", "null", "\"a\"", "{}{}", "{\"a\":1,}"] {
            let said = reason(Object::parse(json));
            assert_eq!(said, "it is not a JSON object", "{json}");
        }
    }

    #[test]
    fn its_fields_have_an_order() {
        let object = Object::parse(JSON).unwrap();
        let names: String = object.names().collect();
        assert_eq!(names, "abefghhi");
    }
}
