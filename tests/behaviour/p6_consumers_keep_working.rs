//! P6: a consumer that holds the previously current key keeps working until the next rotation.

use sandbox::aws::{AWSCURRENT, AWSPREVIOUS};

use crate::world::{SOURCES, World};

fn works(world: &World, label: &str) -> bool {
    let value = world.value(label).unwrap();
    let [id, secret] = ["accesskey", "secretkey"].map(|field| value[field].as_str().unwrap());
    world.aws.authenticates(id, secret)
}

#[tokio::test(start_paused = true)]
async fn the_previous_key_works_until_the_next_rotation() {
    for source in SOURCES {
        let mut world = World::from(source, 1);
        for _ in 0..4 {
            let held = world.key_of(AWSCURRENT);
            world.rotate().await.unwrap();
            assert_eq!(world.key_of(AWSPREVIOUS), held);
            assert!(
                works(&world, AWSPREVIOUS) && works(&world, AWSCURRENT),
                "{source:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotation_that_fails_leaves_current_as_it_was() {
    for action in [
        "CreateAccessKey",
        "PutSecretValue",
        "UpdateSecretVersionStage",
    ] {
        let mut world = World::from(SOURCES[2], 2);
        world.always_fail(action, sandbox::aws::FaultKind::Denied);
        world.rotate().await.unwrap_err();
        assert_eq!(world.key_of(AWSCURRENT), Some(world.current_key()));
        assert!(works(&world, AWSCURRENT));
    }
}
