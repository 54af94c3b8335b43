//! Pure, and independent of the other modules: which access key may be deleted, retired or revoked, and whose a key is. A
//! security reviewer starts here, with [`deletion_rule`] and the table in its tests.

pub(crate) mod access_key;
pub(crate) mod deactivatable;
pub(crate) mod deletion_rule;
pub(crate) mod given_out;
pub(crate) mod marks;
pub(crate) mod owner;
pub(crate) mod refusal;
pub(crate) mod retirement;
pub(crate) mod revocation;
pub(crate) mod undoing;
