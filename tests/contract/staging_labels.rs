//! Secrets Manager: how UpdateSecretVersionStage moves labels.

use crate::account::Account;
use crate::check::{OK, Seen, expect};
use crate::secret::{CURRENT, FIRST, PENDING, PREVIOUS, SECOND, THIRD, labelled};

/// Fact 17.
pub async fn a_label_that_sits_nowhere_needs_no_version_to_leave(account: &Account) -> Seen {
    let secret = account.secret().await;
    expect(secret.move_label("CANARY", None, Some(FIRST)).await, OK)
}

/// Fact 17.
pub async fn the_current_label_needs_the_version_that_it_leaves(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.put_pending(SECOND, "two").await;
    let moved = secret.move_label(CURRENT, None, Some(SECOND)).await;
    expect(moved, "InvalidParameterException")
}

/// Fact 17.
pub async fn the_pending_label_needs_the_version_that_it_leaves(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.put_pending(SECOND, "two").await;
    let moved = secret.move_label(PENDING, None, Some(FIRST)).await;
    expect(moved, "InvalidParameterException")
}

/// Fact 17.
pub async fn the_version_that_a_label_leaves_must_have_it(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.put_pending(SECOND, "two").await;
    let moved = secret.move_label(CURRENT, Some(SECOND), Some(SECOND)).await;
    expect(moved, "InvalidParameterException")
}

pub async fn a_label_moves_to_no_version_that_does_not_exist(account: &Account) -> Seen {
    let secret = account.secret().await;
    let moved = secret.move_label(CURRENT, Some(FIRST), Some(SECOND)).await;
    let stayed = secret.labels(FIRST).await;
    expect((moved == OK, stayed), (false, labelled(&[CURRENT])))
}

/// Fact 17.
pub async fn a_move_of_the_current_label_arrives(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.put_pending(SECOND, "two").await;
    secret.move_label(CURRENT, Some(FIRST), Some(SECOND)).await;
    expect(secret.value(None, Some(CURRENT)).await, "two")
}

pub async fn a_value_read_without_a_stage_is_the_current_one(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.put_pending(SECOND, "two").await;
    secret.move_label(CURRENT, Some(FIRST), Some(SECOND)).await;
    expect(secret.value(None, None).await, "two")
}

/// Fact 17.
pub async fn the_previous_label_moves_by_itself(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.put_pending(SECOND, "two").await;
    secret.move_label(CURRENT, Some(FIRST), Some(SECOND)).await;
    expect(secret.labels(FIRST).await, labelled(&[PREVIOUS]))
}

/// Fact 17.
pub async fn the_previous_label_leaves_the_version_that_had_it(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.put(SECOND, "two").await;
    secret.put_pending(THIRD, "three").await;
    secret.move_label(CURRENT, Some(SECOND), Some(THIRD)).await;
    let labels = [secret.labels(FIRST).await, secret.labels(SECOND).await];
    expect(
        labels.map(Option::unwrap_or_default),
        [Vec::<String>::new(), vec![PREVIOUS.to_owned()]],
    )
}

/// Fact 7.
pub async fn the_pending_label_stays_where_the_current_one_joins_it(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.put_pending(SECOND, "two").await;
    secret.move_label(CURRENT, Some(FIRST), Some(SECOND)).await;
    expect(secret.labels(SECOND).await, labelled(&[CURRENT, PENDING]))
}

/// Fact 5: the cure for a stuck rotation.
pub async fn the_pending_label_can_be_taken_off(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.put_pending(SECOND, "two").await;
    let removed = secret.move_label(PENDING, Some(SECOND), None).await;
    let labels = secret.labels(SECOND).await.unwrap_or_default();
    expect((removed.as_str(), labels.len()), (OK, 0))
}

pub async fn the_current_label_cannot_be_taken_off(account: &Account) -> Seen {
    let secret = account.secret().await;
    let removed = secret.move_label(CURRENT, Some(FIRST), None).await;
    expect(removed, "InvalidParameterException")
}

/// Fact 18.
pub async fn a_version_without_a_label_is_not_described(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.put_pending(SECOND, "two").await;
    secret.move_label(PENDING, Some(SECOND), None).await;
    expect(secret.labels(SECOND).await, None)
}

pub async fn a_version_without_a_label_can_be_read_by_its_id(account: &Account) -> Seen {
    let secret = account.secret().await;
    secret.put_pending(SECOND, "two").await;
    secret.move_label(PENDING, Some(SECOND), None).await;
    expect(secret.value(Some(SECOND), None).await, "two")
}
