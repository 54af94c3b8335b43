//! Everything the simulation knows, behind one lock.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::Request;

use super::answer::Content;
use super::errors::ApiError;
use super::faults::Faults;
use super::ids::{Confidential, Ids};
use super::policy::{Access, Decision, Policy, decide};
use super::request::ApiRequest;
use super::secrets::Secret;
use super::timeline::Timeline;
use super::users::{Key, User};
use super::{
    Call, FUNCTION_ROLE, FUNCTION_SESSION, LastUsed, Propagation, REGION, RotateRequest, Service,
    iam, secrets_manager, sts,
};

pub(super) type CallHook = Arc<dyn Fn(&Call) + Send + Sync>;
pub(super) type RotateCallback = Arc<dyn Fn(RotateRequest) + Send + Sync>;

const OPERATOR_ROLE: &str = "arn:aws:iam::123456789012:role/operator";
const OPERATOR_SESSION: &str = "arn:aws:sts::123456789012:assumed-role/operator/operator";

pub(super) struct State {
    pub(super) ids: Ids,
    /// Of their own, so that the ids of keys do not depend on how many calls there were before.
    pub(super) request_ids: Ids,
    pub(super) secrets: Timeline<Vec<Secret>>,
    pub(super) users: Timeline<Vec<User>>,
    pub(super) policies: HashMap<String, Vec<Policy>>,
    pub(super) role: Session,
    pub(super) operator: Session,
    pub(super) propagation: Propagation,
    pub(super) page_size: usize,
    pub(super) latency: Duration,
    pub(super) requires_rotation_token: bool,
    pub(super) records_uses: bool,
    pub(super) faults: Faults,
    pub(super) calls: Vec<Call>,
    /// The body of the last request.
    pub(super) last_request: Bytes,
    pub(super) hooks: Vec<CallHook>,
    pub(super) rotate: Option<RotateCallback>,
    /// The RotateSecret calls that the callback has yet to hear of.
    pub(super) rotations: Vec<RotateRequest>,
}

/// Temporary credentials of a role.
#[derive(Clone)]
pub(super) struct Session {
    access_key_id: String,
    secret: Confidential,
    token: Confidential,
    principal: Principal,
}

impl Session {
    fn new(ids: &mut Ids, role: &str, arn: &str) -> Self {
        let name = arn.rsplit('/').next().unwrap_or_default();
        Self {
            access_key_id: ids.iam_id("ASIA"),
            secret: ids.secret_access_key(),
            token: ids.session_token(),
            principal: Principal {
                arn: arn.to_owned(),
                id: format!("{}:{name}", ids.iam_id("AROA")),
                policies: role.to_owned(),
                user: None,
            },
        }
    }

    /// Whether a request says that these credentials signed it.
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

/// Who calls.
#[derive(Clone, Debug)]
pub(super) struct Principal {
    pub(super) arn: String,
    /// `AIDA…`, or a role's id and the name of the session.
    pub(super) id: String,
    /// The ARN that the policies are attached to.
    pub(super) policies: String,
    /// The user's name, where it is a user.
    pub(super) user: Option<String>,
}

/// What a call is about.
pub(super) struct Resource {
    /// The ARN that policies match.
    pub(super) arn: String,
    /// The way that the service's refusals name it.
    pub(super) shown: String,
    /// The way that `Call::resource` names it.
    pub(super) recorded: String,
}

impl State {
    pub(super) fn new() -> Self {
        let mut ids = Ids::default();
        Self {
            role: Session::new(&mut ids, FUNCTION_ROLE, FUNCTION_SESSION),
            operator: Session::new(&mut ids, OPERATOR_ROLE, OPERATOR_SESSION),
            ids,
            request_ids: Ids::default(),
            secrets: Timeline::new(Vec::new()),
            users: Timeline::new(Vec::new()),
            policies: HashMap::new(),
            propagation: Propagation::default(),
            page_size: 100,
            latency: Duration::ZERO,
            requires_rotation_token: false,
            records_uses: false,
            faults: Faults::default(),
            calls: Vec::new(),
            last_request: Bytes::new(),
            hooks: Vec::new(),
            rotate: None,
            rotations: Vec::new(),
        }
    }

