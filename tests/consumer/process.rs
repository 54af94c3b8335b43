//! The example as a process, and its output.

use std::process::Stdio;
use std::time::Duration;

use sandbox::aws::{AccessKey, REGION};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// The time limit for a line.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Consumer {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Consumer {
    pub fn start(endpoint: &str, key: &AccessKey, secret: &str, cached_for: Duration) -> Self {
        let binary = std::env::var_os("CONSUMER").expect("CONSUMER names the example's binary");
        let mut child = Command::new(binary)
            .arg(secret)
            .arg(cached_for.as_secs().to_string())
            .env_clear()
            .env("AWS_ENDPOINT_URL", endpoint)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_REGION", REGION)
            .env("AWS_ACCESS_KEY_ID", &key.id)
            .env("AWS_SECRET_ACCESS_KEY", &key.secret)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next line that it prints.
    pub async fn line(&mut self) -> String {
        let line = timeout(PATIENCE, self.lines.next_line()).await;
        let line = line.expect("it prints a line in time").unwrap();
        line.expect("it goes on")
    }

    /// Interrupts it, and returns how many calls it made and how many were refused.
    pub async fn end(mut self) -> (u32, u32) {
        let id = self.child.id().unwrap().to_string();
        let interrupt = Command::new("kill").args(["-INT", &id]).status();
        assert!(interrupt.await.unwrap().success());
        let line = self.line().await;
        assert!(self.child.wait().await.unwrap().success(), "{line}");
        println!("{line}");
        let numbers: Vec<u32> = line
            .split(' ')
            .filter_map(|word| word.parse().ok())
            .collect();
        <[u32; 2]>::try_from(numbers).expect("two numbers").into()
    }
}
