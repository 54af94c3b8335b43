#![allow(clippy::unwrap_used)]

use serde_json::json;

use crate::aws::testing::{Caller, aws_with_alice, aws_with_secret};
use crate::aws::{Fault, FaultKind, QUARANTINE, QUARANTINE_V2, When};

/// Fact 48.
#[tokio::test(start_paused = true)]
async fn the_quarantine_denies_the_user_to_manage_keys_and_leaves_the_rest() {
    let (aws, key) = aws_with_alice();
    aws.create_secret("demo", Some("value".into()));
    let alice = Caller::user(&aws, &key);
    aws.attach_quarantine("alice", QUARANTINE);
    let id = ("AccessKeyId", key.id.as_str());
    for (action, parameters) in [
        ("CreateAccessKey", &[][..]),
        ("UpdateAccessKey", &[id, ("Status", "Active")]),
        ("DeleteAccessKey", &[id]),
    ] {
        let refused = alice.iam(action, parameters).await;
        assert_eq!(refused.code(), "AccessDenied", "{action}");
        assert!(refused.message().contains("with an explicit deny"));
    }
    for (action, parameters) in [
        ("ListAccessKeys", &[][..]),
        ("GetAccessKeyLastUsed", &[id]),
        ("ListAttachedUserPolicies", &[("UserName", "alice")]),
    ] {
        assert_eq!(alice.iam(action, parameters).await.status, 200, "{action}");
    }
    let members = json!({"SecretId": "demo"});
    let reply = alice.secrets_manager("GetSecretValue", members).await;
    assert_eq!(reply.status, 200);
    let deactivates = [id, ("Status", "Inactive"), ("UserName", "alice")];
    let operator = Caller::operator(&aws);
    assert_eq!(
        operator.iam("UpdateAccessKey", &deactivates).await.status,
        200
    );

    let activates = [id, ("Status", "Active"), ("UserName", "alice")];
    operator.iam("UpdateAccessKey", &activates).await;
    aws.detach_managed_policy("alice", QUARANTINE);
    assert_eq!(alice.iam("CreateAccessKey", &[]).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn the_managed_policies_of_a_user_are_listed() {
    let (aws, _) = aws_with_alice();
    let operator = Caller::operator(&aws);
    let list = async || {
        let asked = [("UserName", "alice")];
        operator.iam("ListAttachedUserPolicies", &asked).await
    };
    assert_eq!(list().await.elements("PolicyArn"), Vec::<String>::new());
    for policy in [QUARANTINE_V2, QUARANTINE, QUARANTINE] {
        aws.attach_quarantine("alice", policy);
    }
    let reply = list().await;
    assert_eq!(reply.elements("PolicyArn"), [QUARANTINE_V2, QUARANTINE]);
    let names = [
        "AWSCompromisedKeyQuarantineV2",
        "AWSCompromisedKeyQuarantineV3",
    ];
    assert_eq!(reply.elements("PolicyName"), names);
    let restored = aws.snapshot().restore();
    aws.detach_managed_policy("alice", QUARANTINE);
    assert_eq!(list().await.elements("PolicyArn"), [QUARANTINE_V2]);
    let alice = Caller::user(&restored, &restored.create_access_key("alice"));
    assert_eq!(alice.iam("CreateAccessKey", &[]).await.status, 403);

    let reply = operator.iam("ListAttachedUserPolicies", &[]).await;
    assert_eq!(reply.code(), "ValidationError");
    let bob = [("UserName", "bob")];
    let reply = operator.iam("ListAttachedUserPolicies", &bob).await;
    assert_eq!(reply.code(), "NoSuchEntity");
}

#[tokio::test(start_paused = true)]
async fn a_stale_list_misses_the_quarantine_that_is_in_force() {
    let (aws, key) = aws_with_alice();
    let alice = Caller::user(&aws, &key);
    let listed = async || {
        let asked = [("UserName", "alice")];
        let reply = alice.iam("ListAttachedUserPolicies", &asked).await;
        reply.elements("PolicyArn").len()
    };
    aws.attach_quarantine("alice", QUARANTINE);
    aws.inject(Fault {
        on: When::Call(1),
        kind: FaultKind::StaleReads(1),
    });
    assert_eq!((listed().await, listed().await), (0, 1));
    aws.seen_late(std::time::Duration::from_secs(3), || {
        aws.detach_managed_policy("alice", QUARANTINE);
    });
    assert_eq!(listed().await, 1);
    assert_eq!(alice.iam("CreateAccessKey", &[]).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_users_tags_decide_as_a_secrets_do() {
    let (aws, _) = aws_with_secret();
    aws.create_user("/team/", "alice");
    let key = aws.create_access_key("alice");
    let role = crate::aws::FUNCTION_ROLE;
    aws.detach_policies(role);
    let allow = json!({
        "Effect": "Allow",
        "Action": ["iam:ListAccessKeys", "iam:GetAccessKeyLastUsed"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/iam-key-rotator": "blue"}},
    });
    aws.attach_policy(role, &json!({"Statement": allow}))
        .unwrap();
    let function = Caller::function(&aws);
    let statuses = async || {
        let user = [("UserName", "alice")];
        let key = [("AccessKeyId", key.id.as_str())];
        [
            function.iam("ListAccessKeys", &user).await.status,
            function.iam("GetAccessKeyLastUsed", &key).await.status,
        ]
    };
    for (value, status) in [("red", 403), ("blue", 200)] {
        aws.tag_user("alice", "iam-key-rotator", value);
        assert_eq!(statuses().await, [status; 2]);
    }
}
