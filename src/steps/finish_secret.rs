//! finishSecret: AWSPENDING's key authenticates once more, and becomes AWSCURRENT.

use tracing::info;

use crate::aws_failure::Effect;
use crate::outcome::{Done, Outcome};
use crate::pending::Pending;
use crate::problem::Problem;
use crate::rotation::Rotation;
use crate::smtp_logins::SmtpLogins;
use crate::staged_secret::Staged;
use crate::stages::CURRENT;
use crate::verification::{expected_user, verify};

/// Runs the step.
pub(crate) async fn run(rotation: &Rotation<'_>, staged: &Staged) -> Result<Outcome, Problem> {
    let (pending, expected) = tokio::join!(
        biased;
        Pending::read_stored(rotation, staged),
        expected_user(rotation, staged)
    );
    let pending = pending?;
    let key = pending.usable_key(rotation, staged).await?;
    verify(rotation, key, &expected?, &SmtpLogins::default(), 1).await?;

    rotation.doing(format!("move AWSCURRENT to {}", key.id));
    let (to, from) = (&*rotation.event.token, &*staged.current_version);
    let moved = rotation.move_label(staged, CURRENT, Some(to), Some(from));
    if let Err(failure) = moved.await {
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
