//! IAM's client, translated to this crate's types.

use std::error::Error;

use crate::aws::date::to_chrono;
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sdk_iam::Client;
use aws_sdk_iam::config::retry::RetryPartition;
use aws_sdk_iam::config::{Builder, IdentityCache, Region};
use aws_sdk_iam::types::StatusType;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use secrecy::SecretString;

use crate::aws::connect_only::connect_only;
use crate::aws::failure::{AwsFailure, Effect};
use crate::aws::once::{Once, attempt};
use crate::aws::partition::region_of_iam;
use crate::key::access_key::{AccessKey, AccessKeyId, KeyStatus, LastUse, ListedKey};
use crate::key::deactivatable::Deactivatable;
use crate::key::deletion_rule::Deletable;
use crate::secret::plain::first_line;

/// The most that is shown of a service's or a Region's name, in characters.
const LONGEST_WORD: usize = 100;

/// The access keys of one IAM user, managed with the credential source's credentials.
#[derive(Clone, Debug)]
pub(crate) struct Iam {
    pub(super) client: Client,
    user: String,
}

/// The execution role's client. Its requests are signed for IAM's Region, whichever endpoint they go to.
pub(crate) fn client(sdk: &SdkConfig) -> Client {
    let mut config = Builder::from(sdk);
    if let Some(region) = sdk.region() {
        // The retry quota stays that of the function's Region, as if the Region had not been changed.
        config = config
            .retry_partition(RetryPartition::new(format!("iam-{region}")))
            .region(Region::from_static(region_of_iam(region.as_ref())));
    }
    Client::from_conf(config.build())
}

/// Only connects; makes no call.
pub(crate) async fn connect(client: &Client) {
    connect_only!(aws_sdk_iam, client.list_access_keys());
}

/// Whether there was a key to delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deletion {
    /// There was, and it is gone.
    Deleted,
    /// IAM knows no such key.
    NotFound,
}

/// The user of a key, which GetAccessKeyLastUsed tells (fact 43). None if it does not, as for a key of another account.
pub(crate) async fn last_user(client: &Client, key: &AccessKeyId) -> Option<String> {
    let asked = client
        .get_access_key_last_used()
        .access_key_id(key.as_str());
    let reply = asked.send().await.ok()?;
    reply.user_name.map(|user| first_line(&user, LONGEST_WORD))
}

impl Iam {
    /// Takes the execution role's client, and the credentials to use instead of the role's, if any.
    #[must_use]
    pub(crate) fn new(role: &Client, credentials: Option<Credentials>, user: &str) -> Self {
        let client = match credentials {
            None => role.clone(),
            Some(credentials) => {
                let config = role.config().to_builder();
                // Its own cache, so that the credentials are gone when the client is.
                let config = config.identity_cache(IdentityCache::lazy().build());
                Client::from_conf(config.credentials_provider(credentials).build())
            }
        };
        Self {
            client,
            user: user.to_owned(),
        }
    }

