#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::*;
use crate::aws::FUNCTION_ROLE;
use crate::aws::testing::{Caller, aws, aws_with_alice, aws_with_secret};

fn statement(effect: &str, action: &str, resource: &str) -> Value {
    json!({"Effect": effect, "Action": action, "Resource": resource})
}

fn decision(statements: &[Value], action: &str, resource_arn: &str) -> Decision {
    let policy = Policy::parse(&json!({"Version": "2012-10-17", "Statement": statements}));
    let access = Access {
        action,
        resource_arn,
        username: Some("alice"),
        principal: "arn:aws:iam::123456789012:user/alice",
        context: &[],
    };
    decide(&[policy.unwrap()], access)
}

#[test]
fn without_a_statement_that_applies_nothing_is_allowed() {
    let statements = [statement("Allow", "iam:GetUser", "*")];
    assert_eq!(
        decision(&statements, "iam:DeleteUser", "arn"),
        Decision::NotAllowed
    );
}

#[test]
fn actions_and_resources_have_wildcards() {
    let statements = [statement("Allow", "IAM:*accesskey?", "arn:*/alice")];
    for (action, resource, expected) in [
        ("iam:ListAccessKeys", "arn:user/alice", Decision::Allowed),
        ("iam:ListAccessKeys", "arn:user/a/alice", Decision::Allowed),
        (
            "iam:ListAccessKeys",
            "arn:user/alice2",
            Decision::NotAllowed,
        ),
        (
            "iam:CreateAccessKey",
            "arn:user/alice",
            Decision::NotAllowed,
        ),
    ] {
        assert_eq!(decision(&statements, action, resource), expected);
    }
}

#[test]
fn a_deny_wins_over_an_allow() {
    let statements = [
        statement("Allow", "*", "*"),
        statement("Deny", "*", "arn:a"),
    ];
    assert_eq!(
        decision(&statements, "iam:GetUser", "arn:a"),
        Decision::Denied
    );
    assert_eq!(
        decision(&statements, "iam:GetUser", "arn:b"),
        Decision::Allowed
    );
}

/// Fact 62.
#[test]
fn a_deny_on_all_but_some_spares_those() {
    let mut deny = statement("Deny", "secretsmanager:*", "");
    deny.as_object_mut().unwrap().remove("Resource");
    deny["NotResource"] = json!(["arn:a", "arn:b-??"]);
    let allow = statement("Allow", "*", "*");
    for (action, resource, expected) in [
        ("secretsmanager:GetSecretValue", "arn:a", Decision::Allowed),
        (
            "secretsmanager:GetSecretValue",
            "arn:b-xy",
            Decision::Allowed,
        ),
        ("secretsmanager:GetSecretValue", "arn:b-x", Decision::Denied),
        ("secretsmanager:ListSecrets", "*", Decision::Denied),
        ("iam:GetUser", "arn:c", Decision::Allowed),
    ] {
        let statements = [allow.clone(), deny.clone()];
        assert_eq!(decision(&statements, action, resource), expected);
    }
    let mut policies = [Policy::parse(&json!({"Statement": [allow, deny]})).unwrap()];
    policies[0].spare("arn:c");
    let access = Access {
        action: "secretsmanager:GetSecretValue",
        resource_arn: "arn:c",
        username: None,
        principal: "",
        context: &[],
    };
    assert_eq!(decide(&policies, access), Decision::Allowed);
}

/// Fact 62: what the secret's own policy allows needs no policy of the caller's, but the caller's Deny wins.
#[tokio::test(start_paused = true)]
async fn a_secret_lets_a_role_in_that_nothing_else_allows() {
    let (aws, arn) = aws_with_secret();
    aws.detach_policies(FUNCTION_ROLE);
    let function = Caller::function(&aws);
    let get = async || {
        let members = json!({"SecretId": "demo"});
        function.secrets_manager("GetSecretValue", members).await
    };
    let policy = |action: &str, principal: &str| {
        let mut allow = statement("Allow", action, "*");
        allow["Principal"] = json!({"AWS": principal});
        json!({"Statement": [allow]})
    };
    let other = "arn:aws:iam::123456789012:role/other";
    for (action, principal, status) in [
        ("secretsmanager:GetSecretValue", other, 400),
        ("secretsmanager:DescribeSecret", FUNCTION_ROLE, 400),
        ("secretsmanager:GetSecretValue", FUNCTION_ROLE, 200),
    ] {
        aws.set_secret_policy(&arn, &policy(action, principal))
            .unwrap();
        assert_eq!(get().await.status, status, "{action} {principal}");
    }

    let mut deny = statement("Deny", "secretsmanager:*", "");
    deny.as_object_mut().unwrap().remove("Resource");
    deny["NotResource"] = "arn:of-another".into();
    deny["Condition"] = json!({"StringNotEquals": {"aws:ResourceTag/iam-key-rotator": "blue"}});
    aws.attach_policy(FUNCTION_ROLE, &json!({"Statement": deny}))
        .unwrap();
    let refused = get().await;
    assert_eq!(refused.status, 400);
    assert!(refused.message().contains("with an explicit deny"));

    aws.tag_secret(&arn, "iam-key-rotator", "blue");
    assert_eq!(get().await.status, 200);

    for wrong in [statement("Allow", "*", "*"), {
        let mut deny = policy("*", other)["Statement"][0].clone();
        deny["Effect"] = "Deny".into();
        deny
    }] {
        let refused = aws.set_secret_policy(&arn, &json!({"Statement": wrong}));
        assert!(refused.is_err());
    }
}

