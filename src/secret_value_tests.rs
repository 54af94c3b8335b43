#![allow(clippy::unwrap_used)]

use super::*;

const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const NEW_ID: &str = "AKIAI44QH8DHBEXAMPLE";

fn parse(text: &str) -> Result<SecretDocument, Malformed> {
    SecretDocument::parse(SecretString::from(text), &FieldNames::default())
}

fn new_key() -> AccessKey {
    AccessKey {
        id: AccessKeyId::parse(NEW_ID).unwrap(),
        secret: SecretString::from("new\"\\secret"),
    }
}

fn rotated(text: &str) -> String {
    parse(text)
        .unwrap()
        .with_key(&new_key())
        .expose_secret()
        .to_owned()
}

#[test]
fn every_other_byte_comes_through_unchanged() {
    for (before, after) in [
        (
            format!(r#"{{"username":"a","accesskey":"{ID}","secretkey":"old"}}"#),
            format!(r#"{{"username":"a","accesskey":"{NEW_ID}","secretkey":"new\"\\secret"}}"#),
        ),
        (
            format!(
                "\n{{ \"z\" : 1.10E+2 ,\t\"secretkey\":\"old\", \"n\":[1e400, {{\"a\":1,\"a\":2}}],\n \"accesskey\" : \"{ID}\", \"username\":\"a\", \"z\":123456789012345678901234567890, \"u\":\"\\u00e9é\" }} \n"
            ),
            format!(
                "\n{{ \"z\" : 1.10E+2 ,\t\"secretkey\":\"new\\\"\\\\secret\", \"n\":[1e400, {{\"a\":1,\"a\":2}}],\n \"accesskey\" : \"{NEW_ID}\", \"username\":\"a\", \"z\":123456789012345678901234567890, \"u\":\"\\u00e9é\" }} \n"
            ),
        ),
        (
            "{ \"username\": \"a\", \"x\": {} \n}".to_owned(),
            format!(
                "{{ \"username\": \"a\", \"x\": {{}},\"accesskey\":\"{NEW_ID}\",\"secretkey\":\"new\\\"\\\\secret\" \n}}"
            ),
        ),
    ] {
        assert_eq!(rotated(&before), after);
    }
}

#[test]
fn what_was_written_is_read_again() {
    let document = parse(&rotated(r#"{"username":"a"}"#)).unwrap();
    assert_eq!(document.key_id().unwrap().as_str(), NEW_ID);
    assert_eq!(
        document.key().unwrap().secret.expose_secret(),
        "new\"\\secret"
    );
}

#[test]
fn an_escaped_field_name_is_the_field() {
    let text = format!(r#"{{"user\u006eame":"a","access\u006bey":"{ID}","secretkey":"old"}}"#);
    assert_eq!(parse(&text).unwrap().username(), "a");
    assert!(rotated(&text).contains(NEW_ID));
}

#[test]
fn the_fields_can_have_other_names() {
    let fields = FieldNames {
        username: "user".into(),
        access_key: "id".into(),
        secret_key: "key".into(),
        source_secret: "by".into(),
        ..FieldNames::default()
    };
    let text = format!(
        r#"{{"user":"a","id":"{ID}","key":"k","by":"arn:aws:secretsmanager:us-east-1:123456789012:secret:x","username":7}}"#
    );
    let document = SecretDocument::parse(SecretString::from(text), &fields).unwrap();
    assert_eq!(document.username(), "a");
    assert_eq!(document.key_id().unwrap().as_str(), ID);
    assert!(
        matches!(document.source(), Some(NamedSource::Secret(arn)) if arn == "arn:aws:secretsmanager:us-east-1:123456789012:secret:x")
    );
}

#[test]
fn each_kind_of_malformed_document_is_named_without_quoting_it() {
    let missing = |name: &str| Malformed::Missing(name.into());
    let full = format!(
        r#"{{"username":"alice","accesskey":"{ID}","secretkey":"sesame","secretarn":"arn:aws:secretsmanager:us-east-1:123456789012:secret:x"}}"#
    );
    for (text, expected) in [
        ("sesame", Malformed::NotJson { line: 1, column: 1 }),
        (
            "{\"sesame\":",
            Malformed::NotJson {
                line: 1,
                column: 10,
            },
        ),
        ("\"sesame\"", Malformed::NotAnObject),
        ("[\"sesame\"]", Malformed::NotAnObject),
        ("{}", missing("username")),
        (&full.replace("username", "x"), missing("username")),
        (&full.replace("accesskey", "x"), missing("accesskey")),
        (&full.replace("secretkey", "x"), missing("secretkey")),
        (
            &full.replace("\"alice\"", "\"\""),
            Malformed::Empty("username".into()),
        ),
        (&full.replace(ID, " "), Malformed::Empty("accesskey".into())),
        (
            &full.replace("sesame", ""),
            Malformed::Empty("secretkey".into()),
        ),
        (
            &full.replace("arn:aws:secretsmanager:us-east-1:123456789012:secret:x", ""),
            Malformed::Empty("secretarn".into()),
        ),
        (
            &full.replace("\"alice\"", "null"),
            Malformed::NotAString("username".into()),
        ),
        (
            &full.replace("\"sesame\"", "42"),
            Malformed::NotAString("secretkey".into()),
        ),
        (
            &full.replace("\"alice\"", "\"a/b\""),
            Malformed::Form("username".into(), "the name of an IAM user"),
        ),
        (
            &full.replace("\"alice\"", "\"wJalrXUtnFEMIaK7MDENGabPxRfiCYEXAMPLEKEY\""),
            Malformed::Form("username".into(), "the name of an IAM user"),
        ),
        (
            &full.replace(ID, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            Malformed::Form("accesskey".into(), "an access key id"),
        ),
        (
            &full.replace(
                "arn:aws:secretsmanager:us-east-1:123456789012:secret:x",
                "a-name",
            ),
            Malformed::Form("secretarn".into(), "the ARN of a secret"),
        ),
        (
            &full.replace("{\"user", "{\"username\":\"b\",\"user"),
            Malformed::Twice("username".into()),
        ),
    ] {
        let problem = parse(text).unwrap_err();
        assert_eq!(problem, expected, "{text}");
        assert!(!problem.to_string().contains("sesame"));
    }
}

#[test]
fn a_user_name_that_could_be_a_secret_access_key_is_refused() {
    let form = Malformed::Form("username".into(), "the name of an IAM user");
    for (name, expected) in [
        ("wJalrXUtnFEMIaK7MDENGabPxRfiCYEXAMPLEKEY", Some(&form)),
        ("wJalrXUtnFEMI+K7MDENG+bPxRfiCYEXAMPLEKEY", Some(&form)),
        // A character more, or one that no secret access key has, or no digit.
        ("wJalrXUtnFEMIaK7MDENGabPxRfiCYEXAMPLEKEYS", None),
        ("wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY", None),
        ("wJalrXUtnFEMI=K7MDENG.bPxRfiCYEXAMPLEKEY", None),
        ("wJalrXUtnFEMIaKsMDENGabPxRfiCYEXAMPLEKEY", None),
        (
            "backups-of-the-nightly-accounting-service-in-eu-central-1-for-x1",
            None,
        ),
        (
            "backups-of-the-nightly-accounting-service-in-eu-central-1-for-x12",
            Some(&form),
        ),
    ] {
        let found = parse(&format!(r#"{{"username":"{name}"}}"#));
        assert_eq!(found.err().as_ref(), expected, "{name}");
    }
}

#[test]
fn a_credential_sources_secret_need_not_name_its_user() {
    let text = format!(r#"{{"accesskey":"{ID}","secretkey":"s"}}"#);
    assert_eq!(
        parse(&text).unwrap_err(),
        Malformed::Missing("username".into())
    );
    let source = SecretDocument::parse_source(SecretString::from(text), &FieldNames::default());
    assert_eq!(source.unwrap().key_id().unwrap().as_str(), ID);
}

#[test]
fn the_debug_form_shows_no_secret() {
    let text = format!(r#"{{"username":"a","accesskey":"{ID}","secretkey":"sesame"}}"#);
    let shown = format!("{:?}", parse(&text).unwrap());
    assert!(shown.contains(ID) && !shown.contains("sesame"), "{shown}");
}

#[test]
fn documents_are_compared_but_for_the_key() {
    let with = |note: &str, id: &str| {
        parse(&format!(
            r#"{{"username":"a","note":"{note}","accesskey":"{id}","secretkey":"s"}}"#
        ))
        .unwrap()
    };
    let first = parse(r#"{"username":"a","note":"x"}"#).unwrap();
    assert!(with("x", ID).differs_in_key_only(&with("x", NEW_ID)));
    assert!(!with("x", ID).differs_in_key_only(&with("y", ID)));
    assert!(first.differs_in_key_only(&parse(first.with_key(&new_key()).expose_secret()).unwrap()));
    assert!(first.differs_in_key_only(&first));
}
