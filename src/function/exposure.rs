//! Pure: AWS's reports of keys that others may have, as EventBridge sends them (facts 46 and 47).
//!
//! What such a report says beside the keys is AWS's to change, so no other field is looked at.

use std::collections::HashSet;
use std::fmt;

use serde_json::value::RawValue;

use crate::function::event::{InvalidEvent, invalid};
use crate::function::object::Object;
use crate::key::access_key::AccessKeyId;
use crate::secret::plain::{is_word, one_line};

/// AWS Health's codes of events that are about credentials.
const CODES: [&str; 5] = [
    "AWS_RISK_CREDENTIALS_EXPOSED",
    "AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED",
    "AWS_RISK_CREDENTIALS_COMPROMISED",
    "AWS_RISK_CREDENTIALS_COMPROMISE_SUSPECTED",
    "AWS_RISK_IAM_QUARANTINE",
];
/// The check of Trusted Advisor that is about them.
const CHECK: &str = "Exposed Access Keys";
/// What other ids of IAM begin with that look like an access key's: those of temporary keys, bearer tokens, users, roles
/// and so on.
const NO_KEYS: [&str; 11] = [
    "ABIA", "ACCA", "AGPA", "AIDA", "AIPA", "ANPA", "ANVA", "APKA", "AROA", "ASCA", "ASIA",
];
/// What reports and the credential report call the root user.
const ROOT: [&str; 2] = ["root", "<root_account>"];
/// What is shown of an entity that is a number, a list or the like.
const NO_TEXT: &str = "(not a text)";
/// The longest entity and the longest type of finding that are shown, in characters.
const LONGEST_TEXT: usize = 128;
/// AWS Health's longest ARN of an event, in characters.
const LONGEST_EVENT: usize = 1_600;
/// The longest name of an IAM user or role.
const LONGEST_USER: usize = 64;

/// Which of AWS's services reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reporter {
    /// AWS Health found the key in public, or saw it misused.
    AwsHealth,
    /// Trusted Advisor found the key in public, or saw it misused.
    TrustedAdvisor,
    /// GuardDuty saw calls with the key that are not like the user's.
    GuardDuty,
}

impl fmt::Display for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AwsHealth => "AWS Health",
            Self::TrustedAdvisor => "Trusted Advisor",
            Self::GuardDuty => "GuardDuty",
        })
    }
}

/// A report of exposed or misused keys. What it has of the event's texts is bounded and on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// Who reports.
    pub reporter: Reporter,
    /// AWS Health's event type code, Trusted Advisor's check or GuardDuty's type of finding.
    pub code: String,
    /// The ARN of AWS Health's event or of GuardDuty's finding, else the id that EventBridge gave the event.
    ///
    /// It tells events apart, but not messages: an event's pages, its copy from another Region and a finding's updates
    /// all have the same.
    pub event: String,
    /// The account whose keys they are. An organization's account also gets the reports of the others.
    pub account: Option<String>,
    /// What the report names, each once. There is at least one.
    pub keys: Vec<ExposedKey>,
}

/// What a report names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExposedKey {
    /// The key, or what else it is.
    pub id: ReportedId,
    /// Whose the report says that it is, if it says so: a user's name, or a role's.
    pub user: Option<String>,
}

/// What the entity in a report is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportedId {
    /// A key that a user can have.
    Key(AccessKeyId),
    /// The root user, with the id of its key if that is known. Most reports do not tell it from an IAM user named
    /// `root`, so such a user counts as root.
    Root(Option<AccessKeyId>),
    /// Anything else, such as the id of a temporary key or a user's name.
    Other(String),
}

impl ReportedId {
    fn of(text: &str, root: bool) -> Self {
        let key = AccessKeyId::parse(text);
        if root || is_root(text) {
            return Self::Root(key);
        }
        key.filter(|_| !NO_KEYS.iter().any(|begin| text.starts_with(begin)))
            .map_or_else(|| Self::Other(one_line(text, LONGEST_TEXT)), Self::Key)
    }
}

impl Exposure {
    /// Parses an event's JSON text.
    ///
    /// One page of a report in pages is a report of its own. Entities that are no keys do not keep the others from
    /// being read.
    ///
    /// # Errors
    /// [`InvalidEvent`]: it is not a report of exposed keys, or it names none. It names the field that is missing or
    /// says something else, and never quotes its value.
    pub fn parse(json: &str) -> Result<Self, InvalidEvent> {
        let event = Object::parse(json)?;
        let source = event.required("source")?;
        let kind = event.required("detail-type")?;
        let detail = event.object("detail")?;
        let mut named = Named::default();
        let (reporter, code) = match (&*source, &*kind) {
            ("aws.health", "AWS Health Event") => {
                let code = health(&event, &detail, &mut named)?;
                (Reporter::AwsHealth, code)
            }
            ("aws.trustedadvisor", "Trusted Advisor Check Item Refresh Notification") => {
                let code = trusted_advisor(&detail, &mut named)?;
                (Reporter::TrustedAdvisor, code)
            }
            ("aws.guardduty", "GuardDuty Finding") => {
                let code = guard_duty(&detail, &mut named)?;
                (Reporter::GuardDuty, code)
            }
            _ => {
                return Err(invalid(
                    "source and detail-type are not those of a report of AWS Health, Trusted Advisor or GuardDuty",
                ));
            }
        };
        let id = match reporter {
            Reporter::AwsHealth => detail.text("eventArn")?,
            Reporter::TrustedAdvisor => None,
            Reporter::GuardDuty => detail.text("arn")?,
        };
        let id = id.map_or_else(|| event.required("id"), Ok)?;
        Ok(Self {
            reporter,
            code,
            event: one_line(&id, LONGEST_EVENT),
            account: account(&event, &detail)?,
            keys: named.keys,
        })
    }
}

