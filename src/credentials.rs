//! Whose credentials manage the user's keys.

use crate::access_key::{AccessKey, AccessKeyId, ListedKey};
use crate::aws_failure::AwsFailure;
use crate::iam::Iam;

use crate::problem::Problem;
use crate::rotation::{Rotation, Staged};
use crate::secrets_manager::VersionRef;
use crate::stages::CURRENT;
use crate::sts::{self, Identity};

/// Whose credentials manage the user's keys, as the field `secretarn` says.
#[derive(Debug)]
pub(crate) enum CredentialSource {
    /// The secret's own ARN: the user's current key manages its own keys.
    OwnKey(AccessKey),
    /// Another secret's ARN: that secret's AWSCURRENT key, an administrator's.
    Administrator {
        /// The other secret.
        secret_arn: String,
        /// Its key.
        key: AccessKey,
    },
    /// No ARN: the function's execution role.
    ExecutionRole,
}

impl CredentialSource {
    /// Finds the credentials that the secret's value names.
    pub(crate) async fn of(rotation: &Rotation<'_>, staged: &Staged) -> Result<Self, Problem> {
        let Some(source_arn) = staged.current.source_arn() else {
            return Ok(Self::ExecutionRole);
        };
        rotation.doing("read the credential source");
        let invalid = |reason: &str| Problem::SourceInvalid {
            source_arn: source_arn.to_owned(),
            reason: reason.to_owned(),
        };
        let own_key = || {
            let key = staged.current.key().cloned().map(Self::OwnKey);
            key.ok_or_else(|| {
                invalid("it is this secret itself, which holds no access key yet; a first key needs an administrator's secret or the execution role")
            })
        };
        if source_arn == staged.secret_arn {
            return own_key();
        }

        let version = VersionRef {
            id: None,
            label: CURRENT,
        };
        let secrets = &rotation.rotator.secrets;
        let version = match secrets.read(source_arn, version).await {
            Ok(version) => version.ok_or_else(|| {
                invalid("Secrets Manager cannot find that secret, or it has no AWSCURRENT value")
            })?,
            Err(failure) if failure.is("InvalidRequestException") => {
                return Err(invalid(&failure.message));
            }
            Err(failure) => return Err(failure.into()),
        };
        // A partial ARN, without the six characters at its end, finds the secret too.
        if version.secret_arn == staged.secret_arn {
            return own_key();
        }
        let secret_arn = version.secret_arn.clone();
        let document = version
            .parse_source(&rotation.rotator.config.fields)
            .map_err(|reason| invalid(&reason.to_string()))?;
        if document.source_arn() == Some(&staged.secret_arn) {
            return Err(invalid(
                "its own secretarn points back at this secret: each would manage the other",
            ));
        }
        let key = document
            .key()
            .cloned()
            .ok_or_else(|| invalid("it holds no access key"))?;
        Ok(Self::Administrator { secret_arn, key })
    }

    fn key(&self) -> Option<&AccessKey> {
        match self {
            Self::OwnKey(key) | Self::Administrator { key, .. } => Some(key),
            Self::ExecutionRole => None,
        }
    }

    /// The key's id; none for the execution role.
    pub(crate) fn key_id(&self) -> Option<&AccessKeyId> {
        self.key().map(|key| &key.id)
    }

    /// Whose credentials they are, in a sentence.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::OwnKey(key) => format!("the secret's own access key {}", key.id),
            Self::Administrator { secret_arn, key } => {
                format!("the access key {} of {secret_arn}", key.id)
            }
            Self::ExecutionRole => "the function's execution role".to_owned(),
        }
    }

    /// The client that manages the user's keys with these credentials.
    pub(crate) fn iam(&self, rotation: &Rotation<'_>, staged: &Staged) -> Iam {
        Iam::new(
            &rotation.rotator.sdk,
            self.key().map(sts::credentials),
            staged.current.username(),
        )
    }

    /// Lists the user's keys: the first call with these credentials, so its failures are told apart.
    pub(crate) async fn list_keys(
        &self,
        rotation: &Rotation<'_>,
        iam: &Iam,
    ) -> Result<Vec<ListedKey>, Problem> {
        rotation.doing("list the user's access keys");
        iam.list().await.map_err(|failure| {
            if failure.is("NoSuchEntity") {
                Problem::UserNotFound {
                    user: iam.user().to_owned(),
                    source_name: self.name(),
                }
            } else {
                self.refused(failure)
            }
        })
    }

    /// Who they authenticate as. The user is in the same account: IAM knows no other.
    pub(crate) async fn identity(&self, rotation: &Rotation<'_>) -> Result<Identity, Problem> {
        let identity = rotation.identity(self.key()).await;
        identity.map_err(|failure| self.refused(failure))
    }

    fn refused(&self, failure: AwsFailure) -> Problem {
        if failure.is_unauthenticated() {
            Problem::SourceRefused {
                source_name: self.name(),
                failure,
            }
        } else {
            failure.into()
        }
    }
}
