//! Text from outside is refused or cut, and stays on one line, in every error and log line.

use sandbox::aws::{CALLS, FaultKind};
use sandbox::rotation::FunctionError;
use sandbox::setup::Source;
use serde_json::json;

use crate::world::World;

/// The most characters in an error, and in a log line with its time, step, secret and user.
const LONGEST: usize = 4_000;
const LONGEST_LINE: usize = 2 * LONGEST;

fn is_bounded(world: &World, failed: &FunctionError) {
    let said = &failed.error_message;
    assert!(said.chars().count() <= LONGEST, "{said}");
    assert!(!said.chars().any(char::is_control), "{said:?}");
    assert!(said.contains("What to do: "), "{said}");
    for line in world.logs().lines() {
        assert!(line.chars().count() < LONGEST_LINE, "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_field_of_the_event_that_is_not_what_such_are_is_refused_and_not_repeated() {
    for (field, value) in [
        ("SecretId", "a".repeat(3 << 20)),
        ("SecretId", "iam/alice\nFATAL".to_owned()),
        ("SecretId", "iam/alice and a sesame".to_owned()),
        ("ClientRequestToken", "b".repeat(3 << 20)),
        ("ClientRequestToken", "sesame sesame".to_owned()),
        ("ClientRequestToken", "\u{1b}[2J".to_owned()),
        ("RotationToken", "c".repeat(3 << 20)),
        ("RotationToken", "sesame\r\nX-Amz-Target: sesame".to_owned()),
        ("Step", "d".repeat(3 << 20)),
    ] {
        let mut world = World::from(Source::Role, 2);
        world.stage();
        let mut event = world.event("createSecret");
        event[field] = json!(value);
        let failed = world.invoke(event).await.unwrap_err();
        assert_eq!(failed.error_type, "EventInvalid", "{field}");
        assert!(failed.error_message.contains(field), "{failed:?}");
        is_bounded(&world, &failed);
        let quoted = &value[..value.len().min(20)];
        assert!(!world.logs().contains(quoted), "{field}");
        assert!(world.aws.calls().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn aws_codes_and_messages_are_cut_and_on_one_line() {
    for action in CALLS {
        let source = match action {
            "AssumeRole" => Source::AnotherAccount,
            _ => Source::SelfKey,
        };
        let mut world = World::from(source, 2);
        let code = format!("Odd{}\nFATAL {}", "é".repeat(9), "y".repeat(1 << 20));
        world.always_fail(action, FaultKind::ErrorBefore { status: 400, code });
        world.stage();
        for step in ["createSecret", "testSecret", "finishSecret"] {
            if let Err(failed) = world.step(step).await {
                is_bounded(&world, &failed);
                assert!(!failed.error_message.contains("FATAL"), "{failed:?}");
            }
        }
    }
}
