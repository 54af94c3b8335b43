//! Secrets Manager's client, translated to this crate's types.

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};

use crate::aws::connect_only::connect_only;
use crate::aws::date::to_chrono;
use crate::aws::failure::AwsFailure;
use crate::aws::once::{Once, attempt};
use crate::key::given_out::GivenOut;
use crate::secret::document::SecretDocument;
use crate::secret::fields::FieldNames;
use crate::secret::malformed::Malformed;
use crate::secret::named_source::{Tags, is_secret_arn};
use crate::secret::stages::{Labels, PENDING};

/// Secrets Manager, called with the execution role.
#[derive(Clone, Debug)]
pub(crate) struct SecretsManager {
    pub(super) client: Client,
}

/// What Secrets Manager says of a secret's changes and rotations. Each is None if it does not say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dates {
    /// When anything about the secret last changed: a label, a value, a tag, a setting.
    pub changed: Option<DateTime<Utc>>,
    /// When a rotation was last completed.
    pub rotated: Option<DateTime<Utc>>,
    /// When the next rotation starts.
    pub next_rotation: Option<DateTime<Utc>>,
}

/// What DescribeSecret returns.
#[derive(Debug)]
pub(crate) struct SecretMetadata {
    /// The full ARN.
    pub arn: String,
    /// Staging labels by version.
    pub labels: Labels,
    /// The secret's tags.
    pub tags: Tags,
    /// Whether the secret is marked for deletion.
    pub deleted: bool,
    /// When the secret changed and rotates.
    pub dates: Dates,
}

/// A version's value.
#[derive(Debug)]
pub(crate) struct Version {
    /// The ARN of the version's secret.
    pub secret_arn: String,
    /// The version's id.
    pub id: String,
    /// When the version was made.
    pub created: Option<DateTime<Utc>>,
    /// The text. None if the version is binary.
    text: Option<SecretString>,
}

impl Version {
    /// Parses the version's value.
    ///
    /// # Errors
    /// [`Malformed`].
    pub(crate) fn parse(self, fields: &FieldNames) -> Result<SecretDocument, Malformed> {
        SecretDocument::parse(self.text.ok_or(Malformed::Binary)?, fields)
    }

    /// What the version's text gives out, whatever its layout.
    #[must_use]
    pub(crate) fn given_out(&self) -> GivenOut {
        let mut given_out = GivenOut::default();
        if let Some(text) = &self.text {
            given_out.add(text.expose_secret());
        }
        given_out
    }

    /// Parses the value of a credential source. The value need not say whose key it holds.
    ///
    /// # Errors
    /// [`Malformed`].
    pub(crate) fn parse_source(self, fields: &FieldNames) -> Result<SecretDocument, Malformed> {
        SecretDocument::parse_source(self.text.ok_or(Malformed::Binary)?, fields)
    }
}

/// Which version of a secret to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VersionRef<'a> {
    /// The version's id. None means the version that holds the label.
    pub id: Option<&'a str>,
    /// A staging label that the version must hold (fact 16).
    pub label: &'a str,
}

/// The rotation that a value is stored for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Proof<'a> {
    /// The event's ClientRequestToken: the id of the version.
    pub token: &'a str,
    /// The event's RotationToken (fact 8).
    pub rotation_token: Option<&'a SecretString>,
}

impl SecretsManager {
    /// Makes the client.
    #[must_use]
    pub(crate) fn new(sdk: &SdkConfig) -> Self {
        Self {
            client: Client::new(sdk),
        }
    }

    /// Only connects; makes no call.
    pub(crate) async fn connect(&self) {
        connect_only!(
            aws_sdk_secretsmanager,
            self.client.describe_secret().secret_id("-")
        );
    }

