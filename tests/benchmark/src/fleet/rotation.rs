//! One secret's rotation: Secrets Manager's side of it, within the window.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fastrand::Rng;
use iam_key_rotator::Config;
use sandbox::aws::{AWSPENDING, AWSPREVIOUS, Aws, Propagation};
use sandbox::clock::Clock;
use sandbox::in_process::InProcess;
use sandbox::rotation::{Function, FunctionError, RotateOptions, RotationFailed, rotate};
use sandbox::setup::{Prepared, Setup, SetupError, Source};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::account::{Account, Line, Traffic};
use super::lambda::{Found, Lambda, billed};
use super::scenario::{Scenario, Start};

/// Lambda's response when no more invocations may run.
const TOO_MANY: &str = "TooManyRequestsException";
/// A token without the secret's number. A token must have at least 32 characters.
const TOKEN: &str = "0c1b-4f6e-9a55-2f0d6c1b7e01";

/// What the rotations share.
#[derive(Debug)]
pub(super) struct Fleet {
    pub(super) scenario: Scenario,
    pub(super) account: Account,
    pub(super) lambda: RefCell<Lambda>,
    pub(super) clock: Clock,
    /// When the window began.
    pub(super) began: Instant,
}

/// The result of one rotation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rotation {
    /// When AWSCURRENT had moved, since the window began; `None` for a rotation that failed.
    pub(super) finished: Option<Duration>,
    /// How often Secrets Manager ran the rotation.
    pub(super) attempts: u64,
    /// How often it ran the function.
    pub(super) invocations: u64,
    /// What Lambda bills for all of these, in milliseconds.
    pub(super) billed: u64,
    /// The traffic between the function and AWS.
    pub(super) traffic: Traffic,
    /// How often each error type ended a step.
    pub(super) errors: BTreeMap<String, u64>,
}

/// Rotates a secret in the window. The secret is set up when its time has come, and dropped afterwards: a fleet is
/// larger than the part of it that rotates at a time.
///
/// # Errors
/// If it can't be set up.
pub(super) async fn run(fleet: Rc<Fleet>, index: usize) -> Result<Rotation, SetupError> {
    let Scenario {
        window,
        pause,
        latency,
        seed,
        ..
    } = fleet.scenario;
    let mut random = Rng::with_seed(seed.wrapping_add((index as u64) << 32));
    let start = match fleet.scenario.start {
        Start::Spread => window.mul_f64(random.f64()),
        Start::AtOnce => Duration::ZERO,
    };
    tokio::time::sleep_until(fleet.began + start).await;

    let aws = Aws::new(fleet.clock.clone());
    let name = format!("user-{index:05}");
    let setup = Setup {
        source: Source::Role,
        keys: 2,
        secret_name: format!("iam/{name}"),
        username: name,
        ..Setup::default()
    };
    let prepared = setup.prepare(&aws)?;
    hold_previous(&aws, &prepared);
    let arn = prepared.secret_arn;
    aws.set_propagation(propagation(&mut random));
    aws.accept_any_region();
    let mut function = Invoked {
        fleet: &fleet,
        aws: &aws,
        line: Line::new(&fleet.account, latency, random),
        environment: None,
        rotation: Rotation::default(),
    };
    let token = format!("{:08x}-{TOKEN}", index + 1);
    loop {
        function.rotation.attempts += 1;
        let once = RotateOptions {
            attempts: 1,
            pause,
            token: Some(token.clone()),
        };
        let result = rotate(&aws, &mut function, &arn, once, &mut |_| {}).await;
        // Lambda decides whether the next attempt gets the same environment.
        function.environment = None;
        let again = match result {
            Ok(_) => {
                function.rotation.finished = Some(fleet.began.elapsed());
                false
            }
            Err(RotationFailed::Step { .. }) => is_staged(&aws, &arn, &token),
            Err(other) => {
                function.error(&other.to_string());
                false
            }
        };
        if !again || fleet.began.elapsed() + pause >= window {
            break;
        }
        tokio::time::sleep(pause).await;
    }
    Ok(Rotation {
        traffic: function.line.traffic(),
        ..function.rotation
    })
}

