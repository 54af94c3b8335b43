//! Who holds a key, and which keys are refused.

use aws_config::SdkConfig;
use aws_sdk_iam::types::StatusType;
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityOutput;
use sandbox::aws::ACCOUNT;

use crate::account::Account;
use crate::check::{OK, Seen, expect, outcome};
use crate::user::{Key, PATH, User};

async fn identity(user: &User<'_>) -> GetCallerIdentityOutput {
    let holder = user.holder(&user.key().await);
    let get = aws_sdk_sts::Client::new(&holder).get_caller_identity();
    get.send().await.unwrap()
}

/// Fact 28.
pub async fn a_key_is_of_its_account(account: &Account) -> Seen {
    let user = account.user().await;
    expect(identity(&user).await.account.unwrap(), ACCOUNT)
}

/// Facts 26 and 28.
pub async fn a_key_is_of_its_user_path_included(account: &Account) -> Seen {
    let user = account.user().await;
    let arn = format!("arn:aws:iam::{ACCOUNT}:user{PATH}{}", user.name);
    expect(identity(&user).await.arn.unwrap(), arn)
}

/// Fact 28.
pub async fn a_key_has_the_id_of_its_user(account: &Account) -> Seen {
    let user = account.user().await;
    expect(identity(&user).await.user_id.unwrap(), user.id)
}

/// Fact 28.
pub async fn the_id_of_a_user_begins_with_aida(account: &Account) -> Seen {
    let user = account.user().await;
    expect(user.id.get(..4), Some("AIDA"))
}

/// Fact 28.
pub async fn a_caller_needs_no_permission_to_ask_who_it_is(account: &Account) -> Seen {
    let user = account.user().await;
    let key = user.key().await;
    expect(ask_sts(&user.holder(&key)).await, OK)
}

/// Fact 26.
pub async fn a_user_name_left_out_is_the_callers(account: &Account) -> Seen {
    let user = account.user().await;
    user.allow_everything().await;
    let key = user.key().await;
    let iam = aws_sdk_iam::Client::new(&user.holder(&key));
    let listed = iam.list_access_keys().send().await.unwrap();
    let ids = listed.access_key_metadata.into_iter();
    let ids: Vec<_> = ids.map(|key| key.access_key_id.unwrap()).collect();
    expect(ids, [key.id])
}

/// Fact 29.
pub async fn a_key_without_permission_is_denied_by_iam(account: &Account) -> Seen {
    let user = account.user().await;
    let key = user.key().await;
    expect(ask_iam(&user, &user.holder(&key)).await, "AccessDenied")
}

/// Fact 29.
pub async fn a_key_without_permission_is_denied_by_secrets_manager(account: &Account) -> Seen {
    let user = account.user().await;
    let key = user.key().await;
    let asked = ask_secrets_manager(account, &user.holder(&key)).await;
    expect(asked, "AccessDeniedException")
}

/// Fact 29.
pub async fn a_key_that_never_was_is_refused_by_sts(account: &Account) -> Seen {
    let nobody = account.holder("AKIAIOSFODNN7EXAMPLE", "secret");
    expect(ask_sts(&nobody).await, "InvalidClientTokenId")
}

/// Fact 29.
pub async fn a_wrong_secret_is_refused_by_sts(account: &Account) -> Seen {
    let user = account.user().await;
    let key = user.key().await;
    expect(ask_sts(&user.impostor(&key)).await, "SignatureDoesNotMatch")
}

/// Fact 29, with the error code of JSON services.
pub async fn a_wrong_secret_is_refused_by_secrets_manager(account: &Account) -> Seen {
    let user = account.user().await;
    let key = user.key().await;
    let asked = ask_secrets_manager(account, &user.impostor(&key)).await;
    expect(asked, "InvalidSignatureException")
}

/// Fact 29.
pub async fn an_inactive_key_is_refused_by_sts(account: &Account) -> Seen {
    let user = account.user().await;
    let key = inactive(&user).await;
    expect(ask_sts(&user.holder(&key)).await, "InvalidClientTokenId")
}

/// Fact 29.
pub async fn an_inactive_key_is_refused_by_iam(account: &Account) -> Seen {
    let user = account.user().await;
    let key = inactive(&user).await;
    let asked = ask_iam(&user, &user.holder(&key)).await;
    expect(asked, "InvalidClientTokenId")
}

/// Fact 29.
pub async fn an_inactive_key_is_refused_by_secrets_manager(account: &Account) -> Seen {
    let user = account.user().await;
    let key = inactive(&user).await;
    let asked = ask_secrets_manager(account, &user.holder(&key)).await;
    expect(asked, "UnrecognizedClientException")
}

pub async fn a_key_active_again_is_accepted(account: &Account) -> Seen {
    let user = account.user().await;
    let key = inactive(&user).await;
    user.set_status(&key, StatusType::Active).await;
    expect(ask_sts(&user.holder(&key)).await, OK)
}

/// Fact 29.
pub async fn a_deleted_key_is_refused_by_sts(account: &Account) -> Seen {
    let user = account.user().await;
    let key = deleted(&user).await;
    expect(ask_sts(&user.holder(&key)).await, "InvalidClientTokenId")
}

/// Fact 29.
pub async fn a_deleted_key_is_refused_by_iam(account: &Account) -> Seen {
    let user = account.user().await;
    let key = deleted(&user).await;
    let asked = ask_iam(&user, &user.holder(&key)).await;
    expect(asked, "InvalidClientTokenId")
}

/// Fact 29.
pub async fn a_deleted_key_is_refused_by_secrets_manager(account: &Account) -> Seen {
    let user = account.user().await;
    let key = deleted(&user).await;
    let asked = ask_secrets_manager(account, &user.holder(&key)).await;
    expect(asked, "UnrecognizedClientException")
}

/// A deactivated key of someone who may do everything.
async fn inactive(user: &User<'_>) -> Key {
    user.allow_everything().await;
    let key = user.key().await;
    user.set_status(&key, StatusType::Inactive).await;
    key
}

/// A deleted key of someone who may do everything.
async fn deleted(user: &User<'_>) -> Key {
    user.allow_everything().await;
    let key = user.key().await;
    assert_eq!(user.delete(&key).await, OK);
    key
}

async fn ask_sts(holder: &SdkConfig) -> String {
    let sts = aws_sdk_sts::Client::new(holder);
    outcome(sts.get_caller_identity().send().await)
}

async fn ask_iam(user: &User<'_>, holder: &SdkConfig) -> String {
    let iam = aws_sdk_iam::Client::new(holder);
    outcome(iam.list_access_keys().user_name(&user.name).send().await)
}

async fn ask_secrets_manager(account: &Account, holder: &SdkConfig) -> String {
    let secret = account.secret().await;
    let client = aws_sdk_secretsmanager::Client::new(holder);
    let get = client.get_secret_value().secret_id(secret.arn);
    outcome(get.send().await)
}
