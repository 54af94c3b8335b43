//! STS's client: who a pair of credentials is.

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sdk_sts::Client;
use aws_sdk_sts::config::Builder;
use secrecy::ExposeSecret;

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

/// Asks STS who an access key is, or the execution role for none.
///
/// Needs no permission (fact 28). The Region's own endpoint is used (fact 30).
///
/// # Errors
/// [`AwsFailure`]; [`AwsFailure::is_unauthenticated`] where the key is not valid (fact 29).
pub async fn identity(sdk: &SdkConfig, key: Option<&AccessKey>) -> Result<Identity, AwsFailure> {
    let mut config = Builder::from(sdk);
    let mut caller = "the execution role".to_owned();
    if let Some(key) = key {
        config = config.credentials_provider(credentials(key));
        caller = format!("the access key {}", key.id);
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
