//! A user as the checks use it.

use aws_config::SdkConfig;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::{AccessKeyMetadata, StatusType};

use crate::account::Account;
use crate::check::outcome;

pub struct User<'a> {
    account: &'a Account,
    pub client: Client,
    pub name: String,
    pub arn: String,
    pub id: String,
}

/// The path of every user.
pub const PATH: &str = "/team/blue/";

pub struct Key {
    pub id: String,
    secret: String,
}

impl<'a> User<'a> {
    pub async fn create(account: &'a Account, name: &str) -> Self {
        let client = Client::new(account.operator());
        let create = client.create_user().user_name(name).path(PATH);
        let user = create.send().await.unwrap().user.unwrap();
        Self {
            account,
            client,
            name: name.to_owned(),
            arn: user.arn,
            id: user.user_id,
        }
    }

    pub async fn key(&self) -> Key {
        let create = self.client.create_access_key().user_name(&self.name);
        let key = create.send().await.unwrap().access_key.unwrap();
        Key {
            id: key.access_key_id,
            secret: key.secret_access_key,
        }
    }

    /// Asks for one more key.
    pub async fn create_key(&self) -> String {
        let create = self.client.create_access_key().user_name(&self.name);
        outcome(create.send().await)
    }

    pub async fn set_status(&self, key: &Key, status: StatusType) {
        let update = self.client.update_access_key().user_name(&self.name);
        let update = update.access_key_id(&key.id).status(status);
        update.send().await.unwrap();
    }

    pub async fn delete(&self, key: &Key) -> String {
        let delete = self.client.delete_access_key().user_name(&self.name);
        outcome(delete.access_key_id(&key.id).send().await)
    }

    pub async fn list(&self) -> Vec<AccessKeyMetadata> {
        let list = self.client.list_access_keys().user_name(&self.name);
        list.send().await.unwrap().access_key_metadata
    }

    pub async fn listed_ids(&self) -> Vec<String> {
        let listed = self.list().await;
        listed
            .into_iter()
            .map(|key| key.access_key_id.unwrap())
            .collect()
    }

    pub async fn allow_everything(&self) {
        self.account.allow_everything(&self.name, &self.arn).await;
    }

    /// The configuration of SDK clients for the key's holder.
    pub fn holder(&self, key: &Key) -> SdkConfig {
        self.account.holder(&key.id, &key.secret)
    }

    /// The same, with a secret that is not the key's.
    pub fn impostor(&self, key: &Key) -> SdkConfig {
        let secret = key.secret.chars().rev().collect::<String>();
        self.account.holder(&key.id, &secret)
    }
}
