//! Puts the function's marks on a version of the secret, and takes them off.

use tracing::warn;

use crate::aws::failure::AwsFailure;
use crate::aws::once::{Changed, Once};
use crate::key::marks::Mark;
use crate::rotation::context::Run;
use crate::rotation::staged_secret::Staged;

impl Run<'_> {
    /// Puts a mark on AWSCURRENT's version.
    pub(crate) async fn put_on(&self, staged: &Staged, mark: &Mark, once: Once) -> Changed<()> {
        let (label, version) = (mark.label(), Some(&*staged.current_version));
        let secrets = &self.resources.secrets;
        let secret = &staged.secret_arn;
        secrets
            .move_label(secret, &label, version, None, once)
            .await
    }
}

/// Takes off a mark whose reason is gone. If that fails, the mark stays until another run finds it.
pub(crate) async fn take_off(run: &Run<'_>, staged: &Staged, mark: &Mark) {
    let placed = staged.marks.find(mark);
    let version = placed.map_or(&*staged.current_version, |placed| &placed.version);
    let label = mark.label();
    let look = async || Ok(Some(()));
    let remove = async |(): &(), once| {
        let secrets = &run.resources.secrets;
        let secret = &staged.secret_arn;
        secrets
            .move_label(secret, &label, None, Some(version), once)
            .await
    };
    let failure = match run.change_once(look, remove).await {
        Ok(Some(Err(failure))) => failure,
        _ => return,
    };
    if !is_elsewhere(&failure) {
        warn!("the label {label} stays: {failure}");
    }
}

/// Whether a label was not on the version from which it was to be removed.
fn is_elsewhere(failure: &AwsFailure) -> bool {
    failure.is("InvalidParameterException")
}
