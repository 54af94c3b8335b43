//! A secret as the keeper sees it: outside a rotation, with no token.

use crate::aws::secret_list::FLEET_TAG;
use crate::aws::secrets_manager::{Dates, SecretMetadata, VersionRef};
use crate::key::access_key::AccessKeyId;
use crate::key::given_out::GivenOut;
use crate::key::marks::Marks;
use crate::key::retirement::Timeline;
use crate::rotation::context::Run;
use crate::rotation::give_back::given_out;
use crate::rotation::keeper_config::Watches;
use crate::rotation::keeper_problem::KeeperProblem;
use crate::rotation::problem::Problem;
use crate::rotation::staged_secret::{READ_AGAIN, Staged};
use crate::secret::named_source::is_same_secret;
use crate::secret::stages::{CURRENT, Labels, PENDING, PREVIOUS, holder};

/// A secret, and what its labels and dates say.
#[derive(Debug)]
pub(crate) struct Watched {
    /// The labels, and AWSCURRENT's value.
    pub(crate) staged: Staged,
    /// What the labels and dates say about retirement.
    pub(crate) timeline: Timeline,
    /// When it changed and rotates.
    pub(crate) dates: Dates,
}

/// Reads labels and dates.
pub(crate) fn timeline(labels: &Labels, dates: &Dates) -> Timeline {
    let (current, pending) = (holder(labels, CURRENT), holder(labels, PENDING));
    Timeline {
        rotating: pending.is_some() && pending != current,
        current,
        has_previous: holder(labels, PREVIOUS).is_some(),
        changed: dates.changed,
        marks: Marks::of(labels),
    }
}

impl Run<'_> {
    /// Reads the labels and AWSCURRENT at the same time, again if they disagree (fact 19). Checks that the keeper looks
    /// after the secret.
    pub(crate) async fn read_watched(&self) -> Result<Watched, Problem> {
        self.doing("read the secret");
        let version = VersionRef {
            id: None,
            label: CURRENT,
        };
        let mut waits = READ_AGAIN.into_iter();
        loop {
            let (described, read) = tokio::join!(
                biased;
                self.describe(),
                self.read(self.secret_id, version)
            );
            let secret = described?;
            self.is_ours(&secret)?;
            let current = holder(&secret.labels, CURRENT);
            match (current, read?) {
                (Some(current), Some(version)) if version.id == current => {
                    let timeline = timeline(&secret.labels, &secret.dates);
                    let staged = Staged {
                        current: self.parse_current(version, &secret.arn)?,
                        secret_arn: secret.arn,
                        current_version: current,
                        previous_version: holder(&secret.labels, PREVIOUS),
                        marks: timeline.marks.clone(),
                        tags: secret.tags,
                    };
                    return Ok(Watched {
                        staged,
                        timeline,
                        dates: secret.dates,
                    });
                }
                _ => match waits.next() {
                    Some(wait) => self.clock.sleep(wait).await?,
                    None => return Err(Problem::NoCurrentVersion),
                },
            }
        }
    }

    /// Reads only the labels and dates. Checks that the keeper looks after the secret.
    pub(crate) async fn read_timeline(&self) -> Result<(Timeline, Dates), Problem> {
        self.doing("read the secret's labels");
        let secret = self.describe().await?;
        self.is_ours(&secret)?;
        Ok((timeline(&secret.labels, &secret.dates), secret.dates))
    }

    /// Reads only the labels, right before a change. Returns None if AWSCURRENT or AWSPREVIOUS has moved, or if a
    /// rotation has begun.
    pub(crate) async fn still_watched(&self, staged: &Staged) -> Result<Option<Timeline>, Problem> {
        let secret = self.describe().await?;
        let now = timeline(&secret.labels, &secret.dates);
        let current = holder(&secret.labels, CURRENT);
        let unmoved = current.as_ref() == Some(&staged.current_version)
            && holder(&secret.labels, PREVIOUS) == staged.previous_version;
        Ok((unmoved && !now.rotating).then_some(now))
    }

    /// Whether AWSCURRENT or AWSPENDING gives the key out now.
    pub(crate) async fn gives_out(
        &self,
        staged: &Staged,
        key: &AccessKeyId,
    ) -> Result<bool, Problem> {
        let all: GivenOut = given_out(self, staged).await?;
        Ok(all.holds(key))
    }

    fn is_ours(&self, secret: &SecretMetadata) -> Result<(), Problem> {
        let Some(keeper) = &self.resources.config.keeper else {
            return Ok(());
        };
        let ours = match &keeper.watches {
            Watches::One(arn) => is_same_secret(arn, &secret.arn),
            Watches::Fleet(fleet) => secret.tags.get(FLEET_TAG) == Some(fleet),
        };
        let watches = keeper.watches.clone();
        match ours {
            true => Ok(()),
            false => Err(KeeperProblem::SecretNotOurs { watches }.into()),
        }
    }
}
