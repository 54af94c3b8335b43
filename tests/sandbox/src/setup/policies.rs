//! The policies that the repository ships, filled in and attached.

use serde_json::{Value, json};

use super::{SetupError, Source};
use crate::aws::{Aws, FUNCTION_ARN, FUNCTION_ROLE, KEEPER_ROLE};

/// The parties in a rotation, by their ARNs.
pub(super) struct Parties<'a> {
    pub(super) source: Source,
    pub(super) secret: &'a str,
    pub(super) user: &'a str,
    /// The administrator, and the secret with its key.
    pub(super) administrator: Option<(String, &'a str)>,
    /// The role in the user's account, and the external id that it asks for.
    pub(super) role: Option<(&'a str, &'a str)>,
}

impl Parties<'_> {
    /// Makes the role if there is one, attaches its policies to each party, and returns them.
    pub(super) fn attach_policies(&self, aws: &Aws) -> Result<Vec<(String, Value)>, SetupError> {
        if let Some((role, _)) = self.role {
            let trust = self.document(ROLE_IN_ANOTHER_ACCOUNT_TRUST)?;
            aws.create_role(role, &trust).map_err(SetupError::Policy)?;
        }
        let attach = |(principal, text): (&str, &str)| {
            let document = self.document(text)?;
            aws.attach_policy(principal, &document)
                .map_err(SetupError::Policy)?;
            Ok((principal.to_owned(), document))
        };
        self.carried().into_iter().map(attach).collect()
    }

    fn carried(&self) -> Vec<(&str, &'static str)> {
        let executes = (FUNCTION_ROLE, EXECUTION_ROLE);
        match (self.source, &self.administrator, self.role) {
            (Source::SelfKey, ..) => vec![executes, (self.user, OWN_KEYS_USER)],
            (Source::Role, ..) => vec![executes, (FUNCTION_ROLE, ROLE_MANAGES_KEYS)],
            (_, Some((administrator, _)), _) => vec![
                (FUNCTION_ROLE, ROLE_READS_ADMINISTRATOR),
                (administrator, ADMINISTRATOR_USER),
            ],
            (_, None, Some((role, _))) => vec![
                executes,
                (FUNCTION_ROLE, ROLE_ASSUMES_ROLE),
                (role, ROLE_IN_ANOTHER_ACCOUNT),
            ],
            (_, None, None) => vec![executes],
        }
    }

    pub(super) fn document(&self, text: &str) -> Result<Value, SetupError> {
        let administrator_secret = self.administrator.as_ref().map(|(_, secret)| *secret);
        let (role, external_id) = self.role.unwrap_or_default();
        let text = [
            ("SECRET_ARN", self.secret),
            (
                "ADMINISTRATOR_SECRET_ARN",
                administrator_secret.unwrap_or_default(),
            ),
            ("USER_ARN", self.user),
            ("EXECUTION_ROLE_ARN", FUNCTION_ROLE),
            ("KEEPER_ROLE_ARN", KEEPER_ROLE),
            ("FUNCTION_ARN", FUNCTION_ARN),
            ("ROLE_ARN", role),
            ("EXTERNAL_ID", external_id),
        ]
        .iter()
        .fold(text.to_owned(), |text, (placeholder, value)| {
            text.replace(&format!("\"{placeholder}\""), &format!("\"{value}\""))
        });
        serde_json::from_str(&text).map_err(|error| SetupError::NotJson(error.to_string()))
    }

    /// The parties, as the record of calls names them.
    pub(super) fn record(&self) -> Value {
        json!({
            "secret": self.secret,
            "user": self.user,
            "administrator": self.administrator.as_ref().map(|(user, _)| user),
            "administratorSecret": self.administrator.as_ref().map(|(_, secret)| secret),
            "role": self.role.map(|(arn, _)| arn),
            "externalId": self.role.map(|(_, external_id)| external_id),
        })
    }
}

const EXECUTION_ROLE: &str = include_str!("../../../../policies/execution-role.json");
const ROLE_MANAGES_KEYS: &str =
    include_str!("../../../../policies/execution-role-manages-keys.json");
const ROLE_READS_ADMINISTRATOR: &str =
    include_str!("../../../../policies/execution-role-reads-administrator.json");
const ROLE_ASSUMES_ROLE: &str =
    include_str!("../../../../policies/execution-role-assumes-role.json");
const ROLE_IN_ANOTHER_ACCOUNT: &str =
    include_str!("../../../../policies/role-in-another-account.json");
const ROLE_IN_ANOTHER_ACCOUNT_TRUST: &str =
    include_str!("../../../../policies/role-in-another-account-trust.json");
const OWN_KEYS_USER: &str = include_str!("../../../../policies/own-keys-user.json");
const ADMINISTRATOR_USER: &str = include_str!("../../../../policies/administrator-user.json");
