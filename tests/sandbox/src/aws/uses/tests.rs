#![allow(clippy::unwrap_used)]

use std::time::{Duration, SystemTime};

use crate::aws::testing::{Caller, Reply, aws_with_alice};
use crate::aws::{AccessKey, Aws, UseRecord};

const MINUTE: Duration = Duration::from_secs(60);

async fn recorded(aws: &Aws, key: &AccessKey) -> Reply {
    let asked = [("AccessKeyId", key.id.as_str())];
    let operator = Caller::operator(aws);
    operator.iam("GetAccessKeyLastUsed", &asked).await
}

fn used_at(aws: &Aws) -> Option<SystemTime> {
    let used = aws.user_keys("alice")[0].last_used.clone();
    used.map(|used| used.at)
}

/// Fact 43.
#[tokio::test(start_paused = true)]
async fn uses_within_a_quarter_of_an_hour_count_as_one() {
    let (aws, key) = aws_with_alice();
    aws.record_uses_late(UseRecord::default());
    let caller = Caller::user(&aws, &key);
    let first = aws.now();
    caller.identity().await;
    tokio::time::advance(14 * MINUTE).await;
    caller.iam("ListAccessKeys", &[]).await;
    assert_eq!(used_at(&aws), Some(first));
    assert_eq!(recorded(&aws, &key).await.element("ServiceName"), "sts");
    tokio::time::advance(MINUTE).await;
    caller.iam("ListAccessKeys", &[]).await;
    assert_eq!(used_at(&aws), Some(first + 15 * MINUTE));
    assert_eq!(recorded(&aws, &key).await.element("ServiceName"), "iam");
}

/// Fact 43.
#[tokio::test(start_paused = true)]
async fn the_record_lags() {
    let (aws, key) = aws_with_alice();
    aws.record_uses_late(UseRecord {
        lag: 20 * MINUTE,
        ..UseRecord::default()
    });
    let caller = Caller::user(&aws, &key);
    let first = aws.now();
    let mut seen = Vec::new();
    for _ in 0..5 {
        caller.identity().await;
        tokio::time::advance(10 * MINUTE).await;
        let at = used_at(&aws);
        seen.push(at.map(|at| at.duration_since(first).unwrap().as_secs() / 60));
    }
    assert_eq!(seen, [None, Some(0), Some(0), Some(20), Some(20)]);
    let shown = recorded(&aws, &key).await.element("LastUsedDate");
    assert_eq!(shown, "2027-01-15T08:20:00Z");
    let restored = aws.snapshot().restore();
    tokio::time::advance(10 * MINUTE).await;
    for aws in [&aws, &restored] {
        assert_eq!(used_at(aws), Some(first + 40 * MINUTE));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_signature_is_no_use_and_a_refused_call_is_one() {
    let (aws, key) = aws_with_alice();
    aws.record_uses_late(UseRecord::default());
    let wrong = AccessKey {
        secret: "wrong".to_owned(),
        ..key.clone()
    };
    assert_eq!(Caller::user(&aws, &wrong).identity().await.status, 403);
    assert_eq!(used_at(&aws), None);
    aws.detach_policies(&aws.user_arn("alice"));
    let denied = Caller::user(&aws, &key).iam("ListAccessKeys", &[]).await;
    assert_eq!(denied.code(), "AccessDenied");
    assert_eq!(used_at(&aws), Some(aws.now()));
}

#[tokio::test(start_paused = true)]
async fn what_a_test_sets_is_shown_at_once_and_ages() {
    let (aws, key) = aws_with_alice();
    aws.record_uses_late(UseRecord {
        lag: MINUTE,
        ..UseRecord::default()
    });
    Caller::user(&aws, &key).identity().await;
    aws.use_key(&key.id, "s3");
    let reply = recorded(&aws, &key).await;
    assert_eq!(reply.element("ServiceName"), "s3");
    assert_eq!(reply.element("UserName"), "alice");
    tokio::time::advance(2 * MINUTE).await;
    aws.age(MINUTE);
    assert_eq!(used_at(&aws), Some(aws.now() - 3 * MINUTE));
    assert_eq!(recorded(&aws, &key).await.element("ServiceName"), "s3");
}
