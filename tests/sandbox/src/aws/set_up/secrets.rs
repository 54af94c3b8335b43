//! Secrets, their versions, and the staging of a rotation.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::mistake;
use crate::aws::ids::secret_arn;
use crate::aws::policy::{Policy, PolicyError};
use crate::aws::secrets::{Rules, Secret};
use crate::aws::tags::set_tag;
use crate::aws::{AWSCURRENT, Aws, SecretContent};

/// Why no rotation could be staged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageError {
    /// There is no such secret.
    NoSuchSecret,
    /// The secret is scheduled for deletion.
    MarkedForDeletion,
    /// There is no current version to copy.
    NoCurrentVersion,
    /// A rotation is under way.
    RotationIncomplete,
    /// The token does not have 32 to 64 characters.
    InvalidToken,
    /// The token is the id of a version, which a test would overwrite.
    TokenInUse,
}

impl fmt::Display for StageError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NoSuchSecret => "there is no such secret",
            Self::MarkedForDeletion => "the secret is marked for deletion",
            Self::NoCurrentVersion => "the secret has no current version",
            Self::RotationIncomplete => "a previous rotation isn't complete",
            Self::InvalidToken => "the token has not 32 to 64 characters",
            Self::TokenInUse => "the token is the id of another version already",
        })
    }
}

impl std::error::Error for StageError {}

/// A RotateSecret call to carry out. Its version is already staged; staging it again with the same
/// token changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotateRequest {
    /// The secret's ARN.
    pub arn: String,
    /// The token to run, which is an earlier one if that rotation is incomplete (fact 5).
    pub token: String,
    /// False requests only the test of the configuration (fact 4).
    pub rotate_immediately: bool,
}

impl Aws {
    /// Creates a secret, with a first version if there is content, and returns its ARN.
    pub fn create_secret(&self, name: &str, content: Option<SecretContent>) -> String {
        let now = self.now();
        let mut state = self.state();
        let arn = secret_arn(name);
        let mut secret = Secret::new(arn.clone(), name, now);
        if content.is_some() {
            let id = state.ids.uuid();
            secret.add_version(&id, content, now);
            secret.move_label(AWSCURRENT, &id, now);
        }
        state.secrets.amend(|secrets| secrets.push(secret.clone()));
        arn
    }

    /// A person writes a new current version: AWSPREVIOUS follows, and a rotation under way is
    /// abandoned (fact 6). Returns the version's id.
    #[track_caller]
    pub fn put_secret_text(&self, arn: &str, text: &str) -> String {
        let now = self.now();
        let id = self.state().ids.uuid();
        self.change_secret(arn, |secret| {
            // A new version does not conflict with any other.
            let _ = secret.put(&id, text.into(), &[AWSCURRENT.to_owned()], now);
        });
        id
    }

    /// Schedules a secret's deletion.
    #[track_caller]
    pub fn delete_secret(&self, arn: &str) {
        let now = self.now();
        self.change_secret(arn, |secret| secret.deleted = Some(now));
    }

    /// Deletes a secret for good, as a person does with ForceDeleteWithoutRecovery.
    pub fn remove_secret(&self, arn: &str) {
        let now = self.now();
        self.state().remove_secret(arn, now);
    }

    /// What Secrets Manager does before createSecret: AWSPENDING on a version without a value (fact 2). Returns the
    /// token to run. It is the old one if AWSPENDING is on another version than AWSCURRENT (fact 5).
    ///
    /// # Errors
    /// [`StageError`] if Secrets Manager would not start a rotation.
    pub fn stage_pending(&self, arn: &str, token: &str) -> Result<String, StageError> {
        let now = self.now();
        self.stage(arn, |secret| secret.stage_pending(token, now))
    }

    /// What Secrets Manager does before a lone testSecret: AWSPENDING on a copy of the current
    /// version (fact 4).
    ///
    /// # Errors
    /// [`StageError`] if Secrets Manager would not start a rotation.
    pub fn stage_test(&self, arn: &str, token: &str) -> Result<(), StageError> {
        let now = self.now();
        self.stage(arn, |secret| secret.stage_test(token, now))
    }

    /// Removes the version of `stage_test`; does nothing if somebody has deleted the secret.
    pub fn unstage_test(&self, arn: &str, token: &str) {
        // Fails only if the secret is gone.
        let _ = self.stage(arn, |secret| {
            secret.unstage_test(token);
            Ok(())
        });
    }

    /// Puts a staging label on a version and takes it off any other; AWSPREVIOUS follows
    /// AWSCURRENT.
    #[track_caller]
    pub fn set_label(&self, arn: &str, label: &str, version: &str) {
        let now = self.now();
        self.amend_secret(arn, |secret| secret.move_label(label, version, now));
    }

