//! Secrets Manager: what RotateSecret stages before the function's first step.

use crate::account::Account;
use crate::check::{OK, Seen, expect};
use crate::secret::{CURRENT, FIRST, PENDING, SECOND, THIRD, labelled};

/// Fact 2.
pub async fn rotate_secret_makes_a_pending_version(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.rotate(SECOND).await;
    expect(secret.labels(SECOND).await, labelled(&[PENDING]))
}

/// Fact 2.
pub async fn rotate_secret_leaves_the_current_version(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.rotate(SECOND).await;
    expect(secret.labels(FIRST).await, labelled(&[CURRENT]))
}

/// Fact 5.
pub async fn rotate_secret_with_a_rotation_pending_is_refused(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.stage(SECOND).await;
    expect(secret.rotate(THIRD).await, "InvalidRequestException")
}

/// Fact 2.
pub async fn a_pending_version_without_a_value_is_not_found(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.stage(SECOND).await;
    let got = secret.value(Some(SECOND), Some(PENDING)).await;
    expect(got, "ResourceNotFoundException")
}

/// Fact 18.
pub async fn a_pending_version_without_a_value_is_described(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.stage(SECOND).await;
    let labels = [secret.labels(FIRST).await, secret.labels(SECOND).await];
    expect(labels, [labelled(&[CURRENT]), labelled(&[PENDING])])
}

/// Fact 18.
pub async fn a_pending_version_without_a_value_is_not_among_the_version_ids(
    account: &Account,
) -> Seen {
    let secret = account.secret().await;
    secret.stage(SECOND).await;
    expect(secret.version_ids().await, [FIRST])
}

/// Fact 2: the token is in use, but no value is.
pub async fn a_pending_version_without_a_value_takes_one(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.stage(SECOND).await;
    let put = secret.put_pending(SECOND, "two").await;
    let value = secret.value(Some(SECOND), Some(PENDING)).await;
    expect([put.as_str(), value.as_str()], [OK, "two"])
}

/// Fact 6.
pub async fn a_new_current_version_takes_the_pending_label_away(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.put_pending(SECOND, "two").await;
    secret.put(THIRD, "three").await;
    let labels = secret.labels(SECOND).await.unwrap_or_default();
    expect(labels, Vec::<String>::new())
}
