//! The secret that a rotation is about, read so that its labels and its value are of one time.

use std::time::Duration;

use crate::named_source::Tags;
use crate::problem::Problem;
use crate::rotation::Rotation;
use crate::secret_value::SecretDocument;
use crate::secrets_manager::{SecretMetadata, VersionRef};
use crate::stages::{self, CURRENT, Staging};

/// Waits between reads that do not show yet what was written (fact 19): 15 s in all.
pub(crate) const READ_AGAIN: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// A secret in the middle of a rotation: AWSPENDING is on the event's version.
#[derive(Debug)]
pub(crate) struct Staged {
    /// The secret's full ARN.
    pub(crate) secret_arn: String,
    /// The version that holds AWSCURRENT.
    pub(crate) current_version: String,
    /// The version that holds AWSPREVIOUS.
    pub(crate) previous_version: Option<String>,
    /// The version that holds [`stages::CREATING`].
    pub(crate) creating_version: Option<String>,
    /// AWSCURRENT's value.
    pub(crate) current: SecretDocument,
    /// The secret's tags.
    pub(crate) tags: Tags,
}

impl Rotation<'_> {
    /// Reads labels and AWSCURRENT; none where the token's version is AWSCURRENT.
    ///
    /// AWSCURRENT is read by the version that the labels name *and* by its label, so that
    /// labels and value are never of two different times (fact 19).
    pub(crate) async fn read_staged(&self) -> Result<Option<Staged>, Problem> {
        self.doing("read the secret");
        let mut waits = READ_AGAIN.into_iter();
        let mut seen = Problem::NoCurrentVersion;
        loop {
            let (secret, staging) = self.read_staging().await?;
            let Staging::Pending {
                current,
                previous,
                creating,
            } = staging
            else {
                return Ok(None);
            };
            let version = VersionRef {
                id: Some(&current),
                label: CURRENT,
            };
            match self.rotator.secrets.read(&secret.arn, version).await {
                Ok(Some(version)) => {
                    let document =
                        version
                            .parse(&self.rotator.config.fields)
                            .map_err(|reason| Problem::SecretMalformed {
                                label: CURRENT,
                                reason,
                            })?;
                    self.about_user(document.username());
                    return Ok(Some(Staged {
                        secret_arn: secret.arn,
                        current_version: current,
                        previous_version: previous,
                        creating_version: creating,
                        current: document,
                        tags: secret.tags,
                    }));
                }
                Ok(None) => {}
                Err(failure) if failure.is("InvalidRequestException") => seen = failure.into(),
                Err(failure) => return Err(failure.into()),
            }
            let Some(wait) = waits.next() else {
                return Err(seen);
            };
            self.clock.sleep(wait).await?;
        }
    }

    /// Reads the labels and judges the token. A token that is not staged is looked for
    /// twice more, within 3 s: Secrets Manager stages it right before createSecret.
    async fn read_staging(&self) -> Result<(SecretMetadata, Staging), Problem> {
        let mut waits = READ_AGAIN.into_iter().take(2);
        loop {
            let secret = self.describe().await?;
            let problem = match stages::judge(&secret.labels, &self.event.token) {
                Ok(staging) => return Ok((secret, staging)),
                Err(problem) => problem,
            };
            match waits.next() {
                Some(wait) if self.clock.sleep(wait).await.is_ok() => {}
                _ => return Err(problem),
            }
        }
    }

    /// Whether AWSCURRENT and AWSPREVIOUS are still where they were when a decision was made.
    pub(crate) async fn still_staged(&self, staged: &Staged) -> Result<bool, Problem> {
        let secret = self.describe().await?;
        let now = stages::judge(&secret.labels, &self.event.token)?;
        Ok(matches!(
            now,
            Staging::Pending { current, previous, .. }
                if current == staged.current_version && previous == staged.previous_version
        ))
    }

    async fn describe(&self) -> Result<SecretMetadata, Problem> {
        let described = self.rotator.secrets.describe(&self.event.secret_id).await?;
        let metadata = described.ok_or(Problem::SecretNotFound)?;
        if metadata.deleted {
            return Err(Problem::SecretDeleted);
        }
        Ok(metadata)
    }
}
