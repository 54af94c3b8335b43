//! The rotations, the keeper's runs and the leaks of one secret, while consumers call.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use fastrand::Rng;
use iam_key_rotator::Config;
use sandbox::aws::{AWSCURRENT, AWSPREVIOUS, AccessKey, Fault, Propagation, UseRecord, When};
use sandbox::setup::Source;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};

use super::clients::Clients;
use super::keeping::Keeping;
use super::leak::{Judged, Leak};
use super::lives::{Lives, Running};
use super::rules::{RULES, Rule, habits};
use super::{LEAD, MINUTE, SECOND, rotate, trouble};
use crate::faults::{kinds, propagation, seconds};
use crate::world::{World, setup};

const HOUR: Duration = Duration::from_hours(1);
/// How many hours are between two calls of a consumer when nothing happens.
const SELDOM: usize = 6;
/// How often a leak's event is sent before somebody else must help.
const SENT: usize = 5;

/// What came of one seed.
#[derive(Default)]
pub struct Sum {
    pub runs: usize,
    pub retired: usize,
    /// Hourly runs that found the replaced key in use.
    pub in_use: usize,
    pub leaks: usize,
    pub calls: usize,
    pub judged: Judged,
}

/// The years of one secret.
pub struct Years {
    about: String,
    pub rule: Rule,
    pub rng: Rng,
    world: World,
    clients: Clients,
    keeping: Keeping,
    lives: Arc<Mutex<Lives>>,
    next_hour: Instant,
    hours: usize,
    runs: usize,
    in_use: usize,
    leaks: Vec<Leak>,
}

impl Years {
    pub fn new(seed: u64, source: Source) -> Self {
        let rule = RULES[usize::try_from(seed).unwrap() % RULES.len()];
        let about = format!("seed {seed}, {source:?}, {rule:?}");
        let config = Config {
            in_use_window: rule.in_use_window,
            ..Config::default()
        };
        let world = World::with(setup(source, 1), config.clone());
        // An exposed key may be cut off. `Lives` watches P1 here.
        world.people_move_labels();
        world.aws.record_uses_late(UseRecord {
            lag: rule.lag,
            ..UseRecord::default()
        });
        Self {
            keeping: Keeping::new(&world, rule.retire_after, config),
            clients: Clients::new(&world, &habits(), &about),
            lives: Lives::follow(&world, rule),
            about,
            rule,
            rng: Rng::with_seed(seed),
            world,
            next_hour: Instant::now() + HOUR,
            hours: 0,
            runs: 0,
            in_use: 0,
            leaks: Vec::new(),
        }
    }

    fn now(&self) -> SystemTime {
        self.world.now()
    }

    /// Faults, and changes that spread. Returns how long a deactivated key is still accepted, and all in words.
    fn trouble(&mut self) -> (Duration, String) {
        self.world.aws.clear_faults();
        // No read misses a change that is hours old.
        self.world.aws.age(Duration::ZERO);
        let about = trouble(&mut self.world, &mut self.rng);
        let status_delay = seconds(&mut self.rng, 5);
        let propagation = Propagation {
            status_delay,
            ..propagation(&mut self.rng)
        };
        let about = format!("{}: {about}, then {propagation:?}", self.about);
        self.world.aws.set_propagation(propagation);
        (status_delay, about)
    }

    /// The hours until a time. A key leaks at the first of them that is not before `leak`, if there is one.
    pub async fn hours_until(&mut self, end: Instant, mut leak: Option<(Instant, bool)>) {
        while self.next_hour < end {
            sleep_until(self.next_hour).await;
            self.next_hour += HOUR;
            if let Some((_, at_once)) = leak.take_if(|(at, _)| Instant::now() >= *at) {
                self.leak(at_once).await;
            }
            self.hours += 1;
            let seldom = self.hours.is_multiple_of(SELDOM);
            if seldom {
                self.clients.call().await;
            }
            if seldom || !self.lives.lock().unwrap().is_quiet() {
                self.hour().await;
            }
        }
        sleep_until(end).await;
    }

    /// The keeper's hourly run.
    async fn hour(&mut self) {
        self.runs += 1;
        self.world.aws.age(Duration::ZERO);
        let (due, retired) = {
            let mut lives = self.lives.lock().unwrap();
            lives.begin(Running::Hourly);
            (lives.is_due(), lives.retired())
        };
        if self.rng.usize(..if due { 3 } else { 50 }) == 0 {
            self.world.aws.inject(Fault {
                kind: self.rng.choice(kinds()).unwrap(),
                on: When::Call(self.rng.usize(1..=if due { 20 } else { 4 })),
            });
        }
        let began = self.now();
        // A run that can retire nothing is no moment to watch.
        let every = if due { SECOND } else { MINUTE };
        let answer = self.invoke(json!({"Action": "retire"}), every).await;
        let outcome = answer.as_ref().map(|answer| outcome(answer).to_owned());
        self.in_use += usize::from(outcome.as_deref() == Ok("stillInUse"));
        let now_retired = {
            let mut lives = self.lives.lock().unwrap();
            lives.end(began, answer.is_err());
            lives.retired()
        };
        if now_retired > retired {
            self.clients.call_during(sleep(LEAD), SECOND).await;
        }
        self.world.aws.clear_calls();
    }

