//! Pure: which retired key may be activated again.

use crate::key::access_key::{AccessKeyId, KeyStatus, ListedKey};
use crate::key::marks::Marks;

/// Why no key is activated again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotUndone {
    /// None of the user's keys was retired.
    NothingRetired {
        /// The user's keys.
        keys: Vec<AccessKeyId>,
    },
    /// The key is not among the user's.
    NotTheUsers {
        /// The key.
        key: AccessKeyId,
        /// The user's keys.
        keys: Vec<AccessKeyId>,
    },
    /// The key is active.
    Active {
        /// The key.
        key: AccessKeyId,
    },
    /// Somebody else deactivated the key.
    DeactivatedByOthers {
        /// The key.
        key: AccessKeyId,
    },
    /// The key was revoked because it was exposed.
    Revoked {
        /// The key.
        key: AccessKeyId,
    },
}

/// Chooses the key to activate: the one that `asked` names, else the one that was retired.
///
/// # Errors
/// [`NotUndone`].
pub(crate) fn choose(
    asked: Option<&AccessKeyId>,
    keys: &[ListedKey],
    marks: &Marks,
) -> Result<AccessKeyId, NotUndone> {
    let ids = || keys.iter().map(|key| key.id.clone()).collect::<Vec<_>>();
    let marked = |key: &&ListedKey| marks.removing().any(|marked| *marked == key.id);
    let key = match asked {
        Some(asked) => {
            keys.iter()
                .find(|key| key.id == *asked)
                .ok_or_else(|| NotUndone::NotTheUsers {
                    key: asked.clone(),
                    keys: ids(),
                })?
        }
        None => {
            let retired = |key: &&ListedKey| key.status == KeyStatus::Inactive && marked(key);
            let exposed = |key: &&ListedKey| marks.exposed().any(|exposed| *exposed == key.id);
            let found = keys.iter().find(retired).or_else(|| {
                // So that the answer says why this one stays Inactive.
                keys.iter().find(exposed)
            });
            found.ok_or_else(|| NotUndone::NothingRetired { keys: ids() })?
        }
    };
    let id = key.id.clone();
    if marks.exposed().any(|exposed| *exposed == id) {
        return Err(NotUndone::Revoked { key: id });
    }
    match (key.status, marked(&key)) {
        (KeyStatus::Active, _) => Err(NotUndone::Active { key: id }),
        (KeyStatus::Inactive, false) => Err(NotUndone::DeactivatedByOthers { key: id }),
        (KeyStatus::Inactive, true) => Ok(id),
    }
}

#[cfg(test)]
#[path = "undoing_tests.rs"]
mod tests;
