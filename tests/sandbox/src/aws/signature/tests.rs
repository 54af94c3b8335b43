#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use http::header::AUTHORIZATION;
use serde_json::json;

use crate::aws::testing::{Caller, Reply, aws_with_alice, aws_with_secret};
use crate::aws::{AccessKey, FUNCTION_SESSION, KeyStatus, Service};

/// Both services' refusals of the same caller.
async fn refusals(caller: &Caller) -> (Reply, Reply) {
    let secrets_manager = caller.secrets_manager("ListSecrets", json!({})).await;
    (caller.identity().await, secrets_manager)
}

/// Fact 28.
#[tokio::test(start_paused = true)]
async fn a_rightly_signed_request_is_accepted() {
    let (aws, key) = aws_with_alice();
    let reply = Caller::user(&aws, &key).identity().await;
    assert_eq!(reply.element("Arn"), aws.user_arn("alice"));
    assert_eq!(reply.element("Account"), "123456789012");
    assert!(reply.element("UserId").starts_with("AIDA"));
    let reply = Caller::function(&aws).identity().await;
    assert_eq!(reply.element("Arn"), FUNCTION_SESSION);
    assert!(reply.element("UserId").ends_with(":iam-key-rotator"));
}

/// Fact 29.
#[tokio::test(start_paused = true)]
async fn a_wrong_secret_key_does_not_match() {
    let (aws, key) = aws_with_alice();
    let secret = key.secret.replace("SECRET", "secret");
    let wrong = AccessKey { secret, ..key };
    let (sts, secrets_manager) = refusals(&Caller::user(&aws, &wrong)).await;
    assert_eq!(
        (sts.status, sts.code().as_str()),
        (403, "SignatureDoesNotMatch")
    );
    assert_eq!(secrets_manager.status, 400);
    assert_eq!(secrets_manager.code(), "InvalidSignatureException");
}

/// Fact 29.
#[tokio::test(start_paused = true)]
async fn an_unknown_key_is_invalid_whatever_the_reason() {
    let (aws, key) = aws_with_alice();
    let caller = Caller::user(&aws, &key);
    for status in [KeyStatus::Inactive, KeyStatus::Expired] {
        aws.set_key_status(&key.id, status);
        let (sts, secrets_manager) = refusals(&caller).await;
        assert_eq!(
            (sts.status, sts.code().as_str()),
            (403, "InvalidClientTokenId")
        );
        assert_eq!(secrets_manager.status, 400);
        assert_eq!(secrets_manager.code(), "UnrecognizedClientException");
    }
    aws.set_key_status(&key.id, KeyStatus::Active);
    assert_eq!(caller.identity().await.status, 200);
    aws.delete_access_key(&key.id);
    assert_eq!(caller.identity().await.code(), "InvalidClientTokenId");
}

#[tokio::test(start_paused = true)]
async fn temporary_credentials_need_their_session_token() {
    let (aws, _) = aws_with_alice();
    let mut caller = Caller::function(&aws);
    let whole = &caller.credentials;
    caller.credentials = aws_credential_types::Credentials::new(
        whole.access_key_id(),
        whole.secret_access_key(),
        None,
        None,
        "",
    );
    assert_eq!(caller.identity().await.code(), "InvalidClientTokenId");
}

#[tokio::test(start_paused = true)]
async fn a_body_changed_after_signing_does_not_match() {
    let (aws, arn) = aws_with_secret();
    let caller = Caller::function(&aws);
    let body = Bytes::from(json!({ "SecretId": arn }).to_string());
    let mut request = caller.signed(Service::SecretsManager, "GetSecretValue", body);
    *request.body_mut() = Bytes::from(json!({"SecretId": "demo"}).to_string());
    let reply = caller.send(request).await.unwrap();
    assert_eq!(reply.code(), "InvalidSignatureException");
}

#[tokio::test(start_paused = true)]
async fn a_header_changed_after_signing_does_not_match() {
    let (aws, _) = aws_with_secret();
    let caller = Caller::function(&aws);
    let body = Bytes::from_static(b"{\"SecretId\": \"demo\"}");
    let mut request = caller.signed(Service::SecretsManager, "DescribeSecret", body);
    let target = "secretsmanager.GetSecretValue".parse().unwrap();
    request.headers_mut().insert("x-amz-target", target);
    let reply = caller.send(request).await.unwrap();
    assert_eq!(reply.code(), "InvalidSignatureException");
}

/// Fact 29.
#[tokio::test(start_paused = true)]
async fn a_clock_five_minutes_off_is_refused() {
    let (aws, key) = aws_with_alice();
    let mut caller = Caller::user(&aws, &key);
    for (ahead, begins) in [
        (
            -301,
            "Signature expired: 20270115T075459Z is now earlier than ",
        ),
        (
            301,
            "Signature not yet current: 20270115T080501Z is still later than ",
        ),
    ] {
        caller.ahead = ahead;
        let (sts, secrets_manager) = refusals(&caller).await;
        assert_eq!(sts.code(), "SignatureDoesNotMatch");
        assert!(sts.message().starts_with(begins), "{}", sts.message());
        assert_eq!(secrets_manager.code(), "InvalidSignatureException");
    }
    for ahead in [-300, 300] {
        caller.ahead = ahead;
        assert_eq!(caller.identity().await.status, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn another_region_is_refused() {
    let (aws, key) = aws_with_alice();
    let mut caller = Caller::user(&aws, &key);
    caller.region = "eu-west-1";
    assert_eq!(caller.identity().await.code(), "SignatureDoesNotMatch");
}

/// IAM is signed for its own Region, wherever the caller is (fact 30).
#[tokio::test(start_paused = true)]
async fn where_any_region_is_accepted_iam_still_has_but_one() {
    let (aws, key) = aws_with_alice();
    aws.accept_any_region();
    let mut caller = Caller::user(&aws, &key);
    caller.region = "eu-west-1";
    assert_eq!(caller.identity().await.status, 200);
    let reply = caller.iam("ListAccessKeys", &[]).await;
    assert_eq!(reply.code(), "SignatureDoesNotMatch");
    assert_eq!(
        reply.message(),
        "Credential should be scoped to a valid region."
    );
}

#[tokio::test(start_paused = true)]
async fn an_unsigned_request_is_refused() {
    let (aws, key) = aws_with_alice();
    let caller = Caller::user(&aws, &key);
    let mut request = caller.signed(Service::Iam, "ListAccessKeys", Bytes::new());
    request.headers_mut().remove(AUTHORIZATION);
    let reply = caller.send(request).await.unwrap();
    assert_eq!(reply.code(), "MissingAuthenticationToken");
    assert_eq!(aws.calls(), []);
}
