//! A secret as the checks use it.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::primitives::Blob;
use aws_sdk_secretsmanager::types::Tag;

use crate::account::Account;
use crate::check::{OK, outcome};

pub const CURRENT: &str = "AWSCURRENT";
pub const PENDING: &str = "AWSPENDING";
pub const PREVIOUS: &str = "AWSPREVIOUS";

/// The version that a secret is created with.
pub const FIRST: &str = "11111111-0c1b-4f6e-9a55-2f0d6c1b7e01";
pub const SECOND: &str = "22222222-0c1b-4f6e-9a55-2f0d6c1b7e02";
pub const THIRD: &str = "33333333-0c1b-4f6e-9a55-2f0d6c1b7e03";

pub struct Secret<'a> {
    account: &'a Account,
    pub client: Client,
    pub name: String,
    pub arn: String,
}

impl<'a> Secret<'a> {
    pub async fn create(account: &'a Account, name: &str) -> Self {
        Self::create_tagged(account, name, None).await
    }

    pub async fn create_tagged(
        account: &'a Account,
        name: &str,
        tag: Option<(&str, &str)>,
    ) -> Self {
        let tags = tag.map(|(key, value)| vec![Tag::builder().key(key).value(value).build()]);
        let client = Client::new(account.operator());
        let created = client
            .create_secret()
            .name(name)
            .secret_string("one")
            .client_request_token(FIRST)
            .set_tags(tags)
            .send()
            .await
            .unwrap();
        Self {
            account,
            client,
            name: name.to_owned(),
            arn: created.arn.unwrap(),
        }
    }

    /// Puts a value without naming a staging label.
    pub async fn put(&self, token: &str, value: &str) -> String {
        let put = self.client.put_secret_value().secret_id(&self.arn);
        let put = put.client_request_token(token).secret_string(value);
        outcome(put.send().await)
    }

    pub async fn put_pending(&self, token: &str, value: &str) -> String {
        let put = self.client.put_secret_value().secret_id(&self.arn);
        let put = put.client_request_token(token).secret_string(value);
        outcome(put.version_stages(PENDING).send().await)
    }

    pub async fn put_binary(&self, token: &str, value: &[u8]) -> String {
        let put = self.client.put_secret_value().secret_id(&self.arn);
        let put = put
            .client_request_token(token)
            .secret_binary(Blob::new(value));
        outcome(put.send().await)
    }

    /// The value of a version, or the error's code.
    pub async fn value(&self, version: Option<&str>, stage: Option<&str>) -> String {
        let get = self.client.get_secret_value().secret_id(&self.arn);
        let get = get.set_version_id(version.map(str::to_owned));
        match get.set_version_stage(stage.map(str::to_owned)).send().await {
            Ok(got) => got.secret_string.unwrap(),
            error => outcome(error),
        }
    }

    pub async fn move_label(&self, label: &str, from: Option<&str>, to: Option<&str>) -> String {
        let update = self.client.update_secret_version_stage();
        let update = update.secret_id(&self.arn).version_stage(label);
        let update = update.set_remove_from_version_id(from.map(str::to_owned));
        let update = update.set_move_to_version_id(to.map(str::to_owned));
        outcome(update.send().await)
    }

    pub async fn rotate(&self, token: &str) -> String {
        let rotate = self.client.rotate_secret().secret_id(&self.arn);
        outcome(rotate.client_request_token(token).send().await)
    }

    /// Stages a rotation: a pending version without a value (fact 2).
    pub async fn stage(&self, token: &str) {
        assert_eq!(self.rotate(token).await, OK);
        if self.account.is_moto() {
            // Without a function, moto makes that version current.
            let back = self.move_label(CURRENT, Some(token), Some(FIRST)).await;
            let on = self.move_label(PENDING, None, Some(token)).await;
            let off = self.move_label(PREVIOUS, Some(token), None).await;
            assert_eq!([back, on, off], [OK; 3]);
        }
    }

    /// The labels of a version as DescribeSecret returns them, sorted. Empty for a version that it
    /// does not list.
    pub async fn labels(&self, version: &str) -> Option<Vec<String>> {
        let describe = self.client.describe_secret().secret_id(&self.arn);
        let versions = describe
            .send()
            .await
            .unwrap()
            .version_ids_to_stages
            .unwrap();
        let mut labels = versions.get(version)?.clone();
        labels.sort();
        Some(labels)
    }

    /// The ids that ListSecretVersionIds lists, including versions without a label.
    pub async fn version_ids(&self) -> Vec<String> {
        let list = self.client.list_secret_version_ids().secret_id(&self.arn);
        let listed = list.include_deprecated(true).send().await.unwrap();
        let versions = listed.versions.unwrap_or_default();
        let mut ids: Vec<_> = versions
            .into_iter()
            .map(|version| version.version_id.unwrap())
            .collect();
        ids.sort();
        ids
    }

    pub async fn mark_for_deletion(&self) {
        let delete = self.client.delete_secret().secret_id(&self.arn);
        delete.recovery_window_in_days(7).send().await.unwrap();
    }
}

/// Labels to compare with [`Secret::labels`].
pub fn labelled(labels: &[&str]) -> Option<Vec<String>> {
    Some(labels.iter().map(|&label| label.to_owned()).collect())
}
