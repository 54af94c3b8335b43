#![allow(clippy::unwrap_used)]

use serde_json::json;

use crate::aws::testing::{Caller, TOKEN, aws_with_secret};
use crate::aws::{AWSCURRENT, SecretContent};

#[tokio::test(start_paused = true)]
async fn update_secret_changes_what_the_request_has() {
    let (aws, arn) = aws_with_secret();
    let operator = Caller::operator(&aws);
    let update = async |mut members: serde_json::Value| {
        members["SecretId"] = json!(arn);
        members["ClientRequestToken"] = json!(TOKEN);
        let reply = operator.secrets_manager("UpdateSecret", members).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let asked = json!({"SecretId": arn});
        let described = operator.secrets_manager("DescribeSecret", asked).await;
        (reply.json(), described.json())
    };
    let (reply, described) = update(json!({"Description": "mail", "KmsKeyId": "key"})).await;
    assert_eq!(reply.get("VersionId"), None);
    assert_eq!(described["Description"], "mail");
    assert_eq!(described["KmsKeyId"], "key");

    let (reply, described) = update(json!({"SecretString": "two"})).await;
    assert_eq!(reply["VersionId"], TOKEN);
    assert_eq!(described["Description"], "mail");
    let secret = aws.secret(&arn).unwrap();
    let current = secret.with_label(AWSCURRENT).unwrap();
    assert_eq!(current.content, Some(SecretContent::from("two")));
}
