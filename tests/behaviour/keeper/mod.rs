//! The keeper: the life of the key that was replaced.

mod events;
mod exposed;
mod fleet;
mod report;
mod retire;
mod revoke;
mod revoked_after;
mod undo;

use std::time::Duration;

use iam_key_rotator::{Config, KeeperConfig, Watches};
use sandbox::aws::{AWSPREVIOUS, Aws, KeyStatus, LastUsed, RotateRequest};
use sandbox::in_process::InProcess;
use sandbox::rotation::{Function, FunctionError, RotateOptions, rotate};
use sandbox::setup::Source;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::removal::status;
use crate::world::World;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Longer than any test's invocation of the keeper.
const TIME_OUT: Duration = Duration::from_secs(900);

/// The settings of a keeper for the world's secret.
fn settings(world: &World) -> KeeperConfig {
    KeeperConfig {
        watches: Watches::One(world.arn().to_owned()),
        retire_after: 7 * DAY,
        at_once: false,
        revokes_reported: true,
    }
}

/// The keeper, and Secrets Manager, which runs the rotations that are asked for.
struct Kept {
    keeper: InProcess,
    rotator: InProcess,
    asked: UnboundedReceiver<RotateRequest>,
    /// The rotation that had begun when the keeper's invocation ended.
    begun: Option<RotateRequest>,
}

impl Kept {
    fn of(world: &World) -> Self {
        Self::with(world, settings(world))
    }

    fn with(world: &World, settings: KeeperConfig) -> Self {
        if let Watches::One(_) = settings.watches {
            world.prepared.add_keeper(&world.aws).unwrap();
        }
        Self::behind(world, settings)
    }

    /// The keeper, whose role a test has set up.
    fn behind(world: &World, settings: KeeperConfig) -> Self {
        let config = Config {
            keeper: Some(settings),
            ..Config::default()
        };
        let (send, asked) = unbounded_channel();
        world.aws.on_rotate(move |request| {
            let _ = send.send(request);
        });
        Self {
            keeper: InProcess::keeper(&world.aws, config).time_out(TIME_OUT),
            rotator: world.another_function(),
            asked,
            begun: None,
        }
    }

    /// Invokes the keeper. Secrets Manager rotates meanwhile, and goes on with [`Kept::rotate`].
    async fn invoke(&mut self, world: &World, event: Value) -> Result<Value, FunctionError> {
        let ended = {
            let rotations = async {
                loop {
                    if self.begun.is_none() {
                        self.begun = self.asked.recv().await;
                    }
                    if let Some(request) = &self.begun {
                        run(&world.aws, &mut self.rotator, request).await;
                    }
                    self.begun = None;
                }
            };
            let invoked = self.keeper.invoke(event);
            tokio::select! {
                biased;
                ended = invoked => ended,
                () = rotations => unreachable!("it waits for more"),
            }
        };
        world.hear(&format!("{ended:?}"));
        ended
    }

    /// Runs the rotations that were asked for and not begun.
    async fn rotate(&mut self, world: &World) {
        let begun = self.begun.take();
        for request in begun
            .into_iter()
            .chain(std::iter::from_fn(|| self.asked.try_recv().ok()))
        {
            run(&world.aws, &mut self.rotator, &request).await;
        }
    }

    async fn retire(&mut self, world: &World) -> Value {
        let event = json!({"Action": "retire"});
        one(&self.invoke(world, event).await.unwrap())
    }

    async fn undo(&mut self, world: &World) -> Result<Value, FunctionError> {
        let event = json!({"Action": "undo", "SecretId": world.arn()});
        self.invoke(world, event).await.map(|answer| one(&answer))
    }

    async fn revoke(&mut self, world: &World, key: &str) -> Result<Value, FunctionError> {
        let event = json!({"Action": "revoke", "AccessKeyId": key});
        self.invoke(world, event).await.map(|answer| one(&answer))
    }
}

async fn run(aws: &Aws, rotator: &mut InProcess, request: &RotateRequest) {
    let options = RotateOptions {
        token: Some(request.token.clone()),
        ..RotateOptions::default()
    };
    let _ = rotate(aws, rotator, &request.arn, options, &mut |_| {}).await;
}

/// The only entry of an answer.
fn one(answer: &Value) -> Value {
    let entries = answer["secrets"].as_array().unwrap();
    assert_eq!(entries.len(), 1, "{answer}");
    entries[0].clone()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

/// A secret that was rotated just now. Returns the key that was replaced.
async fn rotated(source: Source) -> (World, String) {
    let mut world = World::from(source, 1);
    world.rotate().await.unwrap();
    world.fresh_token();
    world.aws.record_uses(false);
    world.aws.clear_calls();
    let previous = world.key_of(AWSPREVIOUS).unwrap();
    used(&world, &previous, Duration::ZERO);
    (world, previous)
}

/// A secret that was rotated so long ago that its replaced key can be retired.
async fn due(source: Source) -> (World, String) {
    let (world, previous) = rotated(source).await;
    tokio::time::sleep(8 * DAY).await;
    (world, previous)
}

/// A key was last used so long ago.
fn used(world: &World, key: &str, ago: Duration) {
    let used = LastUsed {
        at: world.now() - ago,
        service: "s3".to_owned(),
        region: "eu-west-1".to_owned(),
    };
    world.aws.set_last_used(key, used);
}

fn is_active(world: &World, key: &str) -> bool {
    status(world, key) == Some(KeyStatus::Active)
}

/// The keeper has not made, deleted or stored anything.
fn assert_kept_to_itself(world: &World) {
    for action in ["CreateAccessKey", "DeleteAccessKey", "PutSecretValue"] {
        let calls = world.aws.calls();
        let keeper = |call: &&sandbox::aws::Call| call.principal.contains("iam-key-keeper");
        let done = calls.iter().filter(keeper);
        assert_eq!(done.filter(|call| call.action == action).count(), 0);
    }
}
