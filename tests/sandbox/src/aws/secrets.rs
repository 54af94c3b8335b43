//! Secrets, their versions, and the rules by which staging labels move.

mod follow;
mod schedule;
mod staging;

use std::time::{Duration, SystemTime};

use super::directory::Named;
use super::errors::ApiError;
use super::ids::Confidential;
use super::{
    AWSCURRENT, AWSPENDING, AWSPREVIOUS, FUNCTION_ARN, SecretContent, SecretView, VersionView,
};

pub(super) use schedule::{Rules, Schedule};
pub(super) use staging::is_token;

/// The prefix of the labels by which the function marks that it makes a key; a time and a run follow.
pub(super) const CREATING: &str = "iam-key-rotator-creating-";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Secret {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) created: SystemTime,
    pub(super) changed: SystemTime,
    pub(super) rotated: Option<SystemTime>,
    pub(super) deleted: Option<SystemTime>,
    pub(super) schedule: Schedule,
    pub(super) tags: Vec<(String, String)>,
    pub(super) description: Option<String>,
    pub(super) kms_key: Option<String>,
    pub(super) rotation_token: Option<Confidential>,
    /// The version of the staged test (fact 4).
    pub(super) test: Option<String>,
    pub(super) versions: Vec<VersionView>,
}

impl Secret {
    pub(super) fn new(arn: String, name: &str, now: SystemTime) -> Self {
        Self {
            arn,
            name: name.to_owned(),
            created: now,
            changed: now,
            rotated: None,
            deleted: None,
            schedule: Schedule::default(),
            tags: Vec::new(),
            description: None,
            kms_key: None,
            rotation_token: None,
            test: None,
            versions: Vec::new(),
        }
    }

    pub(super) fn view(&self) -> SecretView {
        SecretView {
            arn: self.arn.clone(),
            name: self.name.clone(),
            versions: self.versions.clone(),
        }
    }

    /// The function that rotates it, which is the one that the simulation runs unless another is named.
    pub(super) fn function(&self) -> &str {
        self.schedule.function.as_deref().unwrap_or(FUNCTION_ARN)
    }

    pub(super) fn version(&self, id: &str) -> Option<&VersionView> {
        self.versions.iter().find(|version| version.id == id)
    }

    pub(super) fn with_label(&self, label: &str) -> Option<&VersionView> {
        let carries = |version: &&VersionView| version.labels.iter().any(|have| have == label);
        self.versions.iter().find(carries)
    }

    fn id_with_label(&self, label: &str) -> Option<String> {
        self.with_label(label).map(|version| version.id.clone())
    }

    /// A scheduled deletion closes the secret to everything but DescribeSecret.
    pub(super) fn open(&self) -> Result<(), ApiError> {
        match self.deleted {
            None => Ok(()),
            Some(_) => Err(ApiError::invalid_request(
                "You can't perform this operation on the secret because it was marked for \
                 deletion.",
            )),
        }
    }

    /// Makes a change, and notes its time if it changed anything.
    pub(super) fn alter<R>(&mut self, now: SystemTime, change: impl FnOnce(&mut Self) -> R) -> R {
        let before = self.clone();
        let result = change(self);
        if *self != before {
            self.changed = now;
        }
        result
    }

    /// Puts a label on a version and takes it off any other. AWSPREVIOUS follows AWSCURRENT
    /// (fact 17).
    pub(super) fn move_label(&mut self, label: &str, to: &str, now: SystemTime) {
        let from = self.id_with_label(label).filter(|from| from != to);
        let is_of_rotation = self.id_with_label(AWSPENDING).as_deref() == Some(to);
        self.remove_label(label);
        for version in self.versions.iter_mut().filter(|version| version.id == to) {
            version.labels.push(label.to_owned());
        }
        if label == AWSCURRENT {
            // A rotation took over the version that a test had left.
            self.test.take_if(|test| test == to);
            // Somebody who moves AWSCURRENT back rotates nothing.
            if is_of_rotation {
                self.rotated = Some(now);
            }
            if let Some(from) = from {
                self.move_label(AWSPREVIOUS, &from, now);
            }
        }
    }

    pub(super) fn remove_label(&mut self, label: &str) {
        for version in &mut self.versions {
            version.labels.retain(|have| have != label);
        }
    }

    /// PutSecretValue (facts 6 and 15).
    pub(super) fn put(
        &mut self,
        token: &str,
        content: SecretContent,
        labels: &[String],
        now: SystemTime,
    ) -> Result<(), ApiError> {
        match self.versions.iter_mut().find(|version| version.id == token) {
            Some(version) => match &version.content {
                Some(same) if *same == content => return Ok(()),
                Some(_) => {
                    return Err(ApiError::resource_exists(format!(
                        "A resource with the ID you requested already exists: version {token} \
                         has another value."
                    )));
                }
                None => version.content = Some(content),
            },
            None => self.add_version(token, Some(content), now),
        }
        // A new value counts as a rotation, unless it is the first (fact 12).
        if self.with_label(AWSCURRENT).is_some() && labels.iter().any(|label| label == AWSCURRENT) {
            self.rotated = Some(now);
        }
        for label in labels {
            self.move_label(label, token, now);
        }
        let abandons = self.with_label(AWSCURRENT).is_some_and(|current| {
            current.id == token && !current.labels.iter().any(|label| label == AWSPENDING)
        });
        if abandons {
            self.remove_label(AWSPENDING);
        }
        Ok(())
    }

    pub(super) fn add_version(
        &mut self,
        id: &str,
        content: Option<SecretContent>,
        now: SystemTime,
    ) {
        self.versions.push(VersionView {
            id: id.to_owned(),
            labels: Vec::new(),
            created: now,
            content,
        });
    }

    pub(super) fn age(&mut self, by: Duration) {
        self.created -= by;
        self.changed -= by;
        self.schedule.age(by);
        for at in self.rotated.iter_mut().chain(&mut self.deleted) {
            *at -= by;
        }
        for version in &mut self.versions {
            version.created -= by;
            for label in &mut version.labels {
                *label = aged_mark(label, by).unwrap_or_else(|| label.clone());
            }
        }
    }
}

/// What a SecretId can be: the ARN, the ARN without the last six characters, or the name.
impl Named for Secret {
    fn names(&self) -> Vec<String> {
        let partial = &self.arn[..self.arn.len() - 7];
        vec![self.arn.clone(), self.name.clone(), partial.to_owned()]
    }
}

/// The function's mark, with its time moved back; `None` for any other label.
fn aged_mark(label: &str, by: Duration) -> Option<String> {
    let (since, run) = label.strip_prefix(CREATING)?.split_once('-')?;
    let since = since.parse::<u64>().ok()?.checked_sub(by.as_secs())?;
    Some(format!("{CREATING}{since}-{run}"))
}
