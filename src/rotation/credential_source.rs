//! Whose credentials manage the user's keys.

use std::time::Duration;

use aws_credential_types::Credentials;
use secrecy::SecretString;

use crate::aws::failure::AwsFailure;
use crate::aws::iam::Iam;
use crate::aws::secrets_manager::VersionRef;
use crate::aws::sts;
use crate::key::access_key::{AccessKey, AccessKeyId, ListedKey};
use crate::key::owner::Identity;
use crate::rotation::context::Run;
use crate::rotation::problem::Problem;
use crate::rotation::staged_secret::Staged;
use crate::secret::named_source::{NamedSource, is_same_secret};
use crate::secret::stages::CURRENT;

/// Whose credentials manage the user's keys. A field of the secret's JSON names them, or else a tag.
#[derive(Debug)]
pub(crate) enum CredentialSource {
    /// `secretarn` is the secret's own ARN: the user's current key manages its own keys.
    OwnKey(AccessKey),
    /// `secretarn` is another secret's ARN: that secret's AWSCURRENT key, an administrator's.
    Administrator {
        /// The other secret.
        secret_arn: String,
        /// Its key.
        key: AccessKey,
    },
    /// `rolearn`: a session of that role, for example in another account.
    Role {
        /// The role.
        arn: String,
        /// The session.
        session: Credentials,
    },
    /// Neither: the function's execution role.
    ExecutionRole,
}

impl CredentialSource {
    /// Finds the credentials that the secret names.
    pub(crate) async fn of(run: &Run<'_>, staged: &Staged) -> Result<Self, Problem> {
        run.doing("find the credential source");
        let tagged = match staged.current.source() {
            Some(_) => None,
            None => {
                let names = &run.resources.config.fields;
                NamedSource::of_tags(&staged.tags, names).map_err(|reason| {
                    Problem::SourceInvalid {
                        named: "in the secret's tags".to_owned(),
                        reason: reason.to_string(),
                    }
                })?
            }
        };
        match staged.current.source().or(tagged.as_ref()) {
            None => Ok(Self::ExecutionRole),
            Some(NamedSource::Secret(arn)) => Self::of_secret(run, staged, arn).await,
            Some(NamedSource::Role { arn, external_id }) => {
                Self::of_role(run, staged, arn, external_id.as_ref()).await
            }
        }
    }

    async fn of_role(
        run: &Run<'_>,
        staged: &Staged,
        arn: &str,
        external_id: Option<&SecretString>,
    ) -> Result<Self, Problem> {
        let (sts, user) = (&run.resources.sts, staged.current.username());
        let assume = async || sts.assume_role(arn, external_id, user).await;
        match run.patiently(Duration::ZERO, assume).await {
            Ok(session) => Ok(Self::Role {
                arn: arn.to_owned(),
                session,
            }),
            Err(failure) if failure.is_denied() => Err(Problem::RoleNotAssumed {
                role_arn: arn.to_owned(),
                failure,
            }),
            Err(failure) => Err(failure.into()),
        }
    }

    async fn of_secret(run: &Run<'_>, staged: &Staged, source_arn: &str) -> Result<Self, Problem> {
        let invalid = |reason: &str| Problem::SourceInvalid {
            named: source_arn.to_owned(),
            reason: reason.to_owned(),
        };
        let own_key = || {
            let key = staged.current.key().cloned().map(Self::OwnKey);
            key.ok_or_else(|| {
                invalid("it is this secret itself, which holds no access key yet; a first key needs an administrator's secret, a role or the execution role")
            })
        };
        if is_same_secret(source_arn, &staged.secret_arn) {
            return own_key();
        }

        let version = VersionRef {
            id: None,
            label: CURRENT,
        };
        let version = match run.read(source_arn, version).await {
            Ok(version) => version.ok_or_else(|| {
                invalid("Secrets Manager cannot find that secret, or it has no AWSCURRENT value")
            })?,
            Err(failure) if failure.is("InvalidRequestException") => {
                return Err(invalid(&failure.message));
            }
            Err(failure) => return Err(failure.into()),
        };
        // A partial ARN can end like a full one.
        if version.secret_arn == staged.secret_arn {
            return own_key();
        }
        let secret_arn = version.secret_arn.clone();
        let document = version
            .parse_source(&run.resources.config.fields)
            .map_err(|reason| invalid(&reason.to_string()))?;
        let back = document.source();
        if matches!(back, Some(NamedSource::Secret(arn)) if is_same_secret(arn, &staged.secret_arn))
        {
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

    /// The key's id. Returns None for a role.
    pub(crate) fn key_id(&self) -> Option<&AccessKeyId> {
        match self {
            Self::OwnKey(key) | Self::Administrator { key, .. } => Some(&key.id),
            Self::Role { .. } | Self::ExecutionRole => None,
        }
    }

    /// The credentials. Returns None for the execution role: the SDK's configuration holds its credentials.
    fn credentials(&self) -> Option<Credentials> {
        match self {
            Self::OwnKey(key) | Self::Administrator { key, .. } => Some(sts::credentials(key)),
            Self::Role { session, .. } => Some(session.clone()),
            Self::ExecutionRole => None,
        }
    }

    /// Whose credentials these are, for use in a sentence.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::OwnKey(key) => format!("the secret's own access key {}", key.id),
            Self::Administrator { secret_arn, key } => {
                format!("the access key {} of {secret_arn}", key.id)
            }
            Self::Role { arn, .. } => format!("the role {arn}"),
            Self::ExecutionRole => "the function's execution role".to_owned(),
        }
    }

    /// The client that manages the user's keys with these credentials.
    pub(crate) fn iam(&self, run: &Run<'_>, staged: &Staged) -> Iam {
        Iam::new(
            &run.resources.iam,
            self.credentials(),
            staged.current.username(),
        )
    }

    /// Lists the user's keys. This is the first call with these credentials, so its failures are told apart.
    pub(crate) async fn list_keys(
        &self,
        run: &Run<'_>,
        iam: &Iam,
    ) -> Result<Vec<ListedKey>, Problem> {
        run.doing("list the user's access keys");
        let listed = run.patiently(Duration::ZERO, async || iam.list().await);
        listed.await.map_err(|failure| {
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

    /// The identity that these credentials authenticate as. The user is in the same account: IAM knows no other.
    pub(crate) async fn identity(&self, run: &Run<'_>) -> Result<Identity, Problem> {
        let sts = &run.resources.sts;
        let identify = async || sts.identity(self.credentials(), self.name()).await;
        let identity = run.patiently(Duration::ZERO, identify).await;
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
