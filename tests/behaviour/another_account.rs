//! A role in the user's account manages the keys, and the function assumes it.

use std::time::Duration;

use sandbox::aws::{ACCOUNT, AWSCURRENT, AWSPENDING, FUNCTION_ROLE, OTHER_ACCOUNT};
use sandbox::setup::{Setup, Source};
use serde_json::{Value, json};

use crate::bad_input::{holding, refused};
use crate::world::{World, setup};

fn role(world: &World) -> (String, String) {
    world.prepared.role.clone().unwrap()
}

/// AWSCURRENT's text without the fields that name the source.
fn without_source(world: &World) -> Value {
    let mut text = world.value(AWSCURRENT).unwrap();
    let fields = text.as_object_mut().unwrap();
    fields.retain(|field, _| !["secretarn", "rolearn", "externalid"].contains(&field.as_str()));
    text
}

/// Keeps the role in the other account, but gives it another trust policy.
fn trusting(world: &World, arn: &str, principal: &str, external_id: &str) {
    let trust = json!({"Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
    }});
    world.aws.create_role(arn, &trust).unwrap();
    world.allow(FUNCTION_ROLE, "sts:AssumeRole", arn);
}

#[tokio::test(start_paused = true)]
async fn its_session_says_whom_for_and_makes_the_keys_there() {
    let mut world = World::from(Source::AnotherAccount, 2);
    // As AWS does when a function acts through a role (fact 8).
    world.aws.require_rotation_token(true);
    world.rotate().await.unwrap();
    let session =
        format!("arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/iam-key-manager/iam-key-rotator-alice");
    for call in world.aws.calls() {
        let manages = call.service.as_str() == "iam";
        assert_eq!(call.principal == session, manages, "{call:?}");
    }
    assert_eq!(world.count("AssumeRole"), 1);
}

