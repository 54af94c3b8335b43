//! What the function promises, each promise in a file of its own. The four steps run through the
//! real SDK clients against the simulation, in virtual time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod p1_current_key_stays;
mod world;
