//! JSON texts that no serialiser would write: spaces, escapes, duplicates, numbers too large for any type.

use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A member as it is written: the JSON of its name and of its value.
pub type Written = (String, String);

/// Characters of an alphabet.
pub fn word(alphabet: &'static str, length: Range<usize>) -> impl Strategy<Value = String> {
    let letters: Vec<char> = alphabet.chars().collect();
    vec(select(letters), length).prop_map(String::from_iter)
}

/// Any characters, most of them ASCII.
pub fn characters(length: Range<usize>) -> impl Strategy<Value = String> {
    let letter =
        prop_oneof![3 => any::<u8>().prop_map(|byte| char::from(byte & 0x7f)), 1 => any::<char>()];
    vec(letter, length).prop_map(String::from_iter)
}

/// Any characters, not all of them blank.
pub fn not_blank(length: usize) -> impl Strategy<Value = String> {
    (characters(0..length), any::<bool>())
        .prop_map(|(text, last)| format!("{text}{}", if last { 'x' } else { '"' }))
}

pub fn space() -> impl Strategy<Value = String> {
    select(vec!["", "", " ", "\n\t", "\r"]).prop_map(str::to_owned)
}

/// A way to write a string: each character plain or escaped.
pub fn spelled(text: String) -> impl Strategy<Value = String> {
    vec(0..8_u8, text.chars().count()).prop_map(move |ways| {
        let letters = text.chars().zip(ways);
        let written: String = letters.map(|(letter, way)| spelling(letter, way)).collect();
        format!("\"{written}\"")
    })
}

fn spelling(letter: char, way: u8) -> String {
    let units = || {
        let units = letter.encode_utf16(&mut [0; 2]).to_vec().into_iter();
        units
            .map(|unit| format!("\\u{unit:04x}"))
            .collect::<String>()
    };
    match (letter, way) {
        (_, 0) => units(),
        (_, 1) => units().to_uppercase().replace('U', "u"),
        ('/', 2) | ('"' | '\\', _) => format!("\\{letter}"),
        ('\n', _) => "\\n".to_owned(),
        ('\u{0}'..' ', _) => units(),
        _ => letter.to_string(),
    }
}

/// A string's JSON: any characters, any spelling, and sometimes half of a surrogate pair.
pub fn text() -> impl Strategy<Value = String> {
    let odd = [r#""\ud834""#, r#""\uDD1Ea""#, r#""\"{[\\""#, r#""}],:""#];
    prop_oneof![
        12 => characters(0..8).prop_flat_map(spelled),
        1 => select(odd.to_vec()).prop_map(str::to_owned),
    ]
}

fn number() -> impl Strategy<Value = String> {
    let odd = [
        "1e400",
        "-0",
        "-0.0",
        "1E-999",
        "123456789012345678901",
        "18446744073709551616",
    ];
    prop_oneof![
        select(odd.to_vec()).prop_map(str::to_owned),
        any::<i64>().prop_map(|whole| whole.to_string()),
        (any::<i16>(), any::<u16>(), any::<i8>())
            .prop_map(|(whole, part, power)| format!("{whole}.{part}E{power:+}")),
    ]
}

/// Any value, up to three levels deep, which may contain the fields' names too.
pub fn value() -> impl Strategy<Value = String> {
    let word = select(vec!["null", "true", "false", "[]", "{}"]);
    let leaf = prop_oneof![3 => text(), 2 => number(), 1 => word.prop_map(str::to_owned)];
    leaf.prop_recursive(3, 12, 4, |value| {
        let field = select(vec![r#""username""#, r#""accesskey""#, r#""secretkey""#]);
        let name = prop_oneof![text(), field.prop_map(str::to_owned)];
        let spaces = || vec(space(), 1..6);
        prop_oneof![
            (vec(value.clone(), 0..4), spaces())
                .prop_map(|(values, spaces)| enclosed('[', &values, &spaces, ']')),
            (vec((name, value), 0..4), spaces())
                .prop_map(|(members, spaces)| object(&members, &spaces)),
        ]
    })
}

/// An object's text, with these spaces between its tokens, repeated as needed.
pub fn object(members: &[Written], spaces: &[String]) -> String {
    let members: Vec<String> = (members.iter().enumerate())
        .map(|(at, (name, value))| {
            format!("{name}{}:{}{value}", nth(spaces, at), nth(spaces, at + 1))
        })
        .collect();
    enclosed('{', &members, spaces, '}')
}

fn enclosed(open: char, items: &[String], spaces: &[String], close: char) -> String {
    let items: Vec<String> = (items.iter().enumerate())
        .map(|(at, item)| format!("{}{item}{}", nth(spaces, at + 2), nth(spaces, at + 3)))
        .collect();
    format!("{open}{}{close}", items.join(","))
}

fn nth(spaces: &[String], at: usize) -> &str {
    &spaces[at % spaces.len()]
}
