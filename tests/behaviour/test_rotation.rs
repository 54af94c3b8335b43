//! TestRotation (fact 4) runs testSecret alone, on a copy of the current value. It changes nothing.

use std::time::Duration;

use sandbox::aws::{AWSCURRENT, FaultKind, LastUsed};
use sandbox::rotation::RotationFailed;
use sandbox::setup::Source;

use crate::world::{SOURCES, World};

type Prepare = Box<dyn Fn(&World)>;

async fn report(world: &mut World) -> Result<String, RotationFailed> {
    let report = world.test_rotation().await?;
    let outcome = report.steps[0].result.clone().unwrap();
    assert_eq!(outcome["outcome"], "preflightPassed");
    Ok(outcome["message"].as_str().unwrap().to_owned())
}

#[tokio::test(start_paused = true)]
async fn it_passes_changes_nothing_and_says_what_a_rotation_would_do() {
    for source in SOURCES {
        for keys in [1, 2] {
            let mut world = World::from(source, keys);
            let before = world.snapshot();
            let message = report(&mut world).await.unwrap();
            let plan = match keys {
                1 => "would delete no key".to_owned(),
                _ => format!("would delete {}", world.older_key()),
            };
            assert!(message.contains(&plan), "{source:?}: {message}");
            assert!(message.contains("user/alice"), "{message}");
            assert_eq!(world.snapshot(), before);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn it_passes_for_a_secret_that_waits_for_its_first_key() {
    for source in [Source::Administrator, Source::Role] {
        let mut world = World::from(source, 0);
        let before = world.snapshot();
        report(&mut world).await.unwrap();
        assert_eq!(world.snapshot(), before);
    }
}

#[tokio::test(start_paused = true)]
async fn it_fails_with_what_a_rotation_would_fail_with() {
    let denied = |action: &'static str| {
        let prepare = move |world: &World| world.always_fail(action, FaultKind::Denied);
        Box::new(prepare) as Prepare
    };
    let in_use = Box::new(|world: &World| {
        let last_used = LastUsed {
            at: world.now(),
            service: "s3".into(),
            region: "us-east-1".into(),
        };
        world.aws.set_last_used(&world.older_key(), last_used);
    });
    let dead = Box::new(|world: &World| {
        world.a_person(|aws| aws.delete_access_key(&world.current_key()));
    });
    let cases: [(Prepare, &str); 5] = [
        (denied("ListAccessKeys"), "PermissionMissing"),
        (denied("GetAccessKeyLastUsed"), "PermissionMissing"),
        (denied("GetSecretValue"), "PermissionMissing"),
        (in_use, "KeyInUse"),
        (dead, "CurrentKeyNotListed"),
    ];
    for (prepare, error_type) in cases {
        let mut world = World::from(Source::Role, 2);
        prepare(&world);
        let before = world.snapshot();
        let failed = format!("{:?}", world.test_rotation().await.unwrap_err());
        assert!(failed.contains(error_type), "{error_type}: {failed}");
        assert_eq!(world.snapshot(), before);
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotation_after_it_works() {
    let mut world = World::from(Source::SelfKey, 2);
    report(&mut world).await.unwrap();
    world.rotate().await.unwrap();
}

/// The first call asks whose key AWSCURRENT holds. The SDK makes it three times. All later calls get a response.
#[tokio::test(start_paused = true)]
async fn it_fails_where_nobody_can_tell_who_the_user_is() {
    let mut world = World::from(Source::Role, 1);
    for nth in 1..=3 {
        let down = FaultKind::ErrorBefore {
            status: 503,
            code: "ServiceUnavailable".into(),
        };
        world.fail("GetCallerIdentity", nth, down);
    }
    let failed = format!("{:?}", world.test_rotation().await.unwrap_err());
    assert!(failed.contains("ServiceUnavailable"), "{failed}");
}

#[tokio::test(start_paused = true)]
async fn it_fails_where_awsprevious_cannot_be_read() {
    let mut world = World::from(Source::Role, 2);
    world.rotate().await.unwrap();
    // The reads are of AWSCURRENT, its copy, and AWSPREVIOUS.
    world.fail("GetSecretValue", 3, FaultKind::Denied);
    let failed = format!("{:?}", world.test_rotation().await.unwrap_err());
    assert!(failed.contains("PermissionMissing"), "{failed}");
}

#[tokio::test(start_paused = true)]
async fn it_fails_for_somebodys_new_key_and_says_that_a_lost_one_goes() {
    for lost in [false, true] {
        let mut world = World::from(Source::Role, 1);
        if lost {
            let now = world.now().duration_since(std::time::UNIX_EPOCH).unwrap();
            let label = format!("iam-key-rotator-creating-{}-another.run", now.as_secs());
            let secret = world.aws.secret(world.arn()).unwrap();
            let current = secret.with_label(AWSCURRENT).unwrap();
            world.aws.set_label(world.arn(), &label, &current.id);
        }
        let key = world.aws.create_access_key("alice");
        tokio::time::sleep(Duration::from_secs(60)).await;
        let tested = world.test_rotation().await;
        if lost {
            let outcome = tested.unwrap().steps[0].result.clone().unwrap();
            let said = format!("a rotation would delete {}", key.id);
            assert!(outcome["message"].as_str().unwrap().contains(&said));
            assert_eq!(outcome["accessKeyId"], world.current_key());
        } else {
            let failed = format!("{:?}", tested.unwrap_err());
            assert!(failed.contains("KeyMadeLately"), "{failed}");
        }
    }
}