    /// Invokes the keeper, while the consumers call.
    async fn invoke(&mut self, event: Value, every: Duration) -> Result<Value, String> {
        let invoked = self.keeping.invoke(&mut self.world, event);
        let answer = self.clients.call_during(invoked, every).await;
        answer.map_err(|error| error.to_string())
    }

    pub async fn rotate(&mut self) {
        let (_, about) = self.trouble();
        self.lives.lock().unwrap().begin(Running::Rotation);
        self.clients.call_during(sleep(LEAD), SECOND).await;
        rotate(&mut self.world, &mut self.clients, &about).await;
        self.lives.lock().unwrap().end(self.now(), true);
        self.settle(&about).await;
    }

    /// The time after a rotation, until all but the longest caches have expired.
    async fn settle(&mut self, about: &str) {
        for (long, every) in [
            (MINUTE, SECOND),
            (6 * MINUTE, 15 * SECOND),
            (HOUR, 2 * MINUTE),
        ] {
            self.clients.call_during(sleep(long), every).await;
        }
        self.world.assert_sound(about);
    }

    /// The current key leaks, and a person has it revoked.
    async fn leak(&mut self, at_once: bool) {
        let (spreads, about) = self.trouble();
        let exposed = self.world.key_of(AWSCURRENT).unwrap();
        let replaced = self.world.key_of(AWSPREVIOUS);
        self.clients.leak(&AccessKey {
            secret: self.world.aws.secret_of(&exposed).unwrap(),
            id: exposed.clone(),
        });
        self.clients.call_during(sleep(LEAD), SECOND).await;
        let reported = self.now();
        {
            let mut lives = self.lives.lock().unwrap();
            lives.begin(Running::Rotation);
            lives.exposed(&exposed, at_once);
        }
        let event = json!({
            "Action": "revoke", "SecretId": self.world.arn(), "AccessKeyId": exposed, "AtOnce": at_once
        });
        let (began, message) = self.revoke(&event, &about).await;
        self.clients.call_during(sleep(LEAD), SECOND).await;
        {
            let mut lives = self.lives.lock().unwrap();
            lives.end(began, true);
            let deactivated = lives.deactivated(&exposed, reported).expect(&about);
            let (moved, _) = *lives.moves.last().unwrap();
            let replaced = replaced.and_then(|key| Some((lives.deactivated(&key, reported)?, key)));
            let last = self.clients.last_success(&exposed).expect(&about);
            let told = format!(
                "{about}: {message}; it began at {began:?}, the key was deactivated at {deactivated:?}, and last accepted at {last:?}"
            );
            assert!(last <= deactivated + spreads, "{told}");
            if let Some(after) = after(&message) {
                assert!(deactivated <= began + after, "{told}");
            }
            self.leaks.push(Leak {
                exposed,
                at_once,
                deactivated,
                moved,
                replaced: replaced.map(|(at, key)| (key, at)),
            });
        }
        self.settle(&about).await;
    }

    /// Sends the event until the key is revoked, as the README says. Returns when the last run began, and its message.
    async fn revoke(&mut self, event: &Value, about: &str) -> (SystemTime, String) {
        let mut failed = Vec::new();
        while failed.len() < SENT {
            let began = self.now();
            match self.invoke(event.clone(), SECOND).await {
                Ok(answer) if outcome(&answer) == "revoked" => {
                    let message = answer["secrets"][0]["message"].as_str().unwrap();
                    return (began, message.to_owned());
                }
                other => failed.push(format!("{other:?}")),
            }
            self.world.function_time_out(2 * MINUTE);
            self.clients.call_during(sleep(MINUTE), SECOND).await;
        }
        panic!("{about}: {failed:#?}");
    }

    pub fn sum(self) -> Sum {
        let mut judged = Judged::default();
        let lives = self.lives.lock().unwrap();
        judged.broken.extend(lives.broken.iter().cloned());
        for client in self.clients.all() {
            judged.add(client, &self.leaks);
        }
        let broken = &judged.broken;
        assert!(broken.is_empty(), "{}: {broken:#?}", self.about);
        self.world.aws.forget_hooks();
        Sum {
            runs: self.runs,
            retired: lives.retired(),
            in_use: self.in_use,
            leaks: self.leaks.len(),
            calls: self.clients.all().iter().map(|client| client.calls).sum(),
            judged,
        }
    }
}

/// The outcome for the only secret of an answer.
fn outcome(answer: &Value) -> &str {
    answer["secrets"][0]["outcome"].as_str().unwrap_or_default()
}

/// How long after its beginning a run says that it has deactivated the key, if it was that run.
fn after(message: &str) -> Option<Duration> {
    let (_, rest) = message.split_once(" was deactivated ")?;
    let (seconds, _) = rest.split_once(" s ")?;
    Some(Duration::from_secs(seconds.parse().unwrap()))
}
