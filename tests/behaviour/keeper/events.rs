//! Events that the keeper, or the rotation function, does not take. Nothing is called for them.

use iam_key_rotator::Watches;
use sandbox::setup::Source;
use serde_json::json;

use super::{Kept, due, settings};

#[tokio::test(start_paused = true)]
async fn each_function_refuses_the_others_events() {
    let (mut world, _) = due(Source::Role).await;
    world.aws.clear_calls();
    let mut kept = Kept::of(&world);
    let step = kept
        .invoke(&world, world.event("createSecret"))
        .await
        .unwrap_err();
    assert_eq!(step.error_type, "EventInvalid");
    assert!(
        step.error_message.contains("this function is the keeper"),
        "{step}"
    );
    let action = world.invoke(json!({"Action": "retire"})).await.unwrap_err();
    assert_eq!(action.error_type, "EventInvalid");
    assert!(
        action.error_message.contains("this function rotates"),
        "{action}"
    );
    assert!(world.aws.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_action_that_is_none_and_a_typing_error_are_refused_by_name() {
    let (world, _) = due(Source::Role).await;
    world.aws.clear_calls();
    let mut kept = Kept::of(&world);
    for (event, named) in [
        (json!({"Action": "retire all"}), "Action is none of"),
        (json!({"Action": "retire", "DryRunn": true}), "DryRunn"),
        (json!({"Action": "undo"}), "SecretId"),
        (json!({"Action": "revoke"}), "SecretId"),
        (
            json!({"Action": "revoke", "AccessKeyId": "x"}),
            "AccessKeyId",
        ),
    ] {
        let refused = kept.invoke(&world, event).await.unwrap_err();
        assert_eq!(refused.error_type, "EventInvalid", "{refused}");
        assert!(refused.error_message.contains(named), "{refused}");
    }
    assert!(world.aws.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_the_keeper_does_not_look_after_is_refused() {
    let (world, previous) = due(Source::Role).await;
    let mut settings = settings(&world);
    settings.watches = Watches::One(
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:iam/bob-AbCdEf".to_owned(),
    );
    let mut kept = Kept::with(&world, settings.clone());
    for event in [
        json!({"Action": "retire", "SecretId": world.arn()}),
        json!({"Action": "undo", "SecretId": world.arn()}),
        json!({"Action": "revoke", "SecretId": world.arn(), "AccessKeyId": previous}),
        json!({"Action": "report", "SecretId": world.arn()}),
    ] {
        let refused = kept.invoke(&world, event).await.unwrap_err();
        assert_eq!(refused.error_type, "SecretNotOurs", "{refused}");
    }
    settings.watches = Watches::Fleet("blue".to_owned());
    let mut kept = Kept::with(&world, settings);
    world
        .aws
        .tag_secret(world.arn(), "iam-key-rotator", "blueish");
    let event = json!({"Action": "retire", "SecretId": world.arn()});
    let refused = kept.invoke(&world, event).await.unwrap_err();
    assert_eq!(refused.error_type, "SecretNotOurs", "{refused}");
    assert_eq!(world.count("UpdateAccessKey"), 0);
}
