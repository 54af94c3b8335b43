//! A role of another account, and a secret's tags, which can name it.

use aws_sdk_sts::operation::assume_role::AssumeRoleOutput;
use sandbox::aws::OTHER_ACCOUNT;

use crate::account::Account;
use crate::check::{Seen, expect, outcome};

const SESSION: &str = "iam-key-rotator-alice";

fn role() -> String {
    format!("arn:aws:iam::{OTHER_ACCOUNT}:role/team/key-manager")
}

async fn assume(account: &Account) -> AssumeRoleOutput {
    account.role(&role());
    let client = aws_sdk_sts::Client::new(account.operator());
    let assume = client.assume_role().role_arn(role());
    let assume = assume.role_session_name(SESSION).duration_seconds(900);
    assume.send().await.unwrap()
}

/// Fact 38.
pub async fn a_session_is_of_the_roles_account(account: &Account) -> Seen {
    let session = assume(account).await.credentials.unwrap();
    let client = aws_sdk_sts::Client::new(&account.session(session));
    let identity = client.get_caller_identity().send().await.unwrap();
    expect(identity.account.unwrap(), OTHER_ACCOUNT)
}

/// Fact 38.
pub async fn a_session_is_named_without_the_roles_path(account: &Account) -> Seen {
    let user = assume(account).await.assumed_role_user.unwrap();
    let arn = format!("arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/key-manager/{SESSION}");
    expect(user.arn, arn)
}

/// Fact 38.
pub async fn a_session_of_less_than_15_minutes_is_refused(account: &Account) -> Seen {
    account.role(&role());
    let client = aws_sdk_sts::Client::new(account.operator());
    let assume = client.assume_role().role_arn(role());
    let assume = assume.role_session_name(SESSION).duration_seconds(899);
    expect(outcome(assume.send().await), "ValidationError")
}

/// Fact 40.
pub async fn a_secret_is_described_with_its_tags(account: &Account) -> Seen {
    let secret = account.tagged_secret("rolearn", &role()).await;
    let describe = secret.client.describe_secret().secret_id(&secret.arn);
    let tags = describe.send().await.unwrap().tags.unwrap_or_default();
    let tags: Vec<_> = tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
    expect(tags, [(Some("rolearn".to_owned()), Some(role()))])
}
