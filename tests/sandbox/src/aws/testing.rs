//! Accounts for the tests of the simulation.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::{AccessKey, Aws, FUNCTION_ROLE, SecretContent};
use crate::clock::Clock;

pub(super) use crate::caller::{Caller, Reply};

/// A token such as Secrets Manager makes.
pub(super) const TOKEN: &str = "00000000-0000-4000-a000-000000000001";
/// Another.
pub(super) const OTHER_TOKEN: &str = "00000000-0000-4000-a000-000000000002";

/// An account at some time, in whole seconds.
pub(super) fn aws() -> Aws {
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    Aws::new(Clock::at(at))
}

/// An account with user alice, who has one key and may do everything.
pub(super) fn aws_with_alice() -> (Aws, AccessKey) {
    let aws = aws();
    aws.create_user("/", "alice");
    let key = aws.create_access_key("alice");
    aws.attach_policy(&aws.user_arn("alice"), &everything())
        .unwrap();
    (aws, key)
}

/// An account with one secret, and a function that may do everything. Returns the secret's ARN.
pub(super) fn aws_with_secret() -> (Aws, String) {
    let aws = aws();
    let arn = aws.create_secret("demo", Some(SecretContent::from("current value")));
    aws.attach_policy(FUNCTION_ROLE, &everything()).unwrap();
    (aws, arn)
}

fn everything() -> Value {
    json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
}

/// Makes a key for alice through the API, so that the propagation applies to it.
pub(super) async fn create(aws: &Aws) -> AccessKey {
    let asked = [("UserName", "alice")];
    let reply = Caller::operator(aws).iam("CreateAccessKey", &asked).await;
    AccessKey {
        id: reply.element("AccessKeyId"),
        secret: reply.element("SecretAccessKey"),
    }
}
