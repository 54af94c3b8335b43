//! The function's own deadline. With any timeout and slow calls, the function ends by itself. It takes away what it
//! made and could not store, and reports how far it got. The retry or the next rotation fixes the rest. `EXPLORE=all`
//! runs every combination of timeouts, delays, sources and calls.
//!
//! One case is left out, since no order of calls can help. A DeleteAccessKey of the new key takes effect only after
//! the retry. By then the retry has found that key stored, by a put that was as late, and has made it AWSCURRENT's.

mod case;
mod invocation;
mod sweep;

use std::time::Duration;

use sandbox::aws::{CALLS, Fault, FaultKind, When};

use self::sweep::Sweep;
use crate::faults::explores_all;
use crate::figures::figure;

/// In seconds.
const TIME_OUTS: [u64; 19] = [
    3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900,
];
/// A single call that is much faster than this brings no step close to a longer timeout.
const LONG: Duration = Duration::from_secs(30);
/// In milliseconds. The client waits 8 s for a response. From 10 s on, the delays differ only in when an effect
/// comes.
const DELAYS: [u64; 13] = [
    500, 1_000, 2_000, 2_500, 3_000, 5_000, 8_000, 10_000, 20_000, 30_000, 60_000, 200_000,
    1_000_000,
];

fn time_outs() -> Vec<Duration> {
    let seconds = if explores_all() {
        let beyond = TIME_OUTS.into_iter().filter(|time_out| *time_out > 60);
        (3..=60).chain(beyond).collect()
    } else {
        TIME_OUTS.to_vec()
    };
    seconds.into_iter().map(Duration::from_secs).collect()
}

fn delays() -> impl Iterator<Item = Duration> {
    DELAYS.into_iter().map(Duration::from_millis)
}

fn every(action: &str, kind: FaultKind) -> Fault {
    let action = action.to_owned();
    let on = When::Every { action };
    Fault { on, kind }
}

fn nth(action: &str, nth: usize, kind: FaultKind) -> Fault {
    let action = action.to_owned();
    let on = When::Action { action, nth };
    Fault { on, kind }
}

/// Whether a smaller delay has the same outcome: the client or the function gives up before either response.
fn acts_alike(time_out: Duration, delay: Duration) -> bool {
    let given_up = time_out.min(Duration::from_millis(8_500));
    let smaller = delays().filter(|smaller| *smaller < delay).last();
    smaller.is_some_and(|smaller| smaller >= given_up)
}

#[tokio::test(start_paused = true)]
async fn any_one_call_may_answer_late() {
    let mut sweep = Sweep::of(5);
    for time_out in time_outs() {
        for delay in delays().filter(|delay| explores_all() || !acts_alike(time_out, *delay)) {
            if !explores_all() && time_out > LONG && delay < LONG / 4 {
                continue;
            }
            for place in sweep.places() {
                for call in 1.. {
                    if !sweep.is_due() {
                        continue;
                    }
                    let kind = FaultKind::SlowAnswer(delay);
                    let on = When::Call(call);
                    let calls = sweep.run(place, time_out, vec![Fault { on, kind }]).await;
                    if calls < call {
                        break;
                    }
                }
            }
        }
    }
    sweep.end(30);
    figure("time-outs of the function", TIME_OUTS.len());
    figure("delays of a call", DELAYS.len());
    figure("invocations with one late answer", sweep.invocations);
}

#[tokio::test(start_paused = true)]
async fn changes_of_one_kind_may_be_late() {
    // One call, or for 0 every call of the action.
    let changes = [
        ("CreateAccessKey", 1),
        ("DeleteAccessKey", 1),
        ("DeleteAccessKey", 0),
        ("PutSecretValue", 1),
        ("PutSecretValue", 0),
        ("UpdateSecretVersionStage", 1),
        ("UpdateSecretVersionStage", 2),
        ("UpdateSecretVersionStage", 0),
    ];
    let mut sweep = Sweep::of(19);
    for time_out in time_outs() {
        for delay in delays() {
            for (action, number) in changes {
                for kind in [FaultKind::SlowEffect(delay), FaultKind::SlowAnswer(delay)] {
                    let fault = match number {
                        0 => every(action, kind),
                        number => nth(action, number, kind),
                    };
                    sweep.case(time_out, |_| vec![fault.clone()]).await;
                }
            }
        }
    }
    sweep.end(30);
    figure("invocations with late changes", sweep.invocations);
}

#[tokio::test(start_paused = true)]
async fn all_calls_may_be_slow() {
    let mut sweep = Sweep::of(1);
    for time_out in time_outs() {
        for delay in [200, 500, 1_000, 2_000, 5_000] {
            let kind = FaultKind::SlowAnswer(Duration::from_millis(delay));
            let slow = |action| every(action, kind.clone());
            let faults: Vec<_> = CALLS.into_iter().map(slow).collect();
            sweep.case(time_out, |_| faults.clone()).await;
        }
    }
    sweep.end(30);
    figure("invocations with every call slow", sweep.invocations);
}

/// Creating the key is slow. Storing it and the clean-up are slow, late, lost or refused.
#[tokio::test(start_paused = true)]
async fn a_key_may_be_slow_to_make_to_store_and_to_delete() {
    let seconds = |seconds| Duration::from_millis((seconds * 1000.0) as u64);
    let answer = |at| FaultKind::SlowAnswer(seconds(at));
    let effect = |at| FaultKind::SlowEffect(seconds(at));
    let error = |status, code: &str| FaultKind::ErrorBefore {
        status,
        code: code.to_owned(),
    };
    let puts = [
        answer(1.0),
        answer(2.5),
        answer(5.0),
        effect(10.0),
        effect(60.0),
        effect(200.0),
        FaultKind::TimedOutBefore,
        FaultKind::TimedOutAfter,
        FaultKind::Denied,
        error(400, "ThrottlingException"),
        error(500, "InternalServiceError"),
    ];
    let deletes = [
        None,
        Some(answer(1.0)),
        Some(answer(2.5)),
        Some(answer(10.0)),
        Some(effect(10.0)),
        Some(effect(60.0)),
    ];
    let mut sweep = Sweep::of(23);
    for time_out in [6, 7, 8, 9, 10, 11, 12, 13, 15, 18, 20, 25, 30, 45, 60, 120] {
        for made in [None, Some(1.0), Some(2.5), Some(5.0), Some(7.9)] {
            for put in &puts {
                for delete in &deletes {
                    let faults = |keys: u8| {
                        let mut faults = vec![every("PutSecretValue", put.clone())];
                        faults.extend(made.map(|at| nth("CreateAccessKey", 1, answer(at))));
                        // If the user has two keys, the first deletion makes room.
                        let clean_up = usize::from(keys);
                        faults.extend(
                            delete
                                .clone()
                                .map(|kind| nth("DeleteAccessKey", clean_up, kind)),
                        );
                        faults
                    };
                    sweep.case(Duration::from_secs(time_out), faults).await;
                }
            }
        }
    }
    sweep.end(100);
    figure("invocations with a slow key", sweep.invocations);
}
