//! Policies of identities and of secrets, and trust policies of roles: how IAM evaluates Effect, Action, Resource,
//! NotResource and Principal, and the Conditions that the shipped policies use.

mod conditions;

#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::{Map, Value};

use conditions::Condition;

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
    /// The value of `${aws:username}`, which a role does not have.
    pub(super) username: Option<&'a str>,
    /// The ARN of the caller's role or user.
    pub(super) principal: &'a str,
    /// The condition keys that the request has a value for.
    pub(super) context: &'a [(&'a str, &'a str)],
}

#[derive(Clone, Debug)]
pub(super) struct Policy {
    statements: Vec<Statement>,
}

#[derive(Clone, Debug)]
struct Statement {
    allows: bool,
    actions: Vec<String>,
    /// `None` in a trust policy or a secret's, which is about what carries it.
    resources: Option<Resources>,
    /// Whom a trust policy trusts, or a secret's policy is about.
    principals: Option<Vec<String>>,
    conditions: Vec<Condition>,
}

/// What a statement applies to.
#[derive(Clone, Debug)]
enum Resources {
    These(Vec<String>),
    AllBut(Vec<String>),
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

    /// A policy attached to a secret.
    pub(super) fn of_resource(document: &Value) -> Result<Self, PolicyError> {
        let policy = Self::parse(document)?;
        for statement in &policy.statements {
            if !statement.allows || statement.principals.is_none() {
                let reason = "a secret's policy that denies, or names no Principal";
                return Err(PolicyError(reason.to_owned()));
            }
        }
        Ok(policy)
    }

    /// Exempts a resource from what is denied on all resources but some.
    pub(super) fn spare(&mut self, resource_arn: &str) {
        let denials = self.statements.iter_mut().filter(|one| !one.allows);
        for statement in denials {
            if let Some(Resources::AllBut(spared)) = &mut statement.resources {
                spared.push(resource_arn.to_owned());
            }
        }
    }
}

impl Statement {
    fn parse(statement: &Value) -> Result<Self, PolicyError> {
        let known = [
            "Sid",
            "Effect",
            "Action",
            "Resource",
            "NotResource",
            "Principal",
            "Condition",
        ];
        let statement = object(statement, &known)?;
        let allows = match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return Err(PolicyError("Effect is neither Allow nor Deny".to_owned())),
        };
        let principals = statement.get("Principal").map(principals).transpose()?;
        Ok(Self {
            allows,
            actions: strings(statement, "Action")?,
            resources: match principals {
                Some(_) => None,
                None if statement.contains_key("NotResource") => {
                    Some(Resources::AllBut(strings(statement, "NotResource")?))
                }
                None => Some(Resources::These(strings(statement, "Resource")?)),
            },
            principals,
            conditions: match statement.get("Condition") {
                Some(condition) => Condition::parse_all(condition)?,
                None => Vec::new(),
            },
        })
    }

    fn applies(&self, access: Access<'_>) -> bool {
        let action = access.action.to_lowercase();
        self.actions
            .iter()
            .any(|pattern| matches(pattern.to_lowercase().as_bytes(), action.as_bytes()))
            && self
                .resources
                .as_ref()
                .is_none_or(|resources| match resources {
                    Resources::These(patterns) => is_one_of(patterns, access),
                    Resources::AllBut(patterns) => !is_one_of(patterns, access),
                })
            && self.principals.as_ref().is_none_or(|principals| {
                principals.iter().any(|trusted| trusted == access.principal)
            })
            && self
                .conditions
                .iter()
                .all(|condition| condition.holds(access.context))
    }
}

fn is_one_of(patterns: &[String], access: Access<'_>) -> bool {
    patterns
        .iter()
        .filter_map(|pattern| substitute(pattern, access.username))
        .any(|pattern| matches(pattern.as_bytes(), access.resource_arn.as_bytes()))
}

/// An explicit Deny wins over every Allow. Without either, the call is not allowed.
pub(super) fn decide<'a>(
    policies: impl IntoIterator<Item = &'a Policy> + Clone,
    access: Access<'_>,
) -> Decision {
    let applying = || {
        let statements = policies.clone().into_iter();
        let statements = statements.flat_map(|policy| &policy.statements);
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

fn principals(principal: &Value) -> Result<Vec<String>, PolicyError> {
    const AWS: &str = "AWS";
    strings(object(principal, &[AWS])?, AWS)
}

/// A pattern with its policy variables replaced. `None` if a variable has no value, because such a
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
