//! A reader of the secret: its own user, with the permissions of the shipped policy.

use sandbox::aws::{AWSCURRENT, AccessKey, Aws};
use sandbox::caller::{Caller, Reply};
use serde_json::{Value, json};

use crate::world::World;

const POLICY: &str = include_str!("../../../policies/consumer.json");

/// A version's access key, as it was read.
pub struct Read {
    pub version: String,
    pub key: AccessKey,
}

pub struct Reader {
    aws: Aws,
    caller: Caller,
    arn: String,
}

impl Reader {
    /// A new user, with the policy attached.
    pub fn new(world: &World, name: &str) -> Self {
        let aws = world.aws.clone();
        aws.create_user("/", name);
        let policy = POLICY.replace("SECRET_ARN", world.arn());
        let policy: Value = serde_json::from_str(&policy).unwrap();
        aws.attach_policy(&aws.user_arn(name), &policy).unwrap();
        let caller = Caller::user(&aws, &aws.create_access_key(name)).bystander();
        let arn = world.arn().to_owned();
        Self { aws, caller, arn }
    }

    pub async fn current(&self) -> Read {
        let answer = self.get_secret_value(AWSCURRENT).await;
        assert_eq!(answer.code(), "");
        let answer = answer.json();
        let value: Value = serde_json::from_str(answer["SecretString"].as_str().unwrap()).unwrap();
        let text = |field: &Value| field.as_str().unwrap().to_owned();
        Read {
            version: text(&answer["VersionId"]),
            key: AccessKey {
                id: text(&value["accesskey"]),
                secret: text(&value["secretkey"]),
            },
        }
    }

    /// Whether a version is still AWSCURRENT.
    pub async fn is_current(&self, version: &str) -> bool {
        let answer = self.describe_secret().await;
        assert_eq!(answer.code(), "");
        let labels = answer.json()["VersionIdsToStages"][version].clone();
        let labels = labels.as_array();
        labels.is_some_and(|labels| labels.contains(&json!(AWSCURRENT)))
    }

    pub async fn get_secret_value(&self, label: &str) -> Reply {
        let members = json!({"SecretId": self.arn, "VersionStage": label});
        self.caller.secrets_manager("GetSecretValue", members).await
    }

    pub async fn describe_secret(&self) -> Reply {
        let members = json!({"SecretId": self.arn});
        self.caller.secrets_manager("DescribeSecret", members).await
    }

    /// The caller that signs with the key that was read.
    pub fn signer(&self, read: &Read) -> Caller {
        Caller::user(&self.aws, &read.key).bystander()
    }
}
