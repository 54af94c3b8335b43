#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use crate::aws::testing::{Caller, Reply, aws_with_secret};
use crate::aws::{Aws, FUNCTION_ROLE};

async fn call(aws: &Aws, action: &str, members: Value) -> Reply {
    Caller::function(aws).secrets_manager(action, members).await
}

async fn tags(aws: &Aws) -> Value {
    let reply = call(aws, "DescribeSecret", json!({"SecretId": "demo"})).await;
    reply.json()["Tags"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_tag_replaces_the_one_with_its_key_and_goes_by_its_key() {
    let (aws, _) = aws_with_secret();
    for (key, value) in [("team", "blue"), ("use", "mail"), ("team", "red")] {
        let members = json!({"SecretId": "demo", "Tags": [{"Key": key, "Value": value}]});
        let reply = call(&aws, "TagResource", members).await;
        assert_eq!((reply.status, reply.json()), (200, json!({})));
    }
    let team = json!({"Key": "team", "Value": "red"});
    assert_eq!(
        tags(&aws).await,
        json!([team, {"Key": "use", "Value": "mail"}])
    );
    let members = json!({"SecretId": "demo", "TagKeys": ["use", "none"]});
    assert_eq!(call(&aws, "UntagResource", members).await.status, 200);
    assert_eq!(tags(&aws).await, json!([team]));
}

#[tokio::test(start_paused = true)]
async fn fifty_tags_are_the_most_and_awss_own_are_refused() {
    let (aws, _) = aws_with_secret();
    let numbered = |count: usize| {
        let tags = (0..count).map(|n| json!({"Key": n.to_string(), "Value": ""}));
        json!({"SecretId": "demo", "Tags": tags.collect::<Vec<_>>()})
    };
    let reply = call(&aws, "TagResource", numbered(51)).await;
    assert_eq!(reply.code(), "LimitExceededException");
    assert_eq!(tags(&aws).await, Value::Null);
    assert_eq!(call(&aws, "TagResource", numbered(50)).await.status, 200);
    let members = json!({"SecretId": "demo", "Tags": [{"Key": "aws:own", "Value": ""}]});
    let reply = call(&aws, "TagResource", members).await;
    assert_eq!(reply.code(), "InvalidParameterException");
}

#[tokio::test(start_paused = true)]
async fn the_next_call_is_judged_by_the_new_tag() {
    let (aws, _) = aws_with_secret();
    aws.detach_policies(FUNCTION_ROLE);
    let key = "aws:ResourceTag/iam-key-rotator";
    let allow = json!({
        "Effect": "Allow",
        "Action": "secretsmanager:*",
        "Resource": "*",
        "Condition": {"StringEquals": {key: "blue"}},
    });
    aws.attach_policy(FUNCTION_ROLE, &json!({"Statement": allow}))
        .unwrap();
    let operator = Caller::operator(&aws);
    for (value, status) in [("blues", 400), ("blue", 200)] {
        let tags = json!([{"Key": "iam-key-rotator", "Value": value}]);
        let members = json!({"SecretId": "demo", "Tags": tags});
        operator.secrets_manager("TagResource", members).await;
        let reply = call(&aws, "GetSecretValue", json!({"SecretId": "demo"})).await;
        assert_eq!(reply.status, status, "{value}");
    }
}
