//! Pure: why a secret's value cannot be used. The texts never quote the value.

use std::fmt;

use crate::key::access_key::AccessKeyId;
use crate::secret::fields::Field;

/// The maximum number of field names in a message.
const LISTED: usize = 8;

/// Why a secret's value cannot be used. Never quotes the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The version holds `SecretBinary`.
    #[error("it is binary, not text")]
    Binary,
    /// The text is not JSON.
    #[error("it is not JSON (line {line}, column {column})")]
    NotJson {
        /// Line of the first mistake, from 1.
        line: usize,
        /// Column of the first mistake, from 1.
        column: usize,
    },
    /// The text is in another format that holds access keys.
    #[error(
        "it is {0}, and not JSON: store a JSON object, such as {{\"username\":\"…\",\"accesskey\":\"…\",\"secretkey\":\"…\"}}"
    )]
    AnotherFormat(&'static str),
    /// The JSON is not an object.
    #[error("it is JSON, but not an object")]
    NotAnObject,
    /// The JSON is a string that holds an object.
    #[error(
        "it is a JSON string that holds a JSON object: it was encoded twice; store the object itself"
    )]
    EncodedTwice,
    /// A required field is missing.
    #[error("the field \"{name}\" is missing; {}", listed(.there, .variable))]
    Missing {
        /// The field's expected name.
        name: String,
        /// The variable that names it.
        variable: &'static str,
        /// The names of the secret's fields.
        there: Names,
    },
    /// Two fields could be the right one.
    #[error(
        "the fields \"{one}\" and \"{other}\" could both be meant: name the right one in {variable}"
    )]
    Ambiguous {
        /// One of the fields.
        one: String,
        /// The other field.
        other: String,
        /// The variable that decides.
        variable: &'static str,
    },
    /// A field exists twice.
    #[error("the field \"{}\" is there twice{}", .0.name, .0.decided_by())]
    Twice(Named),
    /// A field's value is not a string.
    #[error("the field \"{}\" is not a string{}", .0.name, .0.decided_by())]
    NotAString(Named),
    /// A field's value is an empty string.
    #[error("the field \"{}\" is empty{}", .0.name, .0.decided_by())]
    Empty(Named),
    /// One field of the key is empty, and the other is not.
    #[error("the field \"{}\" is empty, and the key's other field is not (for a first key, leave both out, or both empty){}", .0.name, .0.decided_by())]
    HalfAKey(Named),
    /// A field's value does not have the expected form.
    #[error("the field \"{}\" is not {}{}", .0.name, .1, .0.decided_by())]
    Form(Named, &'static str),
    /// The user's name is an ARN, or has a path before it.
    #[error(
        "the field \"{field}\" is {form}, and not the name of an IAM user: the name is what stands behind the last slash, \"{name}\""
    )]
    WithPath {
        /// The field.
        field: String,
        /// What the value is.
        form: &'static str,
        /// The name after the last slash.
        name: String,
    },
    /// Two fields each name a credential source.
    #[error(
        "the fields \"{0}\" and \"{1}\" are both there, and only one can be the credential source"
    )]
    TwoSources(String, String),
    /// The key is inside a longer text, which cannot be rewritten.
    #[error(
        "{place} holds the current {what} inside a longer text, which would go on holding the old one: store the key in fields of its own, and have the reader put that text together"
    )]
    Inside {
        /// The field.
        place: Place,
        /// Which part of the key.
        what: &'static str,
    },
    /// One of the user's keys is in the secret, but not in a field that was found.
    #[error(
        "{place} holds the user's access key {key}, and the function did not find it as the secret's key: name the fields at the top level in {}",
        key_variables()
    )]
    NotUnderstood {
        /// The field.
        place: Place,
        /// The key.
        key: AccessKeyId,
    },
    /// A field for an SMTP password holds something else.
    #[error("{place} is not the SES SMTP password of the current access key in any Region: store the right one (SES gives one for each Region), or leave it empty, and the next rotation fills it; if it is no SES password, name another field in {}", Field::SmtpPassword.variable())]
    SmtpPasswordUnknown {
        /// The field.
        place: Place,
    },
    /// The Region of the SMTP password cannot be determined.
    #[error(
        "{place} is empty, and {reason} says for which Region its SES SMTP password is: set SMTP_REGION, or a field \"smtp_region\", or the host name email-smtp.REGION.amazonaws.com in the secret"
    )]
    SmtpRegionUnknown {
        /// The field.
        place: Place,
        /// "nothing", or "more than one field".
        reason: &'static str,
    },
}

/// A field that was found: its name, and what it was taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// What it was taken for.
    pub field: Field,
}

impl Named {
    pub(crate) fn new(field: Field, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            field,
        }
    }

    fn decided_by(&self) -> String {
        format!(" ({} names another)", self.field.variable())
    }
}

/// Where something is in a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The value of this field, or something in it.
    Field(Names),
    /// A field's name.
    Name,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(Names { shown, .. }) => match shown.first() {
                Some(name) => write!(f, "the field \"{name}\""),
                None => f.write_str("a field whose name could be a secret"),
            },
            Self::Name => f.write_str("the name of a field"),
        }
    }
}

/// Field names that can be shown. A name that could be a misplaced value is only counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    shown: Vec<String>,
    more: usize,
}

impl Names {
    /// Collects the names in their order.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        for name in names {
            if all.shown.len() < LISTED && can_be_shown(name) {
                all.shown.push(name.to_owned());
            } else {
                all.more += 1;
            }
        }
        all
    }
}

/// Whether a text is an ordinary field name, and not a key, token or password.
fn can_be_shown(name: &str) -> bool {
    let letters = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_-. ".contains(&byte));
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    letters && (1..=30).contains(&name.len()) && digits <= 4
}

fn listed(names: &Names, variable: &str) -> String {
    let Names { shown, more } = names;
    let mut all: Vec<_> = shown.iter().map(|name| format!("\"{name}\"")).collect();
    match (all.is_empty(), more) {
        (_, 0) => {}
        (true, more) => all.push(format!("{more}, whose names are not shown")),
        (false, more) => all.push(format!("{more} more")),
    }
    if all.is_empty() {
        return format!("the secret has no fields ({variable} names another)");
    }
    format!(
        "its fields are {} ({variable} names another)",
        all.join(", ")
    )
}

fn key_variables() -> String {
    format!(
        "{} and {}",
        Field::AccessKey.variable(),
        Field::SecretKey.variable()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_with_what_is_there_and_the_variable() {
        let missing = |names: &[&str]| {
            let there = Names::of(names.iter().copied());
            let (name, variable) = ("username".to_owned(), "USERNAME_FIELD");
            Malformed::Missing {
                name,
                variable,
                there,
            }
            .to_string()
        };
        assert_eq!(
            missing(&["User", "note"]),
            "the field \"username\" is missing; its fields are \"User\", \"note\" (USERNAME_FIELD names another)"
        );
        assert!(missing(&[]).contains("has no fields"));
        assert!(missing(&["a"; 20]).contains("12 more"));
    }

    #[test]
    fn a_name_that_could_be_a_secret_is_counted_and_not_shown() {
        for name in [
            "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY",
            "AKIAIOSFODNN7EXAMPLE12345",
            "0123456789abcdef",
            "a\nb",
            "pass=word",
            "",
        ] {
            assert_eq!(
                Names::of([name]),
                Names {
                    shown: Vec::new(),
                    more: 1
                },
                "{name}"
            );
        }
    }
}
