//! Takes an access key away, whatever the reason. The key is marked, deactivated, looked at again with fresh reads, and
//! only then deleted. Until then this can be undone. It is undone if the look finds that the key is needed after all.

use std::cell::Cell;
use std::time::Duration;

use tracing::info;

use crate::aws::failure::Effect;
use crate::aws::iam::{Deletion, Iam};
use crate::key::access_key::KeyStatus;
use crate::key::deletion_rule::Deletable;
use crate::key::marks::Mark;
use crate::key::refusal::Refusal;
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
const KNOWN_LATER: Duration = Duration::from_secs(2);
const KNOWN_AT_LAST: u32 = 4;

/// What happened to the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removed {
    /// It is gone.
    Deleted,
    /// IAM does not know the key.
    NotFound,
    /// The basis of the decision has changed: decide again. The key is Active if a version of the secret gives it out.
    Kept,
}

/// A key that is to be taken away.
#[derive(Debug)]
pub(crate) struct Removal<'r> {
    pub(crate) run: &'r Run<'r>,
    pub(crate) staged: &'r Staged,
    pub(crate) iam: &'r Iam,
    pub(crate) key: &'r Deletable,
    /// Its status at the time of the decision.
    pub(crate) status: KeyStatus,
    /// Whether it has been Inactive under our mark since before this run. If so, it was looked at long ago.
    pub(crate) since_before: bool,
    /// Whether it was made just now. Some IAM hosts may not know it yet (fact 27).
    pub(crate) made_now: bool,
    /// Whether this run has deactivated it, or may have done so.
    pub(crate) deactivated: Cell<bool>,
}

/// What the look before a deletion saw.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    ToGo,
    Moved,
    StillActive,
}

