//! What one run's attempts to make an access key pass on to each other.

use chrono::{DateTime, Utc};

use crate::key::access_key::AccessKeyId;
use crate::key::marks::{FRESH, KEPT, Mark};
use crate::rotation::context::Run;
use crate::rotation::problem::Problem;
use crate::rotation::throttling::Turn;

/// What one run's attempts pass on to each other.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// The marks that this run has put on, or may have put on. The last one counts.
    pub(crate) marks: Vec<Mark>,
    /// Whether the last mark is certain to be on the secret.
    pub(crate) marked: bool,
    /// The key that was deleted to make room. A run deletes at most one.
    pub(crate) deleted: Option<AccessKeyId>,
    /// The key that this run has begun to take away.
    pub(crate) removing: Option<AccessKeyId>,
    /// The key that this run has looked at again.
    pub(crate) settled: Option<AccessKeyId>,
    /// The keys that existed when this run requested one and got no response, and the time of that request.
    pub(crate) unanswered: Option<(Vec<AccessKeyId>, DateTime<Utc>)>,
    /// Whether this run leaves a key that no version is known to hold.
    pub(crate) leaves_a_key: bool,
    /// This run's wait for its turn.
    pub(crate) turn: Turn,
    /// Why the last attempt made no key.
    pub(crate) failed: Option<Problem>,
}

impl Progress {
    /// Notes why the last attempt made no key: for the next attempt, and for the error if the time ends before it.
    pub(crate) fn fail(&mut self, run: &Run<'_>, why: Problem) {
        run.failed(&why);
        self.failed = Some(why);
    }

    /// Whether this run's last mark is recent enough to make a key.
    pub(crate) fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        let since = match self.marks.last() {
            Some(Mark::Creating { since, .. }) => *since,
            _ => return false,
        };
        let long = match self.unanswered {
            None => FRESH,
            Some(_) => KEPT,
        };
        (now - since).to_std().unwrap_or_default() <= long
    }
}
