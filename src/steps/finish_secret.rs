//! finishSecret: AWSPENDING's key authenticates once more, and becomes AWSCURRENT.

use tracing::info;

use crate::aws_failure::Effect;
use crate::outcome::{Done, Outcome};
use crate::pending::Pending;
use crate::problem::Problem;
use crate::rotation::Rotation;
use crate::staged_secret::Staged;
use crate::stages::CURRENT;
use crate::verification::{expected_user, verify};

/// Runs the step.
pub(crate) async fn run(rotation: &Rotation<'_>, staged: &Staged) -> Result<Outcome, Problem> {
    let pending = Pending::read_stored(rotation, staged).await?;
    let key = pending.usable_key(rotation, staged).await?;
    let expected = expected_user(rotation, staged).await?;
    verify(rotation, key, &expected, 1).await?;

    rotation.doing(format!("move AWSCURRENT to {}", key.id));
    let secrets = &rotation.rotator.secrets;
    let token = &rotation.event.token;
    let moved = secrets
        .move_label(
            &staged.secret_arn,
            CURRENT,
            Some(token),
            Some(&staged.current_version),
        )
        .await;
    if let Err(failure) = moved {
        // Its answer may have been lost, or another run may have moved the label.
        if failure.effect == Effect::Unknown {
            rotation.changed(format!("AWSCURRENT may have moved to {}", key.id));
        }
        if rotation.read_staged().await?.is_some() {
            return Err(failure.into());
        }
    }
    info!(access_key_id = %key.id, "AWSCURRENT moved");
    let message = match staged.current.key_id() {
        Some(previous) => format!(
            "AWSCURRENT holds the access key {}; AWSPREVIOUS's {previous} works until the next rotation",
            key.id
        ),
        None => format!("AWSCURRENT holds the user's first access key, {}", key.id),
    };
    Ok(rotation.outcome(Done::Finished, message).about(&key.id))
}