/// Makes AWSPREVIOUS hold the older key, as the previous rotation left it.
fn hold_previous(aws: &Aws, prepared: &Prepared) {
    let Some(key) = &prepared.older_key else {
        return;
    };
    let (version, name) = (format!("00000000-{TOKEN}"), &prepared.username);
    let value = json!({ "accesskey": key.id, "secretkey": key.secret, "username": name });
    aws.put_version_text(&prepared.secret_arn, &version, &value.to_string());
    aws.set_label(&prepared.secret_arn, AWSPREVIOUS, &version);
}

/// A Region that no other environment of this program uses. The SDK's clients share a retry quota by Region. On
/// Lambda, each environment has that quota to itself.
fn own_region() -> String {
    static ENVIRONMENTS: AtomicU64 = AtomicU64::new(0);
    let number = ENVIRONMENTS.fetch_add(1, Ordering::Relaxed);
    format!("us-environment{number:08}-1")
}

/// Whether there is still something to rotate (fact 6).
fn is_staged(aws: &Aws, arn: &str, token: &str) -> bool {
    let secret = aws.secret(arn);
    let pending = secret
        .as_ref()
        .and_then(|secret| secret.with_label(AWSPENDING));
    pending.is_some_and(|version| version.id == token)
}

/// How the user's keys spread (fact 27). One new key in four is refused once more, a while after it first worked.
fn propagation(random: &mut Rng) -> Propagation {
    let mut seconds =
        |from: f64, to: f64| Duration::from_secs_f64(from + (to - from) * random.f64());
    let create_delay = seconds(2.0, 15.0);
    let delete_delay = seconds(3.0, 4.0);
    let flap = create_delay + seconds(0.5, 4.0);
    let flaps = match random.u8(..4) {
        0 => vec![(flap, flap + Duration::from_secs(1))],
        _ => Vec::new(),
    };
    Propagation {
        create_delay,
        flaps,
        delete_delay,
        ..Propagation::default()
    }
}

/// The function, as Lambda runs it for one secret.
struct Invoked<'a> {
    fleet: &'a Fleet,
    aws: &'a Aws,
    line: Line,
    environment: Option<InProcess>,
    rotation: Rotation,
}

impl Invoked<'_> {
    fn error(&mut self, error_type: &str) {
        *self
            .rotation
            .errors
            .entry(error_type.to_owned())
            .or_default() += 1;
    }

    async fn run(&mut self, event: &Value, found: Found) -> Result<Value, FunctionError> {
        let Scenario { time_out, init, .. } = self.fleet.scenario;
        if found == Found::Cold {
            tokio::time::sleep(init).await;
        }
        let environment = self.environment.get_or_insert_with(|| {
            let (client, region) = (self.line.http_client(self.aws), own_region());
            let function = InProcess::in_region(self.aws, Config::default(), client, &region);
            function.time_out(time_out)
        });
        environment.invoke_raw(&event.to_string()).await
    }
}

impl Function for Invoked<'_> {
    async fn invoke(&mut self, event: Value) -> Result<Value, FunctionError> {
        let began = Instant::now();
        let found = self
            .fleet
            .lambda
            .borrow_mut()
            .begin(self.fleet.began.elapsed());
        let Some(found) = found else {
            self.error(TOO_MANY);
            return Err(FunctionError {
                error_type: TOO_MANY.to_owned(),
                error_message: "Rate Exceeded.".to_owned(),
            });
        };
        let answer = self.run(&event, found).await;
        self.fleet
            .lambda
            .borrow_mut()
            .end(self.fleet.began.elapsed());
        self.rotation.invocations += 1;
        self.rotation.billed += billed(began.elapsed());
        if let Err(error) = &answer {
            self.error(&error.error_type);
        }
        answer
    }
}
