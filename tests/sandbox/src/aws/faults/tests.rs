#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::aws::testing::{Caller, OTHER_TOKEN, TOKEN, aws_with_alice, aws_with_secret};
use crate::aws::{Aws, Lost, Outcome};

fn on_create(kind: FaultKind) -> Fault {
    let action = "CreateAccessKey".to_owned();
    let on = When::Action { action, nth: 1 };
    Fault { on, kind }
}

fn alice() -> (Aws, Caller) {
    let (aws, key) = aws_with_alice();
    let caller = Caller::user(&aws, &key);
    (aws, caller)
}

#[tokio::test(start_paused = true)]
async fn an_error_before_has_no_effect_and_comes_once() {
    let (aws, alice) = alice();
    let (status, code) = (400, "Throttling".to_owned());
    aws.inject(on_create(FaultKind::ErrorBefore { status, code }));
    let reply = alice.iam("CreateAccessKey", &[]).await;
    assert_eq!((reply.status, reply.code().as_str()), (400, "Throttling"));
    assert_eq!(aws.user_keys("alice").len(), 1);
    assert_eq!(alice.iam("CreateAccessKey", &[]).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn an_error_after_has_its_effect() {
    let (aws, alice) = alice();
    let (status, code) = (500, "ServiceFailure".to_owned());
    aws.inject(on_create(FaultKind::ErrorAfter { status, code }));
    let reply = alice.iam("CreateAccessKey", &[]).await;
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (500, "ServiceFailure")
    );
    assert_eq!(aws.user_keys("alice").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_has_no_effect_and_a_lost_answer_has() {
    let (aws, alice) = alice();
    aws.inject(on_create(FaultKind::Refused));
    let refused = alice.try_iam("CreateAccessKey", &[]).await;
    assert_eq!(refused.unwrap_err(), Lost::ConnectionRefused);
    assert_eq!(aws.user_keys("alice").len(), 1);

    aws.inject(on_create(FaultKind::AnswerLost));
    let lost = alice.try_iam("CreateAccessKey", &[]).await;
    assert_eq!(lost.unwrap_err(), Lost::ConnectionReset);
    assert_eq!(aws.user_keys("alice").len(), 2);
    let outcomes: Vec<_> = aws.calls().into_iter().map(|call| call.outcome).collect();
    assert_eq!(outcomes, [Outcome::Lost, Outcome::Lost]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_times_out_takes_effect_or_not_and_is_never_answered() {
    let (aws, alice) = alice();
    for (kind, keys) in [
        (FaultKind::TimedOutBefore, 1),
        (FaultKind::TimedOutAfter, 2),
    ] {
        aws.inject(on_create(kind));
        let answer = alice.try_iam("CreateAccessKey", &[]);
        let answer = tokio::time::timeout(Duration::from_secs(900), answer).await;
        assert!(answer.is_err());
        assert_eq!(aws.user_keys("alice").len(), keys);
    }
}

/// How many keys alice has, at each of these seconds from now.
async fn keys_at<const N: usize>(aws: &Aws, seconds: [u64; N]) -> [usize; N] {
    let start = tokio::time::Instant::now();
    let mut counts = [0; N];
    for (count, second) in counts.iter_mut().zip(seconds) {
        tokio::time::sleep_until(start + Duration::from_secs(second)).await;
        *count = aws.user_keys("alice").len();
    }
    counts
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_comes_behind_its_effect_and_a_slow_effect_with_its_answer() {
    let delay = Duration::from_secs(10);
    for (kind, keys) in [
        (FaultKind::SlowAnswer(delay), [2, 2, 2]),
        (FaultKind::SlowEffect(delay), [1, 1, 2]),
    ] {
        let (aws, alice) = alice();
        aws.inject(on_create(kind));
        let start = tokio::time::Instant::now();
        let (reply, counted) = tokio::join!(
            async { (alice.iam("CreateAccessKey", &[]).await, start.elapsed()) },
            keys_at(&aws, [1, 9, 11]),
        );
        assert_eq!((reply.0.status, reply.1), (200, delay));
        assert_eq!(counted, keys);
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_effect_comes_though_the_caller_has_given_up() {
    let (aws, alice) = alice();
    aws.inject(on_create(FaultKind::SlowEffect(Duration::from_secs(600))));
    let answer = alice.try_iam("CreateAccessKey", &[]);
    let answer = tokio::time::timeout(Duration::from_secs(5), answer).await;
    assert!(answer.is_err());
    // The caller is authenticated as of its request, when its signature was young.
    assert_eq!(keys_at(&aws, [594, 596]).await, [1, 2]);
    assert_eq!(aws.calls()[0].principal, aws.user_arn("alice"));
    assert_eq!(aws.calls()[0].outcome, Outcome::Ok);
}

#[tokio::test(start_paused = true)]
async fn faults_that_are_cleared_hit_nothing() {
    let (aws, alice) = alice();
    aws.inject(on_create(FaultKind::Refused));
    aws.clear_faults();
    assert_eq!(alice.iam("CreateAccessKey", &[]).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_denied_caller_is_authenticated_all_the_same() {
    let (aws, alice) = alice();
    aws.inject(on_create(FaultKind::Denied));
    let reply = alice.iam("CreateAccessKey", &[]).await;
    assert_eq!(reply.code(), "AccessDenied");
    assert_eq!(aws.calls()[0].principal, aws.user_arn("alice"));
    assert_eq!(aws.user_keys("alice").len(), 1);
}

/// Fact 36.
#[tokio::test(start_paused = true)]
async fn a_garbled_answer_holds_the_secret_and_is_no_xml() {
    let (aws, alice) = alice();
    aws.inject(on_create(FaultKind::Garbled));
    let reply = alice.iam("CreateAccessKey", &[]).await;
    assert_eq!(reply.status, 200);
    let secret = aws.confidential().pop().unwrap();
    assert!(reply.body.contains(&secret));
    assert!(reply.body.starts_with("<garbled <"));
}

#[tokio::test(start_paused = true)]
async fn a_garbled_answer_repeats_the_value_written_and_is_no_json() {
    let (aws, arn) = aws_with_secret();
    aws.inject(Fault {
        on: When::Call(1),
        kind: FaultKind::Garbled,
    });
    let members = json!({"SecretId": arn, "SecretString": "new value"});
    let function = Caller::function(&aws);
    let reply = function.secrets_manager("PutSecretValue", members).await;
    assert!(reply.body.contains("new value"));
    assert!(serde_json::from_str::<serde_json::Value>(&reply.body).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_fault_hits_the_call_it_is_counted_for() {
    let (aws, alice) = alice();
    let code = "ServiceUnavailable";
    let kind = || FaultKind::ErrorBefore {
        status: 503,
        code: code.to_owned(),
    };
    let action = || "ListAccessKeys".to_owned();
    aws.inject(Fault {
        on: When::Call(2),
        kind: kind(),
    });
    aws.inject(Fault {
        on: When::Action {
            action: action(),
            nth: 3,
        },
        kind: kind(),
    });
    let mut codes = Vec::new();
    for _ in 0..4 {
        codes.push(alice.iam("ListAccessKeys", &[]).await.code());
    }
    assert_eq!(codes, ["", code, code, ""]);

    aws.inject(Fault {
        on: When::Every { action: action() },
        kind: kind(),
    });
    for _ in 0..3 {
        assert_eq!(alice.iam("ListAccessKeys", &[]).await.code(), code);
        assert_eq!(alice.identity().await.code(), "");
    }
}

/// Fact 19.
#[tokio::test(start_paused = true)]
async fn stale_reads_miss_the_last_change() {
    let (aws, alice) = alice();
    aws.inject(Fault {
        on: When::Call(2),
        kind: FaultKind::StaleReads(2),
    });
    alice.iam("CreateAccessKey", &[]).await;
    let mut listed = Vec::new();
    for _ in 0..3 {
        let reply = alice.iam("ListAccessKeys", &[]).await;
        listed.push(reply.elements("AccessKeyId").len());
        assert_eq!(alice.identity().await.status, 200);
    }
    assert_eq!(listed, [1, 1, 2]);
}

/// Fact 19.
#[tokio::test(start_paused = true)]
async fn staler_reads_miss_more_than_the_last_change() {
    let (aws, arn) = aws_with_secret();
    let function = Caller::function(&aws);
    for token in [TOKEN, OTHER_TOKEN] {
        let members = json!({
            "SecretId": arn,
            "ClientRequestToken": token,
            "SecretString": token,
        });
        function.secrets_manager("PutSecretValue", members).await;
    }
    aws.inject(Fault {
        on: When::Call(1),
        kind: FaultKind::StalerReads {
            reads: 1,
            changes: 2,
        },
    });
    let mut read = Vec::new();
    for _ in 0..2 {
        let members = json!({"SecretId": arn});
        let reply = function.secrets_manager("GetSecretValue", members).await;
        read.push(reply.json()["SecretString"].clone());
    }
    assert_eq!(read, ["current value", OTHER_TOKEN]);
}

#[tokio::test(start_paused = true)]
async fn the_operators_calls_use_up_no_fault() {
    let (aws, alice) = alice();
    aws.inject(on_create(FaultKind::Refused));
    let operator = Caller::operator(&aws);
    let keys = [("UserName", "alice")];
    assert_eq!(operator.iam("CreateAccessKey", &keys).await.status, 200);
    let lost = alice.try_iam("CreateAccessKey", &[]).await;
    assert_eq!(lost.unwrap_err(), Lost::ConnectionRefused);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_has_no_effect_is_recorded_with_its_caller_and_resource() {
    let (aws, alice) = alice();
    aws.inject(on_create(FaultKind::Refused));
    let _ = alice.try_iam("CreateAccessKey", &[]).await;
    let call = aws.calls().remove(0);
    assert_eq!(call.outcome, Outcome::Lost);
    assert_eq!(
        (call.principal, call.resource.as_str()),
        (aws.user_arn("alice"), "alice")
    );
}

/// Fact 19.
#[tokio::test(start_paused = true)]
async fn a_stale_read_misses_a_version_just_staged() {
    let (aws, arn) = aws_with_secret();
    aws.stage_pending(&arn, TOKEN).unwrap();
    aws.inject(Fault {
        on: When::Call(1),
        kind: FaultKind::StaleReads(1),
    });
    let function = Caller::function(&aws);
    let mut staged = Vec::new();
    for _ in 0..2 {
        let members = json!({"SecretId": arn});
        let reply = function.secrets_manager("DescribeSecret", members).await;
        staged.push(reply.json()["VersionIdsToStages"].get(TOKEN).is_some());
    }
    assert_eq!(staged, [false, true]);
}

#[tokio::test(start_paused = true)]
async fn a_hook_hears_of_every_call_and_may_use_the_account() {
    let (aws, alice) = alice();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (hears, same) = (heard.clone(), aws.clone());
    aws.on_call(move |call| {
        let keys = same.user_keys("alice").len();
        hears.lock().unwrap().push((call.action.clone(), keys));
    });
    alice.iam("CreateAccessKey", &[]).await;
    alice.iam("ListAccessKeys", &[]).await;
    let expected = [
        ("CreateAccessKey".to_owned(), 2),
        ("ListAccessKeys".to_owned(), 2),
    ];
    assert_eq!(*heard.lock().unwrap(), expected);
    assert_eq!(aws.calls()[1].resource, "alice");
    aws.clear_calls();
    alice.identity().await;
    assert_eq!(aws.calls()[0].number, 1);
}
