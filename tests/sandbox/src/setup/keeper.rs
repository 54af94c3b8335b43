//! The keeper beside a set-up: the policies of its role, and what it needs others to allow.

#[cfg(test)]
mod tests;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use serde_json::Value;

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
        let role = match self.source {
            Source::Administrator => READS_ADMINISTRATOR,
            Source::SelfKey | Source::Role | Source::AnotherAccount => ROLE,
        };
        let mut policies = vec![(KEEPER_ROLE, parties.document(role)?)];
        match self.source {
            Source::Administrator => {}
            Source::SelfKey => policies.push((KEEPER_ROLE, parties.document(DEACTIVATES)?)),
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
        attach(aws, vec![(KEEPER_ROLE, fleet_role(fleet)?)])
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

const ROLE: &str = include_str!("../../../../policies/keeper-role.json");
const MANAGES_KEYS: &str = include_str!("../../../../policies/keeper-manages-keys.json");
const DEACTIVATES: &str = include_str!("../../../../policies/keeper-deactivates-own-key.json");
const READS_ADMINISTRATOR: &str =
    include_str!("../../../../policies/keeper-role-reads-administrator.json");
const ASSUMES_ROLE: &str = include_str!("../../../../policies/execution-role-assumes-role.json");
const TRUST: &str =
    include_str!("../../../../policies/role-in-another-account-trust-with-keeper.json");
const FLEET_ROLE: &str = include_str!("../../../../policies/fleet-keeper-role.json");

fn fleet_role(fleet: &str) -> Result<Value, SetupError> {
    let text = FLEET_ROLE
        .replace("REGION:ACCOUNT_ID", &format!("{REGION}:{ACCOUNT}"))
        .replace("ACCOUNT_ID", ACCOUNT)
        .replace("\"FLEET\"", &format!("\"{fleet}\""))
        .replace("FUNCTION_ARN", FUNCTION_ARN);
    serde_json::from_str(&text).map_err(|error| SetupError::NotJson(error.to_string()))
}
