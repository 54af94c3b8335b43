//! What a leak looked like, for a person.

use std::time::SystemTime;

use super::super::consumer::Consumer;
use super::super::journal::Moment;
use super::{CACHE, Leak, OFTEN};
use crate::Failed;
use crate::steps::wrap;
use crate::table::{Cell, render};
use crate::view::{self, BAD, DIM, GOOD, WARN};

impl Leak {
    /// Prints what happened, and the figures.
    ///
    /// # Errors
    /// If the key was not revoked.
    pub(super) fn tell(&self) -> Result<(), Failed> {
        view::heading("What happened");
        view::print(&moments_table(&self.moments, self.reported));
        view::heading("The consumers, which call once a second");
        view::print(&format!(
            "  A reads the secret before each call, B keeps what it read for {} minutes. Refused, each reads it\n  \
             afresh and tries once more. If that is refused too, the call is not made. Whoever found the\n  \
             exposed key calls with it every {} ms.\n\n",
            CACHE.as_secs() / 60,
            OFTEN.as_millis(),
        ));
        view::print(&consumers_table(&self.consumers));
        self.tell_end()
    }

    fn tell_end(&self) -> Result<(), Failed> {
        let Self {
            exposed, status, ..
        } = self;
        let answer = self.answer.as_ref().map_err(ToString::to_string)?;
        let entry = &answer["secrets"][0];
        let message = entry["message"].as_str().unwrap_or_default();
        view::heading("The keeper's answer");
        view::print(&format!("  {}\n", wrap(message, 2)));
        if entry["outcome"] != "revoked" {
            return Err(format!(
                "the exposed key {exposed} is {status}: the keeper's outcome is {}",
                entry["outcome"]
            ));
        }
        let consumers = || self.consumers.iter().map(|(_, consumer)| consumer);
        let failed: usize = consumers().map(|consumer| consumer.failed).sum();
        let pause = consumers().map(Consumer::longest_pause).max();
        let pause = pause.unwrap_or_default().as_secs_f64();
        let worked = self.last.map(|last| seconds(self.reported, last));
        let worked = worked.map_or("never".to_owned(), |seconds| format!("{seconds:.1} s"));
        view::print(&format!(
            "\n{GOOD}Revoked.{GOOD:#} {exposed} is {status}. It was accepted for {worked} after the report.\n\
             Calls that consumers could not make: {failed}. The longest pause: {pause:.0} s.\n"
        ));
        Ok(())
    }
}

/// The seconds from one time to another, negative if it is earlier.
fn seconds(from: SystemTime, to: SystemTime) -> f64 {
    match to.duration_since(from) {
        Ok(after) => after.as_secs_f64(),
        Err(before) => -before.duration().as_secs_f64(),
    }
}

fn moments_table(moments: &[Moment], reported: SystemTime) -> String {
    let rows: Vec<_> = moments
        .iter()
        .map(|moment| {
            let second = seconds(reported, moment.at);
            [
                Cell::new(format!("{second:>6.1}")),
                Cell::new(&moment.who),
                Cell::new(&moment.call).style(DIM),
                Cell::new(&moment.what),
            ]
        })
        .collect();
    render(2, ["SECOND", "WHO", "CALL", "WHAT"], &rows)
}

fn consumers_table(consumers: &[(&str, Consumer)]) -> String {
    let rows: Vec<_> = consumers
        .iter()
        .map(|(name, consumer)| {
            let count = |count: usize, style| match count {
                0 => Cell::new("0"),
                count => Cell::new(count.to_string()).style(style),
            };
            [
                Cell::new(*name),
                Cell::new((consumer.succeeded + consumer.failed).to_string()),
                count(consumer.refused(), WARN),
                count(consumer.failed, BAD),
                Cell::new(format!("{:.0} s", consumer.longest_pause().as_secs_f64())),
                Cell::new(consumer.holds().unwrap_or("no key")),
            ]
        })
        .collect();
    let header = [
        "CONSUMER",
        "CALLS",
        "REFUSED",
        "NOT MADE",
        "LONGEST PAUSE",
        "ITS KEY NOW",
    ];
    render(2, header, &rows)
}
