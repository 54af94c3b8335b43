#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;
use crate::aws::{
    AWSCURRENT, AccessKey, FUNCTION_ROLE, KEEPER_CALLS, KEEPER_SESSION, QUARANTINE, Service,
};
use crate::caller::{Caller, Reply};
use crate::clock::Clock;
use crate::setup::Setup;

const SOURCES: [Source; 4] = [
    Source::SelfKey,
    Source::Administrator,
    Source::Role,
    Source::AnotherAccount,
];

fn prepared(source: Source) -> (Aws, Prepared) {
    let aws = Aws::new(Clock::real());
    let setup = Setup {
        source,
        ..Setup::default()
    };
    let prepared = setup.prepare(&aws).unwrap();
    aws.on_rotate(|_| {});
    (aws, prepared)
}

async fn on_secret(keeper: &Caller, action: &str, arn: &str, label: Option<&str>) -> Reply {
    let mut members = json!({"SecretId": arn});
    if let Some(label) = label {
        members["VersionStage"] = label.into();
    }
    if action == "UpdateSecretVersionStage" {
        let described = json!({"SecretId": arn});
        let described = keeper.secrets_manager("DescribeSecret", described).await;
        let versions = described.json()["VersionIdsToStages"].clone();
        members["MoveToVersionId"] =
            versions.as_object().unwrap().keys().next().unwrap()[..].into();
    }
    keeper.secrets_manager(action, members).await
}

#[tokio::test(start_paused = true)]
async fn the_keeper_may_mark_and_rotate_the_secret_and_store_nothing() {
    for source in SOURCES {
        let (aws, prepared) = prepared(source);
        prepared.add_keeper(&aws).unwrap();
        let keeper = Caller::keeper(&aws).bystander();
        let identity = keeper.identity().await;
        assert_eq!(identity.element("Arn"), KEEPER_SESSION);
        let arn = &prepared.secret_arn;
        for (action, label, status) in [
            ("DescribeSecret", None, 200),
            ("GetSecretValue", None, 200),
            (
                "UpdateSecretVersionStage",
                Some("iam-key-rotator-removing-A"),
                200,
            ),
            ("UpdateSecretVersionStage", Some(AWSCURRENT), 400),
            ("RotateSecret", None, 200),
            ("PutSecretValue", None, 400),
            ("ListSecrets", None, 400),
        ] {
            let reply = on_secret(&keeper, action, arn, label).await;
            assert_eq!(reply.status, status, "{source:?} {action} {reply:?}");
        }
        let other = aws.create_secret("other", Some("value".into()));
        let reply = keeper.secrets_manager("GetSecretValue", json!({"SecretId": other}));
        assert_eq!(reply.await.code(), "AccessDeniedException");
    }
}

#[tokio::test(start_paused = true)]
async fn with_its_own_role_as_the_source_the_keeper_may_deactivate_and_not_delete() {
    let (aws, prepared) = prepared(Source::Role);
    prepared.add_keeper(&aws).unwrap();
    let keeper = Caller::keeper(&aws).bystander();
    let key = prepared.older_key.unwrap();
    let user = ("UserName", prepared.username.as_str());
    let id = ("AccessKeyId", key.id.as_str());
    for (action, parameters, status) in [
        ("ListAccessKeys", &[user][..], 200),
        ("GetAccessKeyLastUsed", &[id], 200),
        ("UpdateAccessKey", &[user, id, ("Status", "Inactive")], 200),
        ("DeleteAccessKey", &[user, id], 403),
        ("CreateAccessKey", &[user], 403),
    ] {
        let reply = keeper.iam(action, parameters).await;
        assert_eq!(reply.status, status, "{action}");
    }
    assert!(!aws.authenticates(&key.id, &key.secret));
}

#[tokio::test(start_paused = true)]
async fn with_own_keys_the_user_sees_the_quarantine() {
    let (aws, prepared) = prepared(Source::SelfKey);
    let key: AccessKey = prepared.current_key.clone().unwrap();
    // The proof of the shipped policies must not take this for a call of the function.
    let alice = Caller::user(&aws, &key).bystander();
    aws.attach_quarantine("alice", QUARANTINE);
    let asked = [("UserName", "alice")];
    prepared.add_keeper(&aws).unwrap();
    let reply = alice.iam("ListAttachedUserPolicies", &asked).await;
    assert_eq!(reply.element("PolicyArn"), QUARANTINE);
    let keeper = Caller::keeper(&aws).bystander();
    let denied = keeper.iam("ListAccessKeys", &asked).await;
    assert_eq!(denied.code(), "AccessDenied");
}

