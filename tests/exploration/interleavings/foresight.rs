//! What earlier schedules show about this one.

use std::collections::HashSet;
use std::time::Duration;

use super::asked::is_asked_by;
use super::history::{Asked, History, Seen, Wakes, answered, asked, changes_something, woken};
use super::process::Status;
use super::run::{Choice, Place};

/// Where a choice leads, if all of it was seen before, in any schedules.
pub fn foresee(seen: &Seen, from: &Place, choice: Choice) -> Option<Place> {
    let mut place = from.clone();
    match choice {
        Choice::Call(number) => {
            let history = &mut place.processes[number];
            let Status::Gated(call) = &seen.statuses[history] else {
                return None;
            };
            let known = Asked::new(place.account, place.now, call);
            let (answer, account) = seen.answers.get(&known)?;
            let judged = |judged: &HashSet<_>| judged.contains(&(place.account, *history));
            if changes_something(call) && !seen.judged.as_ref().is_none_or(judged) {
                return None;
            }
            place.account = *account;
            *history = *seen.moves.get(&(*history, answered(place.now, answer)))?;
            if let Some(rotator) = seen.rotates
                && is_asked_by(call, answer)
            {
                let history = &mut place.processes[rotator];
                *history = *seen.moves.get(&(*history, asked(place.now, *account)))?;
            }
        }
        Choice::Time => {
            let wakes = |history: &History| match seen.statuses[history] {
                Status::Over | Status::Unasked => Some(Wakes::After(Duration::MAX)),
                _ => seen.wakes.get(history).copied(),
            };
            let wakes: Vec<_> = place.processes.iter().map(wakes).collect::<Option<_>>()?;
            let now = wakes.iter().filter_map(|wakes| match wakes {
                Wakes::At(at) => Some(*at),
                Wakes::After(_) => None,
            });
            let now = now.min()?;
            let early = |wakes: &Wakes| matches!(wakes, Wakes::After(after) if *after < now);
            if wakes.iter().any(early) {
                return None;
            }
            place.now = now;
            for (history, wakes) in place.processes.iter_mut().zip(wakes) {
                if wakes == Wakes::At(now) {
                    *history = *seen.moves.get(&(*history, woken(now)))?;
                }
            }
        }
    }
    Some(place)
}
