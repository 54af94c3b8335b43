//! The function's binary as Lambda runs it: a process under a [Lambda Runtime API], cut off from
//! everything but its environment, and killed at its timeout.
//!
//! A process runs on the real clock, so do not use this in a test whose clock is paused.
//!
//! [Lambda Runtime API]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

mod log;
pub mod runtime_api;

use std::future::poll_fn;
use std::io;
use std::path::PathBuf;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_credential_types::Credentials;
use serde_json::Value;
use tokio::process::{Child, Command};

use self::log::Log;
use self::runtime_api::{Invocation, RuntimeApi};
use crate::aws::{Aws, REGION};
use crate::rotation::{Function, FunctionError};

/// The name that the function is deployed under.
pub const FUNCTION_NAME: &str = "iam-key-rotator";

/// The name that the keeper is deployed under.
pub const KEEPER_NAME: &str = "iam-key-keeper";

/// The timeout that the function should be given.
pub const TIME_OUT: Duration = Duration::from_secs(120);

/// How long output that was already written may take to arrive after its process has ended.
const DRAIN: Duration = Duration::from_secs(1);

/// One execution environment of the function. Its process starts with the first invocation, and serves those that
/// follow until it exits, is killed or times out. The next invocation then starts another, as on Lambda.
pub struct LambdaProcess {
    binary: PathBuf,
    environment: Vec<(String, String)>,
    time_out: Duration,
    invocations: u64,
    log: Log,
    child: SharedChild,
    api: Option<RuntimeApi>,
}

/// The running process, if there is one.
type SharedChild = Arc<Mutex<Option<Child>>>;

/// Kills a function's process from elsewhere, such as from a hook of [`Aws::on_call`] while an
/// invocation runs.
#[derive(Clone)]
pub struct Killer(SharedChild);

impl LambdaProcess {
    /// The function in `binary`, with the execution role's credentials of `aws`, which answers at
    /// `endpoint`.
    pub fn new(binary: impl Into<PathBuf>, aws: &Aws, endpoint: &str) -> Self {
        let environment = execution_environment(&aws.role_credentials(), endpoint);
        Self::with_environment(binary.into(), environment)
    }

    /// The same binary deployed as the keeper, with the credentials of its execution role.
    pub fn keeper(binary: impl Into<PathBuf>, aws: &Aws, endpoint: &str) -> Self {
        let environment = environment(KEEPER_NAME, &aws.keeper_credentials(), endpoint);
        Self::with_environment(binary.into(), environment)
    }

    fn with_environment(binary: PathBuf, environment: Vec<(String, String)>) -> Self {
        Self {
            binary,
            environment,
            time_out: TIME_OUT,
            invocations: 0,
            log: Log::default(),
            child: SharedChild::default(),
            api: None,
        }
    }

    /// Adds an environment variable, or replaces one of Lambda's.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets how long one invocation may take, including the start of the process; [`TIME_OUT`] unless set.
    #[must_use]
    pub fn time_out(mut self, time_out: Duration) -> Self {
        self.time_out = time_out;
        self
    }

    /// Passes each line that the process writes to `listener` as it comes.
    #[must_use]
    pub fn on_log_line(mut self, listener: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.log.on_line(listener);
        self
    }

    /// What all processes so far have written to stdout and stderr. Complete after [`LambdaProcess::kill`].
    pub fn logs(&self) -> String {
        self.log.text()
    }

    /// A handle that kills the current process.
    pub fn killer(&self) -> Killer {
        Killer(Arc::clone(&self.child))
    }

    /// Kills the process. Waits until it has ended and all that it wrote is in [`LambdaProcess::logs`].
    pub async fn kill(&mut self) {
        self.killer().kill();
        exit(&self.child).await;
        self.clean_up().await;
    }

    async fn clean_up(&mut self) {
        lock(&self.child).take();
        self.api = None;
        self.log.drain(DRAIN).await;
    }

