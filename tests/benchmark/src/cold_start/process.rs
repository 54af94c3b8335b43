//! One execution environment: a process under the Lambda Runtime API, and what each part of its work took.

use std::io;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sandbox::aws::REGION;
use sandbox::lambda::execution_environment;
use sandbox::lambda::runtime_api::{Invocation, RuntimeApi};
use sandbox::rotation::FunctionError;
use sandbox::tls::Tls;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

use super::Failed;
use super::aws_side::AwsSide;
use super::cgroup::Cgroup;
use super::contestants::Contestant;
use super::cpu::{self, Status};
use super::traffic::{ByHost, between};

/// The limit for an invocation, and for a start. A step of the slowest takes seconds at the smallest share.
const TIME_OUT: Duration = Duration::from_secs(120);

/// How long a process that asks for its next event may take until it sleeps and uses no more processor time.
const SETTLING: Duration = Duration::from_millis(3);

/// How much of a failed process's output is shown.
const LAST_LINES: usize = 20;
const LONGEST_LINE: usize = 300;

/// What all processes of a run have in common.
pub(super) struct Surroundings<'a> {
    pub(super) tls: &'a Tls,
    /// `None` if no share can be given.
    pub(super) cgroup: Option<&'a Cgroup>,
    /// The memory size whose share of a processor it gets in its events; `None` is all of it.
    pub(super) memory_mb: Option<u32>,
    /// Variables in addition to Lambda's.
    pub(super) environment: Vec<(String, String)>,
    /// The extra delay of each AWS response.
    pub(super) latency: Duration,
}

impl Surroundings<'_> {
    /// An account that no process has used yet.
    pub(super) async fn account(&self) -> Result<AwsSide, Failed> {
        AwsSide::start(&self.tls.acceptor, self.latency).await
    }

    /// The same with other variables.
    pub(super) fn with(&self, environment: Vec<(String, String)>) -> Self {
        Self {
            environment,
            ..*self
        }
    }
}

/// The time that something took, and the AWS traffic meanwhile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Took {
    pub(super) time: Duration,
    /// `None` if the system does not report it.
    pub(super) processor: Option<Duration>,
    pub(super) traffic: ByHost,
}

/// A process that has started, and waits for an event.
pub(super) struct Process<'a> {
    child: Child,
    pid: u32,
    api: RuntimeApi,
    side: &'a AwsSide,
    output: Arc<Mutex<String>>,
    events: u32,
    /// From before the process existed until it asked for its first event.
    pub(super) init: Took,
}

impl<'a> Process<'a> {
    pub(super) async fn start(
        contestant: &Contestant,
        surroundings: &Surroundings<'_>,
        side: &'a AwsSide,
    ) -> Result<Self, Failed> {
        let start = Self::try_start(contestant, surroundings, side).await;
        start.map_err(|error| format!("{} does not start: {error}", contestant.name))
    }

