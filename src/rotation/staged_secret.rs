//! The secret of a rotation, read so that its labels and its value are from the same time.

use std::time::Duration;

use crate::aws::failure::AwsFailure;
use crate::aws::secrets_manager::{SecretMetadata, Version, VersionRef};
use crate::key::marks::Marks;
use crate::rotation::context::{Rotation, Run};
use crate::rotation::problem::Problem;
use crate::secret::document::SecretDocument;
use crate::secret::name::name_in;
use crate::secret::named_source::Tags;
use crate::secret::stages::{self, CURRENT, PENDING, Staging};

/// Waits between reads that do not show the latest write yet (fact 19): 15 s in all.
pub(crate) const READ_AGAIN: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// A secret, with its labels and its value from the same time. In a rotation AWSPENDING is on the event's version.
#[derive(Debug)]
pub(crate) struct Staged {
    /// The secret's full ARN.
    pub(crate) secret_arn: String,
    /// The version that holds AWSCURRENT.
    pub(crate) current_version: String,
    /// The version that holds AWSPREVIOUS.
    pub(crate) previous_version: Option<String>,
    /// The function's own labels.
    pub(crate) marks: Marks,
    /// AWSCURRENT's value.
    pub(crate) current: SecretDocument,
    /// The secret's tags.
    pub(crate) tags: Tags,
}

impl Rotation<'_> {
    /// Reads the labels and AWSCURRENT at the same time. Returns None if the token's version is AWSCURRENT.
    ///
    /// The version that was read as AWSCURRENT must be the one that the labels name. So labels and value are never from
    /// different times (fact 19). If they disagree, both are read again. If the token is not staged, they are read again
    /// too: twice, within 3 s. Secrets Manager stages the token right before createSecret.
    pub(crate) async fn read_staged(&self) -> Result<Option<Staged>, Problem> {
        self.doing("read the secret");
        let current = VersionRef {
            id: None,
            label: CURRENT,
        };
        let mut waits = READ_AGAIN.into_iter();
        let mut unstaged = 0;
        loop {
            let (described, read) = tokio::join!(
                biased;
                self.describe(),
                self.read(self.secret_id, current)
            );
            let secret = described?;
            let judged = stages::judge(&secret.labels, self.token);
            let problem = match judged.map_err(|unstaged| self.unstaged(unstaged)) {
                Ok(Staging::AlreadyCurrent) => return Ok(None),
                Ok(Staging::Pending {
                    current,
                    previous,
                    marks,
                }) => match read {
                    Ok(Some(version)) if version.id == current => {
                        let staged = Staged {
                            current: self.parse_current(version, &secret.arn)?,
                            secret_arn: secret.arn,
                            current_version: current,
                            previous_version: previous,
                            marks,
                            tags: secret.tags,
                        };
                        return Ok(Some(staged));
                    }
                    Ok(_) => Problem::NoCurrentVersion,
                    Err(failure) if failure.is("InvalidRequestException") => failure.into(),
                    Err(failure) => return Err(failure.into()),
                },
                Err(problem) if unstaged == 2 => return Err(problem),
                Err(problem) => {
                    unstaged += 1;
                    problem
                }
            };
            match waits.next() {
                Some(wait) if self.clock.sleep(wait).await.is_ok() => {}
                _ => return Err(problem),
            }
        }
    }

    /// Returns the marks if AWSCURRENT and AWSPREVIOUS are still where they were when a decision was made.
    pub(crate) async fn still_staged(&self, staged: &Staged) -> Result<Option<Marks>, Problem> {
        let secret = self.describe().await?;
        let now = stages::judge(&secret.labels, self.token)
            .map_err(|unstaged| self.unstaged(unstaged))?;
        Ok(match now {
            Staging::Pending {
                current,
                previous,
                marks,
            } if current == staged.current_version && previous == staged.previous_version => {
                Some(marks)
            }
            _ => None,
        })
    }

    /// Whether AWSPENDING is still on the event's version.
    pub(crate) async fn is_pending(&self) -> Result<bool, Problem> {
        let secret = self.describe().await?;
        let own = secret.labels.get(self.token);
        Ok(own.is_some_and(|labels| labels.iter().any(|label| label == PENDING)))
    }
}

impl Run<'_> {
    pub(super) fn parse_current(
        &self,
        version: Version,
        secret_arn: &str,
    ) -> Result<SecretDocument, Problem> {
        let document = version
            .parse(&self.resources.config.fields)
            .map_err(|reason| Problem::SecretMalformed {
                label: CURRENT,
                reason,
            })?;
        self.about_user(document.username());
        self.may_hold(secret_arn, document.username())?;
        // Fail before any change if something would keep giving out the old key.
        document
            .smtp_regions()
            .map_err(|reason| Problem::SecretMalformed {
                label: CURRENT,
                reason,
            })?;
        Ok(document)
    }

    /// Checks that the secret belongs to the user: anyone who may write it can name any user. The ARN is from Secrets
    /// Manager, not from the event.
    fn may_hold(&self, secret_arn: &str, user: &str) -> Result<(), Problem> {
        let Some(pattern) = &self.resources.config.secret_name else {
            return Ok(());
        };
        let name = name_in(secret_arn);
        if name.is_some_and(|name| pattern.is_for(name, user)) {
            return Ok(());
        }
        Err(Problem::SecretNotForUser {
            name: name.unwrap_or(secret_arn).to_owned(),
            user: user.to_owned(),
            wanted: pattern.for_user(user),
        })
    }

    pub(super) async fn describe(&self) -> Result<SecretMetadata, Problem> {
        let secrets = &self.resources.secrets;
        let describe = async || secrets.describe(self.secret_id).await;
        let described = self.patiently(Duration::ZERO, describe).await?;
        let metadata = described.ok_or(Problem::SecretNotFound)?;
        if metadata.deleted {
            return Err(Problem::SecretDeleted);
        }
        Ok(metadata)
    }

    /// Reads a version. Returns None if there is no such secret, version or value.
    pub(crate) async fn read(
        &self,
        secret_id: &str,
        version: VersionRef<'_>,
    ) -> Result<Option<Version>, AwsFailure> {
        let secrets = &self.resources.secrets;
        let read = async || secrets.read(secret_id, version).await;
        self.patiently(Duration::ZERO, read).await
    }
}
