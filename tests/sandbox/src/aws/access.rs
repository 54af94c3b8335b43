//! Who calls what, whether they may, and how a refusal says so.

#[cfg(test)]
mod tests;

use super::ACCOUNT;
use super::errors::ApiError;
use super::iam::is_of_nobody;
use super::policy::{Access, Decision, decide};
use super::request::ApiRequest;
use super::secrets::Secret;
use super::state::{OPERATOR_SESSION, State};

/// What RotateSecret needs in addition (fact 57).
pub(super) const INVOKE: &str = "lambda:InvokeFunction";

/// Who calls.
#[derive(Clone, Debug)]
pub(super) struct Principal {
    pub(super) arn: String,
    /// `AIDA…`, or a role's id and the name of the session.
    pub(super) id: String,
    /// The ARN that the policies are attached to.
    pub(super) policies: String,
    /// The user's name, if it is a user.
    pub(super) user: Option<String>,
}

impl Principal {
    /// The account that it belongs to.
    pub(super) fn account(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }
}

/// What a call is about.
pub(super) struct Resource {
    /// The ARN that policies match.
    pub(super) arn: String,
    /// How the service's refusals name it.
    pub(super) shown: String,
    /// How `Call::resource` names it.
    pub(super) recorded: String,
}

impl Resource {
    /// A resource that its ARN names everywhere.
    pub(super) fn named_by(arn: String) -> Self {
        Self {
            shown: arn.clone(),
            recorded: arn.clone(),
            arn,
        }
    }
}

/// The refusal of a call, in AWS's words.
pub(super) fn refusal(
    request: &ApiRequest,
    principal: &Principal,
    resource: &Resource,
    decision: Decision,
) -> ApiError {
    let action = format!("{}:{}", request.service, request.action);
    refusal_of(request, principal, &action, &resource.shown, decision)
}

/// The refusal of an action that a call needs.
fn refusal_of(
    request: &ApiRequest,
    principal: &Principal,
    action: &str,
    resource: &str,
    decision: Decision,
) -> ApiError {
    let on = match resource {
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

impl State {
    /// Whether the caller may do what it asks.
    pub(super) fn authorise(
        &self,
        request: &ApiRequest,
        principal: &Principal,
        resource: &Resource,
    ) -> Result<(), ApiError> {
        // GetCallerIdentity works even under an explicit Deny (fact 28).
        if request.action == "GetCallerIdentity" || principal.arn == OPERATOR_SESSION {
            return Ok(());
        }
        match self.judge(request, principal, resource) {
            Decision::Allowed => {}
            refused => return Err(refusal(request, principal, resource, refused)),
        }
        let Some(function) = self.invoked(request, resource) else {
            return Ok(());
        };
        match self.judge_invocation(function, principal) {
            Decision::Allowed => Ok(()),
            refused => Err(refusal_of(request, principal, INVOKE, function, refused)),
        }
    }

    /// What the caller's policies say, or, within one account, the secret's policy alone (fact 62).
    fn judge(&self, request: &ApiRequest, principal: &Principal, resource: &Resource) -> Decision {
        if self.refuses_unknown_keys && is_of_nobody(request, resource) {
            return Decision::NotAllowed;
        }
        let described = self.described(resource);
        let mut context = request.context();
        context.extend(described.iter().map(|(key, value)| (&**key, *value)));
        let access = Access {
            action: &format!("{}:{}", request.service, request.action),
            resource_arn: &resource.arn,
            username: principal.user.as_deref(),
            principal: &principal.policies,
            context: &context,
        };
        match self.judge_identity(principal, access) {
            Decision::Allowed if request.action == "AssumeRole" => self.trust(access),
            Decision::NotAllowed if principal.account() == ACCOUNT => self
                .secret_policies
                .get(&resource.arn)
                .map_or(Decision::NotAllowed, |policy| decide([policy], access)),
            decided => decided,
        }
    }

    /// The condition keys that tell about a resource.
    fn described(&self, resource: &Resource) -> Vec<(String, &str)> {
        let secret = self.secret(&resource.arn);
        let user = self.user(&resource.arn);
        let tags = secret.map(|secret| &secret.tags);
        let tags = tags.or(user.map(|user| &user.tags)).into_iter().flatten();
        let tags = tags.map(|(key, value)| (format!("aws:ResourceTag/{key}"), value.as_str()));
        let configured = secret.filter(|secret| secret.schedule.enabled.is_some());
        let function = configured.map(|secret| {
            let key = "secretsmanager:resource/AllowRotationLambdaArn";
            (key.to_owned(), secret.function())
        });
        tags.chain(function).collect()
    }

    /// What the caller's own policies say.
    fn judge_identity(&self, principal: &Principal, access: Access<'_>) -> Decision {
        let policies = self.policies.get(&principal.policies);
        let user = self.user(&principal.policies);
        let attached = user.into_iter().flat_map(|user| &user.attached);
        let managed = attached.filter_map(|arn| self.managed.get(arn));
        decide(policies.into_iter().flatten().chain(managed), access)
    }

    /// The function that the call has Secrets Manager invoke, which the caller must be allowed to invoke as well (fact 57).
    pub(super) fn invoked<'a>(
        &'a self,
        request: &'a ApiRequest,
        resource: &Resource,
    ) -> Option<&'a str> {
        if request.action != "RotateSecret" {
            return None;
        }
        let named = request.parameters.text("RotationLambdaARN");
        named.or(self.secret(&resource.arn).map(Secret::function))
    }

    fn judge_invocation(&self, function: &str, principal: &Principal) -> Decision {
        let access = Access {
            action: INVOKE,
            resource_arn: function,
            username: principal.user.as_deref(),
            principal: &principal.policies,
            context: &[],
        };
        self.judge_identity(principal, access)
    }

    /// What a role's trust policy says about a caller; a role that does not exist trusts nobody.
    fn trust(&self, access: Access<'_>) -> Decision {
        let mut roles = self.roles.iter();
        let role = roles.find(|role| role.arn == access.resource_arn);
        role.map_or(Decision::NotAllowed, |role| decide([&role.trust], access))
    }
}
