#![allow(clippy::unwrap_used)]

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::aws::testing::{Caller, OTHER_TOKEN, TOKEN, aws_with_secret};
use crate::aws::{AWSCURRENT, AWSPENDING, Aws};

const DAY: Duration = Duration::from_hours(24);

/// A time as Secrets Manager tells it.
fn told(at: SystemTime) -> Value {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    json!(since.as_secs_f64())
}

async fn describe(aws: &Aws, arn: &str) -> Value {
    let asked = json!({"SecretId": arn});
    let operator = Caller::operator(aws);
    let reply = operator.secrets_manager("DescribeSecret", asked).await;
    reply.json()
}

async fn call(aws: &Aws, action: &str, members: Value) {
    let reply = Caller::operator(aws).secrets_manager(action, members).await;
    assert_eq!(reply.status, 200, "{action}: {reply:?}");
}

/// Lets a second pass, and tells the time.
async fn tick(aws: &Aws) -> Value {
    tokio::time::advance(Duration::from_secs(1)).await;
    told(aws.now())
}

fn other_version(aws: &Aws, arn: &str) {
    aws.put_version_text(arn, TOKEN, "new value");
}

#[tokio::test(start_paused = true)]
async fn every_change_of_a_secret_is_its_last() {
    let (aws, arn) = aws_with_secret();
    aws.on_rotate(|_| {});
    let current = aws.secret(&arn).unwrap().versions[0].id.clone();
    let put = json!({
        "SecretId": arn,
        "ClientRequestToken": TOKEN,
        "SecretString": "two",
        "VersionStages": ["own"],
    });
    let moved = json!({"SecretId": arn, "VersionStage": "own", "RemoveFromVersionId": TOKEN});
    let back = json!({"SecretId": arn, "VersionStage": "own", "MoveToVersionId": current});
    let days = json!({
        "SecretId": arn,
        "RotationRules": {"AutomaticallyAfterDays": 30},
        "ClientRequestToken": OTHER_TOKEN,
    });
    for (action, members) in [
        ("PutSecretValue", put),
        ("UpdateSecretVersionStage", moved),
        ("UpdateSecretVersionStage", back),
        ("RotateSecret", days),
        ("CancelRotateSecret", json!({"SecretId": arn})),
        ("DeleteSecret", json!({"SecretId": arn})),
    ] {
        let now = tick(&aws).await;
        call(&aws, action, members).await;
        let described = describe(&aws, &arn).await;
        assert_eq!(described["LastChangedDate"], now, "{action}");
    }
    let told = tick(&aws).await;
    call(&aws, "DescribeSecret", json!({"SecretId": arn})).await;
    assert_ne!(describe(&aws, &arn).await["LastChangedDate"], told);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_changes_nothing_is_no_last_change() {
    let (aws, arn) = aws_with_secret();
    let before = describe(&aws, &arn).await;
    tick(&aws).await;
    let current = aws.secret(&arn).unwrap().versions[0].id.clone();
    let same = json!({
        "SecretId": arn,
        "VersionStage": AWSCURRENT,
        "MoveToVersionId": current,
    });
    call(&aws, "UpdateSecretVersionStage", same).await;
    assert_eq!(describe(&aws, &arn).await, before);
}

/// Fact 12.
#[tokio::test(start_paused = true)]
async fn a_rotation_is_over_when_awspendings_version_is_current() {
    let (aws, arn) = aws_with_secret();
    aws.stage_pending(&arn, TOKEN).unwrap();
    other_version(&aws, &arn);
    assert_eq!(describe(&aws, &arn).await.get("LastRotatedDate"), None);
    let now = tick(&aws).await;
    let from = aws.secret(&arn).unwrap().versions[0].id.clone();
    let moved = json!({
        "SecretId": arn,
        "VersionStage": AWSCURRENT,
        "RemoveFromVersionId": from,
        "MoveToVersionId": TOKEN,
    });
    call(&aws, "UpdateSecretVersionStage", moved).await;
    assert_eq!(describe(&aws, &arn).await["LastRotatedDate"], now);

    // A person moves the label back, and on again.
    for (from, to) in [(TOKEN, from.as_str()), (&from, TOKEN)] {
        aws.remove_label(&arn, AWSPENDING);
        tick(&aws).await;
        let moved = json!({
            "SecretId": arn,
            "VersionStage": AWSCURRENT,
            "RemoveFromVersionId": from,
            "MoveToVersionId": to,
        });
        call(&aws, "UpdateSecretVersionStage", moved).await;
        assert_eq!(describe(&aws, &arn).await["LastRotatedDate"], now);
    }
}

/// Fact 12.
#[tokio::test(start_paused = true)]
async fn a_value_that_a_person_puts_counts_as_a_rotation_while_rotation_is_on() {
    let (aws, arn) = aws_with_secret();
    let now = tick(&aws).await;
    call(
        &aws,
        "PutSecretValue",
        json!({"SecretId": arn, "SecretString": "two"}),
    )
    .await;
    assert_eq!(describe(&aws, &arn).await.get("LastRotatedDate"), None);
    aws.turn_on_rotation(&arn, 30);
    assert_eq!(describe(&aws, &arn).await["LastRotatedDate"], now);
    call(&aws, "CancelRotateSecret", json!({"SecretId": arn})).await;
    let described = describe(&aws, &arn).await;
    assert_eq!(described["RotationEnabled"], false);
    assert_eq!(described["RotationRules"]["AutomaticallyAfterDays"], 30);
    for date in ["LastRotatedDate", "NextRotationDate"] {
        assert_eq!(described.get(date), None);
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_rotation_is_so_many_days_after_the_last_or_after_it_was_turned_on() {
    let (aws, arn) = aws_with_secret();
    let on = aws.now();
    aws.turn_on_rotation(&arn, 30);
    let next = async || describe(&aws, &arn).await["NextRotationDate"].clone();
    assert_eq!(next().await, told(on + 30 * DAY));
    tokio::time::advance(DAY).await;
    aws.put_secret_text(&arn, "two");
    assert_eq!(next().await, told(on + 31 * DAY));
    aws.age(DAY);
    assert_eq!(next().await, told(on + 30 * DAY));
    aws.set_last_rotated(&arn, on + 2 * DAY);
    assert_eq!(next().await, told(on + 32 * DAY));
    aws.set_last_rotated(&arn, on);

    for (expression, days) in [
        ("rate(10 days)", Some(10)),
        ("rate(240 hours)", Some(10)),
        ("cron(0 8 1 * ? *)", None),
    ] {
        aws.on_rotate(|_| {});
        let rules = json!({"ScheduleExpression": expression, "Duration": "2h"});
        let members = json!({"SecretId": arn, "RotationRules": rules});
        call(&aws, "RotateSecret", members).await;
        aws.remove_label(&arn, AWSPENDING);
        let described = describe(&aws, &arn).await;
        assert_eq!(described["RotationRules"], rules);
        let expected = days.map(|days| told(on + days * DAY));
        assert_eq!(described.get("NextRotationDate"), expected.as_ref());
    }
}
