#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use crate::aws::policy::{Access, Decision, Policy, decide};

fn statement(effect: &str) -> Value {
    json!({"Effect": effect, "Action": "*", "Resource": "*"})
}

/// Fact 62.
#[test]
fn a_key_that_is_absent_is_not_equal() {
    let key = "aws:ResourceTag/iam-key-rotator";
    let mut deny = statement("Deny");
    deny["Condition"] = json!({"StringNotEquals": {key: ["blue", "red"]}});
    let statements = [statement("Allow"), deny];
    let policies = [Policy::parse(&json!({"Statement": statements})).unwrap()];
    for (context, expected) in [
        (&[(key, "blue")][..], Decision::Allowed),
        (&[(key, "red")], Decision::Allowed),
        (&[(key, "green")], Decision::Denied),
        (&[(key, "")], Decision::Denied),
        (&[("aws:ResourceTag/other", "blue")], Decision::Denied),
        (&[], Decision::Denied),
    ] {
        let access = Access {
            action: "secretsmanager:GetSecretValue",
            resource_arn: "arn:a",
            username: None,
            principal: "",
            context,
        };
        assert_eq!(decide(&policies, access), expected, "{context:?}");
    }
}

#[test]
fn a_condition_can_have_wildcards_or_ask_whether_a_key_is_there() {
    let label = "secretsmanager:VersionStage";
    let function = "secretsmanager:RotationLambdaARN";
    for (condition, context, expected) in [
        (
            json!({"StringLike": {label: "own-*"}}),
            &[(label, "own-label")][..],
            Decision::Allowed,
        ),
        (
            json!({"StringLike": {label: ["x", "own-?"]}}),
            &[(label, "own-label")],
            Decision::NotAllowed,
        ),
        (
            json!({"ForAnyValue:StringLike": {label: "*"}}),
            &[],
            Decision::NotAllowed,
        ),
        (
            json!({"Null": {function: "true"}}),
            &[(label, "own-label")],
            Decision::Allowed,
        ),
        (
            json!({"Null": {function: "true"}}),
            &[(function, "arn:f")],
            Decision::NotAllowed,
        ),
        (
            json!({"Null": {function: "false"}, "StringLike": {label: "*"}}),
            &[(function, "arn:f")],
            Decision::NotAllowed,
        ),
    ] {
        let mut allow = statement("Allow");
        allow["Condition"] = condition.clone();
        let policies = [Policy::parse(&json!({"Statement": allow})).unwrap()];
        let access = Access {
            action: "secretsmanager:UpdateSecretVersionStage",
            resource_arn: "arn:a",
            username: None,
            principal: "",
            context,
        };
        assert_eq!(decide(&policies, access), expected, "{condition}");
    }
}
