//! What the keeper is asked for, and the account that it begins with.

use std::time::Duration;

use iam_key_rotator::{Config, KeeperConfig, Watches};
use sandbox::aws::{AWSCURRENT, AWSPREVIOUS, Aws, Snapshot};
use sandbox::in_process::InProcess;
use sandbox::rotation::Function;
use sandbox::setup::Source;
use serde_json::{Value, json};

use crate::faults::explores_all;
use crate::hands::hand::ANOTHER_USER;
use crate::world::World;

pub const HOUR: Duration = Duration::from_hours(1);
pub const RETIRE_AFTER: Duration = Duration::from_hours(7 * 24);
/// Longer than a replaced key is kept.
pub const DUE: Duration = Duration::from_hours(8 * 24);
/// Lambda's longest timeout (fact 52).
pub const TIME_OUT: Duration = Duration::from_mins(15);

/// What the keeper is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// The hourly run, when the replaced key can be retired.
    Retire,
    /// The hourly run, when the key is retired already.
    Retired,
    /// A person brings the retired key back.
    Undo,
    /// The key in use was exposed.
    RevokeCurrent,
    /// The key in use was exposed, and a person asks to cut it off at once.
    RevokeAtOnce,
    /// The replaced key was exposed.
    RevokePrevious,
}

/// A case, ready to run.
pub struct Ground {
    pub case: Case,
    pub source: Source,
    pub snapshot: Snapshot,
    pub arn: String,
    pub user: String,
    /// The key that the case is about.
    pub key: String,
}

impl Case {
    pub fn all() -> impl Iterator<Item = Self> {
        [
            Self::Retire,
            Self::Retired,
            Self::Undo,
            Self::RevokeCurrent,
            Self::RevokeAtOnce,
            Self::RevokePrevious,
        ]
        .into_iter()
    }

    /// Whether a rotation can follow. A key that cuts itself off cannot make another.
    pub fn works(self, source: Source) -> bool {
        !(self == Self::RevokeAtOnce && source == Source::SelfKey)
    }

    /// Whether the key of the case was exposed.
    pub fn exposed(self) -> bool {
        matches!(
            self,
            Self::RevokeCurrent | Self::RevokeAtOnce | Self::RevokePrevious
        )
    }

    /// One in this many faults and hands runs, except with `EXPLORE=all`. A rotation runs beside a revocation.
    pub fn one_in(self) -> usize {
        match (explores_all(), self.exposed()) {
            (true, _) => 1,
            (false, true) => 41,
            (false, false) => 3,
        }
    }

    /// Whether the exposed key may be cut off before its replacement is there.
    pub fn cuts_off(self) -> bool {
        self == Self::RevokeAtOnce
    }

    /// Which version holds the key that it is about.
    pub fn label(self) -> &'static str {
        match self {
            Self::RevokeCurrent | Self::RevokeAtOnce => AWSCURRENT,
            _ => AWSPREVIOUS,
        }
    }

    pub fn event(self, arn: &str, key: &str) -> Value {
        match self {
            Self::Retire | Self::Retired => json!({"Action": "retire"}),
            Self::Undo => json!({"Action": "undo", "SecretId": arn}),
            Self::RevokeCurrent | Self::RevokePrevious => {
                json!({"Action": "revoke", "AccessKeyId": key})
            }
            Self::RevokeAtOnce => {
                json!({"Action": "revoke", "AccessKeyId": key, "AtOnce": true})
            }
        }
    }
}

impl Ground {
    /// An account with a key that has just been replaced.
    pub async fn replaced(source: Source) -> World {
        let mut world = World::from(source, 1);
        world.rotate().await.unwrap();
        world.aws.record_uses(false);
        world.prepared.add_keeper(&world.aws).unwrap();
        world
    }

    pub async fn new(case: Case, source: Source) -> Self {
        let world = Self::replaced(source).await;
        let account = match source {
            Source::AnotherAccount => sandbox::aws::OTHER_ACCOUNT,
            _ => sandbox::aws::ACCOUNT,
        };
        world.aws.create_user_in(account, "/", ANOTHER_USER);
        world.aws.create_access_key(ANOTHER_USER);
        tokio::time::sleep(DUE).await;
        if matches!(case, Case::Retired | Case::Undo) {
            let mut keeper = keeper(&world.aws, world.arn());
            keeper.invoke(json!({"Action": "retire"})).await.unwrap();
        }
        Self {
            case,
            source,
            snapshot: world.aws.snapshot(),
            arn: world.arn().to_owned(),
            user: world.prepared.username.clone(),
            key: world.key_of(case.label()).unwrap(),
        }
    }
}

/// The settings of one secret's keeper.
pub fn settings(arn: &str) -> Config {
    settings_with(arn, RETIRE_AFTER, Config::default())
}

fn settings_with(arn: &str, retire_after: Duration, config: Config) -> Config {
    let keeper = KeeperConfig {
        watches: Watches::One(arn.to_owned()),
        retire_after,
        at_once: false,
        revokes_reported: true,
    };
    Config {
        keeper: Some(keeper),
        ..config
    }
}

/// The keeper of one secret, in a new process.
pub fn keeper(aws: &Aws, arn: &str) -> InProcess {
    keeper_with(aws, arn, RETIRE_AFTER, Config::default())
}

/// The keeper of one secret with other settings.
pub fn keeper_with(aws: &Aws, arn: &str, retire_after: Duration, config: Config) -> InProcess {
    InProcess::keeper(aws, settings_with(arn, retire_after, config)).time_out(TIME_OUT)
}
