#![allow(clippy::unwrap_used)]

use std::time::Duration;

use serde_json::{Value, json};

use crate::aws::testing::{Caller, OTHER_TOKEN, Reply, TOKEN, aws};
use crate::aws::{AWSPENDING, Aws, FUNCTION_ROLE, Fault, FaultKind, When};

const MINUTE: Duration = Duration::from_secs(60);

/// An account with these secrets, each of them tagged.
fn aws_with(secrets: &[(&str, &str, &str)]) -> Aws {
    let aws = aws();
    for (name, key, value) in secrets {
        let arn = aws.create_secret(name, Some("value".into()));
        aws.tag_secret(&arn, key, value);
    }
    aws
}

async fn list(aws: &Aws, members: Value) -> Reply {
    let operator = Caller::operator(aws);
    operator.secrets_manager("ListSecrets", members).await
}

fn names(reply: &Reply) -> Vec<String> {
    let listed = reply.json()["SecretList"].clone();
    let listed = listed.as_array().unwrap().iter();
    listed
        .map(|secret| secret["Name"].as_str().unwrap().to_owned())
        .collect()
}

async fn named(aws: &Aws, members: Value) -> Vec<String> {
    names(&list(aws, members).await)
}

fn filter(key: &str, values: &[&str]) -> Value {
    json!({"Filters": [{"Key": key, "Values": values}]})
}

#[tokio::test(start_paused = true)]
async fn an_entry_is_what_describe_secret_tells_under_other_names() {
    let aws = aws_with(&[("demo", "team", "blue")]);
    aws.stage_pending("demo", TOKEN).unwrap();
    let operator = Caller::operator(&aws);
    let members = json!({"SecretId": "demo"});
    let described = operator.secrets_manager("DescribeSecret", members).await;
    let mut described = described.json();
    let stages = described.as_object_mut().unwrap();
    let stages = stages.remove("VersionIdsToStages").unwrap();
    assert_eq!(stages[TOKEN], json!([AWSPENDING]));
    described["SecretVersionsToStages"] = stages;
    let reply = list(&aws, json!({})).await;
    assert_eq!(reply.json(), json!({"SecretList": [described]}));
}

/// Fact 50.
#[tokio::test(start_paused = true)]
async fn filters_match_prefixes() {
    let aws = aws_with(&[
        ("iam/alice", "iam-key-rotator", "blue"),
        ("iam/bob", "iam-key-rotator", "blue-two"),
        ("db/carol", "iam-key-rotator-old", "blue"),
        ("db/dave", "team", "iam-key-rotator"),
    ]);
    for (key, values, expected) in [
        ("name", &["iam/"][..], &["iam/alice", "iam/bob"][..]),
        ("name", &["IAM/"], &[]),
        ("name", &["!iam/"], &["db/carol", "db/dave"]),
        (
            "tag-key",
            &["iam-key-rotator"],
            &["iam/alice", "iam/bob", "db/carol"],
        ),
        (
            "tag-value",
            &["blue"],
            &["iam/alice", "iam/bob", "db/carol"],
        ),
        ("tag-value", &["blue-", "iam"], &["iam/bob", "db/dave"]),
        ("tag-value", &[], &[]),
    ] {
        let seen = named(&aws, filter(key, values)).await;
        assert_eq!(seen, expected, "{key} {values:?}");
    }
    let both = json!({"Filters": [
        {"Key": "name", "Values": ["iam/"]},
        {"Key": "tag-value", "Values": ["blue-"]},
    ]});
    assert_eq!(named(&aws, both).await, ["iam/bob"]);
}

/// The key and the value need not be of one tag.
#[tokio::test(start_paused = true)]
async fn two_filters_can_find_two_tags() {
    let aws = aws_with(&[("demo", "iam-key-rotator", "red")]);
    aws.tag_secret("demo", "team", "blue");
    let both = json!({"Filters": [
        {"Key": "tag-key", "Values": ["iam-key-rotator"]},
        {"Key": "tag-value", "Values": ["blue"]},
    ]});
    assert_eq!(named(&aws, both).await, ["demo"]);
}