    async fn try_start(
        contestant: &Contestant,
        surroundings: &Surroundings<'_>,
        side: &'a AwsSide,
    ) -> io::Result<Self> {
        let mut api = RuntimeApi::start().await?;
        let traffic = side.traffic();
        let mut command = Command::new(&contestant.program);
        command
            .args(&contestant.arguments)
            .env_clear()
            .envs(environment(contestant, surroundings, side, &api.address()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // A Ctrl-C that ends the benchmark is not a failure of the function.
        #[cfg(unix)]
        command.process_group(0);
        let begun = Instant::now();
        let mut child = command.spawn()?;
        let pid = child.id().unwrap_or_default();
        let output = Arc::default();
        keep(child.stdout.take(), &output);
        keep(child.stderr.take(), &output);
        let asked = tokio::select! {
            asked = api.asked() => asked,
            status = child.wait() => Err(ended(&status?.to_string(), &output).await)?,
            () = tokio::time::sleep(TIME_OUT) => Err(ended("no event asked for", &output).await)?,
        };
        let init = Took {
            time: asked - begun,
            processor: cpu::time(pid),
            traffic: between(traffic, side.traffic()),
        };
        // Lambda does not limit a start. Moving a process takes about 15 ms, during which this thread serves nothing.
        if let (Some(cgroup), Some(memory_mb)) = (surroundings.cgroup, surroundings.memory_mb) {
            cgroup.limit(memory_mb)?;
            cgroup.add(pid)?;
        }
        Ok(Self {
            child,
            pid,
            api,
            side,
            output,
            events: 0,
            init,
        })
    }

    /// Hands out an event, and waits until the process asks for the next one.
    pub(super) async fn invoke(&mut self, event: Value) -> (Took, Result<Value, FunctionError>) {
        self.events += 1;
        let request_id = format!("00000000-0000-4000-8000-{:012x}", self.events);
        let deadline = SystemTime::now() + TIME_OUT;
        let traffic = self.side.traffic();
        let before = cpu::time(self.pid);
        let begun = Instant::now();
        self.api.offer(Invocation {
            request_id: request_id.clone(),
            deadline_ms: deadline
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default()
                .as_millis(),
            event,
        });
        let (result, at) = tokio::select! {
            answer = self.api.answer_at(&request_id) => answer,
            status = self.child.wait() => {
                let how = status.map_or_else(|error| error.to_string(), |status| status.to_string());
                (Err(failure(ended(&how, &self.output).await)), Instant::now())
            }
            () = tokio::time::sleep(TIME_OUT) => {
                (Err(failure(ended("timed out", &self.output).await)), Instant::now())
            }
        };
        if result.is_ok() {
            self.api.asked().await;
            tokio::time::sleep(SETTLING).await;
        }
        let after = cpu::time(self.pid);
        let took = Took {
            time: at - begun,
            processor: after
                .zip(before)
                .map(|(after, before)| after.saturating_sub(before)),
            traffic: between(traffic, self.side.traffic()),
        };
        (took, result)
    }

    pub(super) fn status(&self) -> Option<Status> {
        cpu::status(self.pid)
    }

    /// The process's output so far.
    pub(super) fn output(&self) -> String {
        text(&self.output)
    }

    /// Kills the process, and waits until it is gone.
    pub(super) async fn kill(mut self) {
        let _ = self.child.kill().await;
    }
}

fn environment(
    contestant: &Contestant,
    surroundings: &Surroundings<'_>,
    side: &AwsSide,
    api: &str,
) -> Vec<(String, String)> {
    let credentials = side.aws.role_credentials();
    let endpoint = format!("https://{}", side.addresses().first().unwrap_or(&""));
    let mut environment = execution_environment(&credentials, &endpoint);
    let memory = surroundings
        .memory_mb
        .unwrap_or(super::cgroup::WHOLE_PROCESSOR_MB);
    environment.push((
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE".to_owned(),
        memory.to_string(),
    ));
    // Lambda sets both; boto3 reads this one.
    environment.push(("AWS_DEFAULT_REGION".to_owned(), REGION.to_owned()));
    environment.push(("AWS_LAMBDA_RUNTIME_API".to_owned(), api.to_owned()));
    environment.extend(side.endpoints());
    environment.extend(contestant.kind.trust(surroundings.tls));
    environment.extend(surroundings.environment.iter().cloned());
    environment
}

/// Keeps a process's output, in case it fails.
fn keep(output: Option<impl AsyncRead + Send + Unpin + 'static>, kept: &Arc<Mutex<String>>) {
    let Some(mut output) = output else { return };
    let kept = Arc::clone(kept);
    tokio::spawn(async move {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = output.read(&mut buffer).await {
            let text = String::from_utf8_lossy(&buffer[..length]);
            kept.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push_str(&text);
        }
    });
}

/// The last lines of the output. Long lines are cut: Node quotes the failing line of its bundle.
fn text(output: &Mutex<String>) -> String {
    let output = output.lock().unwrap_or_else(PoisonError::into_inner);
    let lines: Vec<&str> = output.lines().collect();
    let last = lines.iter().skip(lines.len().saturating_sub(LAST_LINES));
    last.map(|line| {
        line.chars()
            .take(LONGEST_LINE)
            .chain(['\n'])
            .collect::<String>()
    })
    .collect()
}

async fn ended(how: &str, output: &Mutex<String>) -> io::Error {
    // Its last output may not have arrived yet.
    tokio::time::sleep(Duration::from_millis(100)).await;
    io::Error::other(format!("{how}\n{}", text(output)))
}

fn failure(error: io::Error) -> FunctionError {
    FunctionError {
        error_type: "Runtime.ExitError".to_owned(),
        error_message: error.to_string(),
    }
}
