//! Counts the traffic of the hosts.

use std::ops::{Add, Sub};

/// The traffic of a host, or of all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traffic {
    pub(super) connections: u64,
    pub(super) full_handshakes: u64,
    pub(super) resumed_handshakes: u64,
    pub(super) requests: u64,
}

/// The traffic of each host, in the order of `AwsSide::addresses`.
pub(super) type ByHost = [Traffic; 3];

impl Traffic {
    pub(super) fn handshakes(self) -> u64 {
        self.full_handshakes + self.resumed_handshakes
    }
}

impl Add for Traffic {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            connections: self.connections + other.connections,
            full_handshakes: self.full_handshakes + other.full_handshakes,
            resumed_handshakes: self.resumed_handshakes + other.resumed_handshakes,
            requests: self.requests + other.requests,
        }
    }
}

impl Sub for Traffic {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            connections: self.connections - earlier.connections,
            full_handshakes: self.full_handshakes - earlier.full_handshakes,
            resumed_handshakes: self.resumed_handshakes - earlier.resumed_handshakes,
            requests: self.requests - earlier.requests,
        }
    }
}

/// The traffic of each host between two times.
pub(super) fn between(earlier: ByHost, later: ByHost) -> ByHost {
    let mut difference = later;
    for (difference, earlier) in difference.iter_mut().zip(earlier) {
        *difference = *difference - earlier;
    }
    difference
}

/// The traffic of all hosts together.
pub(super) fn total(traffic: ByHost) -> Traffic {
    traffic.into_iter().fold(Traffic::default(), Add::add)
}