impl Removal<'_> {
    /// Takes the key away. `to_go` looks whether the basis of the decision is unchanged.
    ///
    /// # Errors
    /// An error of the look, or the IAM error. The key is then Inactive under its mark, or untouched.
    pub(crate) async fn run(
        &self,
        to_go: impl AsyncFn() -> Result<bool, Problem>,
    ) -> Result<Removed, Problem> {
        let id = self.key.id();
        let removed = self.take_away(&to_go).await;
        let moved = match &removed {
            Ok(removed) => *removed == Removed::Kept,
            Err(problem) => matches!(problem, Problem::NotStaged { .. }),
        };
        // A key that somebody else deactivated stays Inactive.
        if moved && (self.deactivated.get() || self.is_marked()) {
            // One read may not show yet where AWSCURRENT has moved (fact 19).
            for wait in LOOKS {
                let activated = activate(self.run, self.staged, self.iam, id).await?;
                if activated || self.run.clock.sleep(wait).await.is_err() {
                    break;
                }
            }
        }
        removed
    }

    async fn take_away(
        &self,
        to_go: &impl AsyncFn() -> Result<bool, Problem>,
    ) -> Result<Removed, Problem> {
        let deactivates = self.status == KeyStatus::Active;
        if deactivates {
            match self.deactivate(to_go).await? {
                Removed::Deleted => {}
                other => return Ok(other),
            }
        }
        if !self.since_before {
            self.run.doing(format!(
                "look again before the access key {} is deleted",
                self.key.id()
            ));
            for wait in LOOKS {
                self.run.clock.sleep(wait).await?;
                if !to_go().await? {
                    return Ok(Removed::Kept);
                }
            }
        }
        self.delete(to_go).await
    }

    /// Here, [`Removed::Deleted`] means deactivated.
    async fn deactivate(
        &self,
        to_go: &impl AsyncFn() -> Result<bool, Problem>,
    ) -> Result<Removed, Problem> {
        let (run, id) = (self.run, self.key.id());
        let mark = Mark::Removing(id.clone());
        let look = async || Ok(to_go().await?.then_some(()));
        if self.staged.marks.find(&mark).is_none() {
            let put = async |(): &(), once| run.put_on(self.staged, &mark, once).await;
            run.doing(format!(
                "mark the access key {id} as one that is taken away"
            ));
            match run.change(LEAST_TIME, look, put).await? {
                None => return Ok(Removed::Kept),
                Some(ended) => ended?,
            }
        }
        for _ in 0..KNOWN_AT_LAST {
            run.doing(format!("deactivate the access key {id}"));
            let deactivate = async |(): &(), once| {
                self.deactivated.set(true);
                self.iam.deactivate(self.key, once).await
            };
            match run.change(LEAST_TIME, look, deactivate).await? {
                None => return Ok(Removed::Kept),
                Some(Ok(())) => {
                    info!(access_key_id = %id, "access key deactivated, to be deleted");
                    run.changed(format!("the access key {id} was deactivated"));
                    return Ok(Removed::Deleted);
                }
                Some(Err(failure)) if failure.is("NoSuchEntity") => {
                    if !self.made_now {
                        self.unmark().await;
                        return Ok(Removed::NotFound);
                    }
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
        Ok(Removed::NotFound)
    }

    async fn delete(
        &self,
        to_go: &impl AsyncFn() -> Result<bool, Problem>,
    ) -> Result<Removed, Problem> {
        let (run, id) = (self.run, self.key.id());
        let seen = Cell::new(Seen::ToGo);
        let look = async || {
            seen.set(self.look(to_go).await?);
            Ok((seen.get() == Seen::ToGo).then_some(()))
        };
        let delete = async |(): &(), once| self.iam.delete(self.key, once).await;
        let mut unlisted = 1;
        let mut waits = READ_AGAIN.into_iter();
        loop {
            run.doing(format!("delete the access key {id}"));
            match (run.change(Duration::ZERO, look, delete).await?, seen.get()) {
                (Some(Ok(Deletion::NotFound)), _) if self.made_now && unlisted < KNOWN_AT_LAST => {
                    unlisted += 1;
                    run.clock.sleep(KNOWN_LATER).await?;
                }
                (Some(Ok(deletion)), _) => {
                    self.unmark().await;
                    return Ok(match deletion {
                        Deletion::Deleted => Removed::Deleted,
                        Deletion::NotFound => Removed::NotFound,
                    });
                }
                (Some(Err(failure)), _) => return Err(failure.into()),
                // IAM's list may not show the deactivation yet (fact 42).
                (None, Seen::StillActive) => match waits.next() {
                    Some(wait) => run.clock.sleep(wait).await?,
                    None => return Err(self.activated_again()),
                },
                (None, _) => return Ok(Removed::Kept),
            }
        }
    }

    /// The last look. It reads the labels last: they matter most, and an earlier read can wait.
    async fn look(&self, to_go: &impl AsyncFn() -> Result<bool, Problem>) -> Result<Seen, Problem> {
        let list = async || self.iam.list().await;
        let keys = self.run.patiently(Duration::ZERO, list).await?;
        let to_go = to_go().await?;
        let listed = keys.iter().find(|listed| listed.id == *self.key.id());
        Ok(match listed {
            _ if !to_go => Seen::Moved,
            Some(listed) if listed.status == KeyStatus::Active => Seen::StillActive,
            _ => Seen::ToGo,
        })
    }

    fn activated_again(&self) -> Problem {
        Problem::NothingDeletable {
            user: self.iam.user().to_owned(),
            refusal: Refusal::ActivatedAgain {
                key: self.key.id().clone(),
            },
        }
    }

    /// Whether the key was under our mark at the time of the decision.
    fn is_marked(&self) -> bool {
        let mark = Mark::Removing(self.key.id().clone());
        self.staged.marks.find(&mark).is_some()
    }

    async fn unmark(&self) {
        let mark = Mark::Removing(self.key.id().clone());
        // A key that somebody else deactivated has no mark.
        if self.status == KeyStatus::Active || self.is_marked() {
            take_off(self.run, self.staged, &mark).await;
        }
    }
}
