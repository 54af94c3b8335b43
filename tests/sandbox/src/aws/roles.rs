//! Roles that can be assumed, and temporary credentials.

use std::time::SystemTime;

use aws_credential_types::Credentials;

use super::access::Principal;
use super::ids::{Confidential, Ids};
use super::policy::Policy;
use super::request::ApiRequest;

/// A role that can be assumed.
#[derive(Clone)]
pub(super) struct Role {
    pub(super) arn: String,
    pub(super) id: String,
    /// Who may assume it.
    pub(super) trust: Policy,
}

/// Temporary credentials of a role.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) access_key_id: String,
    pub(super) secret: Confidential,
    pub(super) token: Confidential,
    pub(super) principal: Principal,
    /// `None` means never.
    pub(super) expires: Option<SystemTime>,
}

impl Session {
    /// A session that exists from the beginning, and never ends.
    pub(super) fn of(ids: &mut Ids, role: &str, arn: &str) -> Self {
        let id = ids.iam_id("AROA");
        let name = arn.rsplit('/').next().unwrap_or_default();
        Self::new(ids, role, &id, name, arn.to_owned(), None)
    }

    /// A named session of a role.
    pub(super) fn assume(ids: &mut Ids, role: &Role, name: &str, expires: SystemTime) -> Self {
        let (account, resource) = account_and_resource(&role.arn);
        let role_name = resource.rsplit('/').next().unwrap_or_default();
        let arn = format!("arn:aws:sts::{account}:assumed-role/{role_name}/{name}");
        Self::new(ids, &role.arn, &role.id, name, arn, Some(expires))
    }

    fn new(
        ids: &mut Ids,
        role: &str,
        id: &str,
        name: &str,
        arn: String,
        expires: Option<SystemTime>,
    ) -> Self {
        Self {
            access_key_id: ids.iam_id("ASIA"),
            secret: ids.secret_access_key(),
            token: ids.session_token(),
            principal: Principal {
                arn,
                id: format!("{id}:{name}"),
                policies: role.to_owned(),
                user: None,
            },
            expires,
        }
    }

    /// Whether a request claims that these credentials signed it.
    pub(super) fn signs(&self, request: &ApiRequest) -> bool {
        request.authorization.access_key_id == self.access_key_id
    }

    pub(super) fn credentials(&self) -> Credentials {
        Credentials::new(
            &self.access_key_id,
            self.secret.reveal(),
            Some(self.token.reveal().to_owned()),
            None,
            "sandbox",
        )
    }
}

fn account_and_resource(arn: &str) -> (&str, &str) {
    let mut parts = arn.splitn(6, ':').skip(4);
    let mut next = || parts.next().unwrap_or_default();
    (next(), next())
}
