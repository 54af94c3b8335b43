//! The seconds in a revocation's answer: from its beginning until IAM answered that the key is deactivated.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use sandbox::aws::{AWSCURRENT, AWSPREVIOUS, KeyStatus, Propagation};
use sandbox::setup::Source;
use serde_json::json;

use super::{Kept, one, rotated, text};
use crate::removal::status;
use crate::world::World;

const LATENCY: Duration = Duration::from_millis(300);
/// How long a deactivated key is still accepted (facts 27 and 42).
const SPREADS: Duration = Duration::from_secs(4);

/// When a key is first seen to be Inactive: at the end of the call that deactivates it.
fn deactivated(world: &World, key: &str) -> Arc<Mutex<Option<SystemTime>>> {
    let at = Arc::new(Mutex::new(None));
    let (seen, aws, key) = (at.clone(), world.aws.clone(), key.to_owned());
    let user = world.prepared.username.clone();
    world.aws.on_call(move |call| {
        let keys = aws.user_keys(&user);
        let mut keys = keys.iter().filter(|one| one.id == key);
        if keys.any(|key| key.status == KeyStatus::Inactive) {
            seen.lock().unwrap().get_or_insert(call.at);
        }
    });
    at
}

/// The looks after the deactivation, which take five seconds, are not part of it. Nor are those in which AWS still
/// accepts the key: the answer says that there are some.
#[tokio::test(start_paused = true)]
async fn the_seconds_end_when_iam_has_answered() {
    for (label, at_once) in [
        (AWSCURRENT, false),
        (AWSCURRENT, true),
        (AWSPREVIOUS, false),
    ] {
        let (world, _) = rotated(Source::Role).await;
        world.people_move_labels();
        world.aws.set_latency(LATENCY);
        world.aws.set_propagation(Propagation {
            status_delay: SPREADS,
            ..Propagation::default()
        });
        let exposed = world.key_of(label).unwrap();
        let deactivated = deactivated(&world, &exposed);
        let mut kept = Kept::of(&world);
        let began = world.now();
        let event = json!({"Action": "revoke", "AccessKeyId": exposed, "AtOnce": at_once});
        let entry = one(&kept.invoke(&world, event).await.unwrap());
        assert_eq!(status(&world, &exposed), Some(KeyStatus::Inactive));
        let deactivated = deactivated.lock().unwrap().unwrap();
        let took = deactivated.duration_since(began).unwrap();
        let said = text(&entry, "message");
        let seconds = said.split_once(" deactivated ").unwrap().1;
        let seconds = seconds.split_once(' ').unwrap().0;
        let after = Duration::from_secs(seconds.parse().unwrap());
        assert!(
            said.contains("AWS can accept it for some seconds more"),
            "{said}"
        );
        let rounded = after - Duration::from_secs(1)..=after;
        assert!(rounded.contains(&took), "{took:?}: {said}");
    }
}
