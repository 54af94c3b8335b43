use std::time::Duration;

use super::*;
use crate::aws::testing::{Caller, aws_with_alice, create};
use crate::aws::{AccessKey, KeyStatus, Lens, Propagation, SecretContent};

const REGION: &str = "eu-west-1";

fn lets_in(aws: &Aws, key: &AccessKey) -> bool {
    let password = smtp_password(&key.secret, REGION);
    aws.smtp_authenticates(REGION, &key.id, &password)
}

#[test]
fn the_passwords_are_those_of_amazon_ses() {
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let known = [
        ("us-west-2", "BF2PynzbSCAjX08zhZZnP/kW+T9P5zs/1Er0pi5vTEmd"),
        (
            "eu-central-1",
            "BF0/eIJm0ruTHsSjOkRuOGzGF+zeSyE3aiRzrzUQ8LwG",
        ),
    ];
    for (region, password) in known {
        assert_eq!(smtp_password(secret, region), password);
    }
}

#[tokio::test(start_paused = true)]
async fn a_password_is_of_one_key_and_one_region() {
    let (aws, key) = aws_with_alice();
    let other = aws.create_access_key("alice");
    let password = smtp_password(&key.secret, REGION);
    assert!(aws.smtp_authenticates(REGION, &key.id, &password));
    assert!(!aws.smtp_authenticates("us-east-1", &key.id, &password));
    assert!(!aws.smtp_authenticates(REGION, &other.id, &password));
    assert!(!aws.smtp_authenticates(REGION, &key.id, &key.secret));
}

#[tokio::test(start_paused = true)]
async fn a_new_key_reaches_smtp_at_a_time_of_its_own() {
    let (aws, _) = aws_with_alice();
    aws.set_propagation(Propagation {
        create_delay: Duration::from_secs(4),
        smtp_delay: Duration::from_secs(60),
        ..Propagation::default()
    });
    let key = create(&aws).await;
    let seen = |aws: &Aws| (aws.authenticates(&key.id, &key.secret), lets_in(aws, &key));
    tokio::time::advance(Duration::from_secs(59)).await;
    assert_eq!(seen(&aws), (true, false));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(seen(&aws), (true, true));
}

#[tokio::test(start_paused = true)]
async fn smtp_may_accept_a_new_key_before_the_api_does() {
    let (aws, _) = aws_with_alice();
    aws.set_propagation(Propagation {
        create_delay: Duration::from_secs(4),
        ..Propagation::default()
    });
    let key = create(&aws).await;
    assert!(!aws.authenticates(&key.id, &key.secret) && lets_in(&aws, &key));
}

#[tokio::test(start_paused = true)]
async fn age_brings_a_new_key_to_smtp() {
    let (aws, _) = aws_with_alice();
    aws.set_propagation(Propagation {
        smtp_delay: Duration::from_secs(60),
        ..Propagation::default()
    });
    let key = create(&aws).await;
    assert!(!lets_in(&aws, &key));
    aws.age(Duration::from_secs(60));
    assert!(lets_in(&aws, &key));
}

#[tokio::test(start_paused = true)]
async fn an_inactive_key_has_no_password() {
    let (aws, key) = aws_with_alice();
    aws.set_key_status(&key.id, KeyStatus::Inactive);
    assert!(!lets_in(&aws, &key));
    aws.set_key_status(&key.id, KeyStatus::Active);
    assert!(lets_in(&aws, &key));
}

#[tokio::test(start_paused = true)]
async fn a_deleted_key_has_a_password_for_as_long_as_the_api_accepts_it() {
    let (aws, key) = aws_with_alice();
    aws.set_propagation(Propagation {
        delete_delay: Duration::from_secs(3),
        ..Propagation::default()
    });
    let asked = [("UserName", "alice"), ("AccessKeyId", key.id.as_str())];
    Caller::operator(&aws).iam("DeleteAccessKey", &asked).await;
    assert!(lets_in(&aws, &key));
    tokio::time::advance(Duration::from_secs(3)).await;
    assert!(!lets_in(&aws, &key));
}

#[tokio::test(start_paused = true)]
async fn a_password_that_was_asked_for_is_confidential() {
    let (aws, key) = aws_with_alice();
    let password = aws.smtp_password(&key.secret, REGION);
    let of_nobody = aws.smtp_password("a secret of another account", REGION);
    let confidential = aws.confidential();
    let login = base64::encode(format!("\0{}\0{password}", key.id));
    for text in [&password, &of_nobody, &login, &base64::encode(&password)] {
        assert!(confidential.contains(text), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn in_a_region_that_was_asked_for_so_are_the_passwords_of_later_keys() {
    let (aws, key) = aws_with_alice();
    assert!(lets_in(&aws, &key));
    let later = create(&aws).await;
    let password = smtp_password(&later.secret, REGION);
    assert!(aws.confidential().contains(&password));
    assert!(aws.snapshot().restore().confidential().contains(&password));
    let elsewhere = smtp_password(&later.secret, "us-east-1");
    assert!(!aws.confidential().contains(&elsewhere));
}

#[tokio::test(start_paused = true)]
async fn the_canonical_text_names_passwords_by_their_keys() {
    let (aws, key) = aws_with_alice();
    let password = aws.smtp_password(&key.secret, REGION);
    let content = format!("{} {password}", key.id);
    aws.create_secret("demo", Some(SecretContent::from(content)));
    let text = aws.canonical(&Lens::default());
    let expected = format!("<key 0> <password of <key 0> in {REGION}>");
    assert!(text.contains(&expected), "{text}");
}

#[tokio::test(start_paused = true)]
async fn that_a_new_key_has_yet_to_reach_smtp_counts() {
    let text = async |smtp_delay| {
        let (aws, _) = aws_with_alice();
        aws.set_propagation(Propagation {
            smtp_delay,
            ..Propagation::default()
        });
        create(&aws).await;
        aws.canonical(&Lens::default())
    };
    let (soon, late) = (Duration::ZERO, Duration::from_secs(60));
    assert_eq!(text(soon).await, text(soon).await);
    assert_ne!(text(soon).await, text(late).await);
}

#[tokio::test(start_paused = true)]
async fn a_fault_is_for_some_connections_from_its_injection_on() {
    let (aws, _) = aws_with_alice();
    aws.smtp_connection(REGION);
    aws.fail_smtp(2..=2, SmtpFault::Hangs);
    aws.fail_smtp(3.., SmtpFault::Refused);
    let mut faults: Vec<_> = (0..4).map(|_| aws.smtp_connection(REGION)).collect();
    aws.clear_faults();
    faults.push(aws.smtp_connection(REGION));
    let refused = Some(SmtpFault::Refused);
    let expected = [None, Some(SmtpFault::Hangs), refused, refused, None];
    assert_eq!(faults, expected);
}
