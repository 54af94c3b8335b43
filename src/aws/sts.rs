//! STS's client: whose credentials a pair is, and the session of a role.

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sdk_sts::Client;
use aws_sdk_sts::config::Builder;
use secrecy::{ExposeSecret, SecretString};

use crate::aws::connect_only::connect_only;
use crate::aws::environment::is_key_id;
use crate::aws::failure::{AwsFailure, Effect};
use crate::key::access_key::AccessKey;
use crate::key::owner::Identity;

/// The longest ARN that IAM gives, in characters.
const LONGEST_ID: usize = 2_048;
/// The shortest session that STS allows (fact 38), in seconds: as long as a function can run.
const SESSION_SECONDS: i32 = 900;
/// The longest session name, in characters (fact 38).
const LONGEST_SESSION_NAME: usize = 64;

/// STS. The Region's own endpoint is used (fact 30).
#[derive(Clone, Debug)]
pub(crate) struct Sts {
    client: Client,
}

impl Sts {
    /// Makes the client.
    #[must_use]
    pub(crate) fn new(sdk: &SdkConfig) -> Self {
        Self {
            client: Client::new(sdk),
        }
    }

    /// Only connects; makes no call.
    pub(crate) async fn connect(&self) {
        connect_only!(aws_sdk_sts, self.client.get_caller_identity());
    }

    /// Asks whose the credentials are. None means the execution role's. `caller` names them in a failure.
    ///
    /// Needs no permission (fact 28).
    ///
    /// # Errors
    /// [`AwsFailure`]; [`AwsFailure::is_unauthenticated`] if they are not valid (fact 29).
    pub(crate) async fn identity(
        &self,
        credentials: Option<Credentials>,
        caller: String,
    ) -> Result<Identity, AwsFailure> {
        let mut call = self.client.get_caller_identity().customize();
        if let Some(credentials) = credentials {
            call = call.config_override(Builder::new().credentials_provider(credentials));
        }
        let reply = call
            .send()
            .await
            .map_err(|error| AwsFailure::new("sts:GetCallerIdentity", caller.clone(), &error))?;
        match (reply.account, reply.arn, reply.user_id) {
            // They are shown and compared. AWS's own are no longer, and have no space or line break.
            (Some(account), Some(arn), Some(user_id))
                if [&account, &arn, &user_id].into_iter().all(|id| is_id(id)) =>
            {
                Ok(Identity {
                    account,
                    arn,
                    user_id,
                })
            }
            _ => Err(AwsFailure {
                action: "sts:GetCallerIdentity",
                resource: caller,
                code: None,
                message: "the answer lacks account, ARN or user id, or they are not what such are"
                    .to_owned(),
                effect: Effect::None,
                unreached: false,
            }),
        }
    }

    /// Assumes a role with the execution role's credentials, for 15 minutes. CloudTrail, in the role's
    /// account, shows for which user: the session's name is `iam-key-rotator-` and the user's name.
    ///
    /// # Errors
    /// [`AwsFailure`]; [`AwsFailure::is_denied`] in each of these cases: the caller lacks the permission, the role
    /// does not exist or does not trust the caller, or the external id is wrong (fact 39).
    pub(crate) async fn assume_role(
        &self,
        role_arn: &str,
        external_id: Option<&SecretString>,
        user: &str,
    ) -> Result<Credentials, AwsFailure> {
        // Every character that a user's name can have is valid in a session's name.
        let name: String = format!("iam-key-rotator-{user}")
            .chars()
            .take(LONGEST_SESSION_NAME)
            .collect();
        let reply = self
            .client
            .assume_role()
            .role_arn(role_arn)
            .role_session_name(name)
            .duration_seconds(SESSION_SECONDS)
            .set_external_id(external_id.map(|id| id.expose_secret().to_owned()))
            .send()
            .await
            .map_err(|error| {
                let secrets: Vec<_> = external_id.into_iter().collect();
                AwsFailure::hiding(&secrets, "sts:AssumeRole", role_arn, &error)
            })?;
        // The SDK panics on an id that an HTTP header cannot hold.
        let session = reply
            .credentials
            .filter(|session| is_key_id(&session.access_key_id));
        let session = session.ok_or_else(|| AwsFailure {
            action: "sts:AssumeRole",
            resource: role_arn.to_owned(),
            code: None,
            message: "the answer holds no credentials".to_owned(),
            effect: Effect::Unknown,
            unreached: false,
        })?;
        Ok(Credentials::new(
            session.access_key_id,
            session.secret_access_key,
            Some(session.session_token),
            None,
            "the role",
        ))
    }
}

/// A user's path can have any printable ASCII.
fn is_id(text: &str) -> bool {
    text.len() <= LONGEST_ID && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Converts an access key to the SDK's credentials.
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
    #![allow(clippy::unwrap_used)]
    use aws_config::{BehaviorVersion, Region};
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
    use aws_smithy_types::body::SdkBody;

    use super::*;

    /// Responds to each call with this.
    #[derive(Debug)]
    struct Answer(String);

    impl HttpConnector for Answer {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            let status = 400_u16.try_into().unwrap();
            HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(&*self.0))))
        }
    }

    /// The error of a refused AssumeRole with the external id "a-sesame", for an endpoint and a response's message.
    async fn refused(endpoint: &str, message: &str) -> String {
        let answer = SharedHttpConnector::new(Answer(format!(
            "<ErrorResponse><Error><Code>ValidationError</Code><Message>{message}</Message></Error></ErrorResponse>"
        )));
        let key = Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "test");
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(key))
            .http_client(http_client_fn(move |_, _| answer.clone()))
            .endpoint_url(endpoint)
            .build();
        let id = SecretString::from("a-sesame");
        let role = "arn:aws:iam::444455556666:role/a";
        let refused = Sts::new(&sdk).assume_role(role, Some(&id), "alice").await;
        refused.unwrap_err().to_string()
    }

    /// The SDK quotes the request in some of its errors. A service quotes a value that it considers invalid.
    #[tokio::test]
    async fn a_refusal_never_quotes_the_external_id() {
        for endpoint in ["vpce-1.sts.us-east-1.vpce.amazonaws.com", "http://a b"] {
            let said = refused(endpoint, "").await;
            assert!(!said.contains("sesame"), "{said}");
            assert!(said.contains("the request"), "{said}");
        }
        let said = refused("http://sts", "Value 'a-sesame' at 'externalId'").await;
        assert!(
            said.ends_with("ValidationError: Value '…' at 'externalId'"),
            "{said}"
        );
    }

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
