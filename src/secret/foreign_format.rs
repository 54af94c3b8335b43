//! Pure: recognises a text that is not JSON but another common format for access keys.

/// The format's name, guessed from the text's lines.
pub(crate) fn name(text: &str) -> Option<&'static str> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next()?;
    let has_key = |line: &str| line.to_ascii_lowercase().contains("access_key");
    let is_setting = |line: &str| line.contains('=') && has_key(line);
    if first.starts_with('[')
        && first.ends_with(']')
        && lines.clone().any(|line| line.contains('='))
        || first.starts_with("aws_") && is_setting(first)
    {
        Some("an AWS credentials file")
    } else if text.lines().any(is_setting) {
        Some("a file of environment variables")
    } else if first.to_ascii_lowercase().contains("access key id") && first.contains(',') {
        Some("the CSV file of the IAM console")
    } else if std::iter::once(first).chain(lines).any(is_yaml) {
        Some("YAML")
    } else {
        None
    }
}

/// `username: alice`
fn is_yaml(line: &str) -> bool {
    let word = |name: &str| {
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        !name.is_empty() && name.bytes().all(letters)
    };
    line.split_once(": ").is_some_and(|(name, _)| word(name))
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn each_format_is_known() {
        for (text, expected) in [
            (
                "[default]\naws_access_key_id = AKIA\naws_secret_access_key = x\n",
                Some("an AWS credentials file"),
            ),
            ("\n [p]\nregion=x", Some("an AWS credentials file")),
            ("aws_access_key_id=AKIA", Some("an AWS credentials file")),
            (
                "export AWS_ACCESS_KEY_ID=AKIA\nexport AWS_SECRET_ACCESS_KEY=x",
                Some("a file of environment variables"),
            ),
            (
                "Access key ID,Secret access key\r\nAKIA,x\r\n",
                Some("the CSV file of the IAM console"),
            ),
            ("---\nusername: alice\n", Some("YAML")),
            ("{\"username\": \"alice\"", None),
            ("sesame", None),
            ("", None),
        ] {
            assert_eq!(name(text), expected, "{text}");
        }
    }
}
