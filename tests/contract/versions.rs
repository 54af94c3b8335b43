//! Secrets Manager: secrets and their versions.

use aws_sdk_secretsmanager::primitives::Blob;

use crate::account::Account;
use crate::check::{OK, Seen, expect, outcome};
use crate::secret::{CURRENT, FIRST, PENDING, PREVIOUS, SECOND, THIRD, labelled};

pub async fn a_secret_that_does_not_exist_is_not_found(account: &Account) -> Seen {
    let secret = account.secret().await;
    let get = secret.client.get_secret_value();
    let got = get.secret_id(format!("no-{}", secret.name)).send().await;
    expect(outcome(got), "ResourceNotFoundException")
}

pub async fn a_secret_can_be_named_by_its_name(account: &Account) -> Seen {
    let secret = account.secret().await;
    let get = secret.client.get_secret_value().secret_id(&secret.name);
    let got = get.send().await.unwrap();
    expect(got.arn.unwrap(), secret.arn)
}

pub async fn a_secret_marked_for_deletion_gives_no_value(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.mark_for_deletion().await;
    expect(secret.value(None, None).await, "InvalidRequestException")
}

pub async fn a_secret_marked_for_deletion_takes_no_value(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.mark_for_deletion().await;
    expect(secret.put(SECOND, "two").await, "InvalidRequestException")
}

pub async fn a_secret_marked_for_deletion_is_still_described(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.mark_for_deletion().await;
    let describe = secret.client.describe_secret().secret_id(&secret.arn);
    let described = describe.send().await.unwrap();
    expect(described.deleted_date.is_some(), true)
}

/// Fact 15.
pub async fn a_value_put_without_stages_is_current(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.put(SECOND, "two").await;
    expect(secret.labels(SECOND).await, labelled(&[CURRENT]))
}

/// Facts 15 and 17.
pub async fn a_value_put_without_stages_makes_the_one_before_previous(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.put(SECOND, "two").await;
    expect(secret.labels(FIRST).await, labelled(&[PREVIOUS]))
}

/// Fact 15.
pub async fn a_value_put_as_pending_leaves_the_current_one(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.put_pending(SECOND, "two").await;
    let labels = [secret.labels(FIRST).await, secret.labels(SECOND).await];
    expect(labels, [labelled(&[CURRENT]), labelled(&[PENDING])])
}

/// Fact 15.
pub async fn the_same_token_and_value_are_accepted_again(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.put_pending(SECOND, "two").await;
    expect(secret.put_pending(SECOND, "two").await, OK)
}

/// Fact 15: not even labels move.
pub async fn the_same_token_and_value_change_nothing(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.put(SECOND, "two").await;
    secret.put(THIRD, "three").await;
    secret.put(SECOND, "two").await;
    let labels = [secret.labels(SECOND).await, secret.labels(THIRD).await];
    expect(labels, [labelled(&[PREVIOUS]), labelled(&[CURRENT])])
}

/// Fact 15.
pub async fn the_token_of_the_current_version_takes_no_other_value(account: &Account) -> Seen {
    let secret = account.secret().await;
    expect(secret.put(FIRST, "two").await, "ResourceExistsException")
}

/// Fact 15.
pub async fn the_token_of_a_pending_version_takes_no_other_value(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.put_pending(SECOND, "two").await;
    let again = secret.put_pending(SECOND, "three").await;
    expect(again, "ResourceExistsException")
}

/// Fact 15.
pub async fn a_refused_value_leaves_the_stored_one(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.put_pending(SECOND, "two").await;
    secret.put_pending(SECOND, "three").await;
    expect(secret.value(Some(SECOND), None).await, "two")
}

pub async fn a_token_has_at_least_32_characters(account: &Account) -> Seen {
    let secret = account.secret().await;
    expect(
        secret.put("short", "two").await,
        "InvalidParameterException",
    )
}

/// Fact 15.
pub async fn a_value_has_at_most_65536_bytes(account: &Account) -> Seen {
    let secret = account.secret().await;
    let largest = secret.put(SECOND, &"x".repeat(65_536)).await;
    let larger = secret.put(THIRD, &"x".repeat(65_537)).await;
    expect([largest == OK, larger == OK], [true, false])
}

/// Fact 16.
pub async fn a_version_and_a_stage_that_agree_give_the_value(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.put_pending(SECOND, "two").await;
    expect(secret.value(Some(SECOND), Some(PENDING)).await, "two")
}

/// Fact 16.
pub async fn a_version_and_a_stage_must_agree(account: &Account) -> Seen {
    let secret = account.secret().await;
    let got = secret.value(Some(FIRST), Some(PENDING)).await;
    expect(got, "InvalidRequestException")
}

pub async fn a_version_that_does_not_exist_is_not_found(account: &Account) -> Seen {
    let secret = account.secret().await;
    let got = secret.value(Some(SECOND), None).await;
    expect(got, "ResourceNotFoundException")
}

pub async fn a_stage_that_no_version_has_is_not_found(account: &Account) -> Seen {
    let secret = account.secret().await;
    let got = secret.value(None, Some(PENDING)).await;
    expect(got, "ResourceNotFoundException")
}

pub async fn a_binary_value_comes_back_as_binary(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.put_binary(SECOND, &[0, 159, 146, 150]).await;
    let get = secret.client.get_secret_value().secret_id(&secret.arn);
    let got = get.send().await.unwrap();
    let binary = got.secret_binary.map(Blob::into_inner);
    let seen = (got.secret_string, binary);
    expect(seen, (None, Some(vec![0, 159, 146, 150])))
}
