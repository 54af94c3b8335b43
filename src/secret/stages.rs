//! Pure: what a secret's staging labels say about a rotation's token.

use std::collections::HashMap;

use crate::key::marks::Marks;

/// The label of the version that consumers read.
pub(crate) const CURRENT: &str = "AWSCURRENT";
/// The label of the version that a rotation creates.
pub(crate) const PENDING: &str = "AWSPENDING";
/// The label of the version that was current before.
pub(crate) const PREVIOUS: &str = "AWSPREVIOUS";

/// Staging labels by version id, as DescribeSecret lists them (fact 18).
pub(crate) type Labels = HashMap<String, Vec<String>>;

/// What the labels say about the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Staging {
    /// The token's version is AWSCURRENT: the rotation is complete, whether or not AWSPENDING is still on it (fact 7).
    AlreadyCurrent,
    /// The token's version is AWSPENDING: the rotation is under way.
    Pending {
        /// The version that holds AWSCURRENT.
        current: String,
        /// The version that holds AWSPREVIOUS.
        previous: Option<String>,
        /// The function's own labels.
        marks: Marks,
    },
}

/// Why a rotation with this token cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unstaged {
    /// The token is unknown to the secret, or its version is not pending; the text says which.
    NotStaged(&'static str),
    /// No version is AWSCURRENT.
    NoCurrentVersion,
}

/// Judges a token by the secret's labels.
///
/// # Errors
/// [`Unstaged`].
pub(crate) fn judge(labels: &Labels, token: &str) -> Result<Staging, Unstaged> {
    let own = labels.get(token).ok_or(Unstaged::NotStaged(
        "the secret has no version with this id",
    ))?;
    let has = |label: &str| own.iter().any(|held| held == label);
    if has(CURRENT) {
        return Ok(Staging::AlreadyCurrent);
    }
    if !has(PENDING) {
        return Err(Unstaged::NotStaged("the version is not AWSPENDING"));
    }
    Ok(Staging::Pending {
        current: holder(labels, CURRENT).ok_or(Unstaged::NoCurrentVersion)?,
        previous: holder(labels, PREVIOUS),
        marks: Marks::of(labels),
    })
}

/// The version that holds a label.
#[must_use]
pub(crate) fn holder(labels: &Labels, label: &str) -> Option<String> {
    labels
        .iter()
        .find(|(_, held)| held.iter().any(|one| one == label))
        .map(|(version, _)| version.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(versions: &[(&str, &[&str])]) -> Labels {
        versions
            .iter()
            .map(|(id, held)| {
                (
                    (*id).to_owned(),
                    held.iter().map(|&one| one.to_owned()).collect(),
                )
            })
            .collect()
    }

    /// Every set of labels that the token's version can have.
    #[test]
    fn the_tokens_labels_decide() {
        for (own, expected) in [
            (None, "unknown"),
            (Some(&[][..]), "not pending"),
            (Some(&[PREVIOUS][..]), "not pending"),
            (Some(&["mine"][..]), "not pending"),
            (Some(&[PENDING][..]), "pending"),
            (Some(&["mine", PENDING][..]), "pending"),
            (Some(&[PENDING, PREVIOUS][..]), "pending"),
            (Some(&[CURRENT][..]), "current"),
            (Some(&[CURRENT, PENDING][..]), "current"),
        ] {
            let mut versions = vec![("other", &[CURRENT][..])];
            if let Some(own) = own {
                if own.contains(&CURRENT) {
                    versions.clear();
                }
                versions.push(("token", own));
            }
            let found = match judge(&labels(&versions), "token") {
                Ok(Staging::AlreadyCurrent) => "current",
                Ok(Staging::Pending { current, .. }) => {
                    assert_eq!(current, "other");
                    "pending"
                }
                Err(Unstaged::NotStaged(reason)) if reason.contains("no version") => "unknown",
                Err(Unstaged::NotStaged(_)) => "not pending",
                Err(Unstaged::NoCurrentVersion) => unreachable!(),
            };
            assert_eq!(found, expected, "{own:?}");
        }
    }

    #[test]
    fn the_previous_version_and_the_marks_are_named() {
        let labels = labels(&[
            ("c", &[CURRENT]),
            ("p", &[PREVIOUS, "iam-key-rotator-creating-1-run"]),
            ("token", &[PENDING]),
        ]);
        assert_eq!(
            judge(&labels, "token").ok(),
            Some(Staging::Pending {
                current: "c".into(),
                previous: Some("p".into()),
                marks: Marks::of(&labels),
            })
        );
    }

    #[test]
    fn a_secret_without_a_current_version_is_refused() {
        assert!(matches!(
            judge(&labels(&[("token", &[PENDING])]), "token"),
            Err(Unstaged::NoCurrentVersion)
        ));
    }
}
