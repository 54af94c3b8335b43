//! A user, a secret and the real binary under the Lambda Runtime API, its calls over HTTP.
//!
//! It runs on the real clock. So one success is enough for the verification, and nothing waits for more.

use std::time::Duration;

use sandbox::aws::Aws;
use sandbox::clock::Clock;
use sandbox::lambda::LambdaProcess;
use sandbox::rotation::{RotateOptions, RotationFailed, RotationReport, rotate};
use sandbox::server::Server;
use sandbox::setup::{Prepared, Source};
use sandbox::tls::Tls;

use crate::world::setup;

pub const BINARY: &str = env!("CARGO_BIN_EXE_iam-key-rotator");

pub struct Local {
    pub aws: Aws,
    pub prepared: Prepared,
    pub function: LambdaProcess,
    _server: Server,
}

impl Local {
    pub async fn new(source: Source) -> Self {
        Self::from(source, 2).await
    }

    pub async fn from(source: Source, keys: u8) -> Self {
        let aws = Aws::new(Clock::real());
        let server = Server::start(aws.clone()).await.unwrap();
        Self::behind(aws, server, source, keys)
    }

    #[allow(dead_code, reason = "for the exploration, which shares this file")]
    pub async fn over_tls(tls: &Tls) -> Self {
        let aws = Aws::new(Clock::real());
        let server = Server::start_over_tls(aws.clone(), tls).await.unwrap();
        Self::behind(aws, server, Source::Role, 2)
    }

    fn behind(aws: Aws, server: Server, source: Source, keys: u8) -> Self {
        let prepared = setup(source, keys).prepare(&aws).unwrap();
        let function = LambdaProcess::new(BINARY, &aws, &server.endpoint())
            .env("RUST_LOG", "trace")
            .env("VERIFY_SUCCESSES", "1");
        Self {
            aws,
            prepared,
            function,
            _server: server,
        }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.function = self.function.env(name, value);
        self
    }

    pub async fn rotate(&mut self) -> Result<(), String> {
        let rotated = self.rotate_within(1).await;
        rotated.map(drop).map_err(|failed| format!("{failed:?}"))
    }

    /// A rotation that Secrets Manager tries at most this many times, without a pause.
    pub async fn rotate_within(&mut self, attempts: u32) -> Result<RotationReport, RotationFailed> {
        let arn = self.prepared.secret_arn.clone();
        let options = RotateOptions {
            attempts,
            pause: Duration::ZERO,
            ..RotateOptions::default()
        };
        rotate(&self.aws, &mut self.function, &arn, options, &mut |_| {}).await
    }

    pub async fn logs(self) -> String {
        self.logs_without_secrets("the process").await
    }

    /// Ends the process, and searches everything that it wrote (P5).
    pub async fn logs_without_secrets(mut self, about: &str) -> String {
        self.function.kill().await;
        let logs = self.function.logs();
        print!("{logs}");
        for secret in self.aws.confidential() {
            assert!(!logs.contains(&secret), "{about}: P5: {logs}");
        }
        logs
    }
}