    pub(super) fn secret(&self, secret_id: &str) -> Option<&Secret> {
        self.secrets
            .now()
            .iter()
            .find(|secret| secret.is(secret_id))
    }

    pub(super) fn remove_secret(&mut self, arn: &str) {
        self.secrets
            .amend(|secrets| secrets.retain(|secret| secret.arn != arn));
    }

    pub(super) fn user(&self, name: &str) -> Option<&User> {
        self.users.now().iter().find(|user| user.name == name)
    }

    /// A key and its user; a deleted one too, as long as it is known somewhere.
    pub(super) fn key(&self, id: &str) -> Option<(&User, &Key)> {
        let mut users = self.users.now().iter();
        users.find_map(|user| {
            let key = user.keys.iter().find(|key| key.id == id)?;
            Some((user, key))
        })
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
                let sessions = [&self.role, &self.operator];
                let session = sessions
                    .into_iter()
                    .find(|session| session.access_key_id == signed.access_key_id)
                    .ok_or_else(|| ApiError::unknown_key(service))?;
                (session.credentials(), session.principal.clone())
            }
        };
        if signed.session_token.as_deref() != credentials.session_token() {
            return Err(ApiError::unknown_key(service));
        }
        signed.verify(service, raw, &credentials, now)?;
        Ok(principal)
    }

    /// Records that the key which signed an accepted request was used, where that is asked for. As
    /// with AWS, it counts as a use whether or not the call is allowed.
    pub(super) fn note_use(&mut self, request: &ApiRequest, now: SystemTime) {
        let id = &request.authorization.access_key_id;
        if !self.records_uses || self.key(id).is_none() {
            return;
        }
        let used = LastUsed {
            at: now,
            service: request.service.as_str().to_owned(),
            region: REGION.to_owned(),
        };
        self.users.amend(|users| {
            let keys = users.iter_mut().flat_map(|user| &mut user.keys);
            keys.filter(|key| key.id == *id)
                .for_each(|key| key.last_used = Some(used.clone()));
        });
    }

    /// What a call is about; an error where its parameters do not tell.
    pub(super) fn resource(
        &self,
        request: &ApiRequest,
        principal: &Principal,
    ) -> Result<Resource, ApiError> {
        match request.service {
            Service::SecretsManager => secrets_manager::resource(self, request),
            Service::Iam => iam::resource(self, request, principal),
            Service::Sts => Ok(sts::resource()),
        }
    }

    /// Whether the caller's policies allow the call.
    pub(super) fn authorise(
        &self,
        request: &ApiRequest,
        principal: &Principal,
        resource: &Resource,
    ) -> Result<(), ApiError> {
        // GetCallerIdentity works even under an explicit Deny (fact 28).
        if request.service == Service::Sts || principal.arn == OPERATOR_SESSION {
            return Ok(());
        }
        let policies = self.policies.get(&principal.policies);
        let access = Access {
            action: &format!("{}:{}", request.service, request.action),
            resource_arn: &resource.arn,
            username: principal.user.as_deref(),
            version_stage: request.parameters.text("VersionStage"),
        };
        let decision = policies.map_or(Decision::NotAllowed, |policies| decide(policies, access));
        match decision {
            Decision::Allowed => Ok(()),
            refused => Err(refusal(request, principal, resource, refused)),
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
            Service::Sts => sts::act(request, principal).map(|xml| Content::Xml(Some(xml))),
        }
    }
}

/// The refusal in the words of AWS.
pub(super) fn refusal(
    request: &ApiRequest,
    principal: &Principal,
    resource: &Resource,
    decision: Decision,
) -> ApiError {
    let action = format!("{}:{}", request.service, request.action);
    let on = match resource.shown.as_str() {
        "" => String::new(),
        shown => format!(" on resource: {shown}"),
    };
    let why = match decision {
        Decision::Denied => "with an explicit deny in an identity-based policy".to_owned(),
        Decision::Allowed | Decision::NotAllowed => {
            format!("because no identity-based policy allows the {action} action")
        }
    };
    let caller = &principal.arn;
    let message = format!("User: {caller} is not authorized to perform: {action}{on} {why}");
    ApiError::access_denied(request.service, message)
}
