//! The real binary over TLS: which certificates it trusts, and which route its connections take.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sandbox::connections::serve_all;
use sandbox::tls::Tls;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::local::Local;

#[tokio::test]
async fn it_trusts_the_roots_that_ssl_cert_file_names() {
    let tls = Tls::new().unwrap();
    let roots = tls.roots();
    let mut local = Local::over_tls(&tls).await;
    local = local.with("SSL_CERT_FILE", roots.to_str().unwrap());
    local.rotate().await.unwrap();
    local.logs().await;
}

#[tokio::test]
async fn it_trusts_the_bundle_that_aws_ca_bundle_names_whatever_else_is_in_it() {
    let tls = Tls::new().unwrap();
    let authority = std::fs::read_to_string(tls.authority()).unwrap();
    let bundle = tls.authority().with_file_name("bundle.pem");
    let no_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(&bundle, format!("{no_certificate}{authority}")).unwrap();
    let mut local = Local::over_tls(&tls).await;
    local = local.with("AWS_CA_BUNDLE", bundle.to_str().unwrap());
    let rotated = local.rotate().await;
    std::fs::remove_file(bundle).unwrap();
    rotated.unwrap();
    local.logs().await;
}

#[tokio::test]
async fn it_calls_nobody_whom_its_roots_do_not_vouch_for() {
    let tls = Tls::new().unwrap();
    let mut local = Local::over_tls(&tls).await;
    let failed = local.rotate().await.unwrap_err();
    assert!(failed.contains("AwsCallFailed"), "{failed}");
    assert!(failed.contains("UnknownIssuer"), "{failed}");
    assert!(local.aws.calls().is_empty());
    local.logs().await;
}

#[tokio::test]
async fn a_bundle_that_cannot_be_used_is_said_to_the_caller_and_nothing_is_called() {
    let tls = Tls::new().unwrap();
    let mut local = Local::over_tls(&tls).await;
    local = local.with("AWS_CA_BUNDLE", "/no/such/bundle.pem");
    let failed = local.rotate().await.unwrap_err();
    assert!(failed.contains("ConfigurationInvalid"), "{failed}");
    assert!(failed.contains("/no/such/bundle.pem"), "{failed}");
    assert!(local.aws.calls().is_empty());
    local.logs().await;
}

#[tokio::test]
async fn it_goes_through_the_proxy_that_https_proxy_names_but_to_the_hosts_of_no_proxy() {
    let tls = Tls::new().unwrap();
    let roots = tls.roots();
    for (no_proxy, expected) in [("", true), ("127.0.0.1", false)] {
        let (proxy, tunnels) = proxy().await;
        let mut local = Local::over_tls(&tls).await;
        local = local
            .with("SSL_CERT_FILE", roots.to_str().unwrap())
            .with("HTTPS_PROXY", &format!("http://{proxy}"))
            .with("NO_PROXY", no_proxy);
        local.rotate().await.unwrap();
        let tunnels = tunnels.load(Ordering::SeqCst);
        assert_eq!(tunnels > 0, expected, "{no_proxy}: {tunnels}");
        local.logs().await;
    }
}

/// A proxy, and how many tunnels it has opened. It stops with the test's runtime.
async fn proxy() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let tunnels = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tunnels);
    tokio::spawn(serve_all(listener, move |stream| {
        tunnel(stream, Arc::clone(&counted))
    }));
    (address, tunnels)
}

async fn tunnel(mut client: TcpStream, tunnels: Arc<AtomicUsize>) {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        head.push(client.read_u8().await.unwrap().into());
    }
    let host = head.strip_prefix("CONNECT ").unwrap();
    let mut server = TcpStream::connect(host.split(' ').next().unwrap())
        .await
        .unwrap();
    tunnels.fetch_add(1, Ordering::SeqCst);
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    // Either side may close the connection.
    let _ = copy_bidirectional(&mut client, &mut server).await;
}
