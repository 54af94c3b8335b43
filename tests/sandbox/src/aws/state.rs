//! Everything the simulation knows, behind one lock.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::Request;
use serde_json::Value;

use super::access::{Principal, Resource};
use super::answer::Content;
use super::directory::Directory;
use super::errors::ApiError;
use super::faults::Faults;
use super::ids::Ids;
use super::policy::Policy;
use super::request::ApiRequest;
use super::roles::{Role, Session};
use super::secrets::Secret;
use super::smtp::Smtp;
use super::timeline::Timeline;
use super::users::{Key, User, amend_key, owner_of};
use super::{
    Call, FUNCTION_ROLE, FUNCTION_SESSION, LastUsed, Propagation, REGION, RotateRequest, Service,
    UseRecord, iam, secrets_manager, sts,
};

pub(super) type CallHook = Arc<dyn Fn(&Call) + Send + Sync>;
pub(super) type RotateCallback = Arc<dyn Fn(RotateRequest) + Send + Sync>;

const OPERATOR_ROLE: &str = "arn:aws:iam::123456789012:role/operator";
pub(super) const OPERATOR_SESSION: &str =
    "arn:aws:sts::123456789012:assumed-role/operator/operator";

pub(super) struct State {
    pub(super) ids: Ids,
    /// Separate, so that the ids of keys do not depend on how many calls there were before.
    pub(super) request_ids: Ids,
    pub(super) secrets: Timeline<Directory<Secret>>,
    pub(super) users: Timeline<Directory<User>>,
    pub(super) policies: HashMap<String, Vec<Policy>>,
    /// The managed policies, by their ARNs.
    pub(super) managed: HashMap<String, Policy>,
    /// The policies of secrets, by the secrets' ARNs.
    pub(super) secret_policies: HashMap<String, Policy>,
    pub(super) role: Session,
    pub(super) operator: Session,
    /// Made when somebody first asks for it, so that the ids in an account without a keeper do not depend on it.
    pub(super) keeper: Option<Session>,
    /// The roles that can be assumed.
    pub(super) roles: Vec<Role>,
    /// The sessions of roles that were assumed.
    pub(super) sessions: Vec<Session>,
    pub(super) propagation: Propagation,
    pub(super) page_size: usize,
    /// The most secrets that ListSecrets looks at for a page.
    pub(super) list_page_size: usize,
    pub(super) latency: Duration,
    /// The hosts that no connection can be made to.
    pub(super) cut_off: Vec<String>,
    /// Whether a signature may be for another Region.
    pub(super) any_region: bool,
    pub(super) requires_rotation_token: bool,
    /// How uses of keys are recorded, if they are at all.
    pub(super) records_uses: Option<UseRecord>,
    /// Whether a key that is nobody's in the account is refused to everybody.
    pub(super) refuses_unknown_keys: bool,
    pub(super) faults: Faults,
    pub(super) smtp: Smtp,
    pub(super) calls: Vec<Call>,
    /// The body of the last request.
    pub(super) last_request: Bytes,
    pub(super) hooks: Vec<CallHook>,
    pub(super) rotate: Option<RotateCallback>,
    /// The source and the set-up to record calls with.
    pub(super) recorded_as: Option<(String, Value)>,
    /// The RotateSecret calls that the callback has not heard of yet.
    pub(super) rotations: Vec<RotateRequest>,
}

impl State {
    pub(super) fn new() -> Self {
        let mut ids = Ids::default();
        Self {
            role: Session::of(&mut ids, FUNCTION_ROLE, FUNCTION_SESSION),
            operator: Session::of(&mut ids, OPERATOR_ROLE, OPERATOR_SESSION),
            keeper: None,
            roles: Vec::new(),
            sessions: Vec::new(),
            ids,
            request_ids: Ids::default(),
            secrets: Timeline::new(Directory::new()),
            users: Timeline::new(Directory::new()),
            policies: HashMap::new(),
            managed: HashMap::new(),
            secret_policies: HashMap::new(),
            propagation: Propagation::default(),
            page_size: 100,
            list_page_size: 100,
            latency: Duration::ZERO,
            cut_off: Vec::new(),
            any_region: false,
            requires_rotation_token: false,
            records_uses: None,
            refuses_unknown_keys: false,
            faults: Faults::default(),
            smtp: Smtp::default(),
            calls: Vec::new(),
            last_request: Bytes::new(),
            hooks: Vec::new(),
            rotate: None,
            recorded_as: None,
            rotations: Vec::new(),
        }
    }

