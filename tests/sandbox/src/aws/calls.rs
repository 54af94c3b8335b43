//! The record of the API calls.

use std::fmt;
use std::time::SystemTime;

/// Every call that the function makes, on any of its paths.
pub const CALLS: [&str; 11] = [
    "DescribeSecret",
    "GetSecretValue",
    "PutSecretValue",
    "UpdateSecretVersionStage",
    "ListAccessKeys",
    "CreateAccessKey",
    "UpdateAccessKey",
    "DeleteAccessKey",
    "GetAccessKeyLastUsed",
    "GetCallerIdentity",
    "AssumeRole",
];

/// Every call that the keeper makes, on any of its paths.
pub const KEEPER_CALLS: [&str; 10] = [
    "DescribeSecret",
    "GetSecretValue",
    "UpdateSecretVersionStage",
    "RotateSecret",
    "ListSecrets",
    "ListAccessKeys",
    "GetAccessKeyLastUsed",
    "UpdateAccessKey",
    "ListAttachedUserPolicies",
    "AssumeRole",
];

/// A simulated service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// AWS Secrets Manager.
    SecretsManager,
    /// AWS Identity and Access Management.
    Iam,
    /// AWS Security Token Service.
    Sts,
}

impl Service {
    /// The name that signatures and policies use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SecretsManager => "secretsmanager",
            Self::Iam => "iam",
            Self::Sts => "sts",
        }
    }

    /// The service that one of [`CALLS`] or [`KEEPER_CALLS`] goes to.
    #[must_use]
    pub fn of(action: &str) -> Option<Self> {
        match action {
            "DescribeSecret"
            | "GetSecretValue"
            | "ListSecrets"
            | "PutSecretValue"
            | "RotateSecret"
            | "UpdateSecretVersionStage" => Some(Self::SecretsManager),
            "ListAccessKeys"
            | "CreateAccessKey"
            | "UpdateAccessKey"
            | "DeleteAccessKey"
            | "GetAccessKeyLastUsed"
            | "ListAttachedUserPolicies" => Some(Self::Iam),
            "GetCallerIdentity" | "AssumeRole" => Some(Self::Sts),
            _ => None,
        }
    }

    pub(super) fn from_signing_name(name: &str) -> Option<Self> {
        [Self::SecretsManager, Self::Iam, Self::Sts]
            .into_iter()
            .find(|service| service.as_str() == name)
    }
}

impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// An API call that reached the simulation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// 1 for the first call since the simulation began or `Aws::clear_calls`.
    pub number: usize,
    /// The service called.
    pub service: Service,
    /// The API action, such as `CreateAccessKey`.
    pub action: String,
    /// The caller's ARN; empty if no accepted key signed the call.
    pub principal: String,
    /// The id of the access key that signed.
    pub access_key_id: String,
    /// What it was about: the secret's ARN; the access key id in a call about one key; the user's name in other IAM
    /// calls; the role's ARN in AssumeRole. Empty for GetCallerIdentity, and if the caller is unknown.
    pub resource: String,
    /// Whether it is a read that did not see its service's current state, because of a fault or because reads lag.
    pub missed: bool,
    /// How it ended for the caller.
    pub outcome: Outcome,
    /// When, by the simulation's clock.
    pub at: SystemTime,
}

/// How a call ended for the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With status 200.
    Ok,
    /// With an error from the service.
    Error {
        /// The HTTP status.
        status: u16,
        /// The service's error code, such as `NoSuchEntity`.
        code: String,
    },
    /// Without a response, whether or not the call took effect.
    Lost,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_of_the_function_and_the_keeper_has_its_service() {
        let calls = CALLS.into_iter().chain(KEEPER_CALLS);
        assert!(calls.into_iter().all(|call| Service::of(call).is_some()));
    }
}
