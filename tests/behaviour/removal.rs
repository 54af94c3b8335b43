//! What the tests of taking a key away have in common.

use std::time::Duration;

use sandbox::aws::{AWSPREVIOUS, FaultKind, KeyStatus};
use sandbox::setup::Source;

use crate::world::World;

/// A user with AWSCURRENT's and AWSPREVIOUS's keys, and a staged rotation. Returns AWSPREVIOUS's key.
pub async fn staged(source: Source) -> (World, String) {
    let mut world = World::from(source, 2);
    world.rotate().await.unwrap();
    world.aws.age(Duration::from_secs(30 * 86_400));
    world.fresh_token();
    world.stage();
    world.aws.clear_calls();
    let previous = world.key_of(AWSPREVIOUS).unwrap();
    (world, previous)
}

/// A user with one key, and a staged rotation.
pub fn staged_with_one() -> World {
    let mut world = World::from(Source::Role, 1);
    world.stage();
    world
}

pub fn status(world: &World, id: &str) -> Option<KeyStatus> {
    let keys = world.aws.user_keys("alice");
    keys.iter().find(|key| key.id == id).map(|key| key.status)
}

/// The labels that mark keys as being taken away.
pub fn removing(world: &World) -> Vec<String> {
    labels(world, "iam-key-rotator-removing-")
}

/// The labels, of all versions, that begin with `beginning`.
pub fn labels(world: &World, beginning: &str) -> Vec<String> {
    let secret = world.aws.secret(world.arn()).unwrap();
    let versions = secret.versions.into_iter();
    let mut labels: Vec<_> = versions.flat_map(|version| version.labels).collect();
    labels.retain(|label| label.starts_with(beginning));
    labels
}

pub fn error(status: u16, code: &str) -> FaultKind {
    FaultKind::ErrorBefore {
        status,
        code: code.into(),
    }
}
