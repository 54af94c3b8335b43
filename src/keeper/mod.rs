//! The life of the key that was replaced: retire, undo, revoke, report. One file each; all of them take a run for one
//! secret. Neither makes nor deletes a key, nor stores a value.

pub(crate) mod deactivating;
pub(crate) mod exposed_key;
pub(crate) mod findings;
pub(crate) mod fleet;
pub(crate) mod found;
pub(crate) mod holder;
pub(crate) mod report;
pub(crate) mod retire;
pub(crate) mod revoke;
pub(crate) mod undo;
