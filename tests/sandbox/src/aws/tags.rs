//! The tags of secrets and users.

/// Sets a tag, in place of one with the same key.
pub(super) fn set_tag(tags: &mut Vec<(String, String)>, key: &str, value: &str) {
    match tags.iter_mut().find(|(own, _)| own == key) {
        Some((_, own)) => value.clone_into(own),
        None => tags.push((key.to_owned(), value.to_owned())),
    }
}
