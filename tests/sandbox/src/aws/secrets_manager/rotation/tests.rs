#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use crate::aws::testing::{Caller, OTHER_TOKEN, Reply, TOKEN, aws_with_secret};
use crate::aws::{AWSPENDING, Aws, FUNCTION_ARN};

async fn call(aws: &Aws, action: &str, members: Value) -> Reply {
    Caller::operator(aws).secrets_manager(action, members).await
}

#[tokio::test(start_paused = true)]
async fn rotate_secret_stores_the_function_and_the_rules() {
    let (aws, arn) = aws_with_secret();
    aws.on_rotate(|_| {});
    let described = async || {
        let reply = call(&aws, "DescribeSecret", json!({"SecretId": arn})).await;
        reply.json()
    };
    assert_eq!(described().await.get("RotationLambdaARN"), None);
    call(&aws, "RotateSecret", json!({"SecretId": arn})).await;
    assert_eq!(described().await["RotationLambdaARN"], FUNCTION_ARN);
    aws.remove_label(&arn, AWSPENDING);

    let other = "arn:aws:lambda:us-east-1:123456789012:function:other";
    let rules = json!({"AutomaticallyAfterDays": 7});
    let members = json!({"SecretId": arn, "RotationLambdaARN": other, "RotationRules": rules});
    call(&aws, "RotateSecret", members).await;
    aws.remove_label(&arn, AWSPENDING);
    call(&aws, "RotateSecret", json!({"SecretId": arn})).await;
    let described = described().await;
    assert_eq!(described["RotationLambdaARN"], other);
    assert_eq!(described["RotationRules"], rules);
}

#[tokio::test(start_paused = true)]
async fn rules_that_aws_refuses_are_refused() {
    let (aws, arn) = aws_with_secret();
    aws.on_rotate(|_| {});
    for rules in [
        json!({"AutomaticallyAfterDays": 0}),
        json!({"AutomaticallyAfterDays": 1_001}),
        json!({"AutomaticallyAfterDays": 1, "ScheduleExpression": "rate(1 day)"}),
    ] {
        let members = json!({"SecretId": arn, "RotationRules": rules});
        let reply = call(&aws, "RotateSecret", members).await;
        assert_eq!(reply.code(), "InvalidParameterException");
    }
    assert_eq!(aws.secret(&arn).unwrap().with_label(AWSPENDING), None);
}

/// Fact 5.
#[tokio::test(start_paused = true)]
async fn cancelling_leaves_awspending_where_it_is() {
    let (aws, arn) = aws_with_secret();
    aws.on_rotate(|_| {});
    aws.stage_pending(&arn, TOKEN).unwrap();
    let reply = call(&aws, "CancelRotateSecret", json!({"SecretId": arn})).await;
    assert_eq!(reply.json()["VersionId"], TOKEN);
    let pending = aws.secret(&arn).unwrap().with_label(AWSPENDING).cloned();
    assert_eq!(pending.unwrap().id, TOKEN);
    let members = json!({"SecretId": arn, "ClientRequestToken": OTHER_TOKEN});
    let reply = call(&aws, "RotateSecret", members).await;
    assert_eq!(reply.code(), "InvalidRequestException");
}

#[tokio::test(start_paused = true)]
async fn a_rotation_that_was_never_on_can_be_cancelled() {
    let (aws, arn) = aws_with_secret();
    let reply = call(&aws, "CancelRotateSecret", json!({"SecretId": arn})).await;
    assert_eq!((reply.status, reply.json().get("VersionId")), (200, None));
    let reply = call(&aws, "DescribeSecret", json!({"SecretId": arn})).await;
    assert_eq!(reply.json().get("RotationEnabled"), None);
}
