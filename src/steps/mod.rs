//! The four steps of a rotation, one file each.

pub(crate) mod create_secret;
pub(crate) mod finish_secret;
pub(crate) mod set_secret;
pub(crate) mod test_secret;
