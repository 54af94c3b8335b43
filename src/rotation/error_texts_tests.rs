#![allow(clippy::unwrap_used, clippy::panic)]
use chrono::DateTime;

use super::*;
use crate::aws::failure::{AwsFailure, Effect};
use crate::key::access_key::{AccessKeyId, LastUse};
use crate::key::refusal::Refusal;
use crate::rotation::cli::{MOST_KEYS, command};
use crate::rotation::keeper_texts::samples::of_the_keeper;
use crate::secret::malformed::Malformed;
use crate::secret::stages::CURRENT;

pub(crate) const SECRET: &str =
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!alice-AbCdEf";
const TOKEN: &str = "5d1e3f6a-0c1b-4f6e-9a55-2f0d6c1b7e01";
const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

pub(crate) fn key() -> AccessKeyId {
    AccessKeyId::parse(KEY).unwrap()
}

pub(crate) fn failure() -> AwsFailure {
    AwsFailure {
        action: "iam:ListAccessKeys",
        resource: String::new(),
        code: None,
        message: String::new(),
        effect: Effect::None,
        unreached: false,
    }
}

fn deletable(refusal: Refusal) -> Problem {
    Problem::NothingDeletable {
        user: "al+ice".into(),
        refusal,
    }
}

fn malformed(label: &'static str) -> Problem {
    Problem::SecretMalformed {
        label,
        reason: Malformed::Binary,
    }
}

fn not_for_user(wanted: &str) -> Problem {
    Problem::SecretNotForUser {
        name: "iam/bob".to_owned(),
        user: "al+ice".to_owned(),
        wanted: wanted.to_owned(),
    }
}

fn another(label: &'static str) -> Problem {
    Problem::AnotherIdentity {
        key: key(),
        label,
        found: String::new(),
        expected: String::new(),
    }
}

fn store_failed(clean_up: CleanUp) -> Problem {
    Problem::StoreFailed {
        key: key(),
        failure: Box::new(failure()),
        clean_up,
    }
}

/// Each problem, and the actions of the commands in its way out if everything is known.
fn problems() -> Vec<(Problem, &'static [&'static str])> {
    let (user, text) = (|| "al+ice".to_owned(), String::new);
    let (date, keys) = (DateTime::UNIX_EPOCH, vec![key()]);
    let last_use = LastUse {
        at: date,
        service: text(),
        region: text(),
    };
    let pending = &["update-secret-version-stage", "rotate-secret"][..];
    let rotate = &["rotate-secret"][..];
    let last_used = &["get-access-key-last-used"][..];
    vec![
        (Problem::EventInvalid { reason: text() }, &[]),
        (Problem::ConfigurationInvalid { reason: text() }, &[]),
        (Problem::SecretNotFound, &[]),
        (Problem::SecretDeleted, &["restore-secret"]),
        (Problem::NoCurrentVersion, &[]),
        (
            Problem::NotStaged {
                token: TOKEN.into(),
                reason: "",
            },
            rotate,
        ),
        (malformed(CURRENT), &[]),
        (malformed(PENDING), pending),
        (not_for_user("iam/al+ice"), &[]),
        (not_for_user("iam/al,ice"), &[]),
        (Problem::PendingMissing, rotate),
        (
            Problem::PendingWithoutKey {
                field: "accesskey".to_owned(),
            },
            pending,
        ),
        (
            Problem::PendingForAnotherUser {
                pending: text(),
                current: text(),
            },
            pending,
        ),
        (
            Problem::PendingInactive { key: key() },
            &["update-access-key", "delete-access-key", "rotate-secret"],
        ),
        (Problem::RotationReset { reason: text() }, rotate),
        (another(CURRENT), &[]),
        (another(PENDING), pending),
        (
            deletable(Refusal::CurrentNotListed {
                key: key(),
                keys: keys.clone(),
            }),
            &[],
        ),
        (
            deletable(Refusal::TooManyKeys { keys: keys.clone() }),
            last_used,
        ),
        (deletable(Refusal::BothProtected { keys }), last_used),
        (
            deletable(Refusal::MadeLately {
                key: key(),
                created: date,
            }),
            &[
                "get-access-key-last-used",
                "update-access-key",
                "rotate-secret",
            ],
        ),
        (
            deletable(Refusal::InUse {
                key: key(),
                last_use,
            }),
            &["update-access-key", "rotate-secret"],
        ),
        (
            Problem::QuotaReached {
                user: user(),
                failure: failure(),
            },
            &["list-access-keys", "rotate-secret"],
        ),
        (store_failed(CleanUp::Deleted), rotate),
        (store_failed(CleanUp::LeftAlone), &[]),
        (
            Problem::VerificationFailed {
                key: key(),
                wanted: 3,
                waited: std::time::Duration::ZERO,
                last: text(),
            },
            &["list-access-keys"],
        ),
        (Problem::PermissionMissing(failure()), rotate),
        (Problem::Throttled(failure()), &[]),
        (Problem::Unreachable(failure()), &[]),
        (Problem::AwsCallFailed(failure()), &[]),
        (Problem::OutOfTime { doing: text() }, &[]),
    ]
}

