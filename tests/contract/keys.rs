//! IAM: access keys.

use aws_sdk_iam::operation::get_access_key_last_used::GetAccessKeyLastUsedOutput;
use aws_sdk_iam::types::StatusType;

use crate::account::Account;
use crate::check::{OK, Seen, expect, outcome};
use crate::user::User;

pub async fn a_user_that_does_not_exist_has_no_keys_to_list(account: &Account) -> Seen {
    let user = account.user().await;
    let list = user.client.list_access_keys();
    let listed = list.user_name(format!("no-{}", user.name)).send().await;
    expect(outcome(listed), "NoSuchEntity")
}

pub async fn a_user_that_does_not_exist_gets_no_key(account: &Account) -> Seen {
    let user = account.user().await;
    let create = user.client.create_access_key();
    let created = create.user_name(format!("no-{}", user.name)).send().await;
    expect(outcome(created), "NoSuchEntity")
}

pub async fn a_new_key_is_active(account: &Account) -> Seen {
    let user = account.user().await;
    let create = user.client.create_access_key().user_name(&user.name);
    let key = create.send().await.unwrap().access_key.unwrap();
    let seen = (key.status, key.user_name, key.create_date.is_some());
    expect(seen, (StatusType::Active, user.name, true))
}

/// Fact 21.
pub async fn a_third_key_is_refused(account: &Account) -> Seen {
    let user = account.user().await;
    user.key().await;
    user.key().await;
    let create = user.client.create_access_key().user_name(&user.name);
    let refusal = create.send().await.unwrap_err();
    let status = refusal.raw_response().unwrap().status().as_u16();
    let code = outcome::<(), _>(Err(refusal));
    expect((status, code.as_str()), (409, "LimitExceeded"))
}

/// Fact 21.
pub async fn a_third_key_beside_inactive_ones_is_refused(account: &Account) -> Seen {
    let user = account.user().await;
    for _ in 0..2 {
        user.set_status(&user.key().await, StatusType::Inactive)
            .await;
    }
    expect(user.create_key().await, "LimitExceeded")
}

/// Fact 21.
pub async fn a_deleted_key_makes_room(account: &Account) -> Seen {
    let user = account.user().await;
    let first = user.key().await;
    user.key().await;
    user.delete(&first).await;
    expect(user.create_key().await, OK)
}

/// Fact 24.
pub async fn keys_are_listed_in_order_of_creation(account: &Account) -> Seen {
    let user = account.user().await;
    let created = [user.key().await.id, user.key().await.id];
    expect(user.listed_ids().await, created)
}

/// Fact 24.
pub async fn keys_are_listed_with_their_status(account: &Account) -> Seen {
    let user = account.user().await;
    user.key().await;
    let inactive = user.key().await;
    user.set_status(&inactive, StatusType::Inactive).await;
    let listed = user.list().await.into_iter().map(|key| key.status);
    let aws = [Some(StatusType::Active), Some(StatusType::Inactive)];
    expect(listed.collect::<Vec<_>>(), aws)
}

/// Fact 24.
pub async fn keys_are_listed_with_their_user(account: &Account) -> Seen {
    let user = account.user().await;
    user.key().await;
    let listed = user.list().await.into_iter().map(|key| key.user_name);
    expect(listed.collect::<Vec<_>>(), [Some(user.name)])
}

/// Fact 24.
pub async fn creation_dates_are_in_whole_seconds(account: &Account) -> Seen {
    let user = account.user().await;
    user.key().await;
    let listed = user.list().await.into_iter();
    let nanoseconds = listed.map(|key| key.create_date.unwrap().subsec_nanos());
    expect(nanoseconds.collect::<Vec<_>>(), [0])
}

/// Fact 24.
pub async fn a_list_longer_than_its_page_is_truncated(account: &Account) -> Seen {
    let user = account.user().await;
    user.key().await;
    user.key().await;
    let list = user.client.list_access_keys().user_name(&user.name);
    let page = list.max_items(1).send().await.unwrap();
    let seen = (page.access_key_metadata.len(), page.is_truncated);
    expect((seen, page.marker.is_some()), ((1, true), true))
}

/// Fact 24.
pub async fn the_marker_of_a_page_leads_to_the_next(account: &Account) -> Seen {
    let user = account.user().await;
    let created = [user.key().await.id, user.key().await.id];
    let list = user.client.list_access_keys().user_name(&user.name);
    let mut pages = list.into_paginator().page_size(1).send();
    let mut listed = Vec::new();
    while let Some(page) = pages.next().await {
        let keys = page.unwrap().access_key_metadata.into_iter();
        listed.push(keys.filter_map(|key| key.access_key_id).collect::<Vec<_>>());
    }
    expect(listed, created.map(|id| vec![id]))
}

pub async fn a_deleted_key_is_not_listed(account: &Account) -> Seen {
    let user = account.user().await;
    let first = user.key().await;
    let second = user.key().await;
    user.delete(&first).await;
    expect(user.listed_ids().await, [second.id])
}

pub async fn a_key_that_does_not_exist_is_not_deleted(account: &Account) -> Seen {
    let user = account.user().await;
    let key = user.key().await;
    user.delete(&key).await;
    expect(user.delete(&key).await, "NoSuchEntity")
}

pub async fn a_key_of_another_user_is_not_deleted(account: &Account) -> Seen {
    let (user, other) = (account.user().await, account.user().await);
    let key = other.key().await;
    expect(user.delete(&key).await, "NoSuchEntity")
}

pub async fn a_key_of_a_user_that_does_not_exist_is_not_deleted(account: &Account) -> Seen {
    let user = account.user().await;
    let key = user.key().await;
    let delete = user.client.delete_access_key().access_key_id(&key.id);
    let deleted = delete.user_name(format!("no-{}", user.name)).send().await;
    expect(outcome(deleted), "NoSuchEntity")
}

/// Fact 25.
pub async fn a_key_never_used_has_no_date_of_use(account: &Account) -> Seen {
    let user = account.user().await;
    let last_used = last_use(&user).await.access_key_last_used.unwrap();
    expect(last_used.last_used_date, None)
}

/// Fact 25.
pub async fn a_key_never_used_has_no_service_or_region_of_use(account: &Account) -> Seen {
    let user = account.user().await;
    let last_used = last_use(&user).await.access_key_last_used.unwrap();
    expect([last_used.service_name, last_used.region], ["N/A"; 2])
}

pub async fn the_last_use_of_a_key_comes_with_its_user(account: &Account) -> Seen {
    let user = account.user().await;
    let last_used = last_use(&user).await;
    expect(last_used.user_name, Some(user.name))
}

async fn last_use(user: &User<'_>) -> GetAccessKeyLastUsedOutput {
    let key = user.key().await;
    let get = user.client.get_access_key_last_used();
    get.access_key_id(key.id).send().await.unwrap()
}
