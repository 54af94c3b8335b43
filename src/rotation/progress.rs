//! What the tries of one run to make an access key hand on to each other.

use chrono::{DateTime, Utc};

use crate::key::access_key::AccessKeyId;
use crate::key::marks::{FRESH, KEPT, Mark};
use crate::rotation::context::Run;
use crate::rotation::problem::Problem;
use crate::rotation::throttling::Turn;

/// What the tries of one run hand on to each other.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// The marks that this run has put on, or may have; the last one counts.
    pub(crate) marks: Vec<Mark>,
    /// Whether the last one is certain to be there.
    pub(crate) marked: bool,
    /// The key that was deleted to make room: at most one a run.
    pub(crate) deleted: Option<AccessKeyId>,
    /// The key that this run has begun to take away.
    pub(crate) removing: Option<AccessKeyId>,
    /// The key that was looked at again.
    pub(crate) settled: Option<AccessKeyId>,
    /// The keys that there were when this run asked for one and got no answer, and when that was.
    pub(crate) unanswered: Option<(Vec<AccessKeyId>, DateTime<Utc>)>,
    /// Whether this run leaves a key that no version is known to hold.
    pub(crate) leaves_a_key: bool,
    /// Its wait for its turn.
    pub(crate) turn: Turn,
    /// Why the last try made no key.
    pub(crate) failed: Option<Problem>,
}

impl Progress {
    /// Notes why the last try made no key, for the next one and for the error if the time ends before that.
    pub(crate) fn fail(&mut self, run: &Run<'_>, why: Problem) {
        run.failed(&why);
        self.failed = Some(why);
    }

    /// Whether a key may be made by this run's last mark.
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
