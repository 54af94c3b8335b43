//! Random secret documents.

use iam_key_rotator::config::FieldNames;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::json::{Written, characters, not_blank, object, space, spelled, text, value, word};
use crate::layout::string;
use crate::runs::always;
use crate::secret_document::{holds, is_user_name, names, new_key};

/// A secret's document: what it is made of, to be written down or spoilt first.
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

    /// Where a field stands.
    fn at(&self, name: &str) -> Option<usize> {
        let is = |(written, _): &Written| string(written).as_deref() == Some(name);
        self.members.iter().position(is)
    }
}

/// A document with everything that it needs, its members in any order.
fn documents() -> impl Strategy<Value = Made> {
    let chosen = (select(names().to_vec()), any::<bool>(), 0..4_u8);
    chosen.prop_flat_map(|(fields, key, source)| {
        let capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        let user =
            word("abcXYZ019+=,.@_-", 1..65).prop_filter("a secret", |name| is_user_name(name));
        let mut needed = vec![member(&fields.username, user)];
        if key {
            needed.push(member(&fields.access_key, word(capitals, 16..129)));
            needed.push(member(&fields.secret_key, not_blank(40)));
        }
        if source == 1 {
            let arn = word("abXY09/_+=.@!-", 1..20).prop_map(|name| {
                format!("arn:aws:secretsmanager:us-east-1:111122223333:secret:{name}")
            });
            needed.push(member(&fields.source_secret, arn));
        }
        if source > 1 {
            let arn = word("abXY09+=,.@_-/", 1..20)
                .prop_map(|name| format!("arn:aws:iam::444455556666:role/{name}"));
            needed.push(member(&fields.role, arn));
        }
        if source > 2 {
            needed.push(member(&fields.external_id, word("abXY09_+=,.@:/-", 2..40)));
        }
        let taken = names_of(&fields);
        let other = (text(), value()).prop_filter("another field", move |(name, _)| {
            // Half of a surrogate pair is no name.
            string(name).is_some_and(|name| !taken.contains(&name))
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

fn names_of(fields: &FieldNames) -> [String; 6] {
    let fields = fields.clone();
    [
        fields.username,
        fields.access_key,
        fields.secret_key,
        fields.source_secret,
        fields.role,
        fields.external_id,
    ]
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
            let fields = names_of(&made.fields);
            let there: Vec<usize> = fields.iter().filter_map(|name| made.at(name)).collect();
            let at = there[which.index(there.len())];
            match way {
                Missing => {
                    // The user name, or half of the key.
                    let needed = fields[..3].iter().filter_map(|name| made.at(name));
                    let needed: Vec<usize> = needed.collect();
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
                    let at = made.at(&fields[0]).unwrap();
                    made.members[at].1 = "\"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"".to_owned();
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
