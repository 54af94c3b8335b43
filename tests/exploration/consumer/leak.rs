//! A leak, and which refusals it excuses.

use std::time::{Duration, SystemTime};

use super::cache::Cache;
use super::clients::{Client, Pause, Refusal};

/// A leak that is over.
pub struct Leak {
    pub exposed: String,
    pub at_once: bool,
    /// When the exposed key was deactivated.
    pub deactivated: SystemTime,
    /// When AWSCURRENT moved to another key.
    pub moved: SystemTime,
    /// The key that was replaced before, if it was still active, and when the leak's rotation took it away. A consumer
    /// that still had it is cut off, too.
    pub replaced: Option<(String, SystemTime)>,
}

/// What is to be said of the consumers' refusals.
#[derive(Default)]
pub struct Judged {
    /// Those that a leak excuses.
    pub in_leaks: usize,
    /// All others.
    pub otherwise: Vec<Refusal>,
    pub broken: Vec<String>,
    /// The longest time from a deactivation to the next success of a consumer that was refused: one that reads again,
    /// in a rotation that comes first and after a deactivation at once; and one that waits for its cache.
    pub rotating_first: Duration,
    pub at_once: Duration,
    pub by_cache: Duration,
}

impl Leak {
    /// Whether a consumer may be refused with a key, since the key has been taken away.
    fn excuses(&self, refusal: &Refusal) -> bool {
        let replaced = self.replaced.as_ref();
        (refusal.key == self.exposed && refusal.at >= self.deactivated)
            || replaced.is_some_and(|(key, at)| refusal.key == *key && refusal.at >= *at)
    }

    /// Whether consumers that read the secret get a key that works.
    fn is_mended(&self, at: SystemTime) -> bool {
        !self.at_once || at > self.moved
    }
}

impl Judged {
    pub fn add(&mut self, client: &Client, leaks: &[Leak]) {
        for refusal in &client.refused {
            match leaks.iter().any(|leak| leak.excuses(refusal)) {
                true => self.in_leaks += 1,
                false => self.otherwise.push(refusal.clone()),
            }
        }
        for leak in leaks {
            self.judge(client, leak);
            self.measure(&client.pauses, client.habit.rereads, leak);
        }
    }

    /// Once AWSCURRENT gives out a key that works, a consumer without a cache is not refused, and one that reads again
    /// only once with each key.
    fn judge(&mut self, client: &Client, leak: &Leak) {
        let keys = leak.replaced.iter().map(|(key, _)| key);
        for key in keys.chain([&leak.exposed]) {
            let refused = client.refused.iter();
            let refused = refused.filter(|one| one.key == *key && leak.is_mended(one.at));
            let refused: Vec<_> = refused.collect();
            let allowed = match (client.habit.cache, client.habit.rereads) {
                (Cache::Off, _) => 0,
                (_, true) => 1,
                (_, false) => usize::MAX,
            };
            if refused.len() > allowed {
                self.broken
                    .push(format!("more than {allowed}: {refused:?}"));
            }
        }
    }

    fn measure(&mut self, pauses: &[Pause], rereads: bool, leak: &Leak) {
        let longest = match (rereads, leak.at_once) {
            (true, false) => &mut self.rotating_first,
            (true, true) => &mut self.at_once,
            (false, _) => &mut self.by_cache,
        };
        for pause in pauses.iter().filter(|pause| pause.key == leak.exposed) {
            let took = pause.until.duration_since(leak.deactivated);
            *longest = (*longest).max(took.unwrap_or_default());
        }
    }
}
