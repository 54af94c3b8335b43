//! What the function promises, with one file for each promise. The four steps run against the simulation,
//! through the real SDK clients and in virtual time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod another_account;
mod bad_input;
mod bad_source_or_user;
mod bounds;
mod calls;
mod clean_up;
mod confused_deputy;
mod creation_mark;
mod deletion_rule;
mod environment;
mod failed_looks;
mod first_key;
mod https;
mod keeper;
mod layouts;
mod local;
mod look;
mod look_then_change;
mod lost_or_stored;
mod metrics;
mod out_of_time;
mod p1_current_key_stays;
mod p2_verified_before_current;
mod p3_no_key_is_lost;
mod p4_steps_repeat;
mod p5_secrets_stay_secret;
mod p6_consumers_keep_working;
mod p7_other_fields_unchanged;
mod p9_reversible;
mod permissions;
mod process;
mod readme;
mod removal;
mod rooms;
mod secret_name;
mod smtp_password;
mod storing_in_time;
mod stuck_rotation;
mod taking_away;
mod test_rotation;
mod throttling;
mod unreachable;
mod watch;
mod world;
