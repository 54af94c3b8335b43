//! Identity policies: what IAM's evaluation does with Effect, Action and Resource.

use std::fmt;

use serde_json::{Map, Value};

/// A policy document that the simulation cannot evaluate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError(String);

impl fmt::Display for PolicyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the policy is not simulated: {}", self.0)
    }
}

impl std::error::Error for PolicyError {}

/// What the policies of a principal say about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Allowed,
    NotAllowed,
    Denied,
}

/// What a call asks of the policies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Access<'a> {
    /// Such as `iam:CreateAccessKey`.
    pub(super) action: &'a str,
    pub(super) resource_arn: &'a str,
    /// The value of `${aws:username}`, which a role has not.
    pub(super) username: Option<&'a str>,
}

#[derive(Clone, Debug)]
pub(super) struct Policy {
    statements: Vec<Statement>,
}

#[derive(Clone, Debug)]
struct Statement {
    allows: bool,
    actions: Vec<String>,
    resources: Vec<String>,
}

impl Policy {
    pub(super) fn parse(document: &Value) -> Result<Self, PolicyError> {
        let document = object(document, &["Version", "Id", "Statement"])?;
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) => statements.iter().map(Statement::parse).collect(),
            Some(statement) => Statement::parse(statement).map(|statement| vec![statement]),
            None => Err(PolicyError("it has no Statement".to_owned())),
        };
        statements.map(|statements| Self { statements })
    }
}

impl Statement {
    fn parse(statement: &Value) -> Result<Self, PolicyError> {
        let statement = object(statement, &["Sid", "Effect", "Action", "Resource"])?;
        let allows = match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return Err(PolicyError("Effect is neither Allow nor Deny".to_owned())),
        };
        Ok(Self {
            allows,
            actions: strings(statement, "Action")?,
            resources: strings(statement, "Resource")?,
        })
    }

    fn applies(&self, access: Access<'_>) -> bool {
        let action = access.action.to_lowercase();
        self.actions
            .iter()
            .any(|pattern| matches(pattern.to_lowercase().as_bytes(), action.as_bytes()))
            && self
                .resources
                .iter()
                .filter_map(|pattern| substitute(pattern, access.username))
                .any(|pattern| matches(pattern.as_bytes(), access.resource_arn.as_bytes()))
    }
}

/// An explicit Deny wins over every Allow; without either the call is not allowed.
pub(super) fn decide(policies: &[Policy], access: Access<'_>) -> Decision {
    let applying = || {
        let statements = policies.iter().flat_map(|policy| &policy.statements);
        statements.filter(|statement| statement.applies(access))
    };
    if applying().any(|statement| !statement.allows) {
        Decision::Denied
    } else if applying().next().is_some() {
        Decision::Allowed
    } else {
        Decision::NotAllowed
    }
}

fn object<'a>(value: &'a Value, known: &[&str]) -> Result<&'a Map<String, Value>, PolicyError> {
    let object = value
        .as_object()
        .ok_or_else(|| PolicyError("not a JSON object".to_owned()))?;
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(unknown) => Err(PolicyError(format!("element {unknown}"))),
        None => Ok(object),
    }
}

fn strings(statement: &Map<String, Value>, element: &str) -> Result<Vec<String>, PolicyError> {
    let wrong = || PolicyError(format!("{element} is no string and no list of strings"));
    match statement.get(element) {
        Some(Value::String(one)) => Ok(vec![one.clone()]),
        Some(Value::Array(many)) => many
            .iter()
            .map(|one| one.as_str().map(str::to_owned).ok_or_else(wrong))
            .collect(),
        _ => Err(wrong()),
    }
}

/// A pattern with its policy variables replaced; none where a variable has no value, since such a
/// pattern matches nothing.
fn substitute(pattern: &str, username: Option<&str>) -> Option<String> {
    const USERNAME: &str = "${aws:username}";
    if pattern.contains(USERNAME) {
        username.map(|username| pattern.replace(USERNAME, username))
    } else {
        Some(pattern.to_owned())
    }
}

