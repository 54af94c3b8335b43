//! STS's client: who a pair of credentials is, and the session of a role.

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sdk_sts::Client;
use aws_sdk_sts::config::Builder;
use secrecy::{ExposeSecret, SecretString};

use crate::access_key::AccessKey;
use crate::aws_failure::{AwsFailure, Effect};

/// What GetCallerIdentity tells (fact 28).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account's id, 12 digits.
    pub account: String,
    /// `arn:PARTITION:iam::ACCOUNT:user/PATH/NAME` for a user.
    pub arn: String,
    /// `AIDA…` for a user; never given out again.
    pub user_id: String,
}

impl Identity {
    /// The user's name, without its path (fact 26); none for what is no user.
    #[must_use]
    pub fn user_name(&self) -> Option<&str> {
        let resource = self.arn.splitn(6, ':').nth(5)?;
        resource.strip_prefix("user/")?.rsplit('/').next()
    }
}

/// Asks STS who credentials are; the execution role for none. `caller` names them in a failure.
///
/// Needs no permission (fact 28). The Region's own endpoint is used (fact 30).
///
/// # Errors
/// [`AwsFailure`]; [`AwsFailure::is_unauthenticated`] where they are not valid (fact 29).
pub async fn identity(
    sdk: &SdkConfig,
    credentials: Option<Credentials>,
    caller: String,
) -> Result<Identity, AwsFailure> {
    let mut config = Builder::from(sdk);
    if let Some(credentials) = credentials {
        config = config.credentials_provider(credentials);
    }
    let reply = Client::from_conf(config.build())
        .get_caller_identity()
        .send()
        .await
        .map_err(|error| AwsFailure::new("sts:GetCallerIdentity", caller.clone(), &error))?;
    match (reply.account, reply.arn, reply.user_id) {
        (Some(account), Some(arn), Some(user_id)) => Ok(Identity {
            account,
            arn,
            user_id,
        }),
        _ => Err(AwsFailure {
            action: "sts:GetCallerIdentity",
            resource: caller,
            code: None,
            message: "the answer lacks account, ARN or user id".to_owned(),
            effect: Effect::None,
        }),
    }
}

/// The shortest session there is (fact 38), in seconds: as long as a function can live.
const SESSION_SECONDS: i32 = 900;
/// A session's name, in characters (fact 38).
const LONGEST_SESSION_NAME: usize = 64;

/// Assumes a role with the execution role's credentials, for 15 minutes. CloudTrail, in the
/// role's account, shows whom for: the session is named `iam-key-rotator-` and the user.
///
/// # Errors
/// [`AwsFailure`]; [`AwsFailure::is_denied`] whether the caller lacks the permission, the role does
/// not exist or does not trust the caller, or the external id is wrong (fact 39).
pub async fn assume_role(
    sdk: &SdkConfig,
    role_arn: &str,
    external_id: Option<&SecretString>,
    user: &str,
) -> Result<Credentials, AwsFailure> {
    // A user's name has no character that a session's may not have.
    let name: String = format!("iam-key-rotator-{user}")
        .chars()
        .take(LONGEST_SESSION_NAME)
        .collect();
    let reply = Client::new(sdk)
        .assume_role()
        .role_arn(role_arn)
        .role_session_name(name)
        .duration_seconds(SESSION_SECONDS)
        .set_external_id(external_id.map(|id| id.expose_secret().to_owned()))
        .send()
        .await
        .map_err(|error| AwsFailure::new("sts:AssumeRole", role_arn, &error))?;
    let session = reply.credentials.ok_or_else(|| AwsFailure {
        action: "sts:AssumeRole",
        resource: role_arn.to_owned(),
        code: None,
        message: "the answer holds no credentials".to_owned(),
        effect: Effect::Unknown,
    })?;
    Ok(Credentials::new(
        session.access_key_id,
        session.secret_access_key,
        Some(session.session_token),
        None,
        "the role",
    ))
}

/// An access key as the SDK takes it.
pub(crate) fn credentials(key: &AccessKey) -> Credentials {
    Credentials::new(
        key.id.as_str(),
        key.secret.expose_secret(),
        None,
        None,
        "the secret",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_name_is_the_last_part_of_its_arn() {
        for (arn, name) in [
            ("arn:aws:iam::123456789012:user/alice", Some("alice")),
            (
                "arn:aws-cn:iam::123456789012:user/team/blue/alice",
                Some("alice"),
            ),
            ("arn:aws:iam::123456789012:root", None),
            ("arn:aws:sts::123456789012:assumed-role/user/alice", None),
            ("arn:aws:sts::123456789012:federated-user/alice", None),
            ("nonsense", None),
        ] {
            let identity = Identity {
                account: String::new(),
                arn: arn.to_owned(),
                user_id: String::new(),
            };
            assert_eq!(identity.user_name(), name, "{arn}");
        }
    }
}
