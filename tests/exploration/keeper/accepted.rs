//! What a hand may leave behind until a person fixes it.

use crate::hands::hand::{Hand, Whose};
use crate::keeper::hand::Act;

/// Whether an action may leave the account as no run should, if the last runs say so with an error. It took away a key
/// that works, or put a value into the secret that no rotation can work with.
pub fn accepts(act: Act) -> bool {
    let Act::Person(hand) = act else {
        return false;
    };
    matches!(
        hand,
        Hand::Delete(Whose::Current | Whose::Pending)
            | Hand::Deactivate(Whose::Current | Whose::Pending)
            | Hand::StoreAnotherUser
            // Back to a key that the rotation had already deleted.
            | Hand::CurrentBack
            | Hand::CancelAndBack
    )
}
