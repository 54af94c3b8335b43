//! Pure: a key that may be deactivated. Only this room makes one, so no other part can take a key away.

use crate::key::access_key::AccessKeyId;

/// A key that may be deactivated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deactivatable(AccessKeyId);

impl Deactivatable {
    /// Takes a key for which a rule of this room has decided.
    pub(super) fn decided(key: &AccessKeyId) -> Self {
        Self(key.clone())
    }

    /// The key's id.
    #[must_use]
    pub(crate) fn id(&self) -> &AccessKeyId {
        &self.0
    }
}
