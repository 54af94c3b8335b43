//! The promises, explored exhaustively instead of by examples: every fault on every call, every order of two runs,
//! every kill, every timeout. `tests/README.md` has the counts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod consumer;
mod deadline;
mod explorer;
mod faults;
mod figures;
mod hands;
mod interleavings;
mod keeper;
mod kills;
#[allow(dead_code, reason = "shared with the behaviour tests")]
#[path = "../behaviour/local.rs"]
mod local;
#[allow(dead_code, reason = "shared with the behaviour tests")]
#[path = "../behaviour/look.rs"]
mod look;
mod several_runs;
#[allow(dead_code, reason = "shared with the behaviour tests")]
#[path = "../behaviour/watch.rs"]
mod watch;
#[allow(dead_code, reason = "shared with the behaviour tests")]
#[path = "../behaviour/world.rs"]
mod world;
