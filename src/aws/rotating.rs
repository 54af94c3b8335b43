//! RotateSecret: asks Secrets Manager for a rotation.

use crate::aws::failure::AwsFailure;
use crate::aws::once::{Once, attempt};
use crate::aws::secrets_manager::SecretsManager;

impl SecretsManager {
    /// Starts a rotation at once. If another one is not complete, Secrets Manager goes on with that one (fact 5).
    ///
    /// # Errors
    /// [`AwsFailure`], such as `InvalidRequestException` if the secret has no rotation function.
    pub(crate) async fn rotate(&self, secret_arn: &str, once: Once) -> Result<(), AwsFailure> {
        let call = self.client.rotate_secret().secret_id(secret_arn);
        let asked = attempt!(aws_sdk_secretsmanager, once, call)
            .map_err(|error| AwsFailure::new("secretsmanager:RotateSecret", secret_arn, &error));
        match asked {
            Err(failure) if goes_on(&failure) => Ok(()),
            other => other.map(drop),
        }
    }
}

/// "A previous rotation isn't complete. That rotation will be reattempted." (fact 5)
fn goes_on(failure: &AwsFailure) -> bool {
    failure.is("InvalidRequestException") && failure.message.contains("will be reattempted")
}
