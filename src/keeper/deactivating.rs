//! Deactivates a key that is retired or revoked, and looks at it again.

use crate::aws::iam::Iam;
use crate::key::deactivatable::Deactivatable;
use crate::rotation::context::Run;
use crate::rotation::deactivation::{Basis, Deactivated, Deactivation};
use crate::rotation::problem::Problem;
use crate::rotation::staged_secret::Staged;

/// Marks the key, deactivates it, and looks again over some seconds. Gives it back if the basis of the decision has
/// changed. `to_go` looks whether it is unchanged.
///
/// # Errors
/// An error of the look, or the IAM error. If the key is Inactive then, it is under its mark.
pub(crate) async fn deactivate(
    run: &Run<'_>,
    staged: &Staged,
    iam: &Iam,
    key: &Deactivatable,
    to_go: impl AsyncFn() -> Result<Basis, Problem>,
) -> Result<Deactivated, Problem> {
    let deactivation = Deactivation::new(run, staged, iam, key, false);
    let mut ended = deactivation.deactivate(&to_go).await?;
    if let Deactivated::Done { .. } = ended
        && !deactivation.look_again(&to_go).await?
    {
        ended = Deactivated::Kept;
    }
    match ended {
        Deactivated::Kept if deactivation.deactivated.get() => deactivation.give_back().await?,
        Deactivated::Kept => deactivation.unmark().await,
        Deactivated::Done { .. } | Deactivated::NotFound => {}
    }
    Ok(ended)
}
