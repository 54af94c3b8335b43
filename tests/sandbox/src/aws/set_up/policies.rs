//! What users and roles are allowed.

#[cfg(test)]
mod tests;

use serde_json::Value;

use super::mistake;
use crate::aws::policy::Policy;
use crate::aws::users::User;
use crate::aws::{Aws, PolicyError};

/// The policy that AWS attaches to the user of a leaked key (fact 48).
pub const QUARANTINE: &str = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3";
/// The one before.
pub const QUARANTINE_V2: &str = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV2";

/// What either denies, of the calls that are simulated.
const QUARANTINED: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": ["iam:CreateAccessKey", "iam:CreateUser", "iam:DeleteAccessKey", "iam:UpdateAccessKey"],
      "Resource": "*"
    }
  ]
}"#;

impl Aws {
    /// Attaches a policy document to a user's or a role's ARN.
    ///
    /// # Errors
    /// [`PolicyError`] for a document with elements that the simulation does not evaluate, such
    /// as NotAction.
    pub fn attach_policy(&self, principal_arn: &str, document: &Value) -> Result<(), PolicyError> {
        let policy = Policy::parse(document)?;
        let mut state = self.state();
        let attached = state.policies.entry(principal_arn.to_owned());
        attached.or_default().push(policy);
        Ok(())
    }

    /// Exempts a resource from a principal's policies that deny all resources but some. Whoever has the function rotate
    /// another secret must do the same.
    pub fn spare(&self, principal_arn: &str, resource_arn: &str) {
        let mut state = self.state();
        let attached = state.policies.get_mut(principal_arn);
        for policy in attached.into_iter().flatten() {
            policy.spare(resource_arn);
        }
    }

    /// Detaches all policies from a user's or a role's ARN, which is then allowed nothing.
    pub fn detach_policies(&self, principal_arn: &str) {
        self.state().policies.remove(principal_arn);
    }

    /// Attaches AWS's quarantine to a user, by name or ARN, as AWS does when a key of the user has leaked (fact 48).
    /// `policy` is [`QUARANTINE`], or another ARN to attach the same under. A stale read misses it.
    #[track_caller]
    pub fn attach_quarantine(&self, user: &str, policy: &str) {
        let document = serde_json::from_str(QUARANTINED).unwrap_or_default();
        if self.attach_managed_policy(user, policy, &document).is_err() {
            mistake("policy", policy);
        }
    }

    /// Attaches a managed policy to a user, by name or ARN. ListAttachedUserPolicies shows it.
    ///
    /// # Errors
    /// [`PolicyError`] for a document with elements that the simulation does not evaluate.
    #[track_caller]
    pub fn attach_managed_policy(
        &self,
        user: &str,
        policy: &str,
        document: &Value,
    ) -> Result<(), PolicyError> {
        let document = Policy::parse(document)?;
        self.state().managed.insert(policy.to_owned(), document);
        self.change_user(user, |user| {
            if !user.attached.iter().any(|attached| attached == policy) {
                user.attached.push(policy.to_owned());
            }
        });
        Ok(())
    }

    /// Detaches a managed policy from a user, by name or ARN.
    #[track_caller]
    pub fn detach_managed_policy(&self, user: &str, policy: &str) {
        self.change_user(user, |user| {
            user.attached.retain(|attached| attached != policy);
        });
    }

    /// Changes a user so that a stale read misses it.
    #[track_caller]
    fn change_user(&self, name: &str, change: impl FnOnce(&mut User)) {
        let mut state = self.state();
        let result = state
            .users
            .change(|users| users.update(name, change).ok_or(()));
        drop(state);
        if result.is_err() {
            mistake("user", name);
        }
    }
}