    pub(super) fn secret(&self, secret_id: &str) -> Option<&Secret> {
        self.secrets.now().get(secret_id)
    }

    pub(super) fn remove_secret(&mut self, arn: &str, now: SystemTime) {
        self.secret_policies.remove(arn);
        self.secrets
            .amend_listed(now, |secrets| secrets.retain(|secret| secret.arn != arn));
    }

    /// A user by its name or ARN. If two accounts have one of that name, the first that was made.
    pub(super) fn user(&self, name: &str) -> Option<&User> {
        self.users.now().get(name)
    }

    /// A key and its user. This includes a deleted key, while it is still known somewhere.
    pub(super) fn key(&self, id: &str) -> Option<(&User, &Key)> {
        let user = self.users.now().get(&owner_of(id))?;
        let key = user.keys.iter().find(|key| key.id == id)?;
        Some((user, key))
    }

    /// Who signed a request (fact 29).
    pub(super) fn authenticate(
        &self,
        request: &ApiRequest,
        raw: &Request<Bytes>,
        now: SystemTime,
    ) -> Result<Principal, ApiError> {
        let service = request.service;
        let signed = &request.authorization;
        let known = self.key(&signed.access_key_id);
        let (credentials, principal) = match known.filter(|(_, key)| key.is_usable(now)) {
            Some((user, key)) => {
                let secret = key.secret.reveal();
                let principal = Principal {
                    arn: user.arn(),
                    id: user.id.clone(),
                    policies: user.arn(),
                    user: Some(user.name.clone()),
                };
                let credentials = Credentials::new(&key.id, secret, None, None, "sandbox");
                (credentials, principal)
            }
            None => {
                let session = [&self.role, &self.operator]
                    .into_iter()
                    .chain(&self.keeper)
                    .chain(&self.sessions)
                    .find(|session| session.signs(request))
                    .ok_or_else(|| ApiError::unknown_key(service))?;
                if session.expires.is_some_and(|expires| expires <= now) {
                    return Err(ApiError::expired(service));
                }
                (session.credentials(), session.principal.clone())
            }
        };
        if signed.session_token.as_deref() != credentials.session_token() {
            return Err(ApiError::unknown_key(service));
        }
        if !self.any_region || service == Service::Iam {
            signed.is_for_region(service)?;
        }
        signed.verify(service, raw, &credentials, now)?;
        Ok(principal)
    }

    /// Records that the key of an accepted request was used, if that is asked for. As with AWS, it
    /// counts as a use whether or not the call is allowed.
    pub(super) fn note_use(&mut self, request: &ApiRequest, now: SystemTime) {
        let id = &request.authorization.access_key_id;
        let Some(record) = self.records_uses.filter(|_| self.key(id).is_some()) else {
            return;
        };
        let used = LastUsed {
            at: now,
            service: request.service.as_str().to_owned(),
            region: REGION.to_owned(),
        };
        self.users
            .amend(|users| amend_key(users, id, |key| key.uses.note(used.clone(), record)));
    }

    /// What a call is about; an error if its parameters do not say.
    pub(super) fn resource(
        &self,
        request: &ApiRequest,
        principal: &Principal,
    ) -> Result<Resource, ApiError> {
        match request.service {
            Service::SecretsManager => secrets_manager::resource(self, request),
            Service::Iam => iam::resource(self, request, principal),
            Service::Sts => sts::resource(request),
        }
    }

    /// Does what an authenticated and allowed caller asks.
    pub(super) fn act(
        &mut self,
        request: &ApiRequest,
        principal: &Principal,
        stale: usize,
        now: SystemTime,
    ) -> Result<Content, ApiError> {
        match request.service {
            Service::SecretsManager => {
                secrets_manager::act(self, request, stale, now).map(Content::Json)
            }
            Service::Iam => iam::act(self, request, principal, stale, now).map(Content::Xml),
            Service::Sts => {
                sts::act(self, request, principal, now).map(|xml| Content::Xml(Some(xml)))
            }
        }
    }
}
