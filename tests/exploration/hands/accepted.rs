//! The refusals that end only when a person fixes what a hand has done.

use crate::explorer::layouts::Layout;
use crate::explorer::scenarios::{Expect, Scenario};
use crate::hands::hand::{Hand, Whose};

/// Whether a hand may leave a scenario in which every rotation ends with this error.
pub fn accepts(scenario: &Scenario, hand: Hand, error: &str) -> bool {
    if let Expect::Refuses(refused) = scenario.expect
        && error == refused
    {
        return true;
    }
    // A first key that AWSCURRENT was moved back from stays beside the next one, and goes one rotation later.
    if scenario.keys == 0 && hand == Hand::CurrentBack && error.starts_with("P3: ") {
        return true;
    }
    // Names that the function's settings do not have, or that stand beside other common ones.
    let names = scenario.own_field_names || scenario.layout == Layout::Copies;
    let accepted: &[&str] = match hand {
        // Back, or forward, to a key that is gone.
        Hand::CurrentBack | Hand::CancelAndBack | Hand::CurrentForward => {
            &["CurrentKeyNotListed", "SourceInvalid"]
        }
        // The missing key was reported as a finding, or excused.
        Hand::StoreOtherKey => &["CurrentKeyNotListed", "SourceInvalid"],
        Hand::StoreNames if names => &["SecretMalformed"],
        Hand::Delete(Whose::Current) => &["CurrentKeyNotListed", "SourceInvalid"],
        Hand::Deactivate(Whose::Current) => &["SourceInvalid"],
        // AWSPENDING may hold the previous user's key.
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
        // After that, the key is stored in AWSPENDING, or becomes AWSCURRENT's.
        Hand::Deactivate(Whose::Pending | Whose::Nobodys) => &["PendingInactive", "SourceInvalid"],
        Hand::Delete(Whose::Pending) => &["CurrentKeyNotListed", "SourceInvalid"],
        _ => &[],
    };
    accepted.contains(&error)
}