/// Whether a text matches a pattern with the wildcards `*` and `?`.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            matches(rest, text)
                || text
                    .split_first()
                    .is_some_and(|(_, tail)| matches(pattern, tail))
        }
        (Some((b'?', rest)), Some((_, tail))) => matches(rest, tail),
        (Some((expected, rest)), Some((found, tail))) => expected == found && matches(rest, tail),
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::aws::testing::{Caller, aws, aws_with_alice};

    fn statement(effect: &str, action: &str, resource: &str) -> Value {
        json!({"Effect": effect, "Action": action, "Resource": resource})
    }

    fn decision(statements: &[Value], action: &str, resource_arn: &str) -> Decision {
        let policy = Policy::parse(&json!({"Version": "2012-10-17", "Statement": statements}));
        let access = Access {
            action,
            resource_arn,
            username: Some("alice"),
        };
        decide(&[policy.unwrap()], access)
    }

    #[test]
    fn without_a_statement_that_applies_nothing_is_allowed() {
        let statements = [statement("Allow", "iam:GetUser", "*")];
        assert_eq!(
            decision(&statements, "iam:DeleteUser", "arn"),
            Decision::NotAllowed
        );
    }

    #[test]
    fn actions_and_resources_have_wildcards() {
        let statements = [statement("Allow", "IAM:*accesskey?", "arn:*/alice")];
        for (action, resource, expected) in [
            ("iam:ListAccessKeys", "arn:user/alice", Decision::Allowed),
            ("iam:ListAccessKeys", "arn:user/a/alice", Decision::Allowed),
            (
                "iam:ListAccessKeys",
                "arn:user/alice2",
                Decision::NotAllowed,
            ),
            (
                "iam:CreateAccessKey",
                "arn:user/alice",
                Decision::NotAllowed,
            ),
        ] {
            assert_eq!(decision(&statements, action, resource), expected);
        }
    }

    #[test]
    fn a_deny_wins_over_an_allow() {
        let statements = [
            statement("Allow", "*", "*"),
            statement("Deny", "*", "arn:a"),
        ];
        assert_eq!(
            decision(&statements, "iam:GetUser", "arn:a"),
            Decision::Denied
        );
        assert_eq!(
            decision(&statements, "iam:GetUser", "arn:b"),
            Decision::Allowed
        );
    }

    #[test]
    fn the_username_variable_is_the_callers_name_and_matches_no_role() {
        let document = json!({"Statement": statement("Allow", "*", "user/${aws:username}")});
        let policies = [Policy::parse(&document).unwrap()];
        let decide = |resource_arn, username| {
            let action = "iam:GetUser";
            decide(
                &policies,
                Access {
                    action,
                    resource_arn,
                    username,
                },
            )
        };
        assert_eq!(decide("user/alice", Some("alice")), Decision::Allowed);
        assert_eq!(decide("user/bob", Some("alice")), Decision::NotAllowed);
        assert_eq!(decide("user/alice", None), Decision::NotAllowed);
    }

    #[test]
    fn a_policy_with_unknown_elements_is_refused() {
        let mut document = statement("Allow", "*", "*");
        document["Condition"] = json!({});
        let refused = Policy::parse(&json!({"Statement": [document]}));
        assert_eq!(
            refused.unwrap_err().to_string(),
            "the policy is not simulated: element Condition"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_names_the_caller_the_action_and_the_resource() {
        let aws = aws();
        aws.create_user("/team/blue/", "alice");
        let alice = Caller::user(&aws, &aws.create_access_key("alice"));
        let reply = alice.iam("CreateAccessKey", &[]).await;
        assert_eq!((reply.status, reply.code().as_str()), (403, "AccessDenied"));
        assert_eq!(
            reply.message(),
            "User: arn:aws:iam::123456789012:user/team/blue/alice is not authorized to perform: \
             iam:CreateAccessKey on resource: user alice because no identity-based policy allows \
             the iam:CreateAccessKey action"
        );
        let members = json!({"SecretId": "demo"});
        let reply = alice.secrets_manager("GetSecretValue", members).await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (400, "AccessDeniedException")
        );
    }

    /// Fact 28.
    #[tokio::test(start_paused = true)]
    async fn get_caller_identity_works_under_an_explicit_deny() {
        let (aws, key) = aws_with_alice();
        let deny = json!({"Statement": statement("Deny", "*", "*")});
        aws.attach_policy(&aws.user_arn("alice"), &deny).unwrap();
        let alice = Caller::user(&aws, &key);
        assert_eq!(alice.identity().await.status, 200);
        let reply = alice.iam("ListAccessKeys", &[]).await;
        assert!(reply.message().contains("with an explicit deny"));
        aws.detach_policies(&aws.user_arn("alice"));
        let reply = alice.iam("ListAccessKeys", &[]).await;
        assert!(reply.message().contains("no identity-based policy"));
    }
}