#[tokio::test(start_paused = true)]
async fn with_an_administrator_the_keeper_reads_its_key_alone() {
    let (aws, prepared) = prepared(Source::Administrator);
    prepared.add_keeper(&aws).unwrap();
    let keeper = Caller::keeper(&aws).bystander();
    let arn = prepared.administrator_secret_arn.unwrap();
    for (action, label, status) in [
        ("GetSecretValue", Some(AWSCURRENT), 200),
        ("GetSecretValue", Some("AWSPREVIOUS"), 400),
        ("DescribeSecret", None, 400),
        ("RotateSecret", None, 400),
    ] {
        let reply = on_secret(&keeper, action, &arn, label).await;
        assert_eq!(reply.status, status, "{action}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_role_in_the_other_account_trusts_both() {
    let (aws, prepared) = prepared(Source::AnotherAccount);
    let (role, external_id) = prepared.role.clone().unwrap();
    let callers = || [Caller::function(&aws), Caller::keeper(&aws).bystander()];
    let statuses = async || {
        let mut statuses = Vec::new();
        for caller in callers() {
            let asked = [
                ("RoleArn", role.as_str()),
                ("RoleSessionName", "session"),
                ("ExternalId", external_id.as_str()),
            ];
            statuses.push(caller.sts("AssumeRole", &asked).await.status);
        }
        statuses
    };
    assert_eq!(statuses().await, [200, 403]);
    prepared.add_keeper(&aws).unwrap();
    assert_eq!(statuses().await, [200, 200]);
}

#[tokio::test(start_paused = true)]
async fn a_fleets_keeper_finds_its_secrets_and_may_touch_no_other() {
    let (aws, first) = prepared(Source::Role);
    let setup = |name: &str| Setup {
        source: Source::Role,
        username: name.to_owned(),
        secret_name: format!("iam/{name}"),
        ..Setup::default()
    };
    let second = setup("bob").prepare_beside(&aws, &[&first]).unwrap();
    let other = setup("carol").prepare_beside(&aws, &[&first, &second]);
    let other = other.unwrap();
    for one in [&first, &second] {
        one.add_fleet_keeper(&aws, "blue").unwrap();
    }
    aws.tag_secret(&other.secret_arn, FLEET_TAG, "blue-two");
    aws.tag_user(&other.user_arn, FLEET_TAG, "blue-two");
    let keeper = Caller::keeper(&aws).bystander();
    let filters = json!([{"Key": "tag-value", "Values": ["blue"]}]);
    let listed = keeper.secrets_manager("ListSecrets", json!({"Filters": filters}));
    let listed = listed.await.json()["SecretList"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 3);
    for (one, allowed) in [(&first, true), (&second, true), (&other, false)] {
        let reply = on_secret(&keeper, "RotateSecret", &one.secret_arn, None).await;
        assert_eq!(reply.status == 200, allowed, "{reply:?}");
        let asked = [("UserName", one.username.as_str())];
        let reply = keeper.iam("ListAccessKeys", &asked).await;
        assert_eq!(reply.status == 200, allowed, "{reply:?}");
        let function = Caller::function(&aws);
        let reply = function.secrets_manager("DescribeSecret", json!({"SecretId": one.secret_arn}));
        assert_eq!(reply.await.status, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn the_keeper_is_another_caller_than_the_function_and_outlives_a_restoration() {
    let (aws, prepared) = prepared(Source::Role);
    let keeper = prepared.add_keeper(&aws).unwrap();
    assert_eq!(keeper.credentials, aws.keeper_credentials());
    assert_ne!(
        keeper.credentials.access_key_id(),
        aws.role_credentials().access_key_id()
    );
    let restored = aws.snapshot().restore();
    let reply = Caller::new(&restored, keeper.credentials.clone())
        .identity()
        .await;
    assert_eq!(reply.element("Arn"), KEEPER_SESSION);
    let secret = keeper.credentials.secret_access_key().to_owned();
    assert!(aws.confidential().contains(&secret));
    assert_eq!(keeper.sdk_config(&aws).region().unwrap().as_ref(), REGION);
    aws.detach_policies(FUNCTION_ROLE);
    let reply = on_secret(
        &Caller::keeper(&aws).bystander(),
        "DescribeSecret",
        "iam/alice",
        None,
    )
    .await;
    assert_eq!(reply.status, 200);
}

/// The documents allow each call of the keeper to somebody, and no call of another action to the keeper.
#[test]
fn the_documents_name_the_keepers_calls() {
    let mut named = Vec::new();
    for source in SOURCES {
        let (aws, prepared) = prepared(source);
        let keeper = prepared.add_keeper(&aws).unwrap();
        named.extend(keeper.policies);
    }
    let (aws, prepared) = prepared(Source::Role);
    named.extend(prepared.add_fleet_keeper(&aws, "blue").unwrap().policies);
    let text = json!(named).to_string();
    for call in KEEPER_CALLS {
        // The user's own document has this one: the keeper asks with the user's key.
        if call != "ListAttachedUserPolicies" {
            let service = Service::of(call).unwrap();
            assert!(text.contains(&format!("\"{service}:{call}\"")), "{call}");
        }
    }
    for call in ["PutSecretValue", "CreateAccessKey", "DeleteAccessKey"] {
        assert!(!text.contains(call), "{call}");
    }
}