    /// Takes a staging label off the version that carries it.
    #[track_caller]
    pub fn remove_label(&self, arn: &str, label: &str) {
        self.amend_secret(arn, |secret| secret.remove_label(label));
    }

    /// Sets the text of a version, whatever it holds, and makes the version if there is none.
    #[track_caller]
    pub fn put_version_text(&self, arn: &str, token: &str, text: &str) {
        let now = self.now();
        self.amend_secret(arn, |secret| {
            if secret.version(token).is_none() {
                secret.add_version(token, None, now);
            }
            let versions = secret.versions.iter_mut();
            for version in versions.filter(|version| version.id == token) {
                version.content = Some(text.into());
            }
        });
    }

    /// Gives a secret a policy of its own.
    ///
    /// # Errors
    /// [`PolicyError`] for what is not simulated.
    pub fn set_secret_policy(&self, arn: &str, document: &Value) -> Result<(), PolicyError> {
        let policy = Policy::of_resource(document)?;
        let mut state = self.state();
        state.secret_policies.insert(arn.to_owned(), policy);
        Ok(())
    }

    /// Tags a secret, in place of a tag with the same key.
    #[track_caller]
    pub fn tag_secret(&self, arn: &str, key: &str, value: &str) {
        self.amend_secret(arn, |secret| set_tag(&mut secret.tags, key, value));
    }

    /// Turns the rotation of a secret on, every so many days, and rotates nothing.
    #[track_caller]
    pub fn turn_on_rotation(&self, arn: &str, days: u16) {
        let now = self.now();
        self.amend_secret(arn, |secret| {
            secret.schedule.turn_on(now);
            secret.schedule.rules = Rules {
                days: Some(days.into()),
                ..Rules::default()
            };
        });
    }

    /// Sets a secret's LastRotatedDate, which is told while its rotation is on (fact 12).
    #[track_caller]
    pub fn set_last_rotated(&self, arn: &str, at: SystemTime) {
        self.amend_secret(arn, |secret| secret.rotated = Some(at));
    }

    /// Sets how long ListSecrets misses each change of a secret from now on; at first not at all. AWS documents up to five
    /// minutes (fact 50).
    pub fn set_list_delay(&self, delay: Duration) {
        self.state().secrets.delay_lists(delay);
    }

    /// Sets how many secrets ListSecrets looks at for a page, of which its filters leave some; at least one (fact 50).
    pub fn set_list_page_size(&self, secrets: usize) {
        self.state().list_page_size = secrets.max(1);
    }

    /// Makes the RotationToken of the rotation under way (fact 8). It is useless if somebody has deleted the secret.
    pub fn make_rotation_token(&self, arn: &str) -> String {
        let mut state = self.state();
        let token = state.ids.rotation_token();
        state.secrets.amend(|secrets| {
            secrets.update(arn, |secret| secret.rotation_token = Some(token.clone()));
        });
        token.reveal().to_owned()
    }

    /// Sets whether PutSecretValue for the pending version needs the RotationToken (fact 8); at first it does not.
    pub fn require_rotation_token(&self, required: bool) {
        self.state().requires_rotation_token = required;
    }

    /// Calls `callback` for every RotateSecret call, before its response. Without one, RotateSecret is refused.
    pub fn on_rotate(&self, callback: impl Fn(RotateRequest) + Send + Sync + 'static) {
        self.state().rotate = Some(Arc::new(callback));
    }

    fn stage<R>(
        &self,
        arn: &str,
        stage: impl FnOnce(&mut Secret) -> Result<R, StageError>,
    ) -> Result<R, StageError> {
        let now = self.now();
        self.state().secrets.change_listed(now, |secrets| {
            let staged = secrets.update(arn, |secret| secret.alter(now, stage));
            staged.ok_or(StageError::NoSuchSecret)?
        })
    }

    /// Changes a secret so that a stale read misses it.
    #[track_caller]
    pub(super) fn change_secret(&self, arn: &str, change: impl FnOnce(&mut Secret)) {
        let now = self.now();
        let result = self.state().secrets.change_listed(now, |secrets| {
            let changed = secrets.update(arn, |secret| secret.alter(now, change));
            changed.ok_or(())
        });
        if result.is_err() {
            mistake("secret", arn);
        }
    }

    /// Changes a secret as if it had long been so. Only its LastChangedDate tells.
    #[track_caller]
    pub(super) fn amend_secret(&self, arn: &str, amend: impl Fn(&mut Secret)) {
        let now = self.now();
        let mut state = self.state();
        if state.secret(arn).is_none() {
            mistake("secret", arn);
        }
        state.secrets.amend(|secrets| {
            secrets.update(arn, |secret| secret.alter(now, &amend));
        });
    }
}
