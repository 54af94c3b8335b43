//! finishSecret: verifies once more that AWSPENDING's key authenticates, and moves AWSCURRENT to it right after that.

use std::time::Duration;

use tracing::info;

use crate::aws::failure::Effect;
use crate::key::marks::of_rotation;
use crate::rotation::context::Rotation;
use crate::rotation::marking::take_off;
use crate::rotation::outcome::{Done, Outcome};
use crate::rotation::pending::Pending;
use crate::rotation::problem::Problem;
use crate::rotation::smtp_logins::SmtpLogins;
use crate::rotation::staged_secret::Staged;
use crate::rotation::texts::shown;
use crate::rotation::verification::{authenticates, expected_user, verify};
use crate::rotation::verification_waits::SPACING;
use crate::secret::stages::CURRENT;

/// How long the key that was replaced works. Each change of the secret begins its time afresh.
fn until(rotation: &Rotation<'_>) -> String {
    let config = &rotation.resources.config;
    match config.retire_after {
        Some(long) => {
            let at = chrono::TimeDelta::from_std(long)
                .ok()
                .and_then(|long| rotation.clock.now().checked_add_signed(long));
            let at = at.map_or_else(String::new, |at| {
                format!(", at {} at the earliest", shown(at))
            });
            format!("it is retired{at}, or until the next rotation")
        }
        None => "the next rotation".to_owned(),
    }
}

/// Runs the step.
pub(crate) async fn run(rotation: &Rotation<'_>, staged: &Staged) -> Result<Outcome, Problem> {
    let (pending, expected) = tokio::join!(
        biased;
        Pending::read_stored(rotation, staged),
        expected_user(rotation, staged)
    );
    let pending = pending?;
    let key = pending.usable_key(rotation, staged).await?;
    let expected = expected?;
    let (to, from) = (rotation.token, &*staged.current_version);
    let look = async || {
        loop {
            // This may wait. So the labels and the key are checked once more, the key last. Nothing waits after that.
            verify(rotation, key, &expected, &SmtpLogins::default(), 1).await?;
            let still_staged = rotation.still_staged(staged).await?;
            let authenticates = authenticates(rotation, key, &expected).await?;
            rotation.doing(format!("move AWSCURRENT to {}", key.id));
            if still_staged.is_none() {
                return Ok(None);
            }
            if authenticates {
                return Ok(Some(()));
            }
            rotation.clock.sleep(SPACING).await?;
        }
    };
    let move_current = async |(): &(), once| {
        let (secrets, secret) = (&rotation.resources.secrets, &staged.secret_arn);
        secrets
            .move_label(secret, CURRENT, Some(to), Some(from), once)
            .await
    };
    let moved = rotation.change(Duration::ZERO, look, move_current).await?;
    if !matches!(moved, Some(Ok(()))) {
        // The response may have been lost, or another run may have moved the label.
        if let Some(Err(failure)) = &moved
            && failure.effect == Effect::Unknown
        {
            rotation.changed(format!("AWSCURRENT may have moved to {}", key.id));
        }
        if rotation.read_staged().await?.is_some() {
            return Err(match moved {
                Some(Err(failure)) => failure.into(),
                _ => rotation.not_staged("AWSCURRENT has moved meanwhile"),
            });
        }
    }
    info!(access_key_id = %key.id, "AWSCURRENT moved");
    for mark in staged.marks.of_rotation(&of_rotation(rotation.token)) {
        take_off(rotation, staged, mark).await;
    }
    let message = match staged.current.key_id() {
        Some(previous) => format!(
            "AWSCURRENT holds the access key {}; AWSPREVIOUS's {previous} works until {}",
            key.id,
            until(rotation)
        ),
        None => format!("AWSCURRENT holds the user's first access key, {}", key.id),
    };
    Ok(rotation.outcome(Done::Finished, message).about(&key.id))
}
