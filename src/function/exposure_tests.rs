#![allow(clippy::unwrap_used)]
use super::*;

pub(super) const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const OTHER: &str = "AKIAI44QH8DHBEXAMPLE";
const EVENT: &str = "arn:aws:health:us-east-1::event/RISK/AWS_RISK_CREDENTIALS_EXPOSED/AWS_RISK_CREDENTIALS_EXPOSED-a1";
/// As AWS Health sent it in 2025, with more white space.
pub(super) const HEALTH: &str = include_str!("../../tests/events/aws_health.json");
/// As AWS's own tool shows it.
pub(super) const TRUSTED_ADVISOR: &str = include_str!("../../tests/events/trusted_advisor.json");
pub(super) const GUARD_DUTY: &str = include_str!("../../tests/events/guardduty.json");

pub(super) fn read(json: &str) -> Exposure {
    Exposure::parse(json).unwrap_or_else(|invalid| unreachable!("{invalid}: {json}"))
}

/// The text with one part of it replaced, which it must have.
pub(super) fn with(json: &str, part: &str, new: &str) -> String {
    assert!(json.contains(part), "{part}");
    json.replace(part, new)
}

/// AWS Health's report with other entities, and neither metadata nor resources.
pub(super) fn entities(list: &str) -> String {
    let json = with(
        &with(HEALTH, "resources", "other"),
        "eventMetadata",
        "other",
    );
    let (begin, rest) = json.split_once("\"affectedEntities\": [").unwrap();
    let (_, end) = rest.split_once(']').unwrap();
    format!("{begin}\"affectedEntities\": {list}{end}")
}

pub(super) fn key(id: &str, user: Option<&str>) -> ExposedKey {
    named(ReportedId::Key(AccessKeyId::parse(id).unwrap()), user)
}

fn other(text: &str) -> ExposedKey {
    named(ReportedId::Other(text.to_owned()), None)
}

fn named(id: ReportedId, user: Option<&str>) -> ExposedKey {
    let user = user.map(str::to_owned);
    ExposedKey { id, user }
}

#[test]
fn aws_health_names_the_key_in_three_places_and_it_is_one() {
    let exposure = Exposure {
        reporter: Reporter::AwsHealth,
        code: "AWS_RISK_CREDENTIALS_EXPOSED".to_owned(),
        event: EVENT.to_owned(),
        account: Some("123456789012".to_owned()),
        keys: vec![key(KEY, Some("alice"))],
    };
    assert_eq!(read(HEALTH), exposure);
    assert_eq!(exposure.reporter.to_string(), "AWS Health");
}

#[test]
fn one_place_is_enough() {
    let places = [
        ("    \"AKIAIOSFODNN7EXAMPLE\"\n  ]", "  ]"),
        ("\" AKIAIOSFODNN7EXAMPLE\\n\"", "\"\""),
        (
            "\"entityValue\": \"AKIAIOSFODNN7EXAMPLE\"",
            "\"entityValue\": null",
        ),
    ];
    for (kept, (place, _)) in places.iter().enumerate() {
        let mut json = with(HEALTH, place, &place.replace(KEY, OTHER));
        for (at, (place, empty)) in places.iter().enumerate() {
            if at != kept {
                json = with(&json, place, empty);
            }
        }
        let user = Some("alice").filter(|_| kept == 1);
        assert_eq!(read(&json).keys, [key(OTHER, user)]);
    }
}

#[test]
fn a_place_of_another_shape_does_not_hide_the_others() {
    for place in ["eventMetadata", "affectedEntities", "resources"] {
        for shape in ["7", "null", "[]", "{}", "true", "\"sesame\""] {
            let name = format!("\"{place}\":");
            let json = with(HEALTH, &name, &format!("{name} {shape}, \"other\":"));
            assert_eq!(read(&json).keys[0].id, key(KEY, None).id, "{json}");
        }
    }
}

#[test]
fn each_code_of_aws_health_is_a_report() {
    for code in CODES {
        let json = with(
            HEALTH,
            r#"Code": "AWS_RISK_CREDENTIALS_EXPOSED""#,
            &format!("Code\": \" {code} \""),
        );
        assert_eq!(read(&json).code, code);
    }
}

#[test]
fn a_report_of_an_organization_is_about_the_affected_account() {
    let account = |json: &str| read(json).account;
    let json = with(
        HEALTH,
        r#""account": "123456789012""#,
        r#""account": "210987654321""#,
    );
    assert_eq!(account(&json).as_deref(), Some("123456789012"));
    // Seen where a page's author had put the key's id into the account's place.
    for affected in [
        "\"AKIAIOSFODNN7EXAMPLE\"",
        "\"21098765432\"",
        "\"21098765432x\"",
        "123456789012",
        "null",
    ] {
        let json = with(
            &json,
            r#"affectedAccount": "123456789012""#,
            &format!("affectedAccount\":{affected}"),
        );
        assert_eq!(
            account(&json).as_deref(),
            Some("210987654321"),
            "{affected}"
        );
    }
    let json = with(TRUSTED_ADVISOR, "123456789012", "alice");
    assert_eq!(account(&json), None);
    // GuardDuty's administrator gets the findings of the members.
    assert_eq!(account(GUARD_DUTY).as_deref(), Some("123456789012"));
}