/// Reads a report of AWS Health, and returns its code.
fn health(
    event: &Object<'_>,
    detail: &Object<'_>,
    named: &mut Named,
) -> Result<String, InvalidEvent> {
    if detail.required("service")? != "RISK" {
        return Err(detail.invalid("service", "is not RISK"));
    }
    let code = detail.required("eventTypeCode")?;
    if !CODES.contains(&&*code) {
        let none = format!("is none of {}", CODES.join(", "));
        return Err(detail.invalid("eventTypeCode", &none));
    }
    // First, since only this place says whose the key is.
    if let Ok(metadata) = detail.object("eventMetadata") {
        named.add(metadata.get("publicKey")?, metadata.text("userName")?);
    }
    for entity in detail.list("affectedEntities")? {
        let value = Object::parse(entity.get()).and_then(|fields| fields.get("entityValue"));
        // An entity of another shape is shown as what it is.
        named.add(value.unwrap_or(Some(entity)), None);
    }
    for resource in event.list("resources")? {
        named.add(Some(resource), None);
    }
    named.any_of(
        "detail.affectedEntities, detail.eventMetadata.publicKey and resources name no access key",
    )?;
    Ok(code)
}

/// Reads a report of Trusted Advisor, and returns the check's name.
fn trusted_advisor(detail: &Object<'_>, named: &mut Named) -> Result<String, InvalidEvent> {
    if detail.required("check-name")? != CHECK {
        return Err(detail.invalid("check-name", &format!("is not {CHECK}")));
    }
    // A refreshed check also sends what it finds nothing wrong with.
    if detail.text("status")?.as_deref() == Some("OK") {
        return Err(detail.invalid("status", "is OK, so the key is not exposed"));
    }
    let item = detail.object("check-item-detail")?;
    named.add(
        item.get("Access Key ID")?,
        item.text("User Name (IAM or Root)")?,
    );
    named.any_of("detail.check-item-detail.Access Key ID names no access key")?;
    Ok(CHECK.to_owned())
}

/// Reads a report of GuardDuty, and returns the finding's type.
fn guard_duty(detail: &Object<'_>, named: &mut Named) -> Result<String, InvalidEvent> {
    let code = detail.required("type")?;
    let key = detail.object("resource")?.object("accessKeyDetails")?;
    let root = key.text("userType")?.filter(|kind| is_root(kind));
    let user = key.text("userName")?;
    named.add(key.get("accessKeyId")?, root.or(user));
    named.any_of("detail.resource.accessKeyDetails.accessKeyId names no access key")?;
    Ok(one_line(&code, LONGEST_TEXT))
}

/// The account whose keys a report is about. `account` is the one that got it, which can be the organization's.
fn account(event: &Object<'_>, detail: &Object<'_>) -> Result<Option<String>, InvalidEvent> {
    let accounts = [
        detail.text("affectedAccount")?,
        detail.text("accountId")?,
        event.text("account")?,
    ];
    let is_account = |text: &String| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    Ok(accounts.into_iter().flatten().find(is_account))
}

/// Whether a text stands for the root user.
fn is_root(text: &str) -> bool {
    ROOT.iter().any(|root| text.eq_ignore_ascii_case(root))
        || (text.starts_with("arn:") && text.ends_with(":root"))
}

/// What a report names, in its order.
#[derive(Default)]
struct Named {
    keys: Vec<ExposedKey>,
    /// What is in `keys` already: a report can have thousands, most of them twice.
    seen: HashSet<String>,
}

impl Named {
    fn add(&mut self, value: Option<&RawValue>, user: Option<String>) {
        let text = match value.map(|value| serde_json::from_str(value.get())) {
            Some(Ok(text)) => Option::unwrap_or_default(text),
            Some(Err(_)) => NO_TEXT.to_owned(),
            None => String::new(),
        };
        let text = text.trim();
        let root = user.as_deref().is_some_and(is_root);
        if (text.is_empty() && !root) || self.seen.contains(text) {
            return;
        }
        self.keys.push(ExposedKey {
            id: ReportedId::of(text, root),
            user: user.filter(|user| is_word(user, LONGEST_USER, b"+=,.@_-")),
        });
        self.seen.insert(text.to_owned());
    }

    fn any_of(&self, otherwise: &str) -> Result<(), InvalidEvent> {
        if self.keys.is_empty() {
            return Err(invalid(otherwise));
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "exposure_refusals_tests.rs"]
mod refusals;
#[cfg(test)]
#[path = "exposure_tests.rs"]
mod tests;
