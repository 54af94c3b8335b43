mod faults;
mod lines;

use std::time::{Duration, SystemTime};

use aws_smithy_async::time::TimeSource;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, AsyncTokioStream, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use lettre::transport::smtp::{Error, commands};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::aws::{AccessKey, KeyStatus, SmtpLogin, smtp_password};
use crate::clock::Clock;
use crate::tls::Tls;

const REGION: &str = "eu-west-1";

fn account() -> (Aws, AccessKey) {
    account_at(Clock::at(
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000),
    ))
}

fn account_at(clock: Clock) -> (Aws, AccessKey) {
    let aws = Aws::new(clock);
    aws.create_user("/", "alice");
    let key = aws.create_access_key("alice");
    (aws, key)
}

fn hello() -> ClientId {
    ClientId::Domain("client.example".to_owned())
}

fn trusting(domain: &str, authority: &str) -> TlsParameters {
    TlsParameters::builder(domain.to_owned())
        .certificate_store(CertificateStore::None)
        .add_root_certificate(Certificate::from_pem(authority.as_bytes()).unwrap())
        .build()
        .unwrap()
}

/// Connects, and encrypts.
async fn over_tls(
    stream: Box<dyn AsyncTokioStream>,
    tls: TlsParameters,
) -> Result<AsyncSmtpConnection, Error> {
    let mut connection = AsyncSmtpConnection::connect_with_transport(stream, &hello()).await?;
    connection.starttls(tls, &hello()).await?;
    Ok(connection)
}

async fn connected(aws: &Aws) -> AsyncSmtpConnection {
    let host = host(REGION);
    let stream = Box::new(aws.smtp_connect(&host).unwrap());
    let authority = Authority::of_process().unwrap().pem();
    over_tls(stream, trusting(&host, &authority)).await.unwrap()
}

async fn log_in_by(
    aws: &Aws,
    mechanism: Mechanism,
    id: &str,
    password: &str,
) -> Result<Response, Error> {
    let mut connection = connected(aws).await;
    let credentials = Credentials::new(id.to_owned(), password.to_owned());
    let answer = connection.auth(&[mechanism], &credentials).await;
    // If a second response is a refusal, lettre has already sent QUIT.
    let _ = connection.quit().await;
    answer
}

async fn log_in(aws: &Aws, key: &AccessKey) -> Result<Response, Error> {
    let password = smtp_password(&key.secret, REGION);
    log_in_by(aws, Mechanism::Plain, &key.id, &password).await
}

fn code(answer: Result<Response, Error>) -> u16 {
    match answer {
        Ok(response) => response.code().into(),
        Err(error) => error.status().unwrap().into(),
    }
}

#[tokio::test(start_paused = true)]
async fn the_password_of_a_key_lets_in() {
    let (aws, key) = account();
    let answer = log_in(&aws, &key).await.unwrap();
    assert_eq!(u16::from(answer.code()), 235);
    assert_eq!(answer.first_line(), Some("Authentication successful."));
    let expected = SmtpLogin {
        region: REGION.to_owned(),
        access_key_id: key.id,
        accepted: true,
        at: aws.clock().now(),
    };
    assert_eq!(aws.smtp_logins(), [expected]);
    assert!(aws.smtp_mail().is_empty());
}