#[test]
fn an_event_has_the_arn_of_what_it_is_about_or_an_id() {
    let id = "5b53b920-3e7c-6003-589a-000000000000";
    assert_eq!(read(&with(HEALTH, "eventArn", "other")).event, id);
    assert_eq!(
        read(TRUSTED_ADVISOR).event,
        "f2b7e2dd-20ce-4a2b-baa8-fe24ed0be19a"
    );
    let finding = "arn:aws:guardduty:us-east-1:123456789012:detector/1aa2/finding/30a8541009abcebe";
    assert_eq!(read(GUARD_DUTY).event, finding);
    let long = with(HEALTH, EVENT, &format!("a\\nb{}", "x".repeat(2_000)));
    let event = read(&long).event;
    assert_eq!((event.chars().count(), &event[..4]), (1_600, "a bx"));
}

#[test]
fn several_entities_are_several_keys_and_what_is_none_is_kept() {
    let json = entities(&format!(
        r#"[{{"entityValue":" {OTHER}\t"}},{{"entityValue":"{KEY}"}},{{"entityValue":"{OTHER}"}},"{KEY}",
           {{"entityValue":"ASIAIOSFODNN7EXAMPLE"}},{{"entityValue":"AIDACKCEVSQ6C2EXAMPLE"}},
           {{"entityValue":"arn:aws:iam::123456789012:user/alice"}},{{"entityValue":"al\nice\u0000"}},
           {{"entityValue":7}},{{"entityValue":null}},{{"entityValue":"  "}},{{}},[["{KEY}"]],null,{{"entityValue":"a","entityValue":"b"}}]"#
    ));
    let keys = [
        key(OTHER, None),
        key(KEY, None),
        other("ASIAIOSFODNN7EXAMPLE"),
        other("AIDACKCEVSQ6C2EXAMPLE"),
        other("arn:aws:iam::123456789012:user/alice"),
        other("al ice "),
        other("(not a text)"),
    ];
    assert_eq!(read(&json).keys, keys);
}

#[test]
fn an_entity_is_bounded() {
    let json = entities(&format!(r#"[{{"entityValue":"{}"}}]"#, "ä".repeat(1_224)));
    let keys = read(&json).keys;
    assert_eq!(keys, [other(&format!("{}…", "ä".repeat(127)))]);
}

#[test]
fn the_root_user_is_told_from_a_user() {
    let root = |id: Option<&str>| ReportedId::Root(id.and_then(AccessKeyId::parse));
    for (json, keys) in [
        (
            entities(r#"[{"entityValue":"Root"}]"#),
            [named(root(None), None)],
        ),
        (
            entities(r#"[{"entityValue":"arn:aws-us-gov:iam::123456789012:root"}]"#),
            [named(root(None), None)],
        ),
        (
            with(HEALTH, " alice ", "<root_account>"),
            [named(root(Some(KEY)), None)],
        ),
        (
            with(TRUSTED_ADVISOR, "alice", "root"),
            [named(root(Some(KEY)), Some("root"))],
        ),
        // The name is then the account's alias.
        (
            with(GUARD_DUTY, "\"IAMUser\"", "\"Root\""),
            [named(root(Some(KEY)), Some("Root"))],
        ),
        (
            with(
                &with(GUARD_DUTY, "accessKeyId", "other"),
                "\"IAMUser\"",
                "\"Root\"",
            ),
            [named(root(None), Some("Root"))],
        ),
    ] {
        assert_eq!(read(&json).keys, keys, "{json}");
    }
    let arn = entities(r#"[{"entityValue":"bucket:root"},{"entityValue":"roots"}]"#);
    assert_eq!(read(&arn).keys, [other("bucket:root"), other("roots")]);
}

#[test]
fn trusted_advisor_names_one_key_and_its_user() {
    let exposure = read(&with(TRUSTED_ADVISOR, "\"AKIA", "\" AKIA"));
    assert_eq!(exposure.reporter, Reporter::TrustedAdvisor);
    assert_eq!(exposure.reporter.to_string(), "Trusted Advisor");
    assert_eq!(exposure.code, "Exposed Access Keys");
    assert_eq!(exposure.keys, [key(KEY, Some("alice"))]);
}

#[test]
fn guard_duty_names_one_key_and_its_user() {
    let exposure = read(GUARD_DUTY);
    assert_eq!(exposure.reporter, Reporter::GuardDuty);
    assert_eq!(exposure.reporter.to_string(), "GuardDuty");
    assert_eq!(exposure.code, "Recon:IAMUser/UserPermissions");
    assert_eq!(exposure.keys, [key(KEY, Some("alice"))]);
    let long = with(GUARD_DUTY, "UserPermissions", &"x".repeat(2_000));
    assert_eq!(read(&long).code.chars().count(), 128);
}

#[test]
fn a_temporary_key_and_a_sample_findings_key_are_no_key_of_a_user() {
    for (id, user) in [
        ("ASIAIOSFODNN7EXAMPLE", "a-role"),
        ("GeneratedFindingAccessKeyId", "GeneratedFindingUserName"),
    ] {
        let json = with(&with(GUARD_DUTY, KEY, id), "alice", user);
        let id = ReportedId::Other(id.to_owned());
        assert_eq!(read(&json).keys, [named(id, Some(user))]);
    }
}

#[test]
fn a_users_name_that_iam_cannot_have_is_left_out() {
    let longest = "a".repeat(64);
    for (name, user) in [
        ("a@b+c=d_e.f-g,h", Some("a@b+c=d_e.f-g,h")),
        (&*longest, Some(&*longest)),
        (&"a".repeat(65), None),
        ("al/ice", None),
        ("älice", None),
        (" ", None),
    ] {
        let json = with(TRUSTED_ADVISOR, "alice", name);
        assert_eq!(read(&json).keys, [key(KEY, user)]);
    }
    let json = with(TRUSTED_ADVISOR, "\"alice\"", "7");
    assert_eq!(read(&json).keys, [key(KEY, None)]);
}
