//! P1: the key that AWSCURRENT holds is never deleted or deactivated.

use sandbox::aws::{AWSCURRENT, AWSPREVIOUS};

use crate::world::{SOURCES, World};

#[tokio::test(start_paused = true)]
async fn a_rotation_makes_a_new_key_current_and_keeps_the_old_one() {
    for source in SOURCES {
        let mut world = World::from(source, 2);
        world.rotate().await.unwrap();
        assert_eq!(world.key_of(AWSPREVIOUS), Some(world.current_key()), "{source:?}");
        let mut expected = vec![world.current_key(), world.key_of(AWSCURRENT).unwrap()];
        expected.sort();
        assert_eq!(world.keys(), expected, "the older key went");
    }
}
