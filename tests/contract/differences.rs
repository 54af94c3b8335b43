//! The single list of what moto's server is known to do differently from AWS.

use crate::CHECKS;
use crate::check::Seen;

/// A check that moto does not pass.
struct Difference {
    /// The check's name.
    check: &'static str,
    /// The source that says that AWS behaves differently.
    says: &'static str,
    /// What moto does.
    moto: &'static str,
}

const DIFFERENCES: &[Difference] = &[
    Difference {
        check: "a_secret_marked_for_deletion_takes_no_value",
        says: "the API reference",
        moto: "stores the value",
    },
    Difference {
        check: "the_token_of_a_pending_version_takes_no_other_value",
        says: "fact 15",
        moto: "accepts another value for as long as the version is pending",
    },
    Difference {
        check: "a_refused_value_leaves_the_stored_one",
        says: "fact 15",
        moto: "overwrites the value of a pending version",
    },
    Difference {
        check: "a_value_has_at_most_65536_bytes",
        says: "fact 15",
        moto: "stores values of any size",
    },
    Difference {
        check: "rotate_secret_makes_a_pending_version",
        says: "fact 2",
        moto: "makes the version current where there is no function to run",
    },
    Difference {
        check: "rotate_secret_leaves_the_current_version",
        says: "fact 2",
        moto: "makes the version before previous where there is no function to run",
    },
    Difference {
        check: "rotate_secret_with_a_rotation_pending_is_refused",
        says: "fact 5",
        moto: "begins another rotation",
    },
    Difference {
        check: "a_pending_version_without_a_value_is_not_among_the_version_ids",
        says: "fact 18",
        moto: "lists versions without a value",
    },
    Difference {
        check: "a_new_current_version_takes_the_pending_label_away",
        says: "fact 6",
        moto: "leaves the label where it is",
    },
    Difference {
        check: "the_pending_label_needs_the_version_that_it_leaves",
        says: "fact 17",
        moto: "asks for that version with AWSCURRENT alone, and has the label on two versions",
    },
    Difference {
        check: "a_label_moves_to_no_version_that_does_not_exist",
        says: "fact 17",
        moto: "refuses, but has taken the label off",
    },
    Difference {
        check: "a_value_read_without_a_stage_is_the_current_one",
        says: "fact 17",
        moto: "reads the version that was last put as current",
    },
    Difference {
        check: "the_current_label_cannot_be_taken_off",
        says: "fact 17",
        moto: "takes it off",
    },
    Difference {
        check: "a_version_without_a_label_is_not_described",
        says: "fact 18",
        moto: "describes all versions",
    },
    Difference {
        check: "creation_dates_are_in_whole_seconds",
        says: "fact 24",
        moto: "gives milliseconds",
    },
    Difference {
        check: "a_list_longer_than_its_page_is_truncated",
        says: "fact 24",
        moto: "lists all keys on one page",
    },
    Difference {
        check: "the_marker_of_a_page_leads_to_the_next",
        says: "fact 24",
        moto: "lists all keys on one page",
    },
    Difference {
        check: "the_id_of_a_user_begins_with_aida",
        says: "fact 28",
        moto: "makes user ids without a prefix",
    },
    Difference {
        check: "a_key_without_permission_is_denied_by_secrets_manager",
        says: "fact 29",
        moto: "answers IAM's AccessDenied for every service",
    },
    Difference {
        check: "a_wrong_secret_is_refused_by_secrets_manager",
        says: "fact 29",
        moto: "answers IAM's SignatureDoesNotMatch for every service",
    },
    Difference {
        check: "an_inactive_key_is_refused_by_sts",
        says: "fact 29",
        moto: "never checks a key's status",
    },
    Difference {
        check: "an_inactive_key_is_refused_by_iam",
        says: "fact 29",
        moto: "never checks a key's status",
    },
    Difference {
        check: "an_inactive_key_is_refused_by_secrets_manager",
        says: "fact 29",
        moto: "never checks a key's status",
    },
    Difference {
        check: "a_deleted_key_is_refused_by_secrets_manager",
        says: "fact 29",
        moto: "answers IAM's InvalidClientTokenId for every service",
    },
    Difference {
        check: "a_session_of_less_than_15_minutes_is_refused",
        says: "fact 38",
        moto: "gives sessions of any length",
    },
];

/// Compares a check's outcome on moto with the list.
pub fn judge(check: &str, seen: Seen) {
    let known = DIFFERENCES.iter().find(|known| known.check == check);
    match (known, seen) {
        (None, Ok(())) | (Some(_), Err(_)) => {}
        (None, Err(differs)) => panic!("moto {differs}, and no such difference is known"),
        (Some(Difference { says, moto, .. }), Ok(())) => {
            panic!("moto does as {says} has it; the difference that it {moto} is to be struck out")
        }
    }
}

#[test]
fn every_difference_is_about_a_check_and_listed_once() {
    for Difference { check, .. } in DIFFERENCES {
        assert!(CHECKS.contains(check), "there is no check {check}");
        let listed = DIFFERENCES.iter().filter(|other| other.check == *check);
        assert_eq!(listed.count(), 1, "{check}");
    }
}
