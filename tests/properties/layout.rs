//! Where a JSON object's members are in its text, found only by quotes and brackets. The parsers are
//! compared with this, so it shares nothing with them.

use std::ops::Range;

use serde::de::IgnoredAny;

/// A member of an object: its name, and where its value is.
pub struct Member {
    pub name: String,
    pub value: Range<usize>,
}

/// An object's members in order, duplicates included. Returns None if the text is not a JSON object,
/// or has a name that is half of a surrogate pair.
pub fn members(text: &str) -> Option<Vec<Member>> {
    if !is_json(text) || !text.trim_start().starts_with('{') {
        return None;
    }
    let (mut start, mut colon, mut depth) = (0, None, 0);
    let (mut quoted, mut escaped) = (false, false);
    let mut members = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        if quoted {
            quoted = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        let ends = depth == 1 && matches!(byte, b',' | b'}');
        if let (true, Some(colon)) = (ends, colon.take_if(|_| ends)) {
            members.push(Member {
                name: string(&text[start..colon])?,
                value: trimmed(text, colon + 1..at),
            });
        }
        match byte {
            b'"' => quoted = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b':' if depth == 1 => colon = Some(at),
            _ => {}
        }
        if depth == 1 && matches!(byte, b',' | b'{') {
            start = at + 1;
        }
    }
    Some(members)
}

/// Whether a text is JSON, however large its numbers and however deep its arrays.
pub fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// The string that a piece of JSON stands for. Returns None if it is not a string, or not valid Unicode.
pub fn string(json: &str) -> Option<String> {
    serde_json::from_str(json).ok()
}

/// How many times an object has a field.
pub fn count(members: &[Member], name: &str) -> usize {
    members.iter().filter(|member| member.name == name).count()
}

/// The JSON text of a field's first value.
pub fn value<'a>(text: &'a str, members: &[Member], name: &str) -> Option<&'a str> {
    let member = members.iter().find(|member| member.name == name)?;
    Some(&text[member.value.clone()])
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let piece = &text[range.clone()];
    let start = range.start + (piece.len() - piece.trim_start().len());
    start..start + piece.trim().len()
}

/// Where the strings of a JSON text are, names included, with their quotes.
pub fn strings(json: &str) -> Vec<Range<usize>> {
    let mut strings = Vec::new();
    let mut start = None;
    let mut escaped = false;
    for (at, byte) in json.bytes().enumerate() {
        match start {
            None if byte == b'"' => start = Some(at),
            Some(from) if byte == b'"' && !escaped => {
                strings.push(from..at + 1);
                start = None;
            }
            _ => {}
        }
        escaped = start.is_some_and(|from| from < at) && byte == b'\\' && !escaped;
    }
    strings
}
