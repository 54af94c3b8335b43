//! setSecret: there is nothing to set, since IAM made the key live when it made it (fact 22). Only confirms the key.

use crate::rotation::context::Rotation;
use crate::rotation::outcome::{Done, Outcome};
use crate::rotation::pending::Pending;
use crate::rotation::problem::Problem;
use crate::rotation::staged_secret::Staged;

/// Runs the step.
pub(crate) async fn run(rotation: &Rotation<'_>, staged: &Staged) -> Result<Outcome, Problem> {
    let pending = Pending::read_stored(rotation, staged).await?;
    let key = pending.key(rotation, staged)?;
    let message = format!(
        "nothing to set: the access key {} has been live since IAM created it",
        key.id
    );
    Ok(rotation.outcome(Done::Confirmed, message).about(&key.id))
}
