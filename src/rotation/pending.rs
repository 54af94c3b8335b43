//! AWSPENDING: what it holds, and whether it can ever become current.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tracing::warn;

use crate::aws::secrets_manager::VersionRef;
use crate::key::access_key::{AccessKey, KeyStatus};
use crate::key::given_out::GivenOut;
use crate::rotation::context::Rotation;
use crate::rotation::credential_source::CredentialSource;
use crate::rotation::problem::Problem;
use crate::rotation::staged_secret::{READ_AGAIN, Staged};
use crate::secret::document::SecretDocument;
use crate::secret::fields::Field;
use crate::secret::stages::PENDING;

/// Waits between checks for a key that IAM does not list: 30 s in all. A new key is listed sooner (fact 27).
const UNLISTED: [Duration; 4] = [
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(16),
];

/// A pending version younger than this may hold a key that IAM does not list yet (fact 27).
const LIST_LAG: Duration = Duration::from_secs(5 * 60);

/// AWSPENDING's value.
#[derive(Debug)]
pub(crate) struct Pending {
    document: SecretDocument,
    created: Option<DateTime<Utc>>,
}

impl Pending {
    /// Reads AWSPENDING by the event's token. Returns None if it has no value yet (fact 2).
    pub(crate) async fn read(
        rotation: &Rotation<'_>,
        staged: &Staged,
    ) -> Result<Option<Self>, Problem> {
        let version = VersionRef {
            id: Some(rotation.token),
            label: PENDING,
        };
        let Some(version) = rotation.read(&staged.secret_arn, version).await? else {
            return Ok(None);
        };
        let created = version.created;
        let document = version
            .parse(&rotation.resources.config.fields)
            .map_err(|reason| Problem::SecretMalformed {
                label: PENDING,
                reason,
            })?;
        Ok(Some(Self { document, created }))
    }

    /// Reads AWSPENDING once a second for up to `wait`. Returns None if no read showed a value.
    /// One read can be stale; many in a row hardly ever are (fact 19).
    pub(crate) async fn look_for(
        rotation: &Rotation<'_>,
        staged: &Staged,
        wait: Duration,
    ) -> Result<Option<Self>, Problem> {
        rotation.doing("check whether AWSPENDING holds an access key");
        let until = rotation.clock.now() + wait;
        loop {
            if let Some(pending) = Self::read(rotation, staged).await? {
                return Ok(Some(pending));
            }
            if rotation.clock.now() >= until {
                return Ok(None);
            }
            rotation.clock.sleep(Duration::from_secs(1)).await?;
        }
    }

    /// Reads the AWSPENDING that an earlier step stored. A read may not show it yet (fact 19).
    pub(crate) async fn read_stored(
        rotation: &Rotation<'_>,
        staged: &Staged,
    ) -> Result<Self, Problem> {
        rotation.doing("read AWSPENDING");
        let mut waits = READ_AGAIN.into_iter();
        loop {
            if let Some(pending) = Self::read(rotation, staged).await? {
                rotation.went_well();
                return Ok(pending);
            }
            rotation.failed(&Problem::PendingMissing);
            let wait = waits.next().ok_or(Problem::PendingMissing)?;
            rotation.clock.sleep(wait).await?;
        }
    }

    /// The version's age. None if Secrets Manager does not say when it was made.
    pub(crate) fn age(&self, now: DateTime<Utc>) -> Option<Duration> {
        (now - self.created?).to_std().ok()
    }

    /// Whether the value is a copy of AWSCURRENT's, as TestRotation stages it (fact 4).
    ///
    /// Compares the texts. A value in which no key is found can still hold one, e.g. if the field names were changed.
    pub(crate) fn is_copy_of_current(&self, staged: &Staged) -> bool {
        self.document.is_same_text(&staged.current)
    }

    /// All texts in the value.
    pub(crate) fn given_out(&self) -> GivenOut {
        self.document.given_out()
    }

    /// The Regions whose SMTP passwords the value holds.
    pub(crate) fn smtp_regions(&self) -> Result<Vec<String>, Problem> {
        let regions = self.document.smtp_regions();
        regions.map_err(|reason| Problem::SecretMalformed {
            label: PENDING,
            reason,
        })
    }