/// Fact 50.
#[tokio::test(start_paused = true)]
async fn a_page_can_be_empty_and_not_be_the_last() {
    let aws = aws_with(&[
        ("one", "team", "red"),
        ("two", "team", "red"),
        ("three", "team", "blue"),
    ]);
    aws.set_list_page_size(2);
    let mut asked = filter("tag-value", &["blue"]);
    let first = list(&aws, asked.clone()).await;
    assert_eq!(names(&first), Vec::<String>::new());
    asked["NextToken"] = first.json()["NextToken"].clone();
    let last = list(&aws, asked).await;
    assert_eq!(names(&last), ["three"]);
    assert_eq!(last.json().get("NextToken"), None);
}

#[tokio::test(start_paused = true)]
async fn a_page_has_as_many_as_asked_and_a_hundred_at_most() {
    let aws = aws();
    let expected: Vec<String> = (0..101).map(|number| format!("secret {number}")).collect();
    for name in &expected {
        aws.create_secret(name, None);
    }
    for (size, pages) in [(None, 2), (Some(100), 2), (Some(51), 2), (Some(1), 101)] {
        let mut seen = Vec::new();
        let mut asked = json!({});
        if let Some(size) = size {
            asked["MaxResults"] = json!(size);
        }
        let mut count = 0;
        while count == 0 || !asked["NextToken"].is_null() {
            let page = list(&aws, asked.clone()).await;
            seen.extend(names(&page));
            asked["NextToken"] = page.json()["NextToken"].clone();
            count += 1;
        }
        assert_eq!((seen, count), (expected.clone(), pages), "{size:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn nonsense_is_refused() {
    let aws = aws();
    for (members, code) in [
        (json!({"MaxResults": 0}), "ValidationException"),
        (json!({"MaxResults": 101}), "ValidationException"),
        (json!({"NextToken": "?"}), "InvalidNextTokenException"),
        (filter("owner", &["alice"]), "ValidationException"),
        (filter("all", &["alice"]), "InvalidAction"),
    ] {
        assert_eq!(list(&aws, members).await.code(), code);
    }
}

#[tokio::test(start_paused = true)]
async fn secrets_marked_for_deletion_are_listed_if_asked_for() {
    let aws = aws_with(&[("kept", "", ""), ("deleted", "", "")]);
    aws.delete_secret("deleted");
    assert_eq!(named(&aws, json!({})).await, ["kept"]);
    let reply = list(&aws, json!({"IncludePlannedDeletion": true})).await;
    assert_eq!(names(&reply), ["kept", "deleted"]);
    assert_ne!(reply.json()["SecretList"][1].get("DeletedDate"), None);
}

/// Fact 50.
#[tokio::test(start_paused = true)]
async fn a_list_can_be_minutes_old_while_describe_secret_is_not() {
    let aws = aws_with(&[("demo", "team", "blue"), ("other", "team", "blue")]);
    aws.set_list_delay(5 * MINUTE);
    let operator = Caller::operator(&aws);
    let tags = json!([{"Key": "team", "Value": "red"}]);
    let members = json!({"SecretId": "demo", "Tags": tags});
    operator.secrets_manager("TagResource", members).await;
    tokio::time::advance(2 * MINUTE).await;
    let members = json!({"Name": "new", "SecretString": "value"});
    operator.secrets_manager("CreateSecret", members).await;
    aws.remove_secret(&aws.secret("other").unwrap().arn);

    let described = json!({"SecretId": "demo"});
    let described = operator.secrets_manager("DescribeSecret", described).await;
    assert_eq!(described.json()["Tags"], tags);
    let blue = async || named(&aws, filter("tag-value", &["blue"])).await;
    let all = async || named(&aws, json!({})).await;
    assert_eq!(blue().await, ["demo", "other"]);
    assert_eq!(all().await, ["demo", "other"]);
    assert!(aws.calls().last().unwrap().missed);

    tokio::time::advance(3 * MINUTE).await;
    assert_eq!(blue().await, ["other"]);
    assert_eq!(all().await, ["demo", "other"]);

    tokio::time::advance(2 * MINUTE).await;
    assert_eq!(all().await, ["demo", "new"]);
    assert!(!aws.calls().last().unwrap().missed);
}

#[tokio::test(start_paused = true)]
async fn what_was_so_before_the_test_is_listed_at_once() {
    let aws = aws_with(&[("demo", "team", "blue")]);
    aws.set_list_delay(5 * MINUTE);
    aws.put_secret_text("demo", "two");
    aws.tag_secret("demo", "team", "red");
    assert_eq!(named(&aws, filter("tag-value", &["red"])).await, ["demo"]);
    aws.age(Duration::ZERO);
    let labels = async |aws: &Aws| {
        let reply = list(aws, json!({})).await;
        let stages = reply.json()["SecretList"][0]["SecretVersionsToStages"].clone();
        stages.as_object().unwrap().len()
    };
    assert_eq!(labels(&aws).await, 2);
    aws.stage_pending("demo", TOKEN).unwrap();
    let restored = aws.snapshot().restore();
    assert_eq!((labels(&aws).await, labels(&restored).await), (2, 2));
}

/// Fact 19.
#[tokio::test(start_paused = true)]
async fn a_stale_read_can_be_a_list() {
    let aws = aws_with(&[("demo", "team", "blue")]);
    aws.attach_policy(
        FUNCTION_ROLE,
        &json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}),
    )
    .unwrap();
    aws.stage_pending("demo", TOKEN).unwrap();
    let listed = async || {
        let function = Caller::function(&aws);
        let reply = function.secrets_manager("ListSecrets", json!({})).await;
        (reply.body.contains(TOKEN), reply.body.contains(OTHER_TOKEN))
    };
    let stale = |changes| Fault {
        on: When::Call(1),
        kind: FaultKind::StalerReads { reads: 1, changes },
    };
    aws.inject(stale(1));
    assert_eq!(listed().await, (false, false));
    assert_eq!(listed().await, (true, false));

    aws.set_list_delay(MINUTE);
    aws.put_version_text("demo", OTHER_TOKEN, "two");
    aws.move_label("demo", "own", OTHER_TOKEN);
    assert_eq!(listed().await, (true, false));
    aws.inject(stale(2));
    assert_eq!(listed().await, (false, false));
}

