//! What an invocation has done so far, for its error, wherever it ends. At the deadline its future is dropped in the
//! middle of a wait or a call. So what the error must say is noted here before that.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::aws::failure::AwsFailure;
use crate::rotation::problem::Problem;

/// One invocation's notes.
#[derive(Debug)]
pub(crate) struct Notes {
    began: DateTime<Utc>,
    doing: RefCell<Cow<'static, str>>,
    changed: RefCell<Vec<(String, u32)>>,
    failed: RefCell<Option<Problem>>,
    refused: RefCell<Option<AwsFailure>>,
    /// How long calls have waited for their turn.
    waited: Cell<TimeDelta>,
    /// The time up to which that is counted. Two waits at the same time count once.
    counted: Cell<DateTime<Utc>>,
    /// How many calls wait for their turn now.
    waiting: Cell<u32>,
}

impl Notes {
    pub(crate) fn new(began: DateTime<Utc>) -> Self {
        Self {
            began,
            doing: RefCell::new("start".into()),
            changed: RefCell::default(),
            failed: RefCell::default(),
            refused: RefCell::default(),
            waited: Cell::default(),
            counted: Cell::new(began),
            waiting: Cell::default(),
        }
    }

    /// Notes what the step is about to do.
    pub(crate) fn doing(&self, doing: Cow<'static, str>) {
        self.doing.replace(doing);
    }

    /// Notes what the step has changed.
    pub(crate) fn changed(&self, what: String) {
        let mut changed = self.changed.borrow_mut();
        match changed.iter_mut().find(|(told, _)| *told == what) {
            Some((_, times)) => *times += 1,
            None => changed.push((what, 1)),
        }
    }

    /// What the step has changed: each change once, in the order of first occurrence.
    pub(crate) fn changes(&self) -> Vec<String> {
        let changed = self.changed.borrow();
        let told = changed.iter().map(|(what, times)| match times {
            1 => what.clone(),
            _ => format!("{what} ({times} times)"),
        });
        told.collect()
    }

    /// Notes why a try failed before the next try. None means that the last try did not fail.
    pub(crate) fn failed(&self, why: Option<Problem>) {
        self.failed.replace(why);
    }

    /// Notes that AWS refused a call because of the rate limit. The call was first made at `since`.
    pub(crate) fn refused(
        &self,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
        refusal: Option<&AwsFailure>,
    ) {
        self.refused.replace(refusal.cloned());
        self.count(since, now);
        self.waiting.set(self.waiting.get() + 1);
    }

    /// Notes the end of a wait after a refusal. The wait began at `since`.
    pub(crate) fn waited(&self, since: DateTime<Utc>, now: DateTime<Utc>) {
        self.count(since, now);
        self.waiting.set(self.waiting.get().saturating_sub(1));
    }

    /// How long calls have waited for their turn.
    pub(crate) fn throttled(&self) -> Duration {
        self.waited.get().to_std().unwrap_or_default()
    }

    fn count(&self, since: DateTime<Utc>, now: DateTime<Utc>) {
        let more = now - since.max(self.counted.get());
        if more > TimeDelta::zero() {
            self.waited.set(self.waited.get() + more);
            self.counted.set(now);
        }
    }

    /// Why the invocation ends, and what it was about to do if its time was up.
    pub(crate) fn end(&self, problem: Problem, now: DateTime<Utc>) -> (Problem, Option<String>) {
        if !matches!(problem, Problem::OutOfTime { .. }) {
            return (problem, None);
        }
        let doing = self.doing.borrow().clone().into_owned();
        let (since, waited) = ((now - self.began).to_std(), self.throttled());
        let since = since.unwrap_or_default();
        let refusal = self.refused.take();
        let refusal = refusal.filter(|_| went_by_waiting(self.waiting.get() > 0, waited, since));
        match (refusal, self.failed.take()) {
            (Some(refusal), _) => (Problem::Throttled(refusal), None),
            (None, Some(failed)) => (failed, Some(doing)),
            (None, None) => (Problem::OutOfTime { doing }, None),
        }
    }
}

/// Whether an invocation spent its time waiting for its turn: it ended in a wait, or waited for at least half of it.
fn went_by_waiting(ended_there: bool, waited: Duration, since: Duration) -> bool {
    ended_there || (waited > Duration::ZERO && waited * 2 >= since)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::failure::Effect;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn refusal() -> AwsFailure {
        AwsFailure {
            action: "iam:ListAccessKeys",
            resource: String::new(),
            code: None,
            message: String::new(),
            effect: Effect::Throttled,
            unreached: false,
        }
    }

    fn out_of_time() -> Problem {
        Problem::OutOfTime {
            doing: String::new(),
        }
    }

    #[test]
    fn time_went_by_waiting_where_it_ended_so_or_half_of_it_did() {
        let seconds = Duration::from_secs;
        for (ended_there, waited, since, so) in [
            (true, 0, 100, true),
            (false, 50, 100, true),
            (false, 49, 100, false),
            (false, 0, 0, false),
            (false, 1, 1, true),
        ] {
            let found = went_by_waiting(ended_there, seconds(waited), seconds(since));
            assert_eq!(found, so, "{ended_there} {waited} {since}");
        }
    }

    #[test]
    fn two_that_wait_at_the_same_time_wait_once() {
        let notes = Notes::new(at(0));
        notes.refused(at(0), at(1), Some(&refusal()));
        notes.refused(at(0), at(2), Some(&refusal()));
        notes.waited(at(1), at(4));
        notes.waited(at(2), at(5));
        assert_eq!(notes.waited.get(), TimeDelta::seconds(5));
        let (problem, _) = notes.end(out_of_time(), at(11));
        assert_eq!(problem.error_type(), "OutOfTime");
    }

    #[test]
    fn the_last_failure_of_a_try_is_why_the_time_was_up() {
        let notes = Notes::new(at(0));
        notes.doing("try again".into());
        notes.failed(Some(Problem::PendingMissing));
        let (problem, doing) = notes.end(out_of_time(), at(9));
        assert_eq!(problem.error_type(), "PendingMissing");
        assert_eq!(doing.as_deref(), Some("try again"));

        notes.failed(Some(Problem::PendingMissing));
        notes.failed(None);
        let (problem, doing) = notes.end(out_of_time(), at(9));
        assert_eq!(problem.error_type(), "OutOfTime");
        assert_eq!(doing, None);
    }

    #[test]
    fn a_change_is_told_once_with_how_often() {
        let notes = Notes::new(at(0));
        for what in ["a", "b", "a", "a"] {
            notes.changed(what.to_owned());
        }
        assert_eq!(notes.changes(), ["a (3 times)", "b"]);
    }
}
