//! Who calls what, and how a refusal says so.

use super::errors::ApiError;
use super::policy::Decision;
use super::request::ApiRequest;

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

/// The refusal, in AWS's words.
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
