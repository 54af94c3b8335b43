//! What Secrets Manager does to a secret before and after the function's steps.

use std::time::SystemTime;

use super::Secret;
use crate::aws::{AWSCURRENT, AWSPENDING, StageError};

impl Secret {
    /// What Secrets Manager does before createSecret (facts 2 and 5). Returns the token to run.
    pub(in crate::aws) fn stage_pending(
        &mut self,
        token: &str,
        now: SystemTime,
    ) -> Result<String, StageError> {
        self.stageable(token)?;
        self.schedule.turn_on(now);
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
    pub(in crate::aws) fn stage_test(
        &mut self,
        token: &str,
        now: SystemTime,
    ) -> Result<(), StageError> {
        self.stageable(token)?;
        self.schedule.turn_on(now);
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
    pub(in crate::aws) fn unstage_test(&mut self, token: &str) {
        if self.test.take_if(|test| test == token).is_some() {
            self.versions.retain(|version| version.id != token);
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

/// Whether a ClientRequestToken has the length that the API requires.
pub(in crate::aws) fn is_token(token: &str) -> bool {
    (32..=64).contains(&token.len())
}