/// The commands between backticks.
fn lines(way_out: &str) -> Vec<&str> {
    let parts: Vec<_> = way_out.split('`').collect();
    assert!(parts.len() % 2 == 1, "{way_out}");
    for words in parts.iter().step_by(2) {
        assert!(
            !words.contains("aws ") && !words.contains("--"),
            "{way_out}"
        );
    }
    parts.into_iter().skip(1).step_by(2).collect()
}

/// Splits a line into words as a shell does. It must be one command, and have no special characters outside quotes.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![String::new()], false);
    for letter in line.chars() {
        let word = words.last_mut().unwrap();
        match letter {
            '\'' => quoted = !quoted,
            _ if quoted => word.push(letter),
            ' ' => words.push(String::new()),
            'a'..='z' | 'A'..='Z' | '0'..='9' => word.push(letter),
            _ if "-_/+=.,@:".contains(letter) => word.push(letter),
            _ => panic!("{letter} in {line}"),
        }
    }
    assert!(!quoted, "{line}");
    words
}

#[test]
fn every_line_is_one_command_with_the_real_ids() {
    let about = About {
        secret: Some(SECRET),
        token: Some(TOKEN),
        user: Some("al+ice"),
    };
    for (problem, actions) in problems().into_iter().chain(of_the_keeper()) {
        let way_out = problem.texts(&about).way_out;
        let lines: Vec<_> = lines(&way_out).into_iter().map(words).collect();
        let found: Vec<_> = lines.iter().map(|words| words[2].as_str()).collect();
        assert_eq!(found, actions, "{problem:?}: {way_out}");
        for words in lines {
            assert_eq!(words[0], "aws");
            let service = if words[2].contains("secret") {
                "secretsmanager"
            } else {
                "iam"
            };
            assert_eq!(words[1], service, "{way_out}");
            for option in words[3..].chunks(2) {
                let values: &[&str] = match option[0].as_str() {
                    "--secret-id" => &[SECRET],
                    "--version-stage" => &["AWSPENDING"],
                    "--remove-from-version-id" => &[TOKEN],
                    "--user-name" => &["al+ice"],
                    "--access-key-id" => &[KEY],
                    "--status" => &["Active", "Inactive"],
                    other => panic!("{other}: {way_out}"),
                };
                assert!(values.contains(&option[1].as_str()), "{way_out}");
            }
        }
    }
}

#[test]
fn where_nothing_is_known_there_is_no_line_that_needs_it() {
    for (problem, _) in problems().into_iter().chain(of_the_keeper()) {
        let way_out = problem.texts(&About::default()).way_out;
        for line in lines(&way_out) {
            let known = ["get-access-key-last-used", "list-access-keys", "access-key"];
            assert!(known.iter().any(|known| line.contains(known)), "{way_out}");
            assert!(!line.contains("--secret-id"), "{way_out}");
        }
        assert!(!way_out.contains("()"), "{way_out}");
    }
}

#[test]
fn nobody_is_told_to_make_a_secret_whose_name_there_cannot_be() {
    for (wanted, said) in [
        ("iam/al+ice", "new secret"),
        ("iam/al,ice", "without SECRET_NAME"),
    ] {
        let way_out = not_for_user(wanted).texts(&About::default()).way_out;
        assert!(way_out.contains(said), "{way_out}");
    }
}

#[test]
fn what_means_something_to_a_shell_is_quoted() {
    let line = command(&["a!b", "$c;d", "e'f", "g"]);
    assert_eq!(line, r"`aws 'a!b' '$c;d' 'e'\''f' g`");
}

#[test]
fn of_many_keys_some_are_asked_for() {
    let refusal = Refusal::TooManyKeys {
        keys: vec![key(); 500],
    };
    let way_out = deletable(refusal).texts(&About::default()).way_out;
    assert_eq!(lines(&way_out).len(), MOST_KEYS);
}