#[tokio::test(start_paused = true)]
async fn its_session_has_a_name_for_the_longest_name_of_a_user() {
    let username = "a".repeat(64);
    let mut world = World::new(Setup {
        username,
        ..setup(Source::AnotherAccount, 2)
    });
    // The simulated STS refuses a session name of more than 64 characters (fact 38).
    world.rotate().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_tag_of_the_secret_names_it_as_a_field_does() {
    let mut world = World::from(Source::AnotherAccount, 2);
    let (arn, external_id) = role(&world);
    let text = without_source(&world).to_string();
    world.aws.put_secret_text(world.arn(), &text);
    world.aws.tag_secret(world.arn(), "rolearn", &arn);
    world
        .aws
        .tag_secret(world.arn(), "externalid", &external_id);
    world.rotate().await.unwrap();
    assert_eq!(world.count("AssumeRole"), 1);
    // The tag's content does not get into the value.
    assert!(!world.text(AWSCURRENT).contains("rolearn"));
}

#[tokio::test(start_paused = true)]
async fn a_tag_names_the_secrets_own_key_and_an_administrators_secret_too() {
    for source in [Source::SelfKey, Source::Administrator] {
        let mut world = World::from(source, 2);
        let named = match world.prepared.administrator_secret_arn.clone() {
            Some(administrator) => administrator,
            // Without the suffix of six characters, as a template has to write it.
            None => world.arn().rsplit_once('-').unwrap().0.to_owned(),
        };
        let text = without_source(&world).to_string();
        world.aws.put_secret_text(world.arn(), &text);
        world.aws.tag_secret(world.arn(), "secretarn", &named);
        world.rotate().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_partial_arn_of_the_secret_itself_costs_no_further_read() {
    let mut reads = Vec::new();
    for partial in [false, true] {
        let mut world = holding(Source::SelfKey, |world| {
            let mut text = world.value(AWSCURRENT).unwrap();
            if partial {
                text["secretarn"] = world.arn().rsplit_once('-').unwrap().0.into();
            }
            text.to_string()
        });
        world.step("createSecret").await.unwrap();
        reads.push(world.count("GetSecretValue"));
    }
    assert_eq!(reads[0], reads[1]);
}

#[tokio::test(start_paused = true)]
async fn a_source_in_the_json_wins_over_the_tags() {
    let mut world = World::from(Source::AnotherAccount, 2);
    world.aws.tag_secret(world.arn(), "secretarn", "nonsense");
    world.rotate().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_first_key_is_made_and_verified_there() {
    let mut world = World::from(Source::AnotherAccount, 0);
    world.rotate().await.unwrap();
    let keys = world.aws.user_keys("alice");
    assert_eq!(
        world.key_of(AWSCURRENT).as_ref(),
        keys.first().map(|key| &key.id)
    );
}

#[tokio::test(start_paused = true)]
async fn a_role_that_may_not_be_assumed_is_named_with_both_sides_of_the_permission() {
    type Spoil = fn(&World) -> String;
    let spoilt: [(&str, Spoil); 4] = [
        ("the execution role lacks the permission", |world| {
            world.aws.detach_policies(FUNCTION_ROLE);
            world.allow(FUNCTION_ROLE, "secretsmanager:*", world.arn());
            role(world).0
        }),
        ("no such role", |world| {
            let arn = format!("arn:aws:iam::{OTHER_ACCOUNT}:role/missing");
            world.allow(FUNCTION_ROLE, "sts:AssumeRole", &arn);
            arn
        }),
        ("it trusts another role", |world| {
            let arn = format!("arn:aws:iam::{OTHER_ACCOUNT}:role/of-others");
            let other = format!("arn:aws:iam::{ACCOUNT}:role/other");
            trusting(world, &arn, &other, &role(world).1);
            arn
        }),
        ("it asks for another external id", |world| {
            let arn = format!("arn:aws:iam::{OTHER_ACCOUNT}:role/guarded");
            trusting(world, &arn, FUNCTION_ROLE, "another");
            arn
        }),
    ];
    for (about, spoil) in spoilt {
        println!("{about}");
        let mut arn = String::new();
        let mut world = holding(Source::AnotherAccount, |world| {
            arn = spoil(world);
            let mut text = world.value(AWSCURRENT).unwrap();
            text["rolearn"] = arn.as_str().into();
            text.to_string()
        });
        refused(
            &mut world,
            "createSecret",
            "RoleNotAssumed",
            &[
                &format!("is not authorized to perform: sts:AssumeRole on resource: {arn}"),
                "to the execution role",
                "trust policy",
                "external id",
            ],
        )
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_external_id_is_refused_as_a_wrong_one() {
    let mut world = holding(Source::AnotherAccount, |world| {
        let mut text = world.value(AWSCURRENT).unwrap();
        text.as_object_mut().unwrap().remove("externalid");
        text.to_string()
    });
    refused(
        &mut world,
        "createSecret",
        "RoleNotAssumed",
        &["external id"],
    )
    .await;
}

/// The role's account has a user of the same name. That user's keys do not belong to this secret.
#[tokio::test(start_paused = true)]
async fn a_role_in_an_account_that_is_not_the_users_touches_no_key_there() {
    for keys in [0, 1, 2] {
        let mut account = String::new();
        let mut world = holding(Source::Role, |world| {
            world.aws.create_user_in(OTHER_ACCOUNT, "/", "alice");
            let namesake = format!("arn:aws:iam::{OTHER_ACCOUNT}:user/alice");
            for _ in 0..keys {
                world.aws.create_access_key(&namesake);
            }
            let arn = format!("arn:aws:iam::{OTHER_ACCOUNT}:role/key-manager");
            trusting(world, &arn, FUNCTION_ROLE, "an-id");
            world.allow(&arn, "iam:*", &namesake);
            account = namesake;
            let mut text = world.value(AWSCURRENT).unwrap();
            text["rolearn"] = arn.into();
            text["externalid"] = "an-id".into();
            text.to_string()
        });
        let current = world.current_key();
        let owner = world.prepared.user_arn.clone();
        let named = [OTHER_ACCOUNT, &*current, &*owner, "role/key-manager"];
        refused(&mut world, "createSecret", "SourceInvalid", &named).await;
        assert_eq!(world.aws.user_keys(&account).len(), keys);
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_in_an_account_without_the_user_is_named_with_its_account() {
    let mut world = holding(Source::Role, |world| {
        let arn = format!("arn:aws:iam::{OTHER_ACCOUNT}:role/key-manager");
        trusting(world, &arn, FUNCTION_ROLE, "an-id");
        world.allow(&arn, "iam:*", "*");
        let mut text = world.value(AWSCURRENT).unwrap();
        text["rolearn"] = arn.into();
        text["externalid"] = "an-id".into();
        text.to_string()
    });
    let named = ["alice", OTHER_ACCOUNT, "role/key-manager"];
    refused(&mut world, "createSecret", "UserNotFound", &named).await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_has_expired_is_named_and_made_anew_by_the_next_attempt() {
    let mut world = World::from(Source::AnotherAccount, 2);
    world.stage();
    let aws = world.aws.clone();
    world.after_call("AssumeRole", move || aws.expire_sessions());
    let (arn, _) = role(&world);
    let named = [&*arn, "ExpiredToken", "starts a new session"];
    refused(&mut world, "createSecret", "SourceInvalid", &named).await;
    world.step("createSecret").await.unwrap();
}

/// The session ends at each of its calls in turn: that call is the first to be refused.
#[tokio::test(start_paused = true)]
async fn a_session_that_ends_in_the_middle_loses_no_key() {
    for behind in ["ListAccessKeys", "DeleteAccessKey", "CreateAccessKey"] {
        let mut world = World::from(Source::AnotherAccount, 2);
        let aws = world.aws.clone();
        world.after_call(behind, move || aws.expire_sessions());
        world.rotate().await.unwrap();
        world.assert_sound(behind);
    }
}

#[tokio::test(start_paused = true)]
async fn each_malformed_role_is_refused() {
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin-AbCdEf";
    for (field, value, named) in [
        (
            "rolearn",
            json!("key-manager"),
            "\"rolearn\" is not the ARN of an IAM role",
        ),
        ("rolearn", json!(7), "\"rolearn\" is not a string"),
        ("rolearn", json!(""), "\"rolearn\" is empty"),
        (
            "externalid",
            json!("a b"),
            "\"externalid\" is not an external id",
        ),
        (
            "secretarn",
            json!(arn),
            "\"secretarn\" and \"rolearn\" are both there",
        ),
    ] {
        let mut world = holding(Source::AnotherAccount, |world| {
            let mut text = world.value(AWSCURRENT).unwrap();
            text[field] = value.clone();
            text.to_string()
        });
        refused(
            &mut world,
            "createSecret",
            "SecretMalformed",
            &[named, AWSCURRENT],
        )
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn each_malformed_tag_is_refused() {
    for (tag, value) in [("rolearn", "key-manager"), ("secretarn", "admin")] {
        let mut world = World::from(Source::Role, 2);
        world.stage();
        world.aws.tag_secret(world.arn(), tag, value);
        let named = ["in the secret's tags", tag];
        refused(&mut world, "createSecret", "SourceInvalid", &named).await;
    }
}

/// testSecret and finishSecret identify the user by AWSCURRENT's key, so they do not have to assume a role.
#[tokio::test(start_paused = true)]
async fn only_create_secret_assumes_it_where_the_current_key_works() {
    let mut world = World::from(Source::AnotherAccount, 2);
    world.stage();
    world.step("createSecret").await.unwrap();
    assert!(world.key_of(AWSPENDING).is_some());
    world.aws.clear_calls();
    for step in ["setSecret", "testSecret", "finishSecret"] {
        world.step(step).await.unwrap();
    }
    assert_eq!(world.count("AssumeRole"), 0);
    world.aws.age(Duration::from_secs(86_400));
    world.rotate().await.unwrap();
}
