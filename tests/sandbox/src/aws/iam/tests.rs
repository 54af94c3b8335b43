#![allow(clippy::unwrap_used)]

use std::time::Duration;

use crate::aws::testing::{Caller, aws_with_alice};
use crate::aws::{AccessKey, Aws, KeyStatus, LastUsed};

fn alice() -> (Aws, AccessKey, Caller) {
    let (aws, key) = aws_with_alice();
    let caller = Caller::user(&aws, &key);
    (aws, key, caller)
}

/// Fact 21.
#[tokio::test(start_paused = true)]
async fn a_third_key_is_over_the_quota_inactive_ones_counted() {
    let (aws, _, caller) = alice();
    let second = caller
        .iam("CreateAccessKey", &[])
        .await
        .element("AccessKeyId");
    aws.set_key_status(&second, KeyStatus::Inactive);
    let reply = caller.iam("CreateAccessKey", &[]).await;
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (409, "LimitExceeded")
    );
    assert_eq!(
        reply.message(),
        "Cannot exceed quota for AccessKeysPerUser: 2"
    );
    aws.delete_access_key(&second);
    assert_eq!(caller.iam("CreateAccessKey", &[]).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_new_key_authenticates_as_its_user() {
    let (aws, _, caller) = alice();
    let reply = caller
        .iam("CreateAccessKey", &[("UserName", "alice")])
        .await;
    let key = AccessKey {
        id: reply.element("AccessKeyId"),
        secret: reply.element("SecretAccessKey"),
    };
    assert_eq!((key.id.len(), key.secret.len()), (20, 40));
    assert!(aws.authenticates(&key.id, &key.secret));
    let reply = Caller::user(&aws, &key).identity().await;
    assert_eq!(reply.element("Arn"), aws.user_arn("alice"));
    assert!(aws.confidential().contains(&key.secret));
}

/// Fact 24.
#[tokio::test(start_paused = true)]
async fn list_access_keys_goes_on_at_the_marker() {
    let (aws, first, caller) = alice();
    let second = aws.create_access_key("alice");
    aws.set_key_status(&second.id, KeyStatus::Expired);
    aws.set_page_size(1);
    let page = caller.iam("ListAccessKeys", &[("UserName", "alice")]).await;
    assert_eq!(page.elements("AccessKeyId"), [first.id]);
    assert_eq!(page.element("IsTruncated"), "true");
    assert_eq!(page.element("CreateDate"), "2027-01-15T08:00:00Z");
    let marker = page.element("Marker");
    let page = caller.iam("ListAccessKeys", &[("Marker", &marker)]).await;
    assert_eq!(page.elements("AccessKeyId"), [second.id]);
    assert_eq!(page.element("Status"), "Expired");
    assert_eq!(page.element("IsTruncated"), "false");
}

#[tokio::test(start_paused = true)]
async fn a_marker_behind_the_last_key_lists_none_and_a_page_has_a_key_at_least() {
    let (_, _, caller) = alice();
    let marker = aws_smithy_types::base64::encode(usize::MAX.to_string());
    let page = caller.iam("ListAccessKeys", &[("Marker", &marker)]).await;
    assert_eq!((page.status, page.elements("member").len()), (200, 0));
    assert_eq!(page.element("IsTruncated"), "false");
    for size in ["0", "1001", "-1", "many"] {
        let refused = caller.iam("ListAccessKeys", &[("MaxItems", size)]).await;
        assert_eq!(refused.code(), "ValidationError");
    }
}

/// Fact 25.
#[tokio::test(start_paused = true)]
async fn a_key_never_used_has_no_last_used_date() {
    let (aws, key, caller) = alice();
    let asked = [("AccessKeyId", key.id.as_str())];
    let reply = caller.iam("GetAccessKeyLastUsed", &asked).await;
    assert_eq!(reply.elements("LastUsedDate"), Vec::<String>::new());
    assert_eq!(reply.element("ServiceName"), "N/A");
    assert_eq!(reply.element("Region"), "N/A");
    assert_eq!(reply.element("UserName"), "alice");

    let at = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(60);
    let (service, region) = ("s3".to_owned(), "eu-west-1".to_owned());
    aws.set_last_used(
        &key.id,
        LastUsed {
            at,
            service,
            region,
        },
    );
    let reply = caller.iam("GetAccessKeyLastUsed", &asked).await;
    assert_eq!(reply.element("LastUsedDate"), "1970-01-01T00:01:00Z");
    assert_eq!(reply.element("ServiceName"), "s3");
}

/// Fact 26.
#[tokio::test(start_paused = true)]
async fn a_role_must_name_the_user() {
    let (aws, key, _) = alice();
    let operator = Caller::operator(&aws);
    let deletes = [("AccessKeyId", key.id.as_str())];
    let reply = operator.iam("DeleteAccessKey", &deletes).await;
    assert_eq!(reply.code(), "ValidationError");
    let deletes = [("AccessKeyId", key.id.as_str()), ("UserName", "alice")];
    assert_eq!(operator.iam("DeleteAccessKey", &deletes).await.status, 200);
    assert!(aws.user_keys("alice").is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_no_such_entity() {
    let (aws, _, _) = alice();
    let operator = Caller::operator(&aws);
    let reply = operator
        .iam("ListAccessKeys", &[("UserName", "<bob>")])
        .await;
    assert_eq!((reply.status, reply.code().as_str()), (404, "NoSuchEntity"));
    assert_eq!(
        reply.message(),
        "The user with name &lt;bob&gt; cannot be found."
    );
    let deletes = [("AccessKeyId", "AKIANONE"), ("UserName", "alice")];
    let reply = operator.iam("DeleteAccessKey", &deletes).await;
    assert_eq!(
        reply.message(),
        "The Access Key with id AKIANONE cannot be found."
    );
    let reply = operator.iam("ListUsers", &[]).await;
    assert_eq!(reply.message(), "not simulated: iam:ListUsers");
}

#[tokio::test(start_paused = true)]
async fn a_user_is_created_with_a_path() {
    let (aws, _, _) = alice();
    let operator = Caller::operator(&aws);
    let bob = [("UserName", "bob"), ("Path", "/team/blue/")];
    let reply = operator.iam("CreateUser", &bob).await;
    let arn = "arn:aws:iam::123456789012:user/team/blue/bob";
    assert_eq!(reply.element("Arn"), arn);
    let reply = operator.iam("CreateUser", &bob).await;
    assert_eq!(reply.code(), "EntityAlreadyExists");
    let reply = operator.iam("GetUser", &[("UserName", "bob")]).await;
    assert_eq!(reply.element("Path"), "/team/blue/");
}

#[tokio::test(start_paused = true)]
async fn update_access_key_switches_a_key_off_and_on() {
    let (aws, key, caller) = alice();
    let id = ("AccessKeyId", key.id.as_str());
    caller
        .iam("UpdateAccessKey", &[id, ("Status", "Inactive")])
        .await;
    assert!(!aws.user_keys("alice")[0].usable);
    let operator = Caller::operator(&aws);
    let on = [id, ("Status", "Active"), ("UserName", "alice")];
    assert_eq!(operator.iam("UpdateAccessKey", &on).await.status, 200);
    assert!(aws.authenticates(&key.id, &key.secret));
}

#[tokio::test(start_paused = true)]
async fn time_passes_for_everything_at_once() {
    let (aws, _, _) = alice();
    let before = aws.user_keys("alice")[0].created;
    aws.age(Duration::from_hours(24));
    assert_eq!(
        aws.user_keys("alice")[0].created,
        before - Duration::from_hours(24)
    );
}

/// AWS does not document what it is told about a key that is nobody's.
#[tokio::test(start_paused = true)]
async fn a_key_of_another_account_is_as_unknown_as_none() {
    let (aws, key, caller) = alice();
    aws.create_user_in(crate::aws::OTHER_ACCOUNT, "/", "bob");
    let of_another = aws.create_access_key("bob").id;
    for id in [of_another.as_str(), "AKIAIOSFODNN7EXAMPLE"] {
        let asked = [("AccessKeyId", id)];
        aws.refuse_unknown_keys(false);
        let reply = caller.iam("GetAccessKeyLastUsed", &asked).await;
        assert_eq!((reply.status, reply.code().as_str()), (404, "NoSuchEntity"));
        aws.refuse_unknown_keys(true);
        let reply = caller.iam("GetAccessKeyLastUsed", &asked).await;
        assert_eq!((reply.status, reply.code().as_str()), (403, "AccessDenied"));
        assert!(reply.message().contains(&format!("access key {id}")));
    }
    let asked = [("AccessKeyId", key.id.as_str())];
    let reply = caller.iam("GetAccessKeyLastUsed", &asked).await;
    assert_eq!(reply.status, 200);
}
