//! The mark that a key may have been made which no version of the secret holds: the staging label
//! [`CREATING`] on AWSCURRENT's version.
//!
//! A key that nobody knows of is either one of our own, lost by an earlier try (fact 23), or someone
//! else's, such as another secret's of the same user. Nothing about the key itself tells which.

use tracing::warn;

use crate::aws_failure::AwsFailure;
use crate::key_selection::HeldKeys;
use crate::rotation::Rotation;
use crate::staged_secret::Staged;
use crate::stages::CREATING;

/// Whether an earlier try may have made a key beside AWSCURRENT's. Where a person stored a new
/// version with the same key meanwhile, the mark stayed on the one before.
pub(crate) fn is_there(staged: &Staged, held: &HeldKeys) -> bool {
    let Some(marked) = &staged.creating_version else {
        return false;
    };
    let same_key = held.current.is_some() && held.current == held.previous;
    *marked == staged.current_version
        || (same_key && staged.previous_version.as_ref() == Some(marked))
}

/// Puts the mark on AWSCURRENT's version.
pub(crate) async fn put(rotation: &Rotation<'_>, staged: &Staged) -> Result<(), AwsFailure> {
    let marked = staged.creating_version.as_deref();
    if marked == Some(&*staged.current_version) {
        return Ok(());
    }
    rotation.doing("mark AWSCURRENT's version before an access key is made");
    let current = Some(&*staged.current_version);
    rotation.move_label(staged, CREATING, current, marked).await
}

/// Takes the mark off again, where it is certain that no key was made.
pub(crate) async fn take_back(rotation: &Rotation<'_>, staged: &Staged) {
    let current = Some(&*staged.current_version);
    if let Err(failure) = rotation.move_label(staged, CREATING, None, current).await {
        warn!("the label {CREATING} stays: {failure}");
    }
}
