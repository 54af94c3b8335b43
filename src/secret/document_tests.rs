#![allow(clippy::unwrap_used)]

use super::*;
use crate::secret::malformed::Named;

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
        .unwrap()
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
        username: Some("user".into()),
        access_key: Some("id".into()),
        secret_key: Some("key".into()),
        source_secret: Some("by".into()),
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
    let full = format!(
        r#"{{"username":"alice","accesskey":"{ID}","secretkey":"sesame","secretarn":"arn:aws:secretsmanager:us-east-1:123456789012:secret:x"}}"#
    );
    for (text, expected) in [
        ("sesame", "it is not JSON (line 1, column 1)"),
        ("{\"sesame\":", "it is not JSON (line 1, column 10)"),
        ("\"sesame\"", "it is JSON, but not an object"),
        ("[\"sesame\"]", "it is JSON, but not an object"),
        ("[\"sesame\"", "it is not JSON"),
        (&format!("{full:?}"), "it was encoded twice"),
        ("[sesame]\na = b\n", "it is an AWS credentials file"),
        (
            "{}",
            "the field \"username\" is missing; the secret has no fields (USERNAME_FIELD",
        ),
        (
            &full.replace("username", "owner"),
            "its fields are \"owner\", \"accesskey\"",
        ),
        (
            &full.replace("accesskey", "x"),
            "the field \"accesskey\" is missing",
        ),
        (
            &full.replace("secretkey", "x"),
            "the field \"secretkey\" is missing",
        ),
        (
            &full.replace("secretkey", "x"),
            "(SECRET_KEY_FIELD names another)",
        ),
        (
            &full.replace("\"alice\"", "\"\""),
            "the field \"username\" is empty",
        ),
        (&full.replace(ID, " "), "the field \"accesskey\" is empty"),
        (
            &full.replace(ID, ""),
            "the field \"accesskey\" is empty, and the key's other field is not",
        ),
        (
            &full.replace("sesame", ""),
            "the field \"secretkey\" is empty, and the key's other field is not",
        ),
        (
            &full.replace("arn:aws:secretsmanager:us-east-1:123456789012:secret:x", ""),
            "the field \"secretarn\" is empty",
        ),
        (
            &full.replace("\"alice\"", "null"),
            "the field \"username\" is not a string",
        ),
        (
            &full.replace("\"sesame\"", "42"),
            "the field \"secretkey\" is not a string",
        ),
        (
            &full.replace("\"alice\"", "\"a b\""),
            "\"username\" is not the name of an IAM user",
        ),
        (
            &full.replace("\"alice\"", "\"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\""),
            "\"username\" is not the name of an IAM user",
        ),
        (
            &full.replace("\"alice\"", "\"sesame\""),
            "\"secretkey\" is not a secret access key: it is the user's name",
        ),
        (
            &full.replace("\"sesame\"", &format!("\"{ID}\"")),
            "\"secretkey\" is not a secret access key: it is the access key's id",
        ),
        (
            &full.replace("\"alice\"", &format!("\"{ID}\"")),
            "\"accesskey\" is not an access key id",
        ),
        (
            &full.replace(ID, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            "\"accesskey\" is not an access key id",
        ),
        (
            &full.replace(
                "arn:aws:secretsmanager:us-east-1:123456789012:secret:x",
                "a-name",
            ),
            "\"secretarn\" is not the ARN of a secret",
        ),
        (
            &full.replace("{\"user", "{\"username\":\"b\",\"user"),
            "the field \"username\" is there twice",
        ),
    ] {
        let problem = parse(text).unwrap_err().to_string();
        assert!(problem.contains(expected), "{text}: {problem}");
        assert!(!problem.contains("sesame"), "{problem}");
    }
}

#[test]
fn an_arn_or_a_path_is_told_apart_from_the_users_name() {
    for (said, form) in [
        ("arn:aws:iam::123456789012:user/alice", "an ARN"),
        ("arn:aws:iam::123456789012:user/team/blue/alice", "an ARN"),
        ("/team/blue/alice", "a path"),
        ("team/alice", "a path"),
        ("user/alice", "a path"),
    ] {
        let problem = parse(&format!(r#"{{"username":"{said}"}}"#))
            .unwrap_err()
            .to_string();
        assert!(
            problem.contains(form) && problem.contains("\"alice\""),
            "{said}: {problem}"
        );
    }
}

#[test]
fn a_byte_order_mark_stays_where_it_is() {
    let text =
        format!("\u{feff}{{\"username\":\"a\",\"accesskey\":\"{ID}\",\"secretkey\":\"old\"}}");
    let after = text.replace(ID, NEW_ID).replace("old", "new\\\"\\\\secret");
    assert_eq!(rotated(&text), after);
    assert!(
        rotated("\u{feff}{\"username\":\"a\"}")
            .starts_with("\u{feff}{\"username\":\"a\",\"accesskey\":")
    );
}

#[test]
fn a_user_name_that_could_be_a_secret_access_key_is_refused() {
    let named = Named {
        name: "username".into(),
        field: Field::Username,
    };
    let form = Malformed::Form(named, "the name of an IAM user");
    for (name, expected) in [
        ("wJalrXUtnFEMIaK7MDENGabPxRfiCYEXAMPLEKEY", Some(&form)),
        ("wJalrXUtnFEMI+K7MDENG+bPxRfiCYEXAMPLEKEY", Some(&form)),
        // One character too many, a character that no secret access key has, or no digit.
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
    assert!(matches!(parse(&text), Err(Malformed::Missing { name, .. }) if name == "username"));
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
fn a_document_is_followed_by_itself_with_another_key_and_by_nothing_else() {
    let with = |note: &str, id: &str| {
        parse(&format!(
            r#"{{"username":"a","note":"{note}","accesskey":"{id}","secretkey":"s"}}"#
        ))
        .unwrap()
    };
    let first = parse(r#"{"username":"a","note":"x"}"#).unwrap();
    assert!(with("x", ID).is_followed_by(&with("x", NEW_ID)));
    assert!(!with("x", ID).is_followed_by(&with("y", NEW_ID)));
    let made = first.with_key(&new_key()).unwrap();
    assert!(first.is_followed_by(&parse(made.expose_secret()).unwrap()));
    assert!(!first.is_followed_by(&first));
    assert!(!with("x", ID).is_followed_by(&first));
    assert!(first.is_same_text(&first) && !first.is_same_text(&with("x", ID)));
}
