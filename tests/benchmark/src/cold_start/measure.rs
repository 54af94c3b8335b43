//! A repeat: two rotations by one process, and each further step by its own process.

use std::time::Duration;

use iam_key_rotator::Config;
use sandbox::in_process::InProcess;
use sandbox::rotation::{
    CREATE_SECRET, Function, FunctionError, RotateOptions, STEPS, event, rotate,
};
use serde_json::Value;

use super::Failed;
use super::aws_side::AwsSide;
use super::contestants::Contestant;
use super::cpu::Status;
use super::process::{Process, Surroundings, Took};
use super::traffic::ByHost;

/// The time between two rotations.
const INTERVAL: Duration = Duration::from_hours(30 * 24);

/// One repeat of a contestant.
#[derive(Clone, Debug)]
pub(super) struct Repeat {
    /// The steps in order; the hello world has one.
    pub(super) steps: Vec<StepFigures>,
    /// The start, and each step, of the first rotation by a fresh process.
    pub(super) rotation: Vec<Took>,
    /// Of that process when that rotation ended.
    pub(super) status: Option<Status>,
    /// The calls of that rotation, in order.
    pub(super) calls: Vec<String>,
}

/// The time of one step.
#[derive(Clone, Copy, Debug)]
pub(super) struct StepFigures {
    /// The start of a process.
    pub(super) init: Took,
    /// Its first event.
    pub(super) cold: Took,
    /// The step in a process that has already done a whole rotation.
    pub(super) warm: Took,
}

/// The TLS connections of a cold first step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Connections {
    /// To each host, before the process asks for the first event.
    pub(super) in_init: [u64; 3],
    /// To each host, during the first event.
    pub(super) in_event: [u64; 3],
    /// Whether they open in parallel.
    pub(super) at_once: bool,
}

/// Rotates with a contestant, in its own account.
pub(super) async fn repeat(
    contestant: &Contestant,
    surroundings: &Surroundings<'_>,
) -> Result<(Repeat, Connections), Failed> {
    let side = surroundings.account().await?;
    let mut all = Steps::new(contestant, surroundings, &side, None);
    all.rotate().await?;
    let status = all.process.as_ref().and_then(Process::status);
    let calls = side
        .aws
        .calls()
        .into_iter()
        .map(|call| call.action)
        .collect();
    let mut rotation = all.took.clone();
    let connections = Connections {
        in_init: opened(&rotation[0].traffic),
        in_event: opened(&rotation[1].traffic),
        at_once: side.opens_at_once(),
    };

    all.took.clear();
    all.rotate().await?;
    let warm = all.end().await;

    let mut steps = Vec::new();
    for (step, warm) in STEPS.into_iter().zip(warm) {
        let (init, cold) = if step == CREATE_SECRET {
            (rotation[0], rotation[1])
        } else {
            let mut one = Steps::new(contestant, surroundings, &side, Some(step));
            one.rotate().await?;
            let took = one.end().await;
            (took[0], took[1])
        };
        steps.push(StepFigures { init, cold, warm });
    }
    rotation.truncate(1 + STEPS.len());
    let repeat = Repeat {
        steps,
        rotation,
        status,
        calls,
    };
    Ok((repeat, connections))
}

/// One rotation by a fresh process: its start and its steps.
pub(super) async fn rotation(
    contestant: &Contestant,
    surroundings: &Surroundings<'_>,
) -> Result<Vec<Took>, Failed> {
    let side = surroundings.account().await?;
    let mut all = Steps::new(contestant, surroundings, &side, None);
    all.rotate().await?;
    Ok(all.end().await)
}

