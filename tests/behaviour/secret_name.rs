//! `SECRET_NAME`: a user's key goes only into the secret that is named after that user.

use iam_key_rotator::Config;
use sandbox::aws::AWSCURRENT;
use sandbox::setup::{Setup, Source};

use crate::bad_input::{STEPS, refused};
use crate::world::{SOURCES, World, setup, with_key};

fn config(pattern: &str) -> Config {
    let variable = |name: &str| (name == "SECRET_NAME").then(|| pattern.to_owned());
    Config::read(variable).unwrap()
}

fn world(source: Source, pattern: &str, secret_name: &str) -> World {
    let setup = Setup {
        secret_name: secret_name.to_owned(),
        ..setup(source, 2)
    };
    World::with(setup, config(pattern))
}

#[tokio::test(start_paused = true)]
async fn every_step_on_a_secret_with_another_name_is_refused_before_anything_is_changed() {
    for (pattern, secret_name, wanted) in [
        ("iam/{username}", "iam/bob", "iam/alice"),
        ("iam/{username}", "iam/alice2", "iam/alice"),
        ("iam/{username}", "iam/malice", "iam/alice"),
        ("iam/{username}", "iam/team/alice", "iam/alice"),
        ("iam/{username}", "IAM/alice", "iam/alice"),
        ("iam/{username}", "alice", "iam/alice"),
        ("iam/{username}", "mallory/iam/alice", "iam/alice"),
        ("iam/{username}", "iam/alice-AbCdEf", "iam/alice"),
        ("{username}/key", "bob/key", "alice/key"),
    ] {
        for source in SOURCES {
            let mut world = world(source, pattern, secret_name);
            world.stage();
            let arn = world.arn().to_owned();
            let named = [
                &arn,
                "user alice",
                &format!("the secret's name is {secret_name}"),
                &format!("must have the name {wanted}."),
                "new secret with that name",
                "SECRET_NAME",
            ];
            for step in STEPS {
                refused(&mut world, step, "SecretNotForUser", &named).await;
            }
            let calls = world.aws.calls();
            let reads = ["DescribeSecret", "GetSecretValue"];
            assert!(calls.iter().all(|call| reads.contains(&&*call.action)));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotation_and_a_test_of_one_are_refused() {
    let mut world = world(Source::Role, "iam/{username}", "iam/bob");
    let before = world.snapshot();
    let refused = world.test_rotation().await.unwrap_err();
    assert!(format!("{refused:?}").contains("SecretNotForUser"));
    assert_eq!(world.snapshot(), before);

    let refused = world.rotate().await.unwrap_err();
    assert!(format!("{refused:?}").contains("SecretNotForUser"));
    assert_eq!(world.keys().len(), 2);
}

/// If the user's name has a comma, the pattern asks for a name that no secret can have.
#[tokio::test(start_paused = true)]
async fn a_user_after_whom_no_secret_can_be_called_is_told_so() {
    let named = Setup {
        username: "al,ice".to_owned(),
        ..setup(Source::Role, 2)
    };
    let mut world = World::with(named, config("iam/{username}"));
    world.stage();
    for step in STEPS {
        let named = ["iam/al,ice", "without SECRET_NAME"];
        refused(&mut world, step, "SecretNotForUser", &named).await;
    }
}

/// With an administrator as the source, bob's keys can be managed too.
#[tokio::test(start_paused = true)]
async fn a_user_who_is_exchanged_between_two_steps_is_refused() {
    for step in &STEPS[1..] {
        let mut world = world(Source::Administrator, "iam/{username}", "iam/alice");
        world.aws.create_user("/", "bob");
        let bob = world.aws.create_access_key("bob");
        world.stage();
        world.step("createSecret").await.unwrap();
        let text = with_key(&world.text(AWSCURRENT), &bob).replace("\"alice\"", "\"bob\"");
        let current = world.aws.secret(world.arn()).unwrap();
        let mut versions = current.versions.into_iter();
        let current = versions.find(|one| one.labels.iter().any(|label| label == AWSCURRENT));
        let (aws, arn) = (world.aws.clone(), world.arn().to_owned());
        world.a_person(|_| aws.put_version_text(&arn, &current.unwrap().id, &text));
        let named = ["user bob", "iam/alice", "must have the name iam/bob."];
        refused(&mut world, step, "SecretNotForUser", &named).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_secret_that_is_called_after_its_user_rotates() {
    for (pattern, secret_name) in [
        ("iam/{username}", "iam/alice"),
        // IAM treats both as one name.
        ("iam/{username}", "iam/ALICE"),
        // The administrator's secret is then `alice/key-administrator`, which is named after nobody.
        ("{username}/key", "alice/key"),
        ("{username}/{username}", "alice/Alice"),
    ] {
        for source in SOURCES {
            let mut world = world(source, pattern, secret_name);
            world.test_rotation().await.unwrap();
            world.rotate().await.unwrap();
            world.rotate().await.unwrap();
        }
    }
}

/// The ARN from Secrets Manager tells the secret's name, whatever the event calls it.
#[tokio::test(start_paused = true)]
async fn the_name_is_not_the_events() {
    for secret_name in ["iam/alice", "iam/bob"] {
        let mut world = world(Source::Role, "iam/{username}", secret_name);
        world.stage();
        let without_suffix = world.arn()[..world.arn().len() - 7].to_owned();
        for secret_id in [secret_name, &without_suffix] {
            let mut event = world.event("createSecret");
            event["SecretId"] = secret_id.into();
            let answer = world.invoke(event).await;
            match answer {
                Ok(_) => assert_eq!(secret_name, "iam/alice"),
                Err(refused) => {
                    assert_eq!(secret_name, "iam/bob");
                    assert_eq!(refused.error_type, "SecretNotForUser");
                }
            }
        }
    }
}

/// Without the setting, no name is required.
#[tokio::test(start_paused = true)]
async fn without_the_setting_a_secret_is_called_as_one_likes() {
    let setup = Setup {
        secret_name: "prod/payments".to_owned(),
        ..setup(Source::Role, 2)
    };
    World::new(setup).rotate().await.unwrap();
}
