#![allow(clippy::unwrap_used)]
use super::*;

fn read(variables: &[(&str, &str)]) -> Result<Config, InvalidSetting> {
    Config::read(|name| {
        variables
            .iter()
            .find(|(variable, _)| *variable == name)
            .map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn nothing_set_gives_the_defaults() {
    assert_eq!(read(&[]).unwrap(), Config::default());
}

#[test]
fn every_variable_is_read() {
    let config = read(&[
        ("USERNAME_FIELD", "u"),
        ("ACCESS_KEY_FIELD", "a"),
        ("SECRET_KEY_FIELD", "s"),
        ("SOURCE_SECRET_FIELD", "b"),
        ("ROLE_FIELD", "r"),
        ("EXTERNAL_ID_FIELD", "e"),
        ("SMTP_PASSWORD_FIELD", "m"),
        ("SMTP_REGION", "eu-west-1"),
        ("SECRET_NAME", "iam/{username}"),
        ("VERIFY_SMTP", "off"),
        ("SMTP_ENDPOINT", "mail.example:2587"),
        ("DELETE_KEY_IN_USE", "never"),
        ("IN_USE_WINDOW", "2days 1h"),
        ("VERIFY_SUCCESSES", "5"),
        ("VERIFY_TIMEOUT", "90s"),
        ("RETIRE_AFTER", "3days"),
        ("METRICS", "off"),
        ("AWS_LAMBDA_FUNCTION_NAME", "rotate-alice"),
    ])
    .unwrap();
    assert_eq!(
        config,
        Config {
            fields: FieldNames {
                username: Some("u".into()),
                access_key: Some("a".into()),
                secret_key: Some("s".into()),
                source_secret: Some("b".into()),
                role: Some("r".into()),
                external_id: Some("e".into()),
                smtp_password: Some("m".into()),
                smtp_region: Some("eu-west-1".into()),
            },
            secret_name: SecretName::parse("iam/{username}").ok(),
            delete_key_in_use: DeleteKeyInUse::Never,
            in_use_window: Duration::from_secs(49 * 3600),
            verify_successes: 5,
            verify_timeout: Duration::from_secs(90),
            verify_smtp: false,
            smtp_endpoint: Some(SmtpEndpoint {
                host: "mail.example".into(),
                port: 2587,
            }),
            retire_after: Some(Duration::from_secs(3 * 24 * 3600)),
            metrics: false,
            function_name: "rotate-alice".into(),
            keeper: None,
        }
    );
}

#[test]
fn each_bad_value_is_refused_with_the_variables_name() {
    for (name, value, reason) in [
        ("USERNAME_FIELD", "", "is empty"),
        ("ACCESS_KEY_FIELD", " ", "is empty"),
        (
            "SECRET_KEY_FIELD",
            "accesskey",
            "the same field as ACCESS_KEY_FIELD",
        ),
        (
            "SOURCE_SECRET_FIELD",
            "username",
            "the same field as USERNAME_FIELD",
        ),
        (
            "ROLE_FIELD",
            "secretarn",
            "the same field as SOURCE_SECRET_FIELD",
        ),
        ("EXTERNAL_ID_FIELD", "", "is empty"),
        ("SMTP_PASSWORD_FIELD", "", "is empty"),
        (
            "SMTP_PASSWORD_FIELD",
            "secretkey",
            "the same field as SECRET_KEY_FIELD",
        ),
        (
            "USERNAME_FIELD",
            "secretkey",
            "the same field as SECRET_KEY_FIELD",
        ),
        ("SMTP_REGION", "", "is not a Region"),
        ("SMTP_REGION", "Ireland", "is not a Region"),
        ("SECRET_NAME", "", "has no {username} in it"),
        ("SECRET_NAME", "iam/alice", "has no {username} in it"),
        ("SECRET_NAME", "iam:{username}", "no secret's name"),
        ("VERIFY_SMTP", "no", "neither on nor off"),
        ("METRICS", "no", "neither on nor off"),
        ("SMTP_ENDPOINT", "mail.example", "is not a host with a port"),
        (
            "SMTP_ENDPOINT",
            "mail.example:0",
            "is not a host with a port",
        ),
        (
            "SMTP_ENDPOINT",
            "https://mail.example:587",
            "is not a host with a port",
        ),
        ("DELETE_KEY_IN_USE", "oldest", "none of"),
        ("IN_USE_WINDOW", "a day", "not a duration"),
        ("IN_USE_WINDOW", "-1h", "not a duration"),
        ("IN_USE_WINDOW", "24", "not a duration"),
        ("VERIFY_SUCCESSES", "0", "whole number"),
        ("VERIFY_SUCCESSES", "many", "whole number"),
        ("VERIFY_TIMEOUT", "", "not a duration"),
        ("VERIFY_TIMEOUT", "0s", "is not more than"),
        ("VERIFY_TIMEOUT", "2s", "is not more than the 2s"),
    ] {
        let problem = read(&[(name, value)]).unwrap_err().to_string();
        assert!(
            problem.contains(name) && problem.contains(reason),
            "{name}={value}: {problem}"
        );
    }
}
