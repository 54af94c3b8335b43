//! The SMTP password of SES next to the key (fact 53). A rotation replaces it with the new key's password, and
//! testSecret logs in with that.

use std::time::Duration;

use iam_key_rotator::{Config, FieldNames, SmtpEndpoint};
use sandbox::aws::{AWSCURRENT, AWSPENDING, AccessKey, Propagation, SmtpFault};
use sandbox::rotation::RotationFailed;
use sandbox::setup::Source;
use sandbox::smtp::SmtpServer;
use sandbox::tls::Tls;

use crate::bad_input::{STEPS, refused};
use crate::local::Local;
use crate::world::{World, setup};

const ONE: &str = r#"{"username":"alice","accesskey":"<ID>","secretkey":"<SECRET>","smtp_password":"<us-west-2>"}"#;

/// A secret's text: the template with the key, and with the key's password in place of each Region.
fn with(world: &World, template: &str, key: &AccessKey) -> String {
    let text = template
        .replace("<ID>", &key.id)
        .replace("<SECRET>", &key.secret);
    let regions = ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1"];
    regions.into_iter().fold(text, |text, region| {
        let password = world.aws.smtp_password(&key.secret, region);
        text.replace(&format!("<{region}>"), &password)
    })
}

fn holding(source: Source, keys: u8, template: &str) -> World {
    holding_with(source, keys, template, Config::default())
}

fn holding_with(source: Source, keys: u8, template: &str, config: Config) -> World {
    let world = World::with(setup(source, keys), config);
    let none = AccessKey {
        id: String::new(),
        secret: String::new(),
    };
    let key = world.prepared.current_key.clone().unwrap_or(none);
    let text = with(&world, template, &key);
    world.a_person(|aws| drop(aws.put_secret_text(world.arn(), &text)));
    world
}

/// The key that AWSCURRENT gives out.
fn current(world: &World) -> AccessKey {
    let id = world.given_out().pop().unwrap();
    let secret = world.aws.secret_of(&id).unwrap();
    AccessKey { id, secret }
}

