//! The keeper beside a set-up: the policies of its role, and what it needs others to allow.

#[cfg(test)]
mod tests;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use serde_json::{Value, json};

use super::{Prepared, SetupError, Source};
use crate::aws::{ACCOUNT, Aws, FUNCTION_ARN, KEEPER_ROLE, REGION};
use crate::in_process::sdk_config;

/// The tag whose value is the fleet of a secret and of its user.
pub const FLEET_TAG: &str = "iam-key-rotator";

/// A keeper that was set up.
#[derive(Clone, Debug)]
pub struct Keeper {
    /// The credentials of its execution role.
    pub credentials: Credentials,
    /// The policies that were attached for it, each with the ARN of the principal that carries it.
    pub policies: Vec<(String, Value)>,
}

impl Keeper {
    /// The configuration of its SDK clients.
    #[must_use]
    pub fn sdk_config(&self, aws: &Aws) -> SdkConfig {
        sdk_config(aws, self.credentials.clone())
    }
}

impl Prepared {
    /// Lets the keeper look after the secret and its user. Another set-up of the account can add the same keeper.
    ///
    /// # Errors
    /// [`SetupError::Policy`] if the simulation cannot evaluate a policy.
    pub fn add_keeper(&self, aws: &Aws) -> Result<Keeper, SetupError> {
        let parties = self.parties(aws);
        let mut policies = vec![(KEEPER_ROLE, parties.document(ROLE)?)];
        match self.source {
            Source::SelfKey => policies.push((&self.user_arn, parties.document(OWN_KEYS)?)),
            Source::Administrator => {
                policies.push((KEEPER_ROLE, parties.document(READS_ADMINISTRATOR)?));
            }
            Source::Role => policies.push((KEEPER_ROLE, parties.document(MANAGES_KEYS)?)),
            Source::AnotherAccount => {
                policies.push((KEEPER_ROLE, parties.document(ASSUMES_ROLE)?));
                if let Some((role, _)) = &self.role {
                    let trust = parties.document(TRUST)?;
                    aws.set_trust(role, &trust).map_err(SetupError::Policy)?;
                }
            }
        }
        attach(aws, policies)
    }

    /// Tags the secret and its user as of a fleet, and lets the keeper look after all of the fleet.
    ///
    /// # Errors
    /// [`SetupError::Policy`] if the simulation cannot evaluate a policy.
    pub fn add_fleet_keeper(&self, aws: &Aws, fleet: &str) -> Result<Keeper, SetupError> {
        aws.tag_secret(&self.secret_arn, FLEET_TAG, fleet);
        aws.tag_user(&self.user_arn, FLEET_TAG, fleet);
        attach(aws, vec![(KEEPER_ROLE, fleet_role(fleet))])
    }
}

fn attach(aws: &Aws, policies: Vec<(&str, Value)>) -> Result<Keeper, SetupError> {
    for (principal, document) in &policies {
        aws.attach_policy(principal, document)
            .map_err(SetupError::Policy)?;
    }
    let policies = policies.into_iter();
    Ok(Keeper {
        credentials: aws.keeper_credentials(),
        policies: policies
            .map(|(principal, document)| (principal.to_owned(), document))
            .collect(),
    })
}

// These documents stand here until the repository ships the keeper's. Then they are read from there, as the function's are.

const ROLE: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:RotateSecret"],
      "Resource": "SECRET_ARN"
    },
    {
      "Effect": "Allow",
      "Action": "secretsmanager:UpdateSecretVersionStage",
      "Resource": "SECRET_ARN",
      "Condition": {"StringLike": {"secretsmanager:VersionStage": "iam-key-rotator-*"}}
    },
    {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "FUNCTION_ARN"}
  ]
}"#;

const MANAGES_KEYS: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["iam:GetAccessKeyLastUsed", "iam:ListAccessKeys", "iam:UpdateAccessKey"],
      "Resource": "USER_ARN"
    }
  ]
}"#;

const READS_ADMINISTRATOR: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "secretsmanager:GetSecretValue",
      "Resource": "ADMINISTRATOR_SECRET_ARN",
      "Condition": {"ForAnyValue:StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}}
    }
  ]
}"#;

const ASSUMES_ROLE: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "ROLE_ARN"}]
}"#;

const TRUST: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {"AWS": ["EXECUTION_ROLE_ARN", "KEEPER_ROLE_ARN"]},
      "Action": "sts:AssumeRole",
      "Condition": {"StringEquals": {"sts:ExternalId": "EXTERNAL_ID"}}
    }
  ]
}"#;

/// What the user of an own key needs in addition, to see AWS's quarantine (fact 48).
const OWN_KEYS: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [{"Effect": "Allow", "Action": "iam:ListAttachedUserPolicies", "Resource": "USER_ARN"}]
}"#;

fn fleet_role(fleet: &str) -> Value {
    let secrets = format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:*");
    let is_of_fleet = json!({(format!("aws:ResourceTag/{FLEET_TAG}")): fleet});
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "secretsmanager:ListSecrets", "Resource": "*"},
            {
                "Effect": "Allow",
                "Action": [
                    "secretsmanager:DescribeSecret",
                    "secretsmanager:GetSecretValue",
                    "secretsmanager:RotateSecret",
                ],
                "Resource": secrets,
                "Condition": {"StringEquals": is_of_fleet},
            },
            {
                "Effect": "Allow",
                "Action": "secretsmanager:UpdateSecretVersionStage",
                "Resource": secrets,
                "Condition": {
                    "StringEquals": is_of_fleet,
                    "StringLike": {"secretsmanager:VersionStage": "iam-key-rotator-*"},
                },
            },
            {
                "Effect": "Allow",
                "Action": ["iam:GetAccessKeyLastUsed", "iam:ListAccessKeys", "iam:UpdateAccessKey"],
                "Resource": format!("arn:aws:iam::{ACCOUNT}:user/*"),
                "Condition": {"StringEquals": is_of_fleet},
            },
            {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": FUNCTION_ARN},
        ],
    })
}
