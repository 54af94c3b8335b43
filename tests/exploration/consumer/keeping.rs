//! The keeper, and Secrets Manager, which rotates whenever the keeper asks for it.

use std::time::Duration;

use iam_key_rotator::Config;
use sandbox::aws::RotateRequest;
use sandbox::in_process::InProcess;
use sandbox::rotation::{Function, FunctionError, RotateOptions, rotate};
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;

use crate::keeper::case::keeper_with;
use crate::world::World;

/// The wait between two attempts at a rotation.
const PAUSE: Duration = Duration::from_mins(1);

pub struct Keeping {
    keeper: InProcess,
    asked: UnboundedReceiver<RotateRequest>,
}

impl Keeping {
    pub fn new(world: &World, retire_after: Duration, config: Config) -> Self {
        world.prepared.add_keeper(&world.aws).unwrap();
        let (send, asked) = unbounded_channel();
        world.aws.on_rotate(move |request| {
            let _ = send.send(request);
        });
        Self {
            keeper: keeper_with(&world.aws, world.arn(), retire_after, config),
            asked,
        }
    }

    /// Invokes the keeper. Secrets Manager rotates meanwhile, and to the end of what was asked for.
    pub async fn invoke(
        &mut self,
        world: &mut World,
        event: Value,
    ) -> Result<Value, FunctionError> {
        let (ended, mut end) = oneshot::channel();
        let invoked = async {
            let answer = self.keeper.invoke(event).await;
            let _ = ended.send(());
            answer
        };
        let asked = &mut self.asked;
        let rotations = async {
            loop {
                let request = tokio::select! {
                    biased;
                    request = asked.recv() => request.expect("the account holds the sender"),
                    _ = &mut end => return,
                };
                let options = RotateOptions {
                    token: Some(request.token),
                    pause: PAUSE,
                    ..RotateOptions::default()
                };
                // Whether it has replaced the key is seen by AWSCURRENT.
                let _ = rotate(
                    &world.aws,
                    &mut world.function,
                    &request.arn,
                    options,
                    &mut |_| {},
                )
                .await;
            }
        };
        let (answer, ()) = tokio::join!(invoked, rotations);
        answer
    }
}