fn says(failed: &RotationFailed, words: &[&str]) {
    let said = format!("{failed:?}");
    for word in words {
        assert!(said.contains(word), "{word}: {said}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_rotation_puts_the_new_keys_password_in_its_place_and_logs_in_with_it() {
    for (template, regions) in [
        (ONE, &["us-west-2"][..]),
        (
            r#"{"username":"alice","accesskey":"<ID>","secretkey":"<SECRET>","SmtpPassword":"<eu-central-1>","SMTP_USERNAME":"<ID>"}"#,
            &["eu-central-1"],
        ),
        // Under any name, at any depth, for several Regions.
        (
            r#"{"username":"alice","accesskey":"<ID>","secretkey":"<SECRET>","mail":[{"password":"<us-east-1>"},{"password":"<eu-west-1>","x":"<eu-west-1>"}]}"#,
            &["eu-west-1", "us-east-1"],
        ),
    ] {
        let mut world = holding(Source::Role, 2, template);
        let tested = format!("{:?}", world.test_rotation().await.unwrap());
        assert!(
            tested.contains(&format!("SMTP password of {}", regions.join(", "))),
            "{tested}"
        );
        assert!(
            tested.contains(&format!("by SMTP in {}", regions.join(", "))),
            "{tested}"
        );
        for _ in 0..2 {
            world.aws.clear_calls();
            world.rotate().await.unwrap();
            let key = current(&world);
            assert_eq!(world.text(AWSCURRENT), with(&world, template, &key));
            for region in regions {
                let password = world.aws.smtp_password(&key.secret, region);
                assert!(world.aws.smtp_authenticates(region, &key.id, &password));
                let logins = world.aws.smtp_logins();
                let accepted = |login: &&sandbox::aws::SmtpLogin| {
                    login.accepted && login.region == *region && login.access_key_id == key.id
                };
                assert_eq!(logins.iter().filter(accepted).count(), 3, "{logins:?}");
            }
            assert_eq!(world.aws.smtp_mail(), Vec::<String>::new());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_field_is_filled_for_the_region_that_is_said() {
    let of = |rest: &str| {
        format!(
            r#"{{"username":"alice","accesskey":"<ID>","secretkey":"<SECRET>","smtp_password":"{rest}}}"#
        )
    };
    for (rest, filled) in [
        (
            r#"","smtp_region":"us-west-2""#,
            r#"<us-west-2>","smtp_region":"us-west-2""#,
        ),
        (
            r#"","host":"email-smtp.eu-west-1.amazonaws.com","region":"us-east-1""#,
            r#"<eu-west-1>","host":"email-smtp.eu-west-1.amazonaws.com","region":"us-east-1""#,
        ),
        (
            r#"","AWS_REGION":"eu-central-1""#,
            r#"<eu-central-1>","AWS_REGION":"eu-central-1""#,
        ),
        (
            r#"","smtp_password_us_east_1":"","smtp_region":"us-west-2""#,
            r#"<us-west-2>","smtp_password_us_east_1":"<us-east-1>","smtp_region":"us-west-2""#,
        ),
        (
            r#"","h":"email-smtp.eu-west-1.amazonaws.com","n":{"smtp_password":"","h":"smtp://email-smtp.us-east-1.amazonaws.com:587"}"#,
            r#"<eu-west-1>","h":"email-smtp.eu-west-1.amazonaws.com","n":{"smtp_password":"<us-east-1>","h":"smtp://email-smtp.us-east-1.amazonaws.com:587"}"#,
        ),
    ] {
        for keys in [0, 2] {
            let mut world = holding(Source::Role, keys, &of(rest));
            world.rotate().await.unwrap();
            let expected = with(&world, &of(filled), &current(&world));
            assert_eq!(world.text(AWSCURRENT), expected, "{keys} keys");
            // By then the current value tells the Region.
            world.rotate().await.unwrap();
            let expected = with(&world, &of(filled), &current(&world));
            assert_eq!(world.text(AWSCURRENT), expected);
        }
    }
    let fields = FieldNames {
        smtp_region: Some("us-east-1".to_owned()),
        ..FieldNames::default()
    };
    let config = Config {
        fields,
        ..Config::default()
    };
    let mut world = holding_with(Source::Role, 0, &of(r#"","smtp_user":"""#), config);
    world.rotate().await.unwrap();
    let expected = with(
        &world,
        &of(r#"<us-east-1>","smtp_user":"<ID>""#),
        &current(&world),
    );
    assert_eq!(world.text(AWSCURRENT), expected);
}

#[tokio::test(start_paused = true)]
async fn a_password_that_is_not_understood_is_refused_before_anything_is_changed() {
    for (rest, named) in [
        (
            r#""smtp_password":"hunter2-of-another-service""#,
            &["\"smtp_password\"", "SMTP_PASSWORD_FIELD"][..],
        ),
        // The key's password for a Region without SES.
        (
            r#""SMTP_PASSWORD":"<SECRET>x""#,
            &["\"SMTP_PASSWORD\"", "inside a longer text"],
        ),
        (
            r#""smtp_password":"""#,
            &[
                "\"smtp_password\"",
                "nothing says",
                "SMTP_REGION",
                "smtp_region",
            ],
        ),
        (
            r#""smtp_password":"","a":"email-smtp.eu-west-1.amazonaws.com","b":"email-smtp.us-east-1.amazonaws.com""#,
            &["\"smtp_password\"", "more than one field", "SMTP_REGION"],
        ),
        // Not a known AWS Region.
        (
            r#""smtp_password":"","smtp_region":"eu-west-0""#,
            &["\"smtp_password\"", "nothing says", "SMTP_REGION"],
        ),
        (
            r#""url":"smtp://user:<us-east-1>@email-smtp.us-east-1.amazonaws.com""#,
            &["\"url\"", "SMTP password inside a longer text"],
        ),
    ] {
        let template =
            format!(r#"{{"username":"alice","accesskey":"<ID>","secretkey":"<SECRET>",{rest}}}"#);
        let mut world = holding(Source::Role, 2, &template);
        let before = world.snapshot();
        let failed = world.test_rotation().await.unwrap_err();
        says(&failed, &["SecretMalformed"]);
        assert_eq!(world.snapshot(), before);
        world.stage();
        for step in STEPS {
            refused(&mut world, step, "SecretMalformed", named).await;
        }
    }
    // Another mail service's password, once a setting says that it does not belong to SES.
    let fields = FieldNames {
        smtp_password: Some("ses_password".to_owned()),
        ..FieldNames::default()
    };
    let config = Config {
        fields,
        ..Config::default()
    };
    let template = r#"{"username":"alice","accesskey":"<ID>","secretkey":"<SECRET>","smtp_password":"hunter2"}"#;
    let mut world = holding_with(Source::Role, 2, template, config);
    world.rotate().await.unwrap();
    assert_eq!(
        world.text(AWSCURRENT),
        with(&world, template, &current(&world))
    );
    assert!(world.aws.smtp_logins().is_empty());
}

#[tokio::test(start_paused = true)]
async fn it_waits_for_a_password_that_spreads_later_than_the_key_and_not_for_ever() {
    for (delay, works) in [(20, true), (300, false)] {
        let mut world = holding(Source::Role, 2, ONE);
        world.aws.set_propagation(Propagation {
            smtp_delay: Duration::from_secs(delay),
            ..Propagation::default()
        });
        world.stage();
        world.step("createSecret").await.unwrap();
        let tested = world.step("testSecret").await;
        assert_eq!(tested.is_ok(), works, "{tested:?}");
        if let Err(failed) = tested {
            assert_eq!(failed.error_type, "VerificationFailed");
            for named in [
                "email-smtp.us-west-2.amazonaws.com:587",
                "535",
                "VERIFY_SMTP",
            ] {
                assert!(failed.error_message.contains(named), "{named}: {failed:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_cannot_be_asked_is_named_and_says_nothing_of_the_password() {
    for (fault, named) in [
        (SmtpFault::Refused, "no connection"),
        (SmtpFault::Hangs, "no answer in time"),
        (SmtpFault::Unavailable, "454"),
        (SmtpFault::Repeats, "535"),
        (SmtpFault::WithoutTls, "STARTTLS"),
    ] {
        let mut world = holding(Source::Role, 2, ONE);
        world.stage();
        world.step("createSecret").await.unwrap();
        world.aws.fail_smtp(.., fault);
        let failed = world.step("testSecret").await.unwrap_err();
        assert_eq!(failed.error_type, "VerificationFailed");
        assert!(failed.error_message.contains(named), "{named}: {failed:?}");
        assert!(world.aws.smtp_logins().iter().all(|login| !login.accepted));
        assert!(world.key_of(AWSPENDING).is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn one_failure_begins_the_row_anew() {
    let mut world = holding(Source::Role, 2, ONE);
    world.stage();
    world.step("createSecret").await.unwrap();
    world.aws.fail_smtp(3..=3, SmtpFault::Unavailable);
    world.step("testSecret").await.unwrap();
    let accepted = world.aws.smtp_logins();
    let accepted = accepted.iter().filter(|login| login.accepted);
    assert_eq!(accepted.count(), 2 + 3);
}

#[tokio::test(start_paused = true)]
async fn verify_smtp_off_leaves_the_login_out_and_the_log_says_so() {
    let config = Config {
        verify_smtp: false,
        ..Config::default()
    };
    let mut world = holding_with(Source::Role, 2, ONE, config);
    world.aws.fail_smtp(.., SmtpFault::Refused);
    world.rotate().await.unwrap();
    assert!(world.aws.smtp_logins().is_empty());
    let logs = world.logs();
    let said = "VERIFY_SMTP is off: the SMTP password of us-west-2 is not tried";
    assert!(logs.contains(said), "{logs}");
    assert_eq!(world.text(AWSCURRENT), with(&world, ONE, &current(&world)));
}

/// Over TCP. The login trusts the same bundle as every other connection.
#[tokio::test]
async fn the_real_binary_logs_in_over_starttls_and_trusts_no_other_certificate() {
    let tls = Tls::new().unwrap();
    for trusted in [true, false] {
        let mut local = Local::new(Source::Role).await;
        let server = SmtpServer::start(local.aws.clone(), "us-west-2", &tls)
            .await
            .unwrap();
        let key = local.prepared.current_key.clone().unwrap();
        let password = local.aws.smtp_password(&key.secret, "us-west-2");
        let text = ONE
            .replace("<ID>", &key.id)
            .replace("<SECRET>", &key.secret)
            .replace("<us-west-2>", &password);
        local.aws.put_secret_text(&local.prepared.secret_arn, &text);
        local = local
            .with("SMTP_ENDPOINT", &server.address().to_string())
            .with("VERIFY_TIMEOUT", "1s");
        if trusted {
            local = local.with("AWS_CA_BUNDLE", tls.authority().to_str().unwrap());
            local.rotate().await.unwrap();
            assert!(local.aws.smtp_logins().iter().all(|login| login.accepted));
            assert_eq!(local.aws.smtp_logins().len(), 1);
        } else {
            let failed = local.rotate().await.unwrap_err();
            assert!(failed.contains("UnknownIssuer"), "{failed}");
            assert!(local.aws.smtp_logins().is_empty());
        }
        local.logs().await;
    }
}

#[test]
fn a_regions_server_is_its_own() {
    for (region, host) in [
        ("eu-west-1", "email-smtp.eu-west-1.amazonaws.com"),
        ("us-gov-west-1", "email-smtp.us-gov-west-1.amazonaws.com"),
        ("eusc-de-east-1", "email-smtp.eusc-de-east-1.amazonaws.eu"),
    ] {
        let endpoint = SmtpEndpoint::of_region(region);
        assert_eq!((&*endpoint.host, endpoint.port), (host, 587));
    }
}
