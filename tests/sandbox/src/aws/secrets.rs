//! Secrets, their versions, and the rules by which staging labels move.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use super::errors::ApiError;
use super::ids::Confidential;
use super::timeline::Follow;
use super::{
    AWSCURRENT, AWSPENDING, AWSPREVIOUS, SecretContent, SecretView, StageError, VersionView,
};

/// The prefix of the labels by which the function marks that it makes a key; a time and a run follow.
pub(super) const CREATING: &str = "iam-key-rotator-creating-";

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Secret {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) created: SystemTime,
    pub(super) changed: SystemTime,
    pub(super) rotated: Option<SystemTime>,
    pub(super) deleted: Option<SystemTime>,
    pub(super) rotation_enabled: bool,
    pub(super) tags: Vec<(String, String)>,
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
            rotation_enabled: false,
            tags: Vec::new(),
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

    /// Whether a SecretId means this secret: its ARN, its ARN without the last six characters, or its name.
    pub(super) fn is(&self, secret_id: &str) -> bool {
        let partial = self.arn.len() - 7;
        self.arn == secret_id || self.name == secret_id || &self.arn[..partial] == secret_id
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

    /// Puts a label on a version and takes it off any other. AWSPREVIOUS follows AWSCURRENT
    /// (fact 17).
    pub(super) fn move_label(&mut self, label: &str, to: &str, now: SystemTime) {
        let from = self.id_with_label(label).filter(|from| from != to);
        self.remove_label(label);
        for version in self.versions.iter_mut().filter(|version| version.id == to) {
            version.labels.push(label.to_owned());
        }
        if label == AWSCURRENT {
            // A rotation took over the version that a test had left.
            self.test.take_if(|test| test == to);
            self.rotated = Some(now);
            if let Some(from) = from {
                self.move_label(AWSPREVIOUS, &from, now);
            }
        }
        self.changed = now;
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

    /// What Secrets Manager does before createSecret (facts 2 and 5). Returns the token to run.
    pub(super) fn stage_pending(
        &mut self,
        token: &str,
        now: SystemTime,
    ) -> Result<String, StageError> {
        self.stageable(token)?;
        self.rotation_enabled = true;
        let current = self.id_with_label(AWSCURRENT);
        let pending = self.id_with_label(AWSPENDING);
        if let Some(incomplete) = pending.filter(|pending| current.as_ref() != Some(pending)) {
            return Ok(incomplete);
        }
        if current.as_deref() != Some(token) {
            if self.version(token).is_none() {
                self.add_version(token, None, now);
            }
            self.move_label(AWSPENDING, token, now);
        }
        Ok(token.to_owned())
    }

    /// What Secrets Manager does before the lone testSecret (fact 4).
    pub(super) fn stage_test(&mut self, token: &str, now: SystemTime) -> Result<(), StageError> {
        self.stageable(token)?;
        self.rotation_enabled = true;
        if self.test.as_deref() == Some(token) {
            return Ok(());
        }
        let current = self
            .with_label(AWSCURRENT)
            .ok_or(StageError::NoCurrentVersion)?;
        let current_id = current.id.clone();
        let copy = current.content.clone();
        let pending = self.id_with_label(AWSPENDING);
        if pending.is_some_and(|pending| pending != current_id) {
            return Err(StageError::RotationIncomplete);
        }
        // The end of the test removes the version, so it must be the test's own.
        if self.version(token).is_some() {
            return Err(StageError::TokenInUse);
        }
        self.add_version(token, copy, now);
        self.move_label(AWSPENDING, token, now);
        self.test = Some(token.to_owned());
        Ok(())
    }

    /// What Secrets Manager does after the lone testSecret (fact 4).
    pub(super) fn unstage_test(&mut self, token: &str) {
        if self.test.take_if(|test| test == token).is_some() {
            self.versions.retain(|version| version.id != token);
        }
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

    fn stageable(&self, token: &str) -> Result<(), StageError> {
        if self.deleted.is_some() {
            return Err(StageError::MarkedForDeletion);
        }
        if !is_token(token) {
            return Err(StageError::InvalidToken);
        }
        Ok(())
    }
}

/// The function's mark, with its time moved back; `None` for any other label.
fn aged_mark(label: &str, by: Duration) -> Option<String> {
    let (since, run) = label.strip_prefix(CREATING)?.split_once('-')?;
    let since = since.parse::<u64>().ok()?.checked_sub(by.as_secs())?;
    Some(format!("{CREATING}{since}-{run}"))
}

/// Takes over, for each secret, the versions that were made or filled, and the labels that moved.
impl Follow for Vec<Secret> {
    fn follow(&mut self, before: &Self, after: &Self) {
        for secret in after {
            let was = before.iter().find(|was| was.arn == secret.arn);
            match (self.iter_mut().find(|own| own.arn == secret.arn), was) {
                (Some(own), Some(was)) => own.follow(was, secret),
                (None, None) => self.push(secret.clone()),
                _ => {}
            }
        }
    }
}

impl Secret {
    fn follow(&mut self, was: &Self, is: &Self) {
        self.changed = is.changed;
        if was.deleted != is.deleted {
            self.deleted = is.deleted;
        }
        for version in &is.versions {
            match self.versions.iter_mut().find(|own| own.id == version.id) {
                Some(own) => own.content.clone_from(&version.content),
                None if was.version(&version.id).is_none() => self.versions.push(VersionView {
                    labels: Vec::new(),
                    ..version.clone()
                }),
                None => {}
            }
        }
        let labels = was.versions.iter().chain(&is.versions);
        let labels: BTreeSet<&String> = labels.flat_map(|version| &version.labels).collect();
        for label in labels {
            let (from, to) = (was.id_with_label(label), is.id_with_label(label));
            if from != to {
                self.remove_label(label);
                let versions = self.versions.iter_mut();
                let to = versions.filter(|version| Some(&version.id) == to.as_ref());
                to.for_each(|version| version.labels.push(label.clone()));
            }
        }
    }
}

/// Whether a ClientRequestToken has the length that the API requires.
pub(super) fn is_token(token: &str) -> bool {
    (32..=64).contains(&token.len())
}
