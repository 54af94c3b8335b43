//! The refusals that only a person ends who does something about what a hand has done.

use crate::explorer::layouts::Layout;
use crate::explorer::scenarios::{Expect, Scenario};
use crate::hands::hand::{Hand, Whose};

/// Whether a hand may leave every rotation of a scenario to end with this.
pub fn accepts(scenario: &Scenario, hand: Hand, error: &str) -> bool {
    if let Expect::Refuses(refused) = scenario.expect
        && error == refused
    {
        return true;
    }
    // A first key that AWSCURRENT was moved back from stays beside the next one, and goes a rotation later.
    if scenario.keys == 0 && hand == Hand::CurrentBack && error.starts_with("P3: ") {
        return true;
    }
    // Names that the function's settings do not say, or beside other usual ones.
    let names = scenario.own_field_names || scenario.layout == Layout::Copies;
    let accepted: &[&str] = match hand {
        // Back, or on, to a key that is gone.
        Hand::CurrentBack | Hand::CancelAndBack | Hand::CurrentForward => {
            &["CurrentKeyNotListed", "SourceInvalid"]
        }
        // That it is gone is the finding, or was excused.
        Hand::StoreOtherKey => &["CurrentKeyNotListed", "SourceInvalid"],
        Hand::StoreNames if names => &["SecretMalformed"],
        Hand::Delete(Whose::Current) => &["CurrentKeyNotListed", "SourceInvalid"],
        Hand::Deactivate(Whose::Current) => &["SourceInvalid"],
        // AWSPENDING may hold the key of the user before.
        Hand::StoreAnotherUser => &[
            "AnotherIdentity",
            "CurrentKeyNotListed",
            "PermissionMissing",
            "SecretMalformed",
            "SourceInvalid",
            "UserNotFound",
        ],
        Hand::MakeKey | Hand::UseNewKey => {
            &["KeyMadeLately", "TooManyKeys", "KeyInUse", "QuotaReached"]
        }
        // It is stored in AWSPENDING behind that, or becomes AWSCURRENT.
        Hand::Deactivate(Whose::Pending | Whose::Nobodys) => &["PendingInactive", "SourceInvalid"],
        Hand::Delete(Whose::Pending) => &["CurrentKeyNotListed", "SourceInvalid"],
        _ => &[],
    };
    accepted.contains(&error)
}
