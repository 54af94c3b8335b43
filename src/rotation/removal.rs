//! Takes an access key away, whatever the reason. The key is deactivated and looked at again ([`Deactivation`]), and
//! only then deleted. Until then this can be undone. It is undone if the look finds that the key is needed after all.

use std::cell::Cell;
use std::time::Duration;

use crate::aws::iam::Deletion;
use crate::key::access_key::KeyStatus;
use crate::key::deletion_rule::Deletable;
use crate::key::refusal::Refusal;
use crate::rotation::deactivation::{Basis, Deactivated, Deactivation, KNOWN_AT_LAST, KNOWN_LATER};
use crate::rotation::problem::Problem;
use crate::rotation::staged_secret::READ_AGAIN;

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
    pub(crate) deactivation: Deactivation<'r>,
    pub(crate) key: &'r Deletable,
    /// Its status at the time of the decision.
    pub(crate) status: KeyStatus,
    /// Whether it has been Inactive under our mark since before this run. If so, it was looked at long ago.
    pub(crate) since_before: bool,
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
        to_go: impl AsyncFn() -> Result<Basis, Problem>,
    ) -> Result<Removed, Problem> {
        let removed = self.take_away(&to_go).await;
        let moved = match &removed {
            Ok(removed) => *removed == Removed::Kept,
            Err(problem) => matches!(problem, Problem::NotStaged { .. }),
        };
        if moved {
            self.deactivation.give_back().await?;
        }
        removed
    }

    async fn take_away(
        &self,
        to_go: &impl AsyncFn() -> Result<Basis, Problem>,
    ) -> Result<Removed, Problem> {
        if self.status == KeyStatus::Active {
            match self.deactivation.deactivate(to_go).await? {
                Deactivated::Done { .. } => {}
                Deactivated::NotFound => return Ok(Removed::NotFound),
                Deactivated::Kept => return Ok(Removed::Kept),
            }
        }
        if !self.since_before && !self.deactivation.look_again(to_go).await? {
            return Ok(Removed::Kept);
        }
        self.delete(to_go).await
    }

    async fn delete(
        &self,
        to_go: &impl AsyncFn() -> Result<Basis, Problem>,
    ) -> Result<Removed, Problem> {
        let (run, id) = (self.deactivation.run, self.key.id());
        let seen = Cell::new(Seen::ToGo);
        let look = async || {
            seen.set(self.look(to_go).await?);
            Ok((seen.get() == Seen::ToGo).then_some(()))
        };
        let delete = async |(): &(), once| self.deactivation.iam.delete(self.key, once).await;
        let mut unlisted = 1;
        let mut waits = READ_AGAIN.into_iter();
        loop {
            run.doing(format!("delete the access key {id}"));
            match (run.change(Duration::ZERO, look, delete).await?, seen.get()) {
                (Some(Ok(Deletion::NotFound)), _)
                    if self.deactivation.made_now && unlisted < KNOWN_AT_LAST =>
                {
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
    async fn look(
        &self,
        to_go: &impl AsyncFn() -> Result<Basis, Problem>,
    ) -> Result<Seen, Problem> {
        let list = async || self.deactivation.iam.list().await;
        let keys = self
            .deactivation
            .run
            .patiently(Duration::ZERO, list)
            .await?;
        let to_go = to_go().await?.is_unchanged();
        let listed = keys.iter().find(|listed| listed.id == *self.key.id());
        Ok(match listed {
            _ if !to_go => Seen::Moved,
            Some(listed) if listed.status == KeyStatus::Active => Seen::StillActive,
            _ => Seen::ToGo,
        })
    }

    fn activated_again(&self) -> Problem {
        Problem::NothingDeletable {
            user: self.deactivation.iam.user().to_owned(),
            refusal: Refusal::ActivatedAgain {
                key: self.key.id().clone(),
            },
        }
    }

    async fn unmark(&self) {
        // A key that somebody else deactivated has no mark.
        if self.status == KeyStatus::Active || self.deactivation.is_marked() {
            self.deactivation.unmark().await;
        }
    }
}
