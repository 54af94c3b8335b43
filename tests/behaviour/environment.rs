//! The SDK and its HTTP client read some variables by themselves. They abort on some values, or drop them silently.
//! The function reports each such variable in the log at the start, and to the caller: by name, and never quoted.

use sandbox::rotation::{Function, event};
use sandbox::setup::Source;
use sandbox::tls::Tls;

use crate::local::Local;
use crate::world::TOKEN;

/// Checks that the function says so and makes no call.
async fn refused(local: Local, variables: &[(&str, &str)], named: &str) {
    let mut local = local;
    for (name, value) in variables {
        local = local.with(name, value);
    }
    let arn = local.prepared.secret_arn.clone();
    local.aws.stage_pending(&arn, TOKEN).unwrap();
    let event = event("createSecret", &arn, TOKEN, None);
    let failed = local.function.invoke(event).await.unwrap_err();
    assert_eq!(
        failed.error_type, "ConfigurationInvalid",
        "{variables:?}: {failed:?}"
    );
    assert!(failed.error_message.contains(named), "{failed:?}");
    assert!(local.aws.calls().is_empty(), "{variables:?}");
    let said = failed.error_message;
    let logs = local.logs().await;
    assert!(logs.lines().next().unwrap().contains(named), "{logs}");
    assert!(!format!("{logs}{said}").contains("sesame"), "{logs}{said}");
}

#[tokio::test]
async fn an_endpoint_that_is_no_url() {
    for (name, value) in [
        ("AWS_ENDPOINT_URL", ""),
        ("AWS_ENDPOINT_URL", "sesame.example.com"),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", ""),
        ("AWS_ENDPOINT_URL_IAM", ""),
        ("AWS_ENDPOINT_URL_IAM", "https://user:sesame@iam"),
        ("AWS_ENDPOINT_URL_STS", ""),
        (
            "AWS_ENDPOINT_URL_STS",
            "vpce-1.sts.us-east-1.vpce.sesame.com",
        ),
    ] {
        let local = Local::new(Source::AnotherAccount).await;
        refused(local, &[(name, value)], &format!("{name} is not http")).await;
    }
}

#[tokio::test]
async fn a_region_a_switch_or_credentials_that_the_sdk_would_not_understand() {
    for (name, value) in [
        ("AWS_REGION", ""),
        ("AWS_REGION", "sesame 1"),
        ("AWS_USE_FIPS_ENDPOINT", "sesame"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "1"),
        ("AWS_ACCESS_KEY_ID", "AKIA\nsesame"),
        ("AWS_SESSION_TOKEN", "sesame\n"),
    ] {
        let local = Local::new(Source::Role).await;
        refused(local, &[(name, value)], name).await;
    }
}

/// The client would drop each of these values and call AWS without the proxy.
#[tokio::test]
async fn a_proxy_that_the_http_client_would_drop() {
    let tls = Tls::new().unwrap();
    let roots = tls.roots();
    let roots = ("SSL_CERT_FILE", roots.to_str().unwrap());
    for (name, value) in [
        ("HTTPS_PROXY", " http://sesame:1@127.0.0.1:9"),
        ("HTTPS_PROXY", "ftp://127.0.0.1:9"),
        ("HTTPS_PROXY", "http//127.0.0.1:9"),
        ("https_proxy", "http//127.0.0.1:9"),
        ("ALL_PROXY", "socks5://127.0.0.1:9"),
        ("all_proxy", "http://127.0.0.1:9/sesame"),
        ("HTTP_PROXY", "http://127.0.0.1:port"),
        ("http_proxy", "http://127.0.0.1:9 "),
        ("NO_PROXY", "*.sesame"),
        ("no_proxy", "a b"),
    ] {
        let local = Local::over_tls(&tls).await;
        refused(local, &[roots, (name, value)], name).await;
    }
    let local = Local::over_tls(&tls).await;
    let hidden = [
        roots,
        ("HTTPS_PROXY", ""),
        ("https_proxy", "http://127.0.0.1:9"),
    ];
    refused(local, &hidden, "HTTPS_PROXY is empty").await;
    let local = Local::over_tls(&tls).await;
    let cgi = [
        roots,
        ("REQUEST_METHOD", "GET"),
        ("ALL_PROXY", "127.0.0.1:9"),
    ];
    refused(local, &cgi, "REQUEST_METHOD").await;
}

/// Of the SDK's own texts, only those that are the same for every request are shown.
#[tokio::test]
async fn a_choice_of_endpoints_that_cannot_be_is_told_in_the_sdks_words() {
    let mut local = Local::new(Source::Role).await;
    local = local.with("AWS_USE_FIPS_ENDPOINT", "true");
    let failed = local.rotate().await.unwrap_err();
    let words = "FIPS and custom endpoint are not supported";
    assert!(failed.contains(words), "{failed}");
    local.logs().await;
}

/// IAM is one service per partition, whichever endpoint its requests go to (fact 30).
#[tokio::test]
async fn in_any_region_a_private_endpoint_of_iam_takes_its_requests() {
    for source in [Source::Role, Source::SelfKey, Source::AnotherAccount] {
        let mut local = Local::new(source).await.with("AWS_REGION", "eu-west-1");
        local.aws.accept_any_region();
        local.rotate().await.unwrap();
        local.logs().await;
    }
}

/// An empty value means none, as in other programs. Variables that the function sets itself are not read at all.
#[tokio::test]
async fn a_rotation_works_with_empty_proxies_and_settings_that_are_not_read() {
    let mut local = Local::new(Source::Role).await;
    for (name, value) in [
        ("HTTPS_PROXY", ""),
        ("https_proxy", ""),
        ("HTTP_PROXY", ""),
        ("ALL_PROXY", ""),
        ("NO_PROXY", ""),
        ("AWS_USE_FIPS_ENDPOINT", ""),
        ("AWS_MAX_ATTEMPTS", "many"),
        ("AWS_RETRY_MODE", "never"),
        ("AWS_DEFAULTS_MODE", "odd"),
        ("AWS_CA_BUNDLE", ""),
    ] {
        local = local.with(name, value);
    }
    local.rotate().await.unwrap();
    local.logs().await;
}