    /// The user's name.
    #[must_use]
    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    pub(super) fn failure<E>(
        &self,
        action: &'static str,
        error: &SdkError<E, HttpResponse>,
    ) -> AwsFailure
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        AwsFailure::new(action, format!("user {}", self.user), error)
    }

    /// Lists all pages of the user's keys (fact 24).
    ///
    /// # Errors
    /// [`AwsFailure`]; `NoSuchEntity` if there is no such user.
    pub(crate) async fn list(&self) -> Result<Vec<ListedKey>, AwsFailure> {
        let mut pages = self
            .client
            .list_access_keys()
            .user_name(&self.user)
            .into_paginator()
            .send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.failure("iam:ListAccessKeys", &error))?;
            for key in page.access_key_metadata {
                keys.push(self.listed(&key)?);
            }
        }
        Ok(keys)
    }

    /// Fails if the entry lacks a part: no decision can rest on it.
    fn listed(&self, key: &aws_sdk_iam::types::AccessKeyMetadata) -> Result<ListedKey, AwsFailure> {
        let id = key.access_key_id().and_then(AccessKeyId::parse);
        let created = key.create_date().and_then(to_chrono);
        id.zip(created)
            .map(|(id, created)| ListedKey {
                id,
                created,
                status: match key.status() {
                    Some(StatusType::Inactive) => KeyStatus::Inactive,
                    Some(other) if other.as_str() == "Expired" => KeyStatus::Inactive,
                    _ => KeyStatus::Active,
                },
            })
            .ok_or_else(|| AwsFailure {
                action: "iam:ListAccessKeys",
                resource: format!("user {}", self.user),
                code: None,
                message: "an access key in the answer has no id or no creation date".to_owned(),
                effect: Effect::None,
                unreached: false,
            })
    }

    /// Makes an access key. Not idempotent (fact 23).
    ///
    /// # Errors
    /// [`AwsFailure`]; with [`Effect::Unknown`] a key may have been made.
    pub(crate) async fn create(&self, once: Once) -> Result<AccessKey, AwsFailure> {
        let call = self.client.create_access_key().user_name(&self.user);
        let created = attempt!(aws_sdk_iam, once, call)
            .map_err(|error| self.failure("iam:CreateAccessKey", &error))?;
        created
            .access_key
            .filter(|key| !key.secret_access_key.is_empty())
            .and_then(|key| {
                let id = AccessKeyId::parse(&key.access_key_id)?;
                Some(AccessKey {
                    id,
                    secret: SecretString::from(key.secret_access_key),
                })
            })
            .ok_or_else(|| AwsFailure {
                action: "iam:CreateAccessKey",
                resource: format!("user {}", self.user),
                code: None,
                message: "the answer holds no access key".to_owned(),
                effect: Effect::Unknown,
                unreached: false,
            })
    }

    /// Deletes an access key.
    ///
    /// # Errors
    /// [`AwsFailure`].
    pub(crate) async fn delete(&self, key: &Deletable, once: Once) -> Result<Deletion, AwsFailure> {
        let call = self
            .client
            .delete_access_key()
            .user_name(&self.user)
            .access_key_id(key.id().as_str());
        let deleted = attempt!(aws_sdk_iam, once, call).map_err(|error| {
            AwsFailure::new("iam:DeleteAccessKey", self.resource(key.id()), &error)
        });
        match deleted {
            Ok(_) => Ok(Deletion::Deleted),
            Err(failure) if failure.is("NoSuchEntity") => Ok(Deletion::NotFound),
            Err(failure) => Err(failure),
        }
    }

    /// Deactivates an access key.
    ///
    /// # Errors
    /// [`AwsFailure`]; `NoSuchEntity` if IAM knows no such key.
    pub(crate) async fn deactivate(
        &self,
        key: &Deactivatable,
        once: Once,
    ) -> Result<(), AwsFailure> {
        self.set_status(key.id(), StatusType::Inactive, once).await
    }

    /// Activates an access key.
    ///
    /// # Errors
    /// [`AwsFailure`]; `NoSuchEntity` if IAM knows no such key.
    pub(crate) async fn activate(&self, key: &AccessKeyId, once: Once) -> Result<(), AwsFailure> {
        self.set_status(key, StatusType::Active, once).await
    }

    async fn set_status(
        &self,
        key: &AccessKeyId,
        status: StatusType,
        once: Once,
    ) -> Result<(), AwsFailure> {
        let call = self
            .client
            .update_access_key()
            .user_name(&self.user)
            .access_key_id(key.as_str())
            .status(status);
        attempt!(aws_sdk_iam, once, call)
            .map(drop)
            .map_err(|error| AwsFailure::new("iam:UpdateAccessKey", self.resource(key), &error))
    }

    fn resource(&self, key: &AccessKeyId) -> String {
        format!("the access key {key} of user {}", self.user)
    }

    /// When, where and for what a key was last used. None if it never was (fact 25).
    ///
    /// # Errors
    /// [`AwsFailure`].
    pub(crate) async fn last_use(&self, key: &AccessKeyId) -> Result<Option<LastUse>, AwsFailure> {
        let answer = self
            .client
            .get_access_key_last_used()
            .access_key_id(key.as_str())
            .send()
            .await
            .map_err(|error| self.failure("iam:GetAccessKeyLastUsed", &error));
        let reply = match answer {
            Ok(reply) => reply,
            // Deleted a moment ago, but still listed (fact 27).
            Err(failure) if failure.is("NoSuchEntity") => return Ok(None),
            Err(failure) => return Err(failure),
        };
        Ok(reply.access_key_last_used.and_then(|last_used| {
            Some(LastUse {
                at: last_used.last_used_date.as_ref().and_then(to_chrono)?,
                service: first_line(&last_used.service_name, LONGEST_WORD),
                region: first_line(&last_used.region, LONGEST_WORD),
            })
        }))
    }
}