#[test]
fn the_username_variable_is_the_callers_name_and_matches_no_role() {
    let document = json!({"Statement": statement("Allow", "*", "user/${aws:username}")});
    let policies = [Policy::parse(&document).unwrap()];
    let decide = |resource_arn, username| {
        let action = "iam:GetUser";
        decide(
            &policies,
            Access {
                action,
                resource_arn,
                username,
                principal: "arn:aws:iam::123456789012:user/alice",
                context: &[],
            },
        )
    };
    assert_eq!(decide("user/alice", Some("alice")), Decision::Allowed);
    assert_eq!(decide("user/bob", Some("alice")), Decision::NotAllowed);
    assert_eq!(decide("user/alice", None), Decision::NotAllowed);
}

#[test]
fn a_policy_with_unknown_elements_is_refused() {
    let condition = json!({"ForAnyValue:StringEquals": {"aws:username": "alice"}});
    for (element, value, unknown) in [
        ("NotAction", json!("*"), "element NotAction"),
        ("Condition", json!({"IpAddress": {}}), "element IpAddress"),
        ("Condition", condition, "element aws:username"),
        ("Condition", json!({}), "an empty Condition"),
    ] {
        let mut document = statement("Allow", "*", "*");
        document[element] = value;
        let refused = Policy::parse(&json!({"Statement": [document]}));
        assert_eq!(
            refused.unwrap_err().to_string(),
            format!("the policy is not simulated: {unknown}")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_of_awscurrent_alone_must_name_it() {
    let (aws, arn) = aws_with_secret();
    aws.create_user("/", "reader");
    let reader = Caller::user(&aws, &aws.create_access_key("reader"));
    let shipped = include_str!("../../../../../policies/consumer.json");
    let shipped = shipped.replace("SECRET_ARN", &arn);
    let document = serde_json::from_str(&shipped).unwrap();
    aws.attach_policy(&aws.user_arn("reader"), &document)
        .unwrap();
    let version = aws.secret(&arn).unwrap().versions[0].id.clone();
    for (members, status) in [
        (json!({"SecretId": arn, "VersionStage": "AWSCURRENT"}), 200),
        (json!({"SecretId": arn, "VersionStage": "AWSPREVIOUS"}), 400),
        (json!({"SecretId": arn, "VersionId": version}), 400),
        (json!({"SecretId": arn}), 400),
    ] {
        let reply = reader.secrets_manager("GetSecretValue", members).await;
        assert_eq!(reply.status, status, "{reply:?}");
        if status == 400 {
            assert_eq!(reply.code(), "AccessDeniedException");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_names_the_caller_the_action_and_the_resource() {
    let aws = aws();
    aws.create_user("/team/blue/", "alice");
    let alice = Caller::user(&aws, &aws.create_access_key("alice"));
    let reply = alice.iam("CreateAccessKey", &[]).await;
    assert_eq!((reply.status, reply.code().as_str()), (403, "AccessDenied"));
    assert_eq!(
        reply.message(),
        "User: arn:aws:iam::123456789012:user/team/blue/alice is not authorized to perform: \
         iam:CreateAccessKey on resource: user alice because no identity-based policy allows \
         the iam:CreateAccessKey action"
    );
    let members = json!({"SecretId": "demo"});
    let reply = alice.secrets_manager("GetSecretValue", members).await;
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (400, "AccessDeniedException")
    );
}

/// Fact 28.
#[tokio::test(start_paused = true)]
async fn get_caller_identity_works_under_an_explicit_deny() {
    let (aws, key) = aws_with_alice();
    let deny = json!({"Statement": statement("Deny", "*", "*")});
    aws.attach_policy(&aws.user_arn("alice"), &deny).unwrap();
    let alice = Caller::user(&aws, &key);
    assert_eq!(alice.identity().await.status, 200);
    let reply = alice.iam("ListAccessKeys", &[]).await;
    assert!(reply.message().contains("with an explicit deny"));
    aws.detach_policies(&aws.user_arn("alice"));
    let reply = alice.iam("ListAccessKeys", &[]).await;
    assert!(reply.message().contains("no identity-based policy"));
}