#[tokio::test(start_paused = true)]
async fn auth_login_does_as_well() {
    let (aws, key) = account();
    let password = smtp_password(&key.secret, REGION);
    for (password, expected) in [(password.as_str(), 235), ("wrong", 535)] {
        let answer = log_in_by(&aws, Mechanism::Login, &key.id, password).await;
        assert_eq!(code(answer), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_password_of_an_active_key_is_refused() {
    let (aws, key) = account();
    let of_another_region = smtp_password(&key.secret, "us-east-1");
    let refused = log_in_by(&aws, Mechanism::Plain, &key.id, &of_another_region).await;
    let error = refused.unwrap_err();
    assert_eq!(error.status().map(u16::from), Some(535));
    assert!(error.is_permanent(), "{error}");
    aws.set_key_status(&key.id, KeyStatus::Inactive);
    assert_eq!(code(log_in(&aws, &key).await), 535);
    aws.delete_access_key(&key.id);
    assert_eq!(code(log_in(&aws, &key).await), 535);
    let logins = aws.smtp_logins();
    assert_eq!(logins.len(), 3);
    assert!(logins.iter().all(|login| !login.accepted));
    aws.clear_calls();
    assert!(aws.smtp_logins().is_empty());
}

#[tokio::test(start_paused = true)]
async fn no_mail_is_taken_and_an_attempt_is_told() {
    let (aws, key) = account();
    let mut connection = connected(&aws).await;
    let mail = || commands::Mail::new(None, Vec::new());
    assert_eq!(code(connection.command(mail()).await), 530);
    let password = smtp_password(&key.secret, REGION);
    let credentials = Credentials::new(key.id, password);
    connection
        .auth(&[Mechanism::Plain], &credentials)
        .await
        .unwrap();
    assert_eq!(code(connection.command(mail()).await), 554);
    assert_eq!(aws.smtp_mail(), ["MAIL", "MAIL"]);
    aws.clear_calls();
    assert!(aws.smtp_mail().is_empty());
}

#[tokio::test(start_paused = true)]
async fn each_region_has_its_servers_and_nobody_else_has_one() {
    let (aws, key) = account();
    let authority = Authority::of_process().unwrap().pem();
    for host in hosts() {
        let region = region_of(&host).unwrap();
        let stream = Box::new(aws.smtp_connect(&host).unwrap());
        let mut connection = over_tls(stream, trusting(&host, &authority)).await.unwrap();
        let password = smtp_password(&key.secret, region);
        let credentials = Credentials::new(key.id.clone(), password);
        connection
            .auth(&[Mechanism::Plain], &credentials)
            .await
            .unwrap();
    }
    for host in ["localhost", "email-smtp.nowhere-1.amazonaws.com"] {
        let error = aws.smtp_connect(host).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_trusts_the_authority_for_these_names_alone() {
    let (aws, _) = account();
    let mine = Authority::of_process().unwrap().pem();
    let another = Authority::new().unwrap().pem();
    let host = host(REGION);
    for (domain, authority) in [(host.as_str(), &another), ("example.com", &mine)] {
        let stream = Box::new(aws.smtp_connect(&host).unwrap());
        let refused = over_tls(stream, trusting(domain, authority)).await;
        assert!(refused.is_err(), "{domain}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_goes_away_ends_its_task() {
    let (aws, _) = account();
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let before = tasks();
    aws.fail_smtp(2..=2, SmtpFault::Hangs);
    let streams: Vec<_> = (0..2)
        .map(|_| aws.smtp_connect(&host(REGION)).unwrap())
        .collect();
    let connection = connected(&aws).await;
    assert_eq!(tasks(), before + 3);
    drop((streams, connection));
    while tasks() > before {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn over_tcp_it_is_the_same() {
    let (aws, key) = account_at(Clock::real());
    let tls = Tls::new().unwrap();
    let authority = std::fs::read_to_string(tls.authority()).unwrap();
    let server = SmtpServer::start(aws.clone(), REGION, &tls).await.unwrap();
    aws.fail_smtp(1..=1, SmtpFault::Refused);
    let mut refused = TcpStream::connect(server.address()).await.unwrap();
    assert_eq!(refused.read(&mut [0]).await.unwrap_or_default(), 0);

    let stream = Box::new(TcpStream::connect(server.address()).await.unwrap());
    let parameters = trusting("127.0.0.1", &authority);
    let mut connection = over_tls(stream, parameters).await.unwrap();
    let password = smtp_password(&key.secret, REGION);
    let credentials = Credentials::new(key.id, password);
    let answer = connection.auth(&[Mechanism::Plain], &credentials).await;
    assert_eq!(code(answer), 235);
    connection.quit().await.unwrap();
}

#[tokio::test]
async fn a_dropped_server_stops() {
    let (aws, _) = account_at(Clock::real());
    let tls = Tls::new().unwrap();
    let server = SmtpServer::start(aws, REGION, &tls).await.unwrap();
    let address = server.address();
    drop(server);
    tokio::task::yield_now().await;
    assert!(TcpStream::connect(address).await.is_err());
}
