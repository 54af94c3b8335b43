//! Pure: which keys a secret gives out. A key whose id occurs anywhere in the text of AWSCURRENT or AWSPENDING is never
//! deleted. The field's name and the encoding do not matter.

use std::fmt;

use aws_smithy_types::base64;
use secrecy::zeroize::Zeroizing;

use crate::key::access_key::AccessKeyId;

/// How many nested encodings are decoded, such as JSON in base64 in a JSON string.
const LAYERS: usize = 4;

/// The texts that a secret gives out, with every way to decode them. Wiped on drop, and never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct GivenOut(Vec<Zeroizing<String>>);

impl GivenOut {
    /// Adds a text.
    pub fn add(&mut self, text: &str) {
        self.0.extend(readings(text));
    }

    /// Adds the texts of another version.
    pub fn extend(&mut self, other: &Self) {
        self.0.extend(other.0.iter().cloned());
    }

    /// Whether a key's id occurs in any of the texts.
    #[must_use]
    pub fn holds(&self, key: &AccessKeyId) -> bool {
        self.0.iter().any(|text| text.contains(key.as_str()))
    }
}

impl fmt::Debug for GivenOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GivenOut([REDACTED])")
    }
}

/// The text as it is, and what it decodes to if it has JSON or URL escapes, or is base64.
pub(crate) fn readings(text: &str) -> Vec<Zeroizing<String>> {
    let mut readings = vec![Zeroizing::new(text.to_owned())];
    let mut newest = 0;
    for _ in 0..LAYERS {
        let end = readings.len();
        for at in newest..end {
            let more: Vec<_> = [unescaped(&readings[at]), decoded(&readings[at])]
                .into_iter()
                .flatten()
                .collect();
            readings.extend(more);
        }
        if readings.len() == end {
            break;
        }
        newest = end;
    }
    readings
}

/// The text with `\u0041`, `\/` and `%41` resolved. Returns None if it has no such escape.
///
/// Key ids and secrets are ASCII, so no other escape matters.
fn unescaped(text: &str) -> Option<Zeroizing<String>> {
    let mut plain = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '%']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let (resolved, length) = resolve(rest).unwrap_or_else(|| {
            let first = rest.chars().next().unwrap_or_default();
            (first, first.len_utf8())
        });
        plain.push(resolved);
        rest = &rest[length..];
    }
    plain.push_str(rest);
    (*plain != text).then_some(plain)
}

/// The ASCII character for an escape at the start of the text, and the escape's length.
fn resolve(text: &str) -> Option<(char, usize)> {
    let code = |from: usize, to: usize| {
        let digits = text.get(from..to)?;
        let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let code = u8::from_str_radix(digits, 16).ok().filter(u8::is_ascii)?;
        hexadecimal.then_some((char::from(code), to))
    };
    if text.starts_with("\\u00") {
        code(4, 6)
    } else if text.starts_with("\\/") {
        Some(('/', 2))
    } else if text.starts_with('%') {
        code(1, 3)
    } else {
        None
    }
}

/// Decodes base64 with any line breaks, padding and alphabet. Returns None for other input, or if no text results.
fn decoded(text: &str) -> Option<Zeroizing<String>> {
    // Shorter than any key id in base64.
    const SHORTEST: usize = 20;
    let letters = |c: char| c.is_ascii_alphanumeric() || "+/-_=".contains(c);
    if text.len() < SHORTEST || !text.chars().all(|c| letters(c) || c.is_ascii_whitespace()) {
        return None;
    }
    let mut standard = Zeroizing::new(String::with_capacity(text.len() + 3));
    standard.extend(text.chars().filter_map(|c| match c {
        '-' => Some('+'),
        '_' => Some('/'),
        '=' => None,
        c => (!c.is_ascii_whitespace()).then_some(c),
    }));
    while !standard.len().is_multiple_of(4) {
        standard.push('=');
    }
    let bytes = Zeroizing::new(base64::decode(&*standard).ok()?);
    Some(Zeroizing::new(std::str::from_utf8(&bytes).ok()?.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ID: &str = "AKIAIOSFODNN7EXAMPLE";

    fn holds(text: &str) -> bool {
        let mut given_out = GivenOut::default();
        given_out.add(text);
        given_out.holds(&AccessKeyId::parse(ID).unwrap())
    }

    #[test]
    fn an_id_is_found_however_it_is_written() {
        let escaped: String = ID.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
        let percent: String = ID.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let file = format!("[default]\naws_access_key_id = {ID}\n");
        let encoded = base64::encode(&file);
        for text in [
            ID.to_owned(),
            format!("s3://{ID}:secret@bucket"),
            escaped.clone(),
            escaped.replace('\\', "\\u005c"),
            escaped.to_uppercase().replace("\\U", "\\u"),
            percent,
            encoded.clone(),
            encoded.trim_end_matches('=').to_owned(),
            format!("{}\n{}\n", &encoded[..16], &encoded[16..]),
            base64::encode(&encoded),
            base64::encode(format!("{{\"id\":\"{escaped}\"}}")),
        ] {
            assert!(holds(&text), "{text}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for text in [
            "",
            "AKIAIOSFODNN7EXAMPL",
            "%4",
            "%zz",
            "\\u00",
            "\\u00é",
            "%é",
            "\\",
            "akiaiosfodnn7example",
        ] {
            assert!(!holds(text), "{text}");
        }
    }

    #[test]
    fn it_is_never_shown() {
        let mut given_out = GivenOut::default();
        given_out.add("sesame");
        assert!(!format!("{given_out:?}").contains("sesame"));
    }
}