/// Makes the hello world open the function's connections, and then respond once more.
pub(super) async fn hello(
    contestant: &Contestant,
    surroundings: &Surroundings<'_>,
    connections: &Connections,
) -> Result<Repeat, Failed> {
    let side = surroundings.account().await?;
    let addresses = side.addresses();
    let mut environment = vec![
        (
            "CONNECT_IN_INIT".to_owned(),
            list(&addresses, connections.in_init),
        ),
        (
            "CONNECT_IN_EVENT".to_owned(),
            list(&addresses, connections.in_event),
        ),
    ];
    if connections.at_once {
        environment.push(("CONNECT_AT_ONCE".to_owned(), "1".to_owned()));
    }
    let surroundings = surroundings.with(environment);
    let mut process = Process::start(contestant, &surroundings, &side).await?;
    let mut took = Vec::new();
    for token in ["first", "second"] {
        let event = event(CREATE_SECRET, &side.prepared.secret_arn, token, None);
        let (invocation, result) = process.invoke(event).await;
        result.map_err(|error| format!("{}: {error}", contestant.name))?;
        took.push(invocation);
    }
    let status = process.status();
    let init = process.init;
    process.kill().await;
    let steps = vec![StepFigures {
        init,
        cold: took[0],
        warm: took[1],
    }];
    Ok(Repeat {
        steps,
        rotation: vec![init, took[0]],
        status,
        calls: Vec::new(),
    })
}

fn opened(traffic: &ByHost) -> [u64; 3] {
    traffic.map(|host| host.connections)
}

/// Each address as often as it is to be connected to: all of them once, then those that need another connection, and
/// so on.
fn list(addresses: &[&str], mut wanted: [u64; 3]) -> String {
    let mut list = Vec::new();
    while wanted.iter().any(|count| *count > 0) {
        for (address, count) in addresses.iter().zip(&mut wanted) {
            if *count > 0 {
                *count -= 1;
                list.push(*address);
            }
        }
    }
    list.join(",")
}

/// A contestant for the measured steps, and the function in this process for the others.
struct Steps<'a> {
    contestant: &'a Contestant,
    surroundings: &'a Surroundings<'a>,
    side: &'a AwsSide,
    only: Option<&'static str>,
    process: Option<Process<'a>>,
    others: InProcess,
    /// The start of the process, and each measured step.
    took: Vec<Took>,
}

impl<'a> Steps<'a> {
    fn new(
        contestant: &'a Contestant,
        surroundings: &'a Surroundings<'a>,
        side: &'a AwsSide,
        only: Option<&'static str>,
    ) -> Self {
        let config = Config {
            verify_successes: 1,
            ..Config::default()
        };
        Self {
            contestant,
            surroundings,
            side,
            only,
            process: None,
            others: InProcess::new(&side.aws, config),
            took: Vec::new(),
        }
    }

    /// Rotates, and lets the time until the next rotation pass.
    async fn rotate(&mut self) -> Result<(), Failed> {
        let options = RotateOptions {
            attempts: 1,
            ..RotateOptions::default()
        };
        let side = self.side;
        let arn = &side.prepared.secret_arn;
        let rotated = rotate(&side.aws, self, arn, options, &mut |_| {}).await;
        rotated.map_err(|failed| {
            let output = self
                .process
                .as_ref()
                .map(Process::output)
                .unwrap_or_default();
            format!("{}: {failed}\n{output}", self.contestant.name)
        })?;
        side.aws.age(INTERVAL);
        Ok(())
    }

    async fn end(self) -> Vec<Took> {
        if let Some(process) = self.process {
            process.kill().await;
        }
        self.took
    }
}

impl Function for Steps<'_> {
    async fn invoke(&mut self, event: Value) -> Result<Value, FunctionError> {
        if self.only.is_some_and(|step| event["Step"] != step) {
            return self.others.invoke(event).await;
        }
        let mut process = match self.process.take() {
            Some(process) => process,
            None => {
                let started = Process::start(self.contestant, self.surroundings, self.side).await;
                let process = started.map_err(|failed| FunctionError {
                    error_type: "Runtime.InitError".to_owned(),
                    error_message: failed,
                })?;
                self.took.push(process.init);
                process
            }
        };
        let (took, result) = process.invoke(event).await;
        self.process = Some(process);
        self.took.push(took);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_is_listed_as_often_as_it_is_connected_to() {
        let hosts = ["s:1", "i:2", "t:3"];
        assert_eq!(list(&hosts, [3, 0, 1]), "s:1,t:3,s:1,s:1");
        assert_eq!(list(&hosts, [0; 3]), "");
    }
}