    /// Returns the access key if it is one for AWSCURRENT's user.
    pub(crate) fn key(
        &self,
        rotation: &Rotation<'_>,
        staged: &Staged,
    ) -> Result<&AccessKey, Problem> {
        if self.document.username() != staged.current.username() {
            return Err(Problem::PendingForAnotherUser {
                pending: self.document.username().to_owned(),
                current: staged.current.username().to_owned(),
            });
        }
        let names = &rotation.resources.config.fields;
        self.document
            .key()
            .ok_or_else(|| Problem::PendingWithoutKey {
                field: names.name(Field::AccessKey).to_owned(),
            })
    }

    /// Returns the access key of a rotation that can be completed. If the version must not become current, takes
    /// AWSPENDING off it, so that the next rotation starts from scratch.
    pub(crate) async fn usable_key(
        &self,
        rotation: &Rotation<'_>,
        staged: &Staged,
    ) -> Result<&AccessKey, Problem> {
        if self.is_copy_of_current(staged) {
            let reason =
                "AWSPENDING is a copy of AWSCURRENT, left behind by a test of the rotation";
            return Err(reset(rotation, staged, reason.to_owned()).await);
        }
        let key = self.key(rotation, staged)?;
        // A version that is AWSPREVIOUS was once AWSCURRENT.
        if staged.previous_version.as_deref() == Some(rotation.token) {
            let reason = format!(
                "AWSCURRENT was moved back from AWSPENDING's version (access key {})",
                key.id
            );
            return Err(reset(rotation, staged, reason).await);
        }
        // Its other fields would overwrite changes made since (P7).
        if !staged.current.is_followed_by(&self.document) {
            let reason = format!(
                "the secret's other fields, or the function's settings for them, were changed after AWSPENDING (access key {}) was made",
                key.id
            );
            return Err(reset(rotation, staged, reason).await);
        }
        Ok(key)
    }

    /// Makes sure that a rotation that already has its key is not stuck forever.
    pub(crate) async fn unstick(
        &self,
        rotation: &Rotation<'_>,
        staged: &Staged,
    ) -> Result<&AccessKey, Problem> {
        let key = self.usable_key(rotation, staged).await?;
        let age = self.created.map(|created| rotation.clock.now() - created);
        let old = age.is_some_and(|age| age.to_std().unwrap_or_default() > LIST_LAG);
        let dead = || async {
            let identity = rotation.identity(key).await;
            identity.is_err_and(|failure| failure.is_unauthenticated())
        };
        if !old || !dead().await {
            return Ok(key);
        }
        let source = CredentialSource::of(rotation, staged).await?;
        let iam = source.iam(rotation, staged);
        // The version's age counts from its staging. Its key may have been stored just now.
        let mut waits = UNLISTED.into_iter();
        loop {
            let keys = source.list_keys(rotation, &iam).await?;
            match keys.iter().find(|listed| listed.id == key.id) {
                None => {}
                Some(listed) if listed.status == KeyStatus::Inactive => {
                    return Err(Problem::PendingInactive {
                        key: key.id.clone(),
                    });
                }
                Some(_) => return Ok(key),
            }
            match waits.next() {
                Some(wait) => rotation.clock.sleep(wait).await?,
                None => break,
            }
            if !dead().await {
                return Ok(key);
            }
        }
        let reason = format!("AWSPENDING's access key {} was deleted in IAM", key.id);
        Err(reset(rotation, staged, reason).await)
    }
}

/// Takes AWSPENDING off the event's version (fact 5) and reports why.
async fn reset(rotation: &Rotation<'_>, staged: &Staged, reason: String) -> Problem {
    let token = rotation.token;
    let look = async || Ok(rotation.is_pending().await?.then_some(()));
    let take_off = async |(): &(), once| {
        let (secrets, secret) = (&rotation.resources.secrets, &staged.secret_arn);
        secrets
            .move_label(secret, PENDING, None, Some(token), once)
            .await
    };
    match rotation.change(Duration::ZERO, look, take_off).await {
        Ok(Some(Ok(())) | None) => {
            warn!("{reason}: AWSPENDING taken off");
            rotation.changed("AWSPENDING was taken off the version".to_owned());
            Problem::RotationReset { reason }
        }
        Ok(Some(Err(failure))) => failure.into(),
        Err(problem) => problem,
    }
}
