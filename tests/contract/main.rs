//! What the three services do, stated once and checked against the simulation and moto's server through
//! the real SDK clients. So the simulation cannot drift from what others know about AWS.
//!
//! The simulation's half runs with every `cargo test`. For moto's, start `moto_server` and set
//! `MOTO_URL` to where it listens: `MOTO_URL=http://127.0.0.1:5000 cargo test --test contract --
//! --ignored`. The known differences between moto and AWS are listed in `differences.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod account;
mod authentication;
mod check;
mod differences;
mod keys;
mod moto;
mod roles;
mod rotation_staging;
mod secret;
mod staging_labels;
mod user;
mod versions;

/// Makes each check a test of the simulation and a test of moto's server.
macro_rules! contract {
    ($($module:ident::$check:ident,)+) => {
        /// Every check by its name.
        const CHECKS: &[&str] = &[$(stringify!($check)),+];

        mod on_the_simulation {
            use crate::account::Account;
            $(
                #[tokio::test]
                async fn $check() {
                    let account = Account::simulated().await;
                    if let Err(differs) = crate::$module::$check(&account).await {
                        panic!("the simulation {differs}");
                    }
                }
            )+
        }

        mod on_moto {
            use crate::account::Account;
            $(
                #[tokio::test]
                #[ignore = "needs moto's server: run by .ci/run"]
                async fn $check() {
                    let account = Account::on_moto().await;
                    let seen = crate::$module::$check(&account).await;
                    crate::differences::judge(stringify!($check), seen);
                }
            )+
        }
    };
}

contract! {
    versions::a_secret_that_does_not_exist_is_not_found,
    versions::a_secret_can_be_named_by_its_name,
    versions::a_secret_marked_for_deletion_gives_no_value,
    versions::a_secret_marked_for_deletion_takes_no_value,
    versions::a_secret_marked_for_deletion_is_still_described,
    versions::a_value_put_without_stages_is_current,
    versions::a_value_put_without_stages_makes_the_one_before_previous,
    versions::a_value_put_as_pending_leaves_the_current_one,
    versions::the_same_token_and_value_are_accepted_again,
    versions::the_same_token_and_value_change_nothing,
    versions::the_token_of_the_current_version_takes_no_other_value,
    versions::the_token_of_a_pending_version_takes_no_other_value,
    versions::a_refused_value_leaves_the_stored_one,
    versions::a_token_has_at_least_32_characters,
    versions::a_value_has_at_most_65536_bytes,
    versions::a_version_and_a_stage_that_agree_give_the_value,
    versions::a_version_and_a_stage_must_agree,
    versions::a_version_that_does_not_exist_is_not_found,
    versions::a_stage_that_no_version_has_is_not_found,
    versions::a_binary_value_comes_back_as_binary,
    rotation_staging::rotate_secret_makes_a_pending_version,
    rotation_staging::rotate_secret_leaves_the_current_version,
    rotation_staging::rotate_secret_with_a_rotation_pending_is_refused,
    rotation_staging::a_pending_version_without_a_value_is_not_found,
    rotation_staging::a_pending_version_without_a_value_is_described,
    rotation_staging::a_pending_version_without_a_value_is_not_among_the_version_ids,
    rotation_staging::a_pending_version_without_a_value_takes_one,
    rotation_staging::a_new_current_version_takes_the_pending_label_away,
    staging_labels::a_label_that_sits_nowhere_needs_no_version_to_leave,
    staging_labels::the_current_label_needs_the_version_that_it_leaves,
    staging_labels::the_pending_label_needs_the_version_that_it_leaves,
    staging_labels::the_version_that_a_label_leaves_must_have_it,
    staging_labels::a_label_moves_to_no_version_that_does_not_exist,
    staging_labels::a_move_of_the_current_label_arrives,
    staging_labels::a_value_read_without_a_stage_is_the_current_one,
    staging_labels::the_previous_label_moves_by_itself,
    staging_labels::the_previous_label_leaves_the_version_that_had_it,
    staging_labels::the_pending_label_stays_where_the_current_one_joins_it,
    staging_labels::the_pending_label_can_be_taken_off,
    staging_labels::the_current_label_cannot_be_taken_off,
    staging_labels::a_version_without_a_label_is_not_described,
    staging_labels::a_version_without_a_label_can_be_read_by_its_id,
    keys::a_user_that_does_not_exist_has_no_keys_to_list,
    keys::a_user_that_does_not_exist_gets_no_key,
    keys::a_new_key_is_active,
    keys::a_third_key_is_refused,
    keys::a_third_key_beside_inactive_ones_is_refused,
    keys::a_deleted_key_makes_room,
    keys::keys_are_listed_in_order_of_creation,
    keys::keys_are_listed_with_their_status,
    keys::keys_are_listed_with_their_user,
    keys::creation_dates_are_in_whole_seconds,
    keys::a_list_longer_than_its_page_is_truncated,
    keys::the_marker_of_a_page_leads_to_the_next,
    keys::a_deleted_key_is_not_listed,
    keys::a_key_that_does_not_exist_is_not_deleted,
    keys::a_key_of_another_user_is_not_deleted,
    keys::a_key_of_a_user_that_does_not_exist_is_not_deleted,
    keys::a_key_never_used_has_no_date_of_use,
    keys::a_key_never_used_has_no_service_or_region_of_use,
    keys::the_last_use_of_a_key_comes_with_its_user,
    authentication::a_key_is_of_its_account,
    authentication::a_key_is_of_its_user_path_included,
    authentication::a_key_has_the_id_of_its_user,
    authentication::the_id_of_a_user_begins_with_aida,
    authentication::a_caller_needs_no_permission_to_ask_who_it_is,
    authentication::a_user_name_left_out_is_the_callers,
    authentication::a_key_without_permission_is_denied_by_iam,
    authentication::a_key_without_permission_is_denied_by_secrets_manager,
    authentication::a_key_that_never_was_is_refused_by_sts,
    authentication::a_wrong_secret_is_refused_by_sts,
    authentication::a_wrong_secret_is_refused_by_secrets_manager,
    authentication::an_inactive_key_is_refused_by_sts,
    authentication::an_inactive_key_is_refused_by_iam,
    authentication::an_inactive_key_is_refused_by_secrets_manager,
    authentication::a_key_active_again_is_accepted,
    authentication::a_deleted_key_is_refused_by_sts,
    authentication::a_deleted_key_is_refused_by_iam,
    authentication::a_deleted_key_is_refused_by_secrets_manager,
    roles::a_session_is_of_the_roles_account,
    roles::a_session_is_named_without_the_roles_path,
    roles::a_session_of_less_than_15_minutes_is_refused,
    roles::a_secret_is_described_with_its_tags,
}
