//! The layouts of the secret's text, other than the one that all other tests use.

use sandbox::aws::{AccessKey, smtp_password};
use sandbox::setup::Prepared;

/// The Region of the SMTP password in [`Layout::Mail`].
pub const MAIL_REGION: &str = "us-west-2";

/// A layout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// `username`, `accesskey`, `secretkey`.
    #[default]
    Seed,
    /// The fields under other common names.
    OtherNames,
    /// The key under a second name as well, and once more deeply nested.
    Copies,
    /// The SMTP password that is derived from the key.
    Mail,
    /// A leading byte order mark, and empty fields for a first key.
    EmptyFields,
    /// No key, and no fields for one.
    NoKey,
    /// The key in a nested object, and no key at the top level.
    Nested,
    /// The key inside a longer text.
    Inside,
    /// The user's other key elsewhere in the text.
    SecondKey,
}

impl Layout {
    /// The text in this layout.
    pub fn of(self, text: &str, prepared: &Prepared) -> String {
        let key = prepared.current_key.as_ref();
        let with = |more: &dyn Fn(&AccessKey) -> String| {
            let more = key.map(more).unwrap_or_default();
            text.replacen('{', &format!("{{{more},"), 1)
        };
        match self {
            Self::Seed => text.to_owned(),
            Self::OtherNames => [
                ("\"username\"", "\"UserName\""),
                ("\"accesskey\"", "\"AccessKeyId\""),
                ("\"secretkey\"", "\"AWS_SECRET_ACCESS_KEY\""),
            ]
            .iter()
            .fold(text.to_owned(), |text, (from, to)| text.replace(from, to)),
            Self::Copies => with(&|key| {
                let AccessKey { id, secret } = key;
                format!(
                    r#""AWS_ACCESS_KEY_ID":"{id}","AWS_SECRET_ACCESS_KEY":"{secret}","n":[[{{"x":"{id}","y":"{secret}"}}]]"#
                )
            }),
            Self::Mail => with(&|key| {
                let password = smtp_password(&key.secret, MAIL_REGION);
                format!(r#""smtp_password":"{password}","smtp_user":"{}""#, key.id)
            }),
            Self::EmptyFields => {
                let empty =
                    r#"{"accesskey":"","secretkey":"","n":{"access_key":"","secret_key":""},"#;
                format!("\u{feff}{}", text.replacen('{', empty, 1))
            }
            Self::NoKey => format!(r#"{{"username":"{}"}}"#, prepared.username),
            Self::Nested => {
                let key = key.expect("a key");
                let (id, secret) = (&key.id, &key.secret);
                format!(
                    r#"{{"username":"{}","aws":{{"accesskey":"{id}","secretkey":"{secret}"}}}}"#,
                    prepared.username
                )
            }
            Self::Inside => with(&|key| format!(r#""url":"s3://{}:x@bucket""#, key.id)),
            Self::SecondKey => {
                let other = prepared.older_key.as_ref().expect("another key");
                with(&|_| format!(r#""standby":{{"id":["{}"]}}"#, other.id))
            }
        }
    }
}
