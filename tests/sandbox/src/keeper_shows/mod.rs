//! What the keeper does, shown in virtual time: a leak, and the month of a key. Rotation function and keeper run in this
//! process, so that a month takes seconds.

mod account;
mod consumer;
mod journal;
mod leak;
mod retire;

use std::time::Duration;

use iam_key_rotator::Config;
use sandbox::aws::{AWSCURRENT, Aws, Propagation, RotateRequest};
use sandbox::clock::Clock;
use sandbox::in_process::InProcess;
use sandbox::setup::{Prepared, Setup, SetupError, Source};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::cli::{Cli, Manner, Variable};
use crate::view::{self, HEADING};
use crate::{Failed, INTERVAL_DAYS};

use self::account::Account;

/// The key in AWS's documented events.
pub(crate) const EXAMPLE_KEY: &str = "AKIAIOSFODNN7EXAMPLE";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The keeper's time-out, as the template sets it.
const KEEPER_TIME_OUT: Duration = Duration::from_secs(900);
/// How long each of the functions' calls takes.
const LATENCY: Duration = Duration::from_millis(50);
/// How long a new key is refused, within what is reported (fact 27).
const CREATION_SPREADS: Duration = Duration::from_secs(5);
/// How long a key that was deactivated or deleted is still accepted, within what is reported (fact 27).
const REMOVAL_SPREADS: Duration = Duration::from_secs(4);

/// Runs the show that the options ask for.
///
/// # Errors
/// What can't be set up, or the error of the function or the keeper. It ends the program for options that make no sense.
pub(crate) async fn run(cli: &Cli) -> Result<(), Failed> {
    tokio::time::pause();
    let stage = Stage::set(cli)?;
    match cli.leak {
        Some(_) => leak::show(cli, stage).await,
        None => retire::show(cli, stage).await,
    }
}

/// A user, its secret, the function that rotates it and the keeper that looks after it.
struct Stage {
    aws: Aws,
    prepared: Prepared,
    keeper: InProcess,
    rotator: InProcess,
    /// The rotations that the keeper asks Secrets Manager for.
    asked: UnboundedReceiver<RotateRequest>,
    retire_after: Duration,
    at_once: bool,
}

impl Stage {
    fn set(cli: &Cli) -> Result<Self, Failed> {
        if cli.leak.is_some() && cli.keys == 0 {
            crate::usage("a user without an access key has none that can leak");
        }
        let aws = Aws::new(Clock::real());
        aws.set_latency(LATENCY);
        aws.set_propagation(Propagation {
            create_delay: CREATION_SPREADS,
            delete_delay: REMOVAL_SPREADS,
            status_delay: REMOVAL_SPREADS,
            ..Propagation::default()
        });
        let setup = Setup {
            source: cli.source.into(),
            // The month is that of the only key of a user.
            keys: if cli.retire { 1 } else { cli.keys },
            ..Setup::default()
        };
        let prepared = match setup.prepare(&aws) {
            Err(error @ SetupError::NoKeyToManageItself) => crate::usage(error),
            result => result.map_err(|error| error.to_string())?,
        };
        prepared
            .add_keeper(&aws)
            .map_err(|error| error.to_string())?;
        let interval = u16::try_from(INTERVAL_DAYS).unwrap_or(u16::MAX);
        aws.turn_on_rotation(&prepared.secret_arn, interval);

        let config = keeper_config(cli, &prepared)?;
        let Some(keeper) = config.keeper.clone() else {
            return Err("the keeper is set up for no secret".to_owned());
        };
        if keeper.at_once && cli.leak.is_some() && prepared.source == Source::SelfKey {
            crate::usage(
                "a key that manages itself can't be replaced once it is cut off; \
                 choose another --source",
            );
        }
        let rotation = Config {
            retire_after: Some(keeper.retire_after),
            keeper: None,
            ..config.clone()
        };
        let (send, asked) = unbounded_channel();
        aws.on_rotate(move |request| {
            // Fails only at the end.
            let _ = send.send(request);
        });
        Ok(Self {
            keeper: InProcess::keeper(&aws, config).time_out(KEEPER_TIME_OUT),
            rotator: InProcess::new(&aws, rotation),
            aws,
            prepared,
            asked,
            retire_after: keeper.retire_after,
            at_once: keeper.at_once,
        })
    }

    /// What the account looks like now.
    fn account(&self) -> Account {
        Account::of(
            &self.aws,
            &self.prepared.secret_arn,
            &self.prepared.username,
        )
    }

    /// The key that consumers are given now.
    fn current_key(&self) -> Result<String, Failed> {
        let current = self.account().holder(AWSCURRENT);
        current.ok_or_else(|| "the secret holds no access key".to_owned())
    }
}

/// The settings of the keeper: what `--env` sets, else what the show is about.
fn keeper_config(cli: &Cli, prepared: &Prepared) -> Result<Config, Failed> {
    let read = |name: &str| {
        let set = cli.variables.iter().rev();
        let set = set
            .filter(|variable| variable.name == name)
            .map(|Variable { value, .. }| value.clone());
        set.chain(default(name, cli.leak, &prepared.secret_arn))
            .next()
    };
    Config::read(read).map_err(|error| error.to_string())
}

fn default(name: &str, leak: Option<Manner>, secret_arn: &str) -> Option<String> {
    let value = match name {
        "SECRET_ARN" => secret_arn,
        "EXPOSED_KEYS" => "revoke",
        "REVOKE" => leak?.as_setting(),
        _ => return None,
    };
    Some(value.to_owned())
}

/// The heading, and what the time in the show is.
fn introduce(cli: &Cli, stage: &Stage, title: &str, settings: &str) {
    view::print(&format!(
        "\n{HEADING}{title}{HEADING:#}\n\n  Secret     {}\n  Source     {}\n  Keeper     {settings}\n  \
         Time       virtual. A call of the functions takes {} ms. A new key is accepted after {} s,\n             \
         one that was deactivated for {} s more\n",
        stage.prepared.secret_arn,
        view::source(cli.source),
        LATENCY.as_millis(),
        CREATION_SPREADS.as_secs(),
        REMOVAL_SPREADS.as_secs(),
    ));
}
