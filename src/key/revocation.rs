//! Pure: how an exposed key is revoked. Consumers get another key first, unless it is to be cut off at once.

use crate::key::access_key::{AccessKeyId, KeyStatus, ListedKey};
use crate::key::deactivatable::Deactivatable;
use crate::key::deletion_rule::HeldKeys;

/// What comes next for an exposed key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Revocation {
    /// The key does not authenticate any more.
    Done(Gone),
    /// No version gives the key out: deactivate it.
    Deactivate(Deactivatable),
    /// A version gives the key out: rotate first.
    RotateFirst,
    /// A version gives the key out, and it is to be deactivated before the rotation all the same.
    CutOff(Deactivatable),
}

/// Why an exposed key does not authenticate any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    /// It is Inactive.
    Inactive,
    /// It was deleted.
    Deleted,
}

/// Why a key is not revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotRevoked {
    /// It is the key of the credential source, an administrator's.
    OfTheSource {
        /// The key.
        key: AccessKeyId,
    },
    /// It is not among the user's keys, and no mark says that it was.
    NotTheUsers {
        /// The key.
        key: AccessKeyId,
        /// The user's keys.
        keys: Vec<AccessKeyId>,
    },
}

/// Decides what comes next. `marked` says whether the key is marked as exposed already.
///
/// # Errors
/// [`NotRevoked`].
pub(crate) fn next(
    key: &AccessKeyId,
    keys: &[ListedKey],
    held: &HeldKeys,
    marked: bool,
    at_once: bool,
) -> Result<Revocation, NotRevoked> {
    let is = |other: &Option<AccessKeyId>| other.as_ref() == Some(key);
    let Some(listed) = keys.iter().find(|listed| listed.id == *key) else {
        return match marked || is(&held.previous) {
            true => Ok(Revocation::Done(Gone::Deleted)),
            false => Err(NotRevoked::NotTheUsers {
                key: key.clone(),
                keys: keys.iter().map(|key| key.id.clone()).collect(),
            }),
        };
    };
    let given_out = is(&held.current) || is(&held.pending) || held.given_out.holds(key);
    if is(&held.source) && !given_out {
        return Err(NotRevoked::OfTheSource { key: key.clone() });
    }
    // A key that a version gives out is Inactive after it was cut off, and consumers still wait for another.
    Ok(match (listed.status, given_out) {
        (KeyStatus::Inactive, false) => Revocation::Done(Gone::Inactive),
        (KeyStatus::Inactive, true) => Revocation::RotateFirst,
        (KeyStatus::Active, false) => Revocation::Deactivate(Deactivatable::decided(key)),
        (KeyStatus::Active, true) if at_once => Revocation::CutOff(Deactivatable::decided(key)),
        (KeyStatus::Active, true) => Revocation::RotateFirst,
    })
}

#[cfg(test)]
#[path = "revocation_tests.rs"]
mod tests;
