//! AWS's quarantine of a user whose key has leaked (fact 48).

use crate::aws::failure::AwsFailure;
use crate::aws::iam::Iam;

/// How the names of AWS's quarantine policies begin.
const QUARANTINE: &str = "AWSCompromisedKeyQuarantine";

impl Iam {
    /// The quarantine policy that AWS has attached to the user, if any.
    ///
    /// # Errors
    /// [`AwsFailure`].
    pub(crate) async fn quarantine(&self) -> Result<Option<String>, AwsFailure> {
        let call = self.client.list_attached_user_policies();
        let mut pages = call.user_name(self.user()).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page =
                page.map_err(|error| self.failure("iam:ListAttachedUserPolicies", &error))?;
            let mut names = page.attached_policies().iter();
            let found = names.find_map(|policy| policy.policy_name()?.strip_prefix(QUARANTINE));
            if let Some(version) = found {
                let version = version.chars().filter(char::is_ascii_alphanumeric);
                return Ok(Some(format!("{QUARANTINE}{}", version.collect::<String>())));
            }
        }
        Ok(None)
    }
}
