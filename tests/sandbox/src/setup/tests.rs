use super::*;
use crate::aws::{AWSCURRENT, KeyStatus, SecretContent};
use crate::clock::Clock;

fn fields(aws: &Aws, arn: &str) -> Map<String, Value> {
    let secret = aws.secret(arn);
    let content = secret.and_then(|secret| secret.with_label(AWSCURRENT)?.content.clone());
    let text = content
        .as_ref()
        .and_then(SecretContent::as_text)
        .unwrap_or_default()
        .to_owned();
    serde_json::from_str(&text).unwrap_or_default()
}

#[tokio::test]
async fn the_newer_of_two_keys_is_in_the_secret() {
    let aws = Aws::new(Clock::real());
    let prepared = Setup::default()
        .prepare(&aws)
        .map_err(|error| error.to_string());
    let Ok(Prepared {
        secret_arn,
        current_key: Some(current),
        older_key: Some(older),
        ..
    }) = prepared
    else {
        assert_eq!(prepared.err(), None, "two keys were asked for");
        return;
    };
    let fields = fields(&aws, &secret_arn);
    assert_eq!(fields["accesskey"], current.id.as_str());
    assert_eq!(fields["secretkey"], current.secret.as_str());
    assert_eq!(fields["username"], "alice");
    assert_eq!(fields["secretarn"], secret_arn.as_str());
    assert!(fields.contains_key("note"));
    assert!(aws.authenticates(&current.id, &current.secret));
    let keys = aws.user_keys("alice");
    let created = |id: &str| keys.iter().find(|key| key.id == id).map(|key| key.created);
    assert!(created(&older.id) < created(&current.id));
    assert!(keys.iter().all(|key| key.status == KeyStatus::Active));
}

#[tokio::test]
async fn an_administrator_is_a_user_with_a_secret_of_its_own() {
    let aws = Aws::new(Clock::real());
    let setup = Setup {
        source: Source::Administrator,
        keys: 1,
        ..Setup::default()
    };
    let prepared = setup.prepare(&aws).map_err(|error| error.to_string());
    let administrator = prepared
        .as_ref()
        .ok()
        .and_then(|p| p.administrator_secret_arn.clone());
    let administrator = administrator.unwrap_or_default();
    let secret_arn = prepared.map(|prepared| prepared.secret_arn);
    assert_eq!(
        secret_arn.map(|arn| fields(&aws, &arn)["secretarn"].clone()),
        Ok(administrator.as_str().into())
    );
    let fields = fields(&aws, &administrator);
    let field = |name: &str| fields[name].as_str().unwrap_or_default();
    assert!(aws.authenticates(field("accesskey"), field("secretkey")));
}

#[tokio::test]
async fn with_the_execution_role_the_secret_names_no_source() {
    let aws = Aws::new(Clock::real());
    let setup = Setup {
        source: Source::Role,
        keys: 0,
        ..Setup::default()
    };
    let secret_arn = setup.prepare(&aws).map(|prepared| prepared.secret_arn);
    let names = secret_arn.map(|arn| fields(&aws, &arn).keys().cloned().collect());
    assert_eq!(names, Ok(vec!["username".to_owned(), "note".to_owned()]));
    assert!(aws.user_keys("alice").is_empty());
}

#[tokio::test]
async fn a_user_without_a_key_cannot_manage_its_own() {
    let aws = Aws::new(Clock::real());
    let setup = Setup {
        keys: 0,
        ..Setup::default()
    };
    assert_eq!(
        setup.prepare(&aws).err(),
        Some(SetupError::NoKeyToManageItself)
    );
}

#[tokio::test]
async fn three_keys_are_too_many() {
    let aws = Aws::new(Clock::real());
    let setup = Setup {
        keys: 3,
        ..Setup::default()
    };
    assert_eq!(setup.prepare(&aws).err(), Some(SetupError::TooManyKeys(3)));
}
