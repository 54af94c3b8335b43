//! The secrets of a fleet in one simulated account, in the states in which the keeper finds them.

use std::time::Duration;

use iam_key_rotator::{Config, KeeperConfig, Watches};
use sandbox::aws::{AWSCURRENT, AWSPREVIOUS, Aws, KeyStatus};
use sandbox::setup::{FLEET_TAG, Setup, SetupError, Source};
use serde_json::json;

use super::scenario::Due;

/// The value of the fleet's tag.
pub(super) const FLEET: &str = "blue";
/// The schedule that a share of the fleet is due by, in days.
const SCHEDULE: usize = 90;
/// `RETIRE_AFTER`, in days: the default.
const RETIRE_AFTER: usize = 7;
/// The former version of each secret, and the current one.
const VERSIONS: [&str; 2] = [
    "00000000-0c1b-4f6e-9a55-2f0d6c1b7e01",
    "11111111-0c1b-4f6e-9a55-2f0d6c1b7e01",
];
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What the keeper can find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The key that was replaced was retired weeks ago.
    Retired,
    /// The key that was replaced can be retired.
    Due,
    /// AWSCURRENT moved a day ago.
    Fresh,
}

impl State {
    /// A secret's state. Of a fleet on a schedule, each day of it has the same share.
    fn of(index: usize, due: Due) -> Self {
        match due {
            Due::Nothing => Self::Fresh,
            Due::All => Self::Due,
            Due::Share => match index % SCHEDULE {
                0 => Self::Due,
                1..=RETIRE_AFTER => Self::Fresh,
                _ => Self::Retired,
            },
        }
    }

    /// How long before the next state's secrets its own are made.
    fn before(self) -> Duration {
        match self {
            Self::Retired => DAY * 30,
            Self::Due => DAY * 7,
            Self::Fresh => DAY,
        }
    }
}

/// The keeper's settings: the defaults, for the fleet.
pub(super) fn config() -> Config {
    let days = u32::try_from(RETIRE_AFTER).unwrap_or(u32::MAX);
    Config {
        keeper: Some(KeeperConfig {
            watches: Watches::Fleet(FLEET.to_owned()),
            retire_after: DAY * days,
            at_once: false,
            revokes_reported: false,
        }),
        ..Config::default()
    }
}

/// How many secrets of the fleet are due.
pub(super) fn due(secrets: usize, due: Due) -> usize {
    let states = (0..secrets).map(|index| State::of(index, due));
    states.filter(|state| *state == State::Due).count()
}

/// Makes the fleet, and the keeper's role.
///
/// # Errors
/// If the role's policy can't be attached.
pub(super) fn make(aws: &Aws, secrets: usize, due: Due) -> Result<(), SetupError> {
    // One policy is for the whole fleet.
    let other = Setup {
        source: Source::Role,
        username: "another".to_owned(),
        secret_name: "another".to_owned(),
        ..Setup::default()
    };
    let other = other.prepare(aws)?;
    other.add_fleet_keeper(aws, FLEET)?;
    aws.remove_secret(&other.secret_arn);
    for state in [State::Retired, State::Due, State::Fresh] {
        let indexes = (0..secrets).filter(|index| State::of(*index, due) == state);
        let replaced: Vec<String> = indexes
            .map(|index| member(aws, &format!("user-{index:05}"), state))
            .collect();
        // Not sooner: the account keeps what was before a change, and each new user would be added to all of that.
        for key in replaced.iter().filter(|_| state == State::Retired) {
            aws.set_key_status(key, KeyStatus::Inactive);
        }
        aws.age(state.before());
    }
    Ok(())
}

/// Makes a user with two keys, and the secret as a rotation and the keeper have left it. Returns the key that was
/// replaced, which is still active.
fn member(aws: &Aws, name: &str, state: State) -> String {
    aws.create_user("/", name);
    aws.tag_user(name, FLEET_TAG, FLEET);
    let [older, current] = [(); 2].map(|()| aws.create_access_key(name));
    let arn = aws.create_secret(&format!("iam/{name}"), None);
    aws.tag_secret(&arn, FLEET_TAG, FLEET);
    for (version, label, key) in [
        (VERSIONS[0], AWSPREVIOUS, &older),
        (VERSIONS[1], AWSCURRENT, &current),
    ] {
        let value = json!({ "accesskey": key.id, "secretkey": key.secret, "username": name });
        aws.put_version_text(&arn, version, &value.to_string());
        aws.set_label(&arn, label, version);
    }
    if state == State::Retired {
        let mark = format!("iam-key-rotator-removing-{}", older.id);
        aws.set_label(&arn, &mark, VERSIONS[1]);
    }
    older.id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_schedule_of_90_days_one_in_90_is_due_on_a_day() {
        assert_eq!(due(1, Due::Share), 1);
        assert_eq!(due(900, Due::Share), 10);
        assert_eq!((due(100, Due::Nothing), due(100, Due::All)), (0, 100));
    }
}
