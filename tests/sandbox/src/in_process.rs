//! The function called directly, its SDK clients connected to the simulation: for tests in virtual
//! time.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use iam_key_rotator::config::Config;
use iam_key_rotator::event::Payload;
use iam_key_rotator::rotation::Rotator;
use lambda_runtime::Diagnostic;
use serde_json::Value;

use crate::aws::{Aws, REGION};
use crate::lambda::TIME_OUT;
use crate::rotation::{Function, FunctionError};

/// The function in this process.
pub struct InProcess {
    rotator: Rotator,
    aws: Aws,
    time_out: Duration,
}

impl InProcess {
    /// Connects the function to the simulation; its time is the simulation's and tokio's.
    #[must_use]
    pub fn new(aws: &Aws, config: Config) -> Self {
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .credentials_provider(SharedCredentialsProvider::new(aws.role_credentials()))
            .http_client(aws.http_client())
            .time_source(SharedTimeSource::new(aws.clock().clone()))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .retry_config(iam_key_rotator::aws::retries())
            .timeout_config(iam_key_rotator::aws::timeouts())
            .build();
        Self {
            rotator: Rotator::new(sdk, config),
            aws: aws.clone(),
            time_out: TIME_OUT,
        }
    }

    /// Sets the function's time-out; [`TIME_OUT`] unless set.
    #[must_use]
    pub fn time_out(mut self, time_out: Duration) -> Self {
        self.time_out = time_out;
        self
    }

    /// Invokes the function with a payload as it came over the wire.
    ///
    /// # Errors
    /// What the function answers.
    pub async fn invoke_raw(&self, payload: &str) -> Result<Value, FunctionError> {
        // As the runtime does it: nothing looks behind the value.
        let mut json = serde_json::Deserializer::from_str(payload);
        let payload: Payload =
            serde::Deserialize::deserialize(&mut json).map_err(|error| FunctionError {
                error_type: "Payload".to_owned(),
                error_message: error.to_string(),
            })?;
        let deadline = self.aws.clock().now() + self.time_out;
        match self.rotator.handle(payload, deadline).await {
            Ok(outcome) => Ok(serde_json::to_value(outcome).unwrap_or_default()),
            Err(error) => {
                let Diagnostic {
                    error_type,
                    error_message,
                } = error.into();
                Err(FunctionError {
                    error_type,
                    error_message,
                })
            }
        }
    }
}

impl Function for InProcess {
    async fn invoke(&mut self, event: Value) -> Result<Value, FunctionError> {
        self.invoke_raw(&event.to_string()).await
    }
}
