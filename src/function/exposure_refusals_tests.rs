#![allow(clippy::unwrap_used)]
use super::tests::{GUARD_DUTY, HEALTH, KEY, TRUSTED_ADVISOR, entities, key, read, with};
use super::*;

fn refused(json: &str) -> String {
    let said = Exposure::parse(json).unwrap_err().0;
    assert!(
        !said.contains("sesame") && !said.contains("987654"),
        "{said}"
    );
    said
}

#[test]
fn each_kind_of_bad_report_is_named_without_quoting_it() {
    let none = "source and detail-type are not those of a report of AWS Health, Trusted Advisor or GuardDuty";
    let codes = format!("detail.eventTypeCode is none of {}", CODES.join(", "));
    let code = r#""AWS_RISK_CREDENTIALS_EXPOSED""#;
    let no_key =
        "detail.affectedEntities, detail.eventMetadata.publicKey and resources name no access key";
    for (json, expected) in [
        ("sesame".to_owned(), "it is not a JSON object"),
        ("[]".to_owned(), "it is not a JSON object"),
        (with(HEALTH, "source", "sesame"), "source is missing"),
        (
            with(HEALTH, "\"aws.health\"", "7"),
            "source is not a string",
        ),
        (with(HEALTH, "aws.health", "aws.sesame"), none),
        (with(HEALTH, "aws.health", "aws.guardduty"), none),
        (
            with(HEALTH, "detail-type", "type"),
            "detail-type is missing",
        ),
        (
            with(HEALTH, "AWS Health Event", "AWS Health Abuse Event"),
            none,
        ),
        (
            with(HEALTH, "\"detail\":", "\"other\":"),
            "detail is missing",
        ),
        (
            with(HEALTH, "\"detail\":", "\"detail\":{},\"detail\":"),
            "detail is there more than once",
        ),
        (
            with(HEALTH, "\"service\"", "\"other\""),
            "detail.service is missing",
        ),
        (
            with(HEALTH, "\"RISK\"", "{}"),
            "detail.service is not a string",
        ),
        (
            with(HEALTH, "\"RISK\"", "\"sesame\""),
            "detail.service is not RISK",
        ),
        (
            with(HEALTH, "eventTypeCode", "other"),
            "detail.eventTypeCode is missing",
        ),
        (
            with(HEALTH, code, "\"AWS_RISK_ACCOUNT_CONSOLE_COMPROMISE\""),
            &*codes,
        ),
        (
            with(HEALTH, code, "null"),
            "detail.eventTypeCode is not a string",
        ),
        (entities("[]"), no_key),
        (entities("{}"), no_key),
        (entities("987654"), no_key),
        (entities("[null,{},{\"entityValue\":\"\"}]"), no_key),
        (
            with(&with(HEALTH, "eventArn", "other"), "\"id\"", "\"other\""),
            "id is missing",
        ),
        (
            with(TRUSTED_ADVISOR, "Exposed Access Keys", "sesame"),
            "detail.check-name is not Exposed Access Keys",
        ),
        (
            with(TRUSTED_ADVISOR, "check-name", "other"),
            "detail.check-name is missing",
        ),
        (
            with(TRUSTED_ADVISOR, "\"ERROR\"", "\"OK\""),
            "detail.status is OK, so the key is not exposed",
        ),
        (
            with(TRUSTED_ADVISOR, "check-item-detail", "other"),
            "detail.check-item-detail is missing",
        ),
        (
            with(
                TRUSTED_ADVISOR,
                "\"check-item-detail\":",
                "\"check-item-detail\":[],\"other\":",
            ),
            "detail.check-item-detail is not a JSON object",
        ),
        (
            with(TRUSTED_ADVISOR, "Access Key ID", "sesame"),
            "detail.check-item-detail.Access Key ID names no access key",
        ),
        (
            with(GUARD_DUTY, "\"type\"", "\"other\""),
            "detail.type is missing",
        ),
        (
            with(GUARD_DUTY, "\"resource\"", "\"other\""),
            "detail.resource is missing",
        ),
        (
            with(GUARD_DUTY, "accessKeyDetails", "s3BucketDetails"),
            "detail.resource.accessKeyDetails is missing",
        ),
        (
            with(GUARD_DUTY, &format!("\"{KEY}\""), "null"),
            "detail.resource.accessKeyDetails.accessKeyId names no access key",
        ),
    ] {
        assert_eq!(refused(&json), expected, "{json}");
    }
}

#[test]
fn a_page_of_a_hundred_with_ten_thousand_entities_is_read_whole() {
    let id = |number: usize| format!("AKIA{number:016}");
    let list: Vec<_> = (0..10_000)
        .map(|number| format!(r#"{{"entityValue":"{}"}}"#, id(number)))
        .collect();
    let list = list.join(",");
    // Each of them twice.
    let json = entities(&format!("[{list},{list}]"));
    let json = with(&json, "\"page\": \"1\"", "\"page\": 100");
    let json = with(&json, "\"totalPages\": \"1\"", "\"totalPages\": \"100\"");
    let keys = read(&json).keys;
    let all: Vec<_> = (0..10_000).map(|number| key(&id(number), None)).collect();
    assert_eq!(keys, all);
}

#[test]
fn a_report_with_any_byte_spoilt_is_bounded_and_one_line_or_refused() {
    for json in [HEALTH, TRUSTED_ADVISOR, GUARD_DUTY] {
        for at in 0..json.len() {
            for byte in [" ", "\"", "\\", "}", "7", "ä", ""] {
                let mut spoilt = json.to_owned();
                spoilt.replace_range(at..=at, byte);
                match Exposure::parse(&spoilt) {
                    Ok(Exposure {
                        code, event, keys, ..
                    }) => {
                        assert!((1..=3).contains(&keys.len()), "{keys:?}");
                        let others = keys.into_iter().filter_map(|key| match key.id {
                            ReportedId::Other(text) => Some(text),
                            _ => None,
                        });
                        for text in others.chain([code, event]) {
                            assert_eq!(one_line(&text, 200), text);
                        }
                    }
                    Err(InvalidEvent(said)) => {
                        assert!(said.len() < 300 && !said.contains("AKIA"), "{said}");
                    }
                }
            }
        }
    }
}
