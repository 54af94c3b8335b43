use super::*;

#[tokio::test(start_paused = true)]
async fn a_connection_may_be_refused() {
    let (aws, key) = account();
    aws.fail_smtp(1..=1, SmtpFault::Refused);
    let error = aws.smtp_connect(&host(REGION)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    assert_eq!(code(log_in(&aws, &key).await), 235);
}

#[tokio::test(start_paused = true)]
async fn a_server_may_never_answer() {
    let (aws, _) = account();
    aws.fail_smtp(1..=1, SmtpFault::Hangs);
    let stream = Box::new(aws.smtp_connect(&host(REGION)).unwrap());
    let name = hello();
    let connecting = AsyncSmtpConnection::connect_with_transport(stream, &name);
    let day = Duration::from_hours(24);
    assert!(tokio::time::timeout(day, connecting).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn logins_may_fail_for_a_while() {
    let (aws, key) = account();
    aws.fail_smtp(1..=1, SmtpFault::Unavailable);
    let error = log_in(&aws, &key).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert_eq!(error.status().map(u16::from), Some(454));
    assert_eq!(code(log_in(&aws, &key).await), 235);
    let accepted = aws.smtp_logins().into_iter().map(|login| login.accepted);
    assert_eq!(accepted.collect::<Vec<_>>(), [false, true]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_may_repeat_what_was_said() {
    let (aws, key) = account();
    aws.fail_smtp(.., SmtpFault::Repeats);
    let refusal = log_in(&aws, &key).await.unwrap_err();
    let password = smtp_password(&key.secret, REGION);
    assert!(format!("{refusal:?}").contains(&password));
    assert!(aws.confidential().contains(&password));
}

#[tokio::test(start_paused = true)]
async fn a_server_may_be_without_tls() {
    let (aws, key) = account();
    aws.fail_smtp(.., SmtpFault::WithoutTls);
    let host = host(REGION);
    let stream = Box::new(aws.smtp_connect(&host).unwrap());
    let authority = Authority::of_process().unwrap().pem();
    let refused = over_tls(stream, trusting(&host, &authority)).await;
    assert!(refused.is_err_and(|error| error.is_client()));
    assert!(aws.smtp_logins().is_empty());

    let stream = Box::new(aws.smtp_connect(&host).unwrap());
    let mut careless = AsyncSmtpConnection::connect_with_transport(stream, &hello())
        .await
        .unwrap();
    let credentials = Credentials::new(key.id.clone(), smtp_password(&key.secret, REGION));
    let answer = careless.auth(&[Mechanism::Plain], &credentials).await;
    assert_eq!(code(answer), 235);
}