    /// Describes a secret. Returns None if there is no such secret.
    ///
    /// # Errors
    /// [`AwsFailure`].
    pub(crate) async fn describe(
        &self,
        secret_id: &str,
    ) -> Result<Option<SecretMetadata>, AwsFailure> {
        let described = self
            .client
            .describe_secret()
            .secret_id(secret_id)
            .send()
            .await;
        match described {
            Ok(reply) => Ok(Some(SecretMetadata {
                arn: arn_of(reply.arn, secret_id),
                labels: reply.version_ids_to_stages.unwrap_or_default(),
                tags: reply
                    .tags
                    .unwrap_or_default()
                    .into_iter()
                    .filter_map(|tag| tag.key.zip(tag.value))
                    .collect(),
                deleted: reply.deleted_date.is_some(),
                dates: Dates {
                    changed: reply.last_changed_date.as_ref().and_then(to_chrono),
                    rotated: reply.last_rotated_date.as_ref().and_then(to_chrono),
                    next_rotation: reply.next_rotation_date.as_ref().and_then(to_chrono),
                },
            })),
            Err(error) => absent(AwsFailure::new(
                "secretsmanager:DescribeSecret",
                secret_id,
                &error,
            )),
        }
    }

    /// Reads a version. Returns None if AWS responds that there is no such secret, version or
    /// value. Every other failure is a failure, never "absent".
    ///
    /// # Errors
    /// [`AwsFailure`].
    pub(crate) async fn read(
        &self,
        secret_id: &str,
        version: VersionRef<'_>,
    ) -> Result<Option<Version>, AwsFailure> {
        let read = self
            .client
            .get_secret_value()
            .secret_id(secret_id)
            .set_version_id(version.id.map(str::to_owned))
            .version_stage(version.label)
            .send()
            .await;
        match read {
            Ok(reply) => Ok(Some(Version {
                secret_arn: arn_of(reply.arn, secret_id),
                id: reply.version_id.unwrap_or_default(),
                created: reply.created_date.as_ref().and_then(to_chrono),
                text: reply.secret_string.map(SecretString::from),
            })),
            Err(error) => absent(AwsFailure::new(
                "secretsmanager:GetSecretValue",
                secret_id,
                &error,
            )),
        }
    }

    /// Stores a value as AWSPENDING in the rotation's version. Safe to repeat (fact 15).
    ///
    /// # Errors
    /// [`AwsFailure`]; `ResourceExistsException` if the version holds another value.
    pub(crate) async fn put_pending(
        &self,
        secret_arn: &str,
        version: Proof<'_>,
        value: &SecretString,
        once: Once,
    ) -> Result<(), AwsFailure> {
        let Proof {
            token,
            rotation_token,
        } = version;
        let proof = rotation_token.map(|proof| proof.expose_secret().to_owned());
        let call = self
            .client
            .put_secret_value()
            .secret_id(secret_arn)
            .client_request_token(token)
            .set_rotation_token(proof)
            .version_stages(PENDING)
            .secret_string(value.expose_secret());
        attempt!(aws_sdk_secretsmanager, once, call)
            .map(drop)
            .map_err(|error| {
                let secrets: Vec<_> = [value].into_iter().chain(rotation_token).collect();
                let action = "secretsmanager:PutSecretValue";
                AwsFailure::hiding(&secrets, action, secret_arn, &error)
            })
    }

    /// Moves a staging label: puts it on `to` and takes it off `from` (fact 17). Either may be None.
    ///
    /// # Errors
    /// [`AwsFailure`]; nothing moves if the label is not on `from`.
    pub(crate) async fn move_label(
        &self,
        secret_arn: &str,
        label: &str,
        to: Option<&str>,
        from: Option<&str>,
        once: Once,
    ) -> Result<(), AwsFailure> {
        let call = self
            .client
            .update_secret_version_stage()
            .secret_id(secret_arn)
            .version_stage(label)
            .set_move_to_version_id(to.map(str::to_owned))
            .set_remove_from_version_id(from.map(str::to_owned));
        attempt!(aws_sdk_secretsmanager, once, call)
            .map(drop)
            .map_err(|error| {
                AwsFailure::new(
                    "secretsmanager:UpdateSecretVersionStage",
                    secret_arn,
                    &error,
                )
            })
    }
}

/// The ARN in a response, if it is one. It is shown.
fn arn_of(answered: Option<String>, asked: &str) -> String {
    let arn = answered.filter(|arn| is_secret_arn(arn));
    arn.unwrap_or_else(|| asked.to_owned())
}

fn absent<T>(failure: AwsFailure) -> Result<Option<T>, AwsFailure> {
    if failure.is("ResourceNotFoundException") {
        Ok(None)
    } else {
        Err(failure)
    }
}
