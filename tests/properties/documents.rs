//! Random secret documents.

use iam_key_rotator::{Field, FieldNames, smtp_password::derive};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use secrecy::ExposeSecret;

use crate::json::{Written, characters, not_blank, object, space, spelled, text, value, word};
use crate::layout::string;
use crate::runs::always;
use crate::secret_document::{holds, is_user_name, names, new_key};

/// The parts of a secret's document. It is then written out, or spoilt first.
#[derive(Clone, Debug)]
struct Made {
    fields: FieldNames,
    members: Vec<Written>,
    spaces: Vec<String>,
}

impl Made {
    fn text(&self) -> String {
        let around = self.spaces.first().map_or("", String::as_str);
        format!("{around}{}{around}", object(&self.members, &self.spaces))
    }
}

/// A document with everything that it needs, its members in any order.
fn documents() -> impl Strategy<Value = Made> {
    let key = (0..4_u8, not_blank(40));
    let chosen = (select(names().to_vec()), key, 0..4_u8, any::<Index>());
    chosen.prop_flat_map(|(fields, (key, secret), source, spelling)| {
        let capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        let user =
            word("abcXYZ019+=,.@_-", 1..65).prop_filter("a secret", |name| is_user_name(name));
        let name = |field: Field| {
            let usual = usual_names(field);
            let chosen = usual[spelling.index(usual.len())];
            fields.said(field).unwrap_or(chosen).to_owned()
        };
        let said = |field: Field, value: &str| member(&name(field), Just(value.to_owned()));
        let mut needed = vec![member(&name(Field::Username), user)];
        if key > 0 {
            needed.push(member(&name(Field::AccessKey), word(capitals, 16..129)));
            needed.push(said(Field::SecretKey, &secret));
        }
        if key > 1 {
            // A copy, nested deep, under a name that no field has.
            let copy = spelled(secret.clone()).prop_map(|copy| format!("[[{{\"z\":{copy}}}]]"));
            needed.push((spelled("copy".to_owned()), copy).boxed());
        }
        if key > 2 {
            let password = derive(&secret.into(), "eu-west-1");
            needed.push(said(Field::SmtpPassword, password.expose_secret()));
        }
        if source == 1 {
            let arn = word("abXY09/_+=.@-!", 1..20).prop_map(|name| {
                format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{name}")
            });
            needed.push(member(&name(Field::SourceSecret), arn));
        }
        if source > 1 {
            let arn = word("abXY09+=,.@_-/", 1..20)
                .prop_map(|name| format!("arn:aws:iam::444455556666:role/{name}"));
            needed.push(member(&name(Field::Role), arn));
        }
        if source > 2 {
            needed.push(member(
                &name(Field::ExternalId),
                word("abXY09_+=,.@:/-", 2..40),
            ));
        }
        let taken = fields.clone();
        let other = (text(), value()).prop_filter("another field", move |(name, _)| {
            // Half of a surrogate pair is not a name.
            string(name).is_some_and(|name| !Field::ALL.iter().any(|field| taken.is(*field, &name)))
        });
        let members = (needed, vec(other, 0..5))
            .prop_map(|(needed, others)| [needed, others].concat())
            .prop_shuffle();
        (members, vec(space(), 1..9)).prop_map(move |(members, spaces)| Made {
            fields: fields.clone(),
            members,
            spaces,
        })
    })
}

fn member(name: &str, value: impl Strategy<Value = String> + 'static) -> BoxedStrategy<Written> {
    (spelled(name.to_owned()), value.prop_flat_map(spelled)).boxed()
}

/// Names under which a field is found.
fn usual_names(field: Field) -> &'static [&'static str] {
    match field {
        Field::Username => &["username", "UserName", "iam_user"],
        Field::AccessKey => &["accesskey", "AccessKeyId", "AWS_ACCESS_KEY_ID"],
        Field::SecretKey => &["secretkey", "SecretAccessKey", "AWS_SECRET_ACCESS_KEY"],
        Field::SmtpPassword => &["smtppassword", "SMTP_PASSWORD", "ses-smtp-password"],
        Field::SourceSecret => &["secretarn"],
        Field::Role => &["rolearn"],
        Field::ExternalId => &["externalid"],
    }
}

#[test]
fn another_access_key_changes_nothing_else_in_a_document() {
    always(
        "documents with another access key",
        100..=100,
        &(documents(), not_blank(40)),
        |(made, secret)| holds(&made.text(), &made.fields, &new_key(&secret)),
    );
}

#[derive(Clone, Copy, Debug)]
enum Spoilt {
    Missing,
    Twice,
    NotAString,
    Empty,
    OfAnotherForm,
    CutOff,
}

#[test]
fn a_spoilt_document_is_refused_for_what_was_spoilt() {
    use Spoilt::{CutOff, Empty, Missing, NotAString, OfAnotherForm, Twice};
    let ways = select(vec![
        Missing,
        Twice,
        NotAString,
        Empty,
        OfAnotherForm,
        CutOff,
    ]);
    let spoilt = (
        documents(),
        ways,
        any::<Index>(),
        value(),
        word(" \t\u{2003}", 0..4),
    );
    always(
        "spoilt documents",
        0..=0,
        &spoilt,
        |(mut made, way, which, value, blank)| {
            let at = |field: &Field| {
                let names = &made.fields;
                let is = |(written, _): &Written| {
                    string(written).is_some_and(|name| names.is(*field, &name))
                };
                made.members.iter().position(is)
            };
            let needed = [Field::Username, Field::AccessKey, Field::SecretKey];
            let needed: Vec<usize> = needed.iter().filter_map(at).collect();
            let user = at(&Field::Username).unwrap();
            // A wrong SMTP password is reported only when it is to be replaced.
            let there: Vec<usize> = Field::ALL[..6].iter().filter_map(at).collect();
            let at = there[which.index(there.len())];
            match way {
                Missing => {
                    // The user name, or half of the key.
                    made.members.remove(needed[which.index(needed.len())]);
                }
                Twice => made.members.push((made.members[at].0.clone(), value)),
                NotAString => {
                    let no_string = if value.starts_with('"') {
                        "7".to_owned()
                    } else {
                        value
                    };
                    made.members[at].1 = no_string;
                }
                Empty => made.members[at].1 = format!("\"{}\"", blank.replace('\t', "\\t")),
                OfAnotherForm => {
                    made.members[user].1 =
                        "\"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"".to_owned();
                }
                CutOff => {}
            }
            let mut text = made.text();
            if matches!(way, CutOff) {
                let end = text.trim_end().len() - 1;
                let cut = which.index(end);
                text.truncate(text.floor_char_boundary(cut));
            }
            holds(&text, &made.fields, &new_key("secret"))
        },
    );
}

#[test]
fn any_text_is_a_document_or_refused_for_what_is_so() {
    let meddled = (documents(), any::<Index>(), characters(0..3), 0..3_usize).prop_map(
        |(made, at, put, less)| {
            let mut text = made.text();
            let at = text.floor_char_boundary(at.index(text.len()));
            let end = text.ceil_char_boundary((at + less).min(text.len()));
            text.replace_range(at..end, &put);
            text
        },
    );
    let texts = prop_oneof![1 => characters(0..40), 2 => value(), 5 => meddled];
    always("texts given as a document", 5..=60, &texts, |text| {
        let read = names().map(|fields| holds(&text, &fields, &new_key("secret")));
        read.contains(&true)
    });
}