    /// Starts a process, unless the last one still waits for invocations.
    async fn start(&mut self) -> io::Result<()> {
        if self.api.is_some() {
            let waits = matches!(
                lock(&self.child).as_mut().map(Child::try_wait),
                Some(Ok(None))
            );
            if waits {
                return Ok(());
            }
            self.clean_up().await;
        }
        let api = RuntimeApi::start().await?;
        let mut command = Command::new(&self.binary);
        // A Ctrl-C that ends the sandbox is not a failure of the function.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        self.log.follow(child.stdout.take());
        self.log.follow(child.stderr.take());
        lock(&self.child).replace(child);
        self.api = Some(api);
        Ok(())
    }

    async fn run(&mut self, request_id: &str, event: Value) -> Result<Value, FunctionError> {
        let give_up = tokio::time::sleep(self.time_out);
        let deadline = SystemTime::now() + self.time_out;
        if let Err(error) = self.start().await {
            return Err(FunctionError {
                error_type: "Runtime.InvalidEntrypoint".to_owned(),
                error_message: format!("{} does not start: {error}", self.binary.display()),
            });
        }
        let Some(api) = self.api.as_mut() else {
            return Err(exited(request_id, None));
        };
        api.offer(Invocation {
            request_id: request_id.to_owned(),
            deadline_ms: deadline
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default()
                .as_millis(),
            event,
        });
        // A response counts even if the process exits right after it, or sends it at the last moment.
        let failure = tokio::select! {
            biased;
            answer = api.answer(request_id) => return answer,
            status = exit(&self.child) => exited(request_id, status),
            () = give_up => timed_out(request_id, self.time_out),
        };
        self.kill().await;
        Err(failure)
    }
}

impl Function for LambdaProcess {
    async fn invoke(&mut self, event: Value) -> Result<Value, FunctionError> {
        self.invocations += 1;
        let request_id = format!("00000000-0000-4000-8000-{:012x}", self.invocations);
        self.run(&request_id, event).await
    }
}

impl Drop for LambdaProcess {
    /// A [`Killer`] that outlives this must not keep the process alive.
    fn drop(&mut self) {
        self.killer().kill();
    }
}

impl Killer {
    /// Kills the process with SIGKILL, as Lambda does at a timeout. It runs no further instruction.
    /// Does nothing if there is no process.
    pub fn kill(&self) {
        if let Some(child) = lock(&self.0).as_mut() {
            // Fails only if the process has already ended.
            let _ = child.start_kill();
        }
    }
}

/// The environment that Lambda gives a function, with the credentials of its execution role.
pub fn execution_environment(role: &Credentials, endpoint: &str) -> Vec<(String, String)> {
    environment(FUNCTION_NAME, role, endpoint)
}

fn environment(name: &str, role: &Credentials, endpoint: &str) -> Vec<(String, String)> {
    let log_group = format!("/aws/lambda/{name}");
    [
        ("AWS_LAMBDA_FUNCTION_NAME", name),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", log_group.as_str()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "sandbox"),
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", role.access_key_id()),
        ("AWS_SECRET_ACCESS_KEY", role.secret_access_key()),
        (
            "AWS_SESSION_TOKEN",
            role.session_token().unwrap_or_default(),
        ),
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// Waits for the process to end. `None` if there is none, or if the system does not say how it ended.
async fn exit(child: &SharedChild) -> Option<ExitStatus> {
    // The lock is held only during each poll, so that a Killer can reach the process in between.
    poll_fn(|context| match lock(child).as_mut() {
        Some(child) => pin!(child.wait()).poll(context).map(Result::ok),
        None => std::task::Poll::Ready(None),
    })
    .await
}

pub(crate) fn exited(request_id: &str, status: Option<ExitStatus>) -> FunctionError {
    let how = match status {
        Some(status) if !status.success() => format!("with error: {status}"),
        _ => "without providing a reason".to_owned(),
    };
    FunctionError {
        error_type: "Runtime.ExitError".to_owned(),
        error_message: format!("RequestId: {request_id} Error: Runtime exited {how}"),
    }
}

pub(crate) fn timed_out(request_id: &str, after: Duration) -> FunctionError {
    FunctionError {
        error_type: "Sandbox.Timedout".to_owned(),
        error_message: format!(
            "RequestId: {request_id} Error: Task timed out after {:.2} seconds",
            after.as_secs_f64()
        ),
    }
}

/// A panic elsewhere leaves nothing half done in what these locks guard.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(all(test, unix))]
mod tests;
