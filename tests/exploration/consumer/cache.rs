//! What a consumer keeps of AWSCURRENT, and for how long (fact 32).

use std::time::Duration;

use sandbox::caller::Caller;
use tokio::time::Instant;

use super::reader::{Read, Reader};

const HOUR: Duration = Duration::from_hours(1);

/// A way to keep a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cache {
    /// No cache: each call reads the secret.
    Off,
    /// Like Lambda's extension and the Secrets Manager Agent: reads again once the value is this old.
    Agent(Duration),
    /// Like the client-side caching libraries, including `aws_secretsmanager_caching`. Once the value is this old,
    /// DescribeSecret says whether AWSCURRENT moved. Only then the secret is read again.
    Library(Duration),
}

impl Cache {
    pub const ALL: [Self; 3] = [
        Self::Off,
        Self::Agent(Duration::from_mins(5)),
        Self::Library(HOUR),
    ];

    /// The longest time that a consumer with one of [`Cache::ALL`] keeps using a key that is no longer AWSCURRENT's.
    pub const LONGEST: Duration = HOUR;

    pub fn name(self) -> String {
        match self {
            Self::Off => "no cache".to_owned(),
            Self::Agent(ttl) => format!("a cache of {} s", ttl.as_secs()),
            Self::Library(ttl) => format!("a library's cache of {} s", ttl.as_secs()),
        }
    }
}

/// A cache and its contents.
pub struct Kept {
    cache: Cache,
    reader: Reader,
    held: Option<Held>,
}

/// What was read, and when it was last known to be current.
struct Held {
    read: Read,
    since: Instant,
}

impl Kept {
    pub fn new(cache: Cache, reader: Reader) -> Self {
        let held = None;
        Self {
            cache,
            reader,
            held,
        }
    }

    /// The id of the key to sign with now, and the caller that signs with it.
    pub async fn signer(&mut self) -> (String, Caller) {
        if !self.is_fresh().await {
            self.held = Some(Held {
                read: self.reader.current().await,
                since: Instant::now(),
            });
        }
        let held = self.held.as_ref().unwrap();
        (held.read.key.id.clone(), self.reader.signer(&held.read))
    }

    /// Has the next call read the secret, however old the value is.
    pub fn forget(&mut self) {
        self.held = None;
    }

    async fn is_fresh(&mut self) -> bool {
        let Some(held) = &mut self.held else {
            return false;
        };
        match self.cache {
            Cache::Off => false,
            Cache::Agent(ttl) => held.since.elapsed() <= ttl,
            Cache::Library(ttl) => {
                let expired = held.since.elapsed() > ttl;
                if expired && self.reader.is_current(&held.read.version).await {
                    held.since = Instant::now();
                }
                held.since.elapsed() <= ttl
            }
        }
    }
}
