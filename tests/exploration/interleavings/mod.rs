//! Two runs at once, interleaved at every call: all schedules, and P1 after each call.
//!
//! Each run is a process of its own, and each of its calls stops at a gate before it reaches the account. The
//! scheduler lets in one of the processes that wait at the gate, or lets time pass until one that sleeps continues.
//! It tries all such choices depth first; no choice is random.
//!
//! A process is a function of the responses that it got and when. The account is a function of the changes made to
//! it. So schedules with the same responses and changes are one from there on. What an earlier schedule has shown of
//! a process or of the account need not run again. If it does run again on the way to something new, the results are
//! compared: a difference fails the test.
//!
//! While time passes, a call may be *held back* at the gate, as if it hung. The SDK's timeouts then run as usual.
//! Only calls that change something are held back, and only so many of a run. Such a call is let in when the other
//! run does more than wait. That bounds the exploration, and the figures count only what is within these bounds. An
//! invocation itself may come at any time.
//!
//! With the keeper, each call is also judged by what its process had seen: P6, P9 and P10 (`watching.rs`). So a change
//! that is known in another place runs again, if its process had not seen the same. A rotation that a revocation asks for
//! is a third process.
//!
//! If there are too many calls for every order, a run is *stopped* for the other at most twice, or once, while it
//! could continue. A run that sleeps or has ended is not stopped. `EXPLORE=all` has no such limit, and takes hours.

mod asked;
mod explored;
mod explorer;
mod foresight;
mod gate;
mod history;
mod keeper;
mod one_secret;
mod process;
mod run;
mod trace;
mod two_secrets;
mod watching;

use process::Item;
use sandbox::rotation::STEPS;

fn whole_rotation() -> Vec<Item> {
    STEPS.map(Item::Step).to_vec()
}

/// How often calls of a process may be held back while time passes, if the environment says so:
/// `HELD=2,1 EXPLORE=1 cargo test --test exploration interleavings` explores more.
fn held(process: usize) -> Option<u8> {
    let set = std::env::var("HELD").ok()?;
    set.split(',').nth(process)?.parse().ok()
}

/// How often one process may be stopped for another. With `EXPLORE=all`, as often as there are calls.
fn switches(usual: u8) -> u8 {
    match crate::faults::explores_all() {
        true => u8::MAX,
        false => usual,
    }
}
