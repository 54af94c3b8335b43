//! Sessions by hand.

use std::sync::Arc;

use aws_smithy_types::base64;

use super::*;

/// What the server says to some lines, including its greeting.
async fn told(mut stream: impl AsyncRead + AsyncWrite + Unpin, lines: &str) -> String {
    stream.write_all(lines.as_bytes()).await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    said
}

/// The codes of the last lines of the responses, without the greeting's.
fn codes(said: &str) -> Vec<&str> {
    let answers = said.lines().filter(|line| line.as_bytes()[3] == b' ');
    answers.skip(1).map(|line| &line[..3]).collect()
}

/// A session by hand, over TLS.
async fn encrypted(aws: &Aws) -> impl AsyncRead + AsyncWrite + Unpin + use<> {
    let mut stream = aws.smtp_connect(&host(REGION)).unwrap();
    stream.write_all(b"EHLO me\r\nSTARTTLS\r\n").await.unwrap();
    over_tls_by_hand(stream).await
}

/// Waits for the response to STARTTLS, then encrypts.
async fn over_tls_by_hand(mut stream: SmtpStream) -> impl AsyncRead + AsyncWrite + Unpin {
    let mut said = String::new();
    while !said.ends_with("220 Ready to start TLS\r\n") {
        said.push(stream.read_u8().await.unwrap().into());
    }
    let mut roots = rustls::RootCertStore::empty();
    let authority = Authority::of_process().unwrap().der().to_vec();
    roots.add(authority.into()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let name = host(REGION).try_into().unwrap();
    connector.connect(name, stream).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn only_over_tls_is_a_password_heard() {
    let (aws, key) = account();
    let stream = aws.smtp_connect(&host(REGION)).unwrap();
    let password = smtp_password(&key.secret, REGION);
    let login = base64::encode(format!("\0{}\0{password}", key.id));
    let lines = format!("EHLO me\r\nAUTH LOGIN\r\nAUTH PLAIN {login}\r\nQUIT\r\n");
    let said = told(stream, &lines).await;
    assert_eq!(codes(&said), ["250", "530", "530", "221"], "{said}");
    let refusal = "530 Must issue a STARTTLS command first\r\n";
    assert!(said.contains(refusal), "{said}");
    let logins = aws.smtp_logins();
    let names: Vec<_> = logins
        .iter()
        .map(|login| login.access_key_id.as_str())
        .collect();
    assert_eq!(names, ["", key.id.as_str()]);
    assert!(logins.iter().all(|login| !login.accepted));
}

/// As RFC 3207 requires: someone else may have put it there.
#[tokio::test(start_paused = true)]
async fn what_was_said_before_tls_is_forgotten() {
    let (aws, _) = account();
    let mut stream = aws.smtp_connect(&host(REGION)).unwrap();
    let lines = b"EHLO me\r\nSTARTTLS\r\nMAIL FROM:<me@example.com>\r\n";
    stream.write_all(lines).await.unwrap();
    let mut stream = over_tls_by_hand(stream).await;
    stream
        .write_all(b"NOOP\r\nAUTH PLAIN\r\nQUIT\r\n")
        .await
        .unwrap();
    let said = "220 \r\n".to_owned() + &told(stream, "").await;
    assert_eq!(codes(&said), ["250", "503", "221"], "{said}");
    assert!(aws.smtp_mail().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_comes_at_the_wrong_time_or_is_unknown_is_refused() {
    let (aws, _) = account();
    let stream = aws.smtp_connect(&host(REGION)).unwrap();
    let lines = "STARTTLS\r\nHELO me\r\nNOOP\r\nRSET\r\nVRFY me\r\n\r\nQUIT\r\n";
    let said = told(stream, lines).await;
    let expected = ["503", "250", "250", "250", "502", "502", "221"];
    assert_eq!(codes(&said), expected, "{said}");

    let lines = "AUTH PLAIN AGEAYg==\r\nEHLO me\r\nSTARTTLS\r\nAUTH CRAM-MD5\r\nQUIT\r\n";
    // There is no second greeting.
    let said = "220 \r\n".to_owned() + &told(encrypted(&aws).await, lines).await;
    assert_eq!(codes(&said), ["503", "250", "503", "504", "221"], "{said}");
    assert!(!said.contains("STARTTLS"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn auth_plain_may_wait_until_it_is_asked() {
    let (aws, key) = account();
    let password = smtp_password(&key.secret, REGION);
    let login = |whom: &str, password: &str| {
        let text = format!("{whom}\0{}\0{password}", key.id);
        base64::encode(text)
    };
    let (wrong, right) = (login("bob", &password), login(&key.id, &password));
    let lines = format!(
        "EHLO me\r\nAUTH PLAIN\r\n*\r\nauth plain\r\n{wrong}\r\nAUTH PLAIN {}\r\n\
         AUTH PLAIN\r\n{right}\r\nAUTH PLAIN {right}\r\nQUIT\r\n",
        login("", "wrong")
    );
    let said = "220 \r\n".to_owned() + &told(encrypted(&aws).await, &lines).await;
    let expected = [
        "250", "334", "501", "334", "501", "535", "334", "235", "503", "221",
    ];
    assert_eq!(codes(&said), expected, "{said}");
}

#[tokio::test(start_paused = true)]
async fn a_line_without_an_end_ends_the_session() {
    let (aws, _) = account();
    let stream = aws.smtp_connect(&host(REGION)).unwrap();
    let said = told(stream, &"x".repeat(12_288)).await;
    assert_eq!(codes(&said), ["500"], "{said}");
}
