//! Pure: makes text from outside fit for an error or a log: on one line, and of limited length.

/// The maximum length of an error or a response's message, in characters.
pub const LONGEST_SENTENCE: usize = 4_000;

/// The text on one line, with at most `most` characters. Each control character becomes a space, and an ellipsis marks
/// a cut.
///
/// A line break in a log line would be escaped. In a response it would let a text pose as another line.
#[must_use]
pub fn one_line(text: &str, most: usize) -> String {
    let cut = text
        .char_indices()
        .nth(most)
        .map(|_| most.saturating_sub(1));
    let mut line: String = text
        .chars()
        .take(cut.unwrap_or(most))
        .map(|char| if breaks_a_line(char) { ' ' } else { char })
        .collect();
    if cut.is_some() {
        line.push('…');
    }
    line
}

/// A text's first line, made safe by [`one_line`].
#[must_use]
pub(crate) fn first_line(text: &str, most: usize) -> String {
    one_line(text.lines().next().unwrap_or_default(), most)
}

/// Whether a text has 1 to `most` bytes, each an ASCII letter, a digit or one of `others`.
#[must_use]
pub(crate) fn is_word(text: &str, most: usize, others: &[u8]) -> bool {
    (1..=most).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
}

/// Control characters, and Unicode's line and paragraph separators.
fn breaks_a_line(char: char) -> bool {
    char.is_control() || matches!(char, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_on_one_line_and_bounded_at_a_characters_boundary() {
        for (text, most, line) in [
            ("", 3, ""),
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("äöü€", 3, "äö…"),
            ("a\nb\r\n\0c\u{2028}d", 20, "a b   c d"),
            ("\u{1b}[31mred", 20, " [31mred"),
        ] {
            assert_eq!(one_line(text, most), line, "{text:?}");
        }
    }

    #[test]
    fn of_several_lines_the_first_is_shown() {
        assert_eq!(first_line("one\ntwo", 20), "one");
        assert_eq!(first_line("one\rtwo", 20), "one two");
        assert_eq!(first_line("\ntwo", 20), "");
    }

    #[test]
    fn a_word_has_nothing_but_letters_digits_and_what_it_may() {
        assert!(is_word("a-1", 3, b"-"));
        for (text, most) in [("", 3), ("a b", 3), ("abcd", 3), ("ä", 3), ("a\n", 3)] {
            assert!(!is_word(text, most, b"-"), "{text:?}");
        }
    }
}
