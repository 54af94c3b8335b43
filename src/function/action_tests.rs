#![allow(clippy::unwrap_used)]
use super::*;

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const ARN: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:iam/alice-AbCdEf";

fn asked(json: &str) -> (Action, bool) {
    let Asked { action, dry_run } = Asked::parse(json).unwrap();
    (action, dry_run)
}

fn refused(json: &str) -> String {
    let said = Asked::parse(json).unwrap_err().0;
    assert!(
        !said.contains("sesame") && !said.contains("987654"),
        "{said}"
    );
    said
}

fn key() -> Option<AccessKeyId> {
    AccessKeyId::parse(KEY)
}

#[test]
fn retire_and_report_are_for_all_secrets_or_for_one() {
    for (json, secret_id) in [
        (r#"{"Action":"NAME"}"#.to_owned(), None),
        (
            format!(r#"{{"SecretId":"{ARN}","Action":"NAME"}}"#),
            Some(ARN),
        ),
    ] {
        let secret_id = secret_id.map(str::to_owned);
        let (retire, report) = (
            json.replace("NAME", "retire"),
            json.replace("NAME", "report"),
        );
        assert_eq!(
            asked(&retire),
            (
                Action::Retire {
                    secret_id: secret_id.clone()
                },
                false
            )
        );
        assert_eq!(asked(&report), (Action::Report { secret_id }, false));
    }
}

#[test]
fn undo_is_for_one_secret_and_perhaps_one_key() {
    for (json, key) in [
        (
            r#"{"Action":"undo","SecretId":"iam/alice"}"#.to_owned(),
            None,
        ),
        (
            format!(r#"{{"Action":"undo","SecretId":"iam/alice","AccessKeyId":"{KEY}"}}"#),
            key(),
        ),
    ] {
        let secret_id = "iam/alice".to_owned();
        assert_eq!(asked(&json), (Action::Undo { secret_id, key }, false));
    }
}

#[test]
fn revoke_is_for_a_secret_or_a_key_or_both() {
    let secret = || Some("iam/alice".to_owned());
    for (fields, secret_id, key, at_once) in [
        (
            r#""SecretId":"iam/alice""#.to_owned(),
            secret(),
            None,
            false,
        ),
        (format!(r#""AccessKeyId":"{KEY}""#), None, key(), false),
        (
            format!(r#""AtOnce":true,"AccessKeyId":"{KEY}","SecretId":"iam/alice""#),
            secret(),
            key(),
            true,
        ),
        (
            format!(r#""AccessKeyId":"{KEY}","AtOnce":false"#),
            None,
            key(),
            false,
        ),
    ] {
        let revoke = Action::Revoke {
            secret_id,
            key,
            at_once,
        };
        let json = format!(r#"{{"Action":"revoke",{fields}}}"#);
        assert_eq!(asked(&json), (revoke, false));
    }
}

#[test]
fn each_action_can_be_tried_without_doing_it() {
    for (action, _) in ACTIONS {
        for dry_run in [true, false] {
            let json =
                format!(r#"{{"Action":"{action}","SecretId":"iam/alice","DryRun":{dry_run}}}"#);
            assert_eq!(asked(&json).1, dry_run, "{json}");
        }
    }
}

#[test]
fn white_space_around_the_ids_does_no_harm() {
    let json = format!(
        r#"{{"Action":"revoke","SecretId":"\t iam/alice\r\n","AccessKeyId":"\u00a0{KEY}\n"}}"#
    );
    let revoke = Action::Revoke {
        secret_id: Some("iam/alice".to_owned()),
        key: key(),
        at_once: false,
    };
    assert_eq!(asked(&json), (revoke, false));
}

#[test]
fn each_kind_of_bad_action_is_named_without_quoting_it() {
    for (json, expected) in [
        ("sesame", "it is not a JSON object"),
        (r#"["retire"]"#, "it is not a JSON object"),
        (r#"{"Action":"retire"}}"#, "it is not a JSON object"),
        ("{}", "Action is missing"),
        (r#"{"action":"retire"}"#, "Action is missing"),
        (r#"{"Action":null}"#, "Action is not a string"),
        (r#"{"Action":["retire"]}"#, "Action is not a string"),
        (r#"{"Action":" "}"#, "Action is empty"),
        (
            r#"{"Action":"sesame"}"#,
            "Action is none of retire, undo, revoke, report",
        ),
        (
            r#"{"Action":"Retire"}"#,
            "Action is none of retire, undo, revoke, report",
        ),
        (
            r#"{"Action":"retire","Action":"report"}"#,
            "Action is there more than once",
        ),
        (r#"{"Action":"undo"}"#, "SecretId is missing"),
        (
            r#"{"Action":"undo","AccessKeyId":"AKIAIOSFODNN7EXAMPLE"}"#,
            "SecretId is missing",
        ),
        (
            r#"{"Action":"revoke","AtOnce":true}"#,
            "SecretId and AccessKeyId are missing: revoke takes one of them or both",
        ),
    ] {
        assert_eq!(refused(json), expected, "{json}");
    }
}

#[test]
fn each_kind_of_bad_field_is_named_without_quoting_its_value() {
    for (fields, expected) in [
        (r#""SecretId":987654"#, "SecretId is not a string"),
        (r#""SecretId":null"#, "SecretId is not a string"),
        (r#""SecretId":"""#, "SecretId is empty"),
        (
            r#""SecretId":"sesame sesame""#,
            "SecretId is not the ARN or the name of a secret",
        ),
        (
            r#""SecretId":"sesame","SecretId":"sesame""#,
            "SecretId is there more than once",
        ),
        (r#""AccessKeyId":null"#, "AccessKeyId is not a string"),
        (r#""AccessKeyId":"\n""#, "AccessKeyId is empty"),
        (
            r#""AccessKeyId":"sesame""#,
            "AccessKeyId is not the id of an access key",
        ),
        (
            r#""AccessKeyId":"AKIAIOSF ODNN7EXAMPLE""#,
            "AccessKeyId is not the id of an access key",
        ),
        (
            r#""AccessKeyId":"sesame","AccessKeyId":"sesame""#,
            "AccessKeyId is there more than once",
        ),
        (
            r#""SecretId":"a","DryRun":"true""#,
            "DryRun is neither true nor false",
        ),
        (
            r#""SecretId":"a","DryRun":1"#,
            "DryRun is neither true nor false",
        ),
        (
            r#""SecretId":"a","DryRun":null"#,
            "DryRun is neither true nor false",
        ),
        (
            r#""SecretId":"a","DryRun":true,"DryRun":false"#,
            "DryRun is there more than once",
        ),
        (
            r#""SecretId":"a","AtOnce":"false""#,
            "AtOnce is neither true nor false",
        ),
        (
            r#""SecretId":"a","AtOnce":null"#,
            "AtOnce is neither true nor false",
        ),
        (
            r#""SecretId":"a","AtOnce":true,"AtOnce":true"#,
            "AtOnce is there more than once",
        ),
    ] {
        let json = format!(r#"{{"Action":"revoke",{fields}}}"#);
        assert_eq!(refused(&json), expected, "{json}");
    }
}

#[test]
fn a_field_that_the_action_does_not_take_is_refused_by_name() {
    // What may be no name is not shown.
    let other = "a name that cannot be shown";
    for (action, field, shown) in [
        ("retire", "AccessKeyId", "\"AccessKeyId\""),
        ("report", "AtOnce", "\"AtOnce\""),
        ("undo", "AtOnce", "\"AtOnce\""),
        ("revoke", "DryRunn", "\"DryRunn\""),
        ("retire", "dryRun", "\"dryRun\""),
        ("retire", "DryRun ", "\"DryRun \""),
        ("retire", "sesame/sesame", other),
        ("retire", &"a".repeat(33), other),
        ("retire", "", other),
    ] {
        let takes = match action {
            "undo" => "SecretId, AccessKeyId and DryRun",
            "revoke" => "SecretId, AccessKeyId, AtOnce and DryRun",
            _ => "SecretId and DryRun",
        };
        let json = format!(r#"{{"Action":"{action}","SecretId":"a","{field}":true}}"#);
        let expected = format!("{shown} is not a field of {action}, which takes {takes}");
        assert_eq!(refused(&json), expected, "{json}");
    }
}

#[test]
fn an_action_with_any_byte_spoilt_is_what_it_was_or_refused() {
    let json = format!(
        r#"{{"Action":"revoke","SecretId":"a","AccessKeyId":"{KEY}","AtOnce":true,"DryRun":true}}"#
    );
    let sound = asked(&json);
    let mut refusals = 0;
    for at in 0..json.len() {
        for byte in [" ", "\"", "\\", "}", "x", "7", "ä", "\0", ""] {
            let mut spoilt = json.clone();
            spoilt.replace_range(at..=at, byte);
            match Asked::parse(&spoilt) {
                // A dry run stays one.
                Ok(asked) => assert_eq!(asked.dry_run, sound.1, "{spoilt}"),
                Err(InvalidEvent(said)) => {
                    refusals += 1;
                    assert!(said.len() < 200 && !said.contains(KEY), "{said}");
                }
            }
        }
    }
    assert!(refusals > 700, "{refusals}");
}
