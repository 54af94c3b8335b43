//! Pure, and knows nothing of the other rooms: which access key may go, and whose a key is. A security reviewer begins here,
//! with [`deletion_rule`] and the table of its tests.

pub(crate) mod access_key;
pub(crate) mod deletion_rule;
pub(crate) mod given_out;
pub(crate) mod marks;
pub(crate) mod owner;
pub(crate) mod refusal;
