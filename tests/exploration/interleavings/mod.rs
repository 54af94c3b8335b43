//! Two runs at once, interleaved at every call: all schedules, and P1 after each call.
//!
//! Each run is a process of its own, whose every call stops at a gate before it reaches the
//! account. The scheduler lets one of those that wait at the gate in, or lets the time pass until
//! one that sleeps goes on. It goes through all such choices depth first; no choice is at random.
//!
//! A process is a function of what it was answered and when; the account is a function of the
//! changes made to it. So schedules that brought all of these about alike are one from there on, and
//! what an earlier schedule has shown of a process or of the account need not be run again. Whenever
//! it is run again on the way to something new, it is compared: a difference fails the test.
//!
//! While the time passes, a call may be *held back* at the gate, as if it hung; the SDK's time-outs
//! then run as they do. Only calls that change something are, only so many of a run, and such a call
//! is let in when the other run does more than wait: that bounds the exploration, and the figures are
//! of what is within.
//! An invocation as such may come as late as it likes.
//!
//! Where the calls are too many for every order, a run is *stopped* for the other at most twice while it could go on, or once; a run
//! that sleeps or has ended is not stopped. `EXPLORE=all` has no such limit, and takes hours.

mod explored;
mod explorer;
mod foresight;
mod gate;
mod history;
mod one_secret;
mod process;
mod run;
mod trace;
mod two_secrets;

use process::Item;
use sandbox::rotation::STEPS;

fn whole_rotation() -> Vec<Item> {
    STEPS.map(Item::Step).to_vec()
}

/// How often calls of a process may be held back while the time passes, where the environment says
/// so: `HELD=2,1 EXPLORE=1 cargo test --test exploration interleavings` explores more.
fn held(process: usize) -> Option<u8> {
    let set = std::env::var("HELD").ok()?;
    set.split(',').nth(process)?.parse().ok()
}

/// How often one process may be stopped for another; as often as there is a call with `EXPLORE=all`.
fn switches(usual: u8) -> u8 {
    match crate::faults::explores_all() {
        true => u8::MAX,
        false => usual,
    }
}
