//! Deactivates an access key, the first part of taking it away. The key is marked, deactivated, and looked at again with
//! fresh reads. It is given back if the look finds that it is needed after all.

use std::cell::Cell;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tracing::info;

use crate::aws::failure::Effect;
use crate::aws::iam::Iam;
use crate::key::deactivatable::Deactivatable;
use crate::key::marks::{Mark, Marks};
use crate::rotation::context::Run;
use crate::rotation::give_back::activate;
use crate::rotation::marking::take_off;
use crate::rotation::problem::Problem;
use crate::rotation::staged_secret::{READ_AGAIN, Staged};

/// Waits before the looks after the deactivation: 5 s in all, longer than the known lag of a read (fact 19).
const LOOKS: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(2),
];
/// No key is deactivated with less time than this left.
pub(crate) const LEAST_TIME: Duration = Duration::from_secs(10);
/// The wait between attempts for a key that IAM does not know yet, and the number of attempts.
pub(crate) const KNOWN_LATER: Duration = Duration::from_secs(2);
pub(crate) const KNOWN_AT_LAST: u32 = 4;

/// What a look saw of the basis of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Basis {
    /// It has changed.
    Changed,
    /// It is unchanged. If the look read the labels, these are the marks.
    Unchanged(Option<Marks>),
}

impl Basis {
    pub(crate) const fn is_unchanged(&self) -> bool {
        matches!(self, Self::Unchanged(_))
    }

    /// Whether a mark may be on, by what the look saw.
    fn has(&self, mark: &Mark) -> bool {
        match self {
            Self::Changed => true,
            Self::Unchanged(marks) => marks
                .as_ref()
                .is_none_or(|marks| marks.find(mark).is_some()),
        }
    }
}

/// What happened to the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deactivated {
    /// It is Inactive, under its mark.
    Done {
        /// When IAM answered.
        at: DateTime<Utc>,
    },
    /// IAM does not know the key.
    NotFound,
    /// The basis of the decision has changed.
    Kept,
}

/// A key that is to be deactivated.
#[derive(Debug)]
pub(crate) struct Deactivation<'r> {
    pub(crate) run: &'r Run<'r>,
    pub(crate) staged: &'r Staged,
    pub(crate) iam: &'r Iam,
    pub(crate) key: &'r Deactivatable,
    /// Whether it was made just now. Some IAM hosts may not know it yet (fact 27).
    pub(crate) made_now: bool,
    /// Whether this run has deactivated it, or may have done so.
    pub(crate) deactivated: Cell<bool>,
}

impl<'r> Deactivation<'r> {
    pub(crate) fn new(
        run: &'r Run<'r>,
        staged: &'r Staged,
        iam: &'r Iam,
        key: &'r Deactivatable,
        made_now: bool,
    ) -> Self {
        Self {
            run,
            staged,
            iam,
            key,
            made_now,
            deactivated: Cell::new(false),
        }
    }

    /// Marks the key and deactivates it. `to_go` looks whether the basis of the decision is unchanged.
    ///
    /// # Errors
    /// An error of the look, or the IAM error. The key is then Inactive under its mark, or untouched.
    pub(crate) async fn deactivate(
        &self,
        to_go: &impl AsyncFn() -> Result<Basis, Problem>,
    ) -> Result<Deactivated, Problem> {
        let (run, id) = (self.run, self.key.id());
        let mark = Mark::Removing(id.clone());
        if !self.is_marked() && !self.mark(&mark, to_go).await? {
            return Ok(Deactivated::Kept);
        }
        // Another run that leaves the key alone, such as undo, takes the mark off. Without it nothing would say that it was
        // the function that deactivated the key.
        let marked = Cell::new(true);
        let look = async || {
            let basis = to_go().await?;
            marked.set(basis.has(&mark));
            Ok((basis.is_unchanged() && marked.get()).then_some(()))
        };
        let deactivate = async |(): &(), once| {
            self.deactivated.set(true);
            self.iam.deactivate(self.key, once).await
        };
        let (mut waits, mut unknown) = (READ_AGAIN.into_iter(), 0);
        while unknown < KNOWN_AT_LAST {
            run.doing(format!("deactivate the access key {id}"));
            match run.change(LEAST_TIME, look, deactivate).await? {
                None if marked.get() => return Ok(Deactivated::Kept),
                // Or one read does not show it yet (fact 19).
                None => match waits.next() {
                    None => return Ok(Deactivated::Kept),
                    Some(wait) => {
                        run.clock.sleep(wait).await?;
                        if !self.mark(&mark, to_go).await? {
                            return Ok(Deactivated::Kept);
                        }
                    }
                },
                Some(Ok(())) => {
                    info!(access_key_id = %id, "access key deactivated");
                    run.changed(format!("the access key {id} was deactivated"));
                    let at = run.clock.now();
                    return Ok(Deactivated::Done { at });
                }
                Some(Err(failure)) if failure.is("NoSuchEntity") => {
                    if !self.made_now {
                        self.unmark().await;
                        return Ok(Deactivated::NotFound);
                    }
                    unknown += 1;
                    run.clock.sleep(KNOWN_LATER).await?;
                }
                Some(Err(failure)) => {
                    if failure.effect == Effect::Unknown {
                        run.changed(format!("the access key {id} may have been deactivated"));
                    } else {
                        self.unmark().await;
                    }
                    return Err(failure.into());
                }
            }
        }
        Ok(Deactivated::NotFound)
    }

    /// Puts the mark on, also if it is on already. Returns false if the basis of the decision has changed.
    async fn mark(
        &self,
        mark: &Mark,
        to_go: &impl AsyncFn() -> Result<Basis, Problem>,
    ) -> Result<bool, Problem> {
        let (run, id) = (self.run, self.key.id());
        run.doing(format!(
            "mark the access key {id} as one that is taken away"
        ));
        let look = async || Ok(to_go().await?.is_unchanged().then_some(()));
        let put = async |(): &(), once| run.put_on(self.staged, mark, once).await;
        match run.change(LEAST_TIME, look, put).await? {
            None => Ok(false),
            Some(ended) => {
                ended?;
                Ok(true)
            }
        }
    }

    /// Looks again over some seconds. Returns whether the basis of the decision stays unchanged.
    pub(crate) async fn look_again(
        &self,
        to_go: &impl AsyncFn() -> Result<Basis, Problem>,
    ) -> Result<bool, Problem> {
        let id = self.key.id();
        self.run
            .doing(format!("look again at the deactivated access key {id}"));
        for wait in LOOKS {
            self.run.clock.sleep(wait).await?;
            if !to_go().await?.is_unchanged() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Activates the key again if a version gives it out, and if it was the function that deactivated it.
    pub(crate) async fn give_back(&self) -> Result<(), Problem> {
        // A key that somebody else deactivated stays Inactive.
        if !self.deactivated.get() && !self.is_marked() {
            return Ok(());
        }
        // One read may not show yet where AWSCURRENT has moved (fact 19).
        for wait in LOOKS {
            let activated = activate(self.run, self.staged, self.iam, self.key.id()).await?;
            if activated || self.run.clock.sleep(wait).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Whether the key was under our mark at the time of the decision.
    pub(crate) fn is_marked(&self) -> bool {
        let mark = Mark::Removing(self.key.id().clone());
        self.staged.marks.find(&mark).is_some()
    }

    pub(crate) async fn unmark(&self) {
        let mark = Mark::Removing(self.key.id().clone());
        take_off(self.run, self.staged, &mark).await;
    }
}
