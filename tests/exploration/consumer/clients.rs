//! Consumers that sign calls at regular intervals, whatever else happens.

use std::fmt;
use std::pin::pin;
use std::time::{Duration, SystemTime};

use aws_smithy_async::time::TimeSource;
use sandbox::aws::{AccessKey, Aws};
use sandbox::caller::Caller;
use tokio::time::sleep;

use super::cache::{Cache, Kept};
use super::reader::Reader;
use crate::world::{World, start};

/// What a consumer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Habit {
    pub cache: Cache,
    /// Whether it looks past its cache once when a key is refused, and calls once more.
    pub rereads: bool,
}

/// A consumer and its results.
pub struct Client {
    pub habit: Habit,
    kept: Kept,
    pub calls: usize,
    /// The calls signed with a key that was no longer AWSCURRENT's.
    pub with_an_old_key: usize,
    pub refused: Vec<Refusal>,
    /// Since when it was refused: the key, until its next success.
    cut_off: Option<String>,
    pub pauses: Vec<Pause>,
}

/// A call that was refused.
#[derive(Clone)]
pub struct Refusal {
    pub at: SystemTime,
    pub habit: Habit,
    pub key: String,
    code: String,
    /// AWSCURRENT's key.
    current: String,
}

/// The end of a time in which a consumer was refused.
pub struct Pause {
    /// The key that it was refused with first.
    pub key: String,
    pub until: SystemTime,
}

/// Whoever found an exposed key, and calls with it.
struct Finder {
    key: String,
    caller: Caller,
    accepted: Option<SystemTime>,
}

/// Several consumers. The first has no cache.
pub struct Clients {
    all: Vec<Client>,
    aws: Aws,
    user_arn: String,
    about: String,
    finder: Option<Finder>,
}

impl fmt::Debug for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at.duration_since(start()).unwrap();
        let (cache, Self { key, code, .. }) = (self.habit.cache.name(), self);
        let current = &self.current;
        write!(
            formatter,
            "{at:?}, {cache}: {key}, {code}; AWSCURRENT has {current}"
        )
    }
}

impl Client {
    fn new(world: &World, name: &str, habit: Habit) -> Self {
        let reader = Reader::new(world, name);
        if matches!(habit.cache, Cache::Library(_)) {
            let reader = world.aws.user_arn(name);
            world.allow(&reader, "secretsmanager:DescribeSecret", world.arn());
        }
        Self {
            habit,
            kept: Kept::new(habit.cache, reader),
            calls: 0,
            with_an_old_key: 0,
            refused: Vec::new(),
            cut_off: None,
            pauses: Vec::new(),
        }
    }

    /// Signs a call; returns the key that it was signed with, and whether it was accepted.
    async fn sign(&mut self, at: SystemTime, current: Option<&str>, user: &str) -> (String, bool) {
        let (key, signer) = self.kept.signer().await;
        let current = current.unwrap_or(&key);
        self.calls += 1;
        self.with_an_old_key += usize::from(key != current);
        let answer = signer.identity().await;
        let accepted = answer.status == 200;
        if accepted {
            assert_eq!(answer.element("Arn"), user);
            let was = self.cut_off.take();
            self.pauses.extend(was.map(|key| Pause { key, until: at }));
        } else {
            self.refused.push(Refusal {
                at,
                habit: self.habit,
                key: key.clone(),
                code: answer.code(),
                current: current.to_owned(),
            });
            self.cut_off.get_or_insert_with(|| key.clone());
        }
        (key, accepted)
    }
}

impl Clients {
    /// One consumer with each habit; the first must have no cache.
    pub fn new(world: &World, habits: &[Habit], about: &str) -> Self {
        let clients = (0..).zip(habits);
        let clients =
            clients.map(|(at, habit)| Client::new(world, &format!("consumer-{at}"), *habit));
        Self {
            all: clients.collect(),
            aws: world.aws.clone(),
            user_arn: world.prepared.user_arn.clone(),
            about: about.to_owned(),
            finder: None,
        }
    }

    /// Keeps calling, each consumer once in `every`, until a future has ended.
    pub async fn call_during<T>(
        &mut self,
        something: impl Future<Output = T>,
        every: Duration,
    ) -> T {
        let mut something = pin!(something);
        loop {
            tokio::select! {
                biased;
                ended = &mut something => return ended,
                () = sleep(every) => self.call().await,
            }
        }
    }

    /// One call by each consumer, and by whoever found a key.
    pub async fn call(&mut self) {
        let at = self.aws.clock().now();
        let mut current = None;
        for client in &mut self.all {
            let (key, accepted) = client.sign(at, current.as_deref(), &self.user_arn).await;
            current.get_or_insert(key);
            if !accepted && client.habit.rereads {
                client.kept.forget();
                client.sign(at, current.as_deref(), &self.user_arn).await;
            }
        }
        if let Some(finder) = &mut self.finder
            && finder.caller.identity().await.status == 200
        {
            finder.accepted = Some(at);
        }
    }

    /// Somebody finds a key, and calls with it whenever the consumers call.
    pub fn leak(&mut self, key: &AccessKey) {
        self.finder = Some(Finder {
            key: key.id.clone(),
            caller: Caller::user(&self.aws, key).bystander(),
            accepted: None,
        });
    }

    /// When a call with a key that was found was accepted for the last time.
    pub fn last_success(&self, key: &str) -> Option<SystemTime> {
        let finder = self.finder.as_ref().filter(|finder| finder.key == key);
        finder.and_then(|finder| finder.accepted)
    }

    pub fn all(&self) -> &[Client] {
        &self.all
    }
}

impl Drop for Clients {
    /// Reports their results, however the run ended.
    fn drop(&mut self) {
        for client in &self.all {
            println!(
                "{}, {}{}: {} calls, {} of them with the previous key, {} refused",
                self.about,
                client.habit.cache.name(),
                if client.habit.rereads {
                    ", reads again if refused"
                } else {
                    ""
                },
                client.calls,
                client.with_an_old_key,
                client.refused.len()
            );
        }
    }
}