/// Facts 50 and 62.
#[tokio::test(start_paused = true)]
async fn a_list_is_of_no_resource_so_a_deny_on_all_but_some_is_of_it_too() {
    let aws = aws_with(&[("demo", "team", "blue")]);
    let arn = aws.secret("demo").unwrap().arn;
    let statement = |effect: &str, element: &str, resource: &str| {
        let action = "secretsmanager:*";
        json!({"Effect": effect, "Action": action, element: resource})
    };
    let list = async || {
        let function = Caller::function(&aws);
        function.secrets_manager("ListSecrets", json!({})).await
    };
    let attach = |statement: Value| {
        let document = json!({"Statement": statement});
        aws.attach_policy(FUNCTION_ROLE, &document).unwrap();
    };
    attach(statement("Allow", "Resource", &arn));
    let refused = list().await;
    assert_eq!(refused.code(), "AccessDeniedException");
    assert!(refused.message().ends_with(
        "is not authorized to perform: secretsmanager:ListSecrets because no identity-based \
         policy allows the secretsmanager:ListSecrets action"
    ));
    attach(statement("Allow", "Resource", "*"));
    assert_eq!(list().await.status, 200);
    attach(statement("Deny", "NotResource", &arn));
    assert!(list().await.message().contains("with an explicit deny"));
}
