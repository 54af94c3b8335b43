//! Consumers that sign calls at regular intervals, whatever else happens.

use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::cache::{Cache, Kept};
use super::reader::Reader;
use crate::world::World;

/// A consumer and its results.
pub struct Client {
    pub cache: Cache,
    kept: Kept,
    pub calls: usize,
    /// The calls signed with a key that was no longer AWSCURRENT's.
    pub with_an_old_key: usize,
    pub refused: Vec<String>,
}

/// One consumer with each cache.
pub struct Clients {
    all: Vec<Client>,
    user_arn: String,
    start: Instant,
    about: String,
}

impl Clients {
    pub fn new(world: &World, about: &str) -> Self {
        let clients = Cache::ALL.into_iter().enumerate().map(|(at, cache)| {
            let name = format!("consumer-{at}");
            let reader = Reader::new(world, &name);
            if matches!(cache, Cache::Library(_)) {
                let reader = world.aws.user_arn(&name);
                world.allow(&reader, "secretsmanager:DescribeSecret", world.arn());
            }
            Client {
                cache,
                kept: Kept::new(cache, reader),
                calls: 0,
                with_an_old_key: 0,
                refused: Vec::new(),
            }
        });
        Self {
            all: clients.collect(),
            user_arn: world.prepared.user_arn.clone(),
            start: Instant::now(),
            about: about.to_owned(),
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

    /// One call by each consumer.
    async fn call(&mut self) {
        let at = self.start.elapsed();
        let mut current = None;
        for client in &mut self.all {
            let (key, signer) = client.kept.signer().await;
            // The first has no cache.
            let current = current.get_or_insert_with(|| key.to_owned());
            client.calls += 1;
            client.with_an_old_key += usize::from(key != current);
            let answer = signer.identity().await;
            if answer.status == 200 {
                assert_eq!(answer.element("Arn"), self.user_arn);
            } else {
                let (cache, code) = (client.cache.name(), answer.code());
                let refused = format!("{at:?}, {cache}: {key}, {code}; AWSCURRENT has {current}");
                client.refused.push(refused);
            }
        }
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
                "{}, {}: {} calls, {} of them with the previous key, {} refused",
                self.about,
                client.cache.name(),
                client.calls,
                client.with_an_old_key,
                client.refused.len()
            );
        }
    }
}
