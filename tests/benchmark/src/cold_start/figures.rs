//! The measurements, and their medians.

use std::time::Duration;

use super::contestants::{Contestant, Kind};
use super::measure::{Connections, Repeat};
use super::process::Took;
use super::traffic::{ByHost, Traffic, total};
use crate::table::median;

/// All measurements of a run.
pub(super) struct Results {
    /// The first one has no limit.
    pub(super) shares: Vec<Share>,
    /// The connections that the function opens in a cold first step.
    pub(super) connections: Connections,
    /// The function's testSecret with the default setting.
    pub(super) waiting: Took,
}

/// The measurements at one share of a processor.
pub(super) struct Share {
    /// `None` is no limit.
    pub(super) memory_mb: Option<u32>,
    pub(super) measured: Vec<Measured>,
}

/// A contestant's repeats; at least one.
pub(super) struct Measured {
    pub(super) contestant: Contestant,
    pub(super) repeats: Vec<Repeat>,
}

impl Share {
    pub(super) fn of(&self, kind: Kind) -> Option<&Measured> {
        self.measured
            .iter()
            .find(|measured| measured.contestant.kind == kind)
    }
}

impl Measured {
    /// The median of a figure that each repeat has.
    pub(super) fn median(&self, figure: impl Fn(&Repeat) -> Option<f64>) -> Option<f64> {
        let values: Option<Vec<f64>> = self.repeats.iter().map(figure).collect();
        median(&values?)
    }

    /// The median of start and first step, in ms.
    pub(super) fn cold_start(&self) -> Option<f64> {
        self.median(|repeat| Some(ms(sum(repeat.rotation.iter().take(2)))))
    }

    /// The median of a start plus one step as its first event, in ms. The number is the step's position in a
    /// rotation.
    pub(super) fn cold_step(&self, step: usize) -> Option<f64> {
        self.median(|repeat| {
            let figures = repeat.steps.get(step)?;
            Some(ms(figures.init.time + figures.cold.time))
        })
    }

    /// The median of start and all steps by one fresh process, in ms.
    pub(super) fn whole_rotation(&self) -> Option<f64> {
        let rotates = self.contestant.kind.rotates();
        self.median(|repeat| rotates.then(|| ms(sum(repeat.rotation.iter()))))
    }

    pub(super) fn peak_rss_mib(&self) -> Option<f64> {
        self.median(|repeat| Some(repeat.status?.peak_rss_kib as f64 / 1024.0))
    }

    /// The longest processor time of a warm step, among the medians of the steps, in ms.
    pub(super) fn warm_processor(&self) -> Option<f64> {
        let steps = self.repeats.first()?.steps.len();
        let medians = (0..steps)
            .map(|step| self.median(|repeat| repeat.steps.get(step)?.warm.processor.map(ms)));
        medians
            .collect::<Option<Vec<f64>>>()?
            .into_iter()
            .reduce(f64::max)
    }

    /// The most full handshakes with a host in one rotation by one process, and the most handshakes of any kind, in
    /// any of the repeats.
    pub(super) fn handshakes_with_a_host(&self) -> Option<(u64, u64)> {
        let rotations = self.repeats.iter().map(|repeat| by_host(&repeat.rotation));
        let hosts: Vec<Traffic> = rotations.flatten().collect();
        let full = hosts.iter().map(|host| host.full_handshakes).max()?;
        Some((full, hosts.iter().map(|host| host.handshakes()).max()?))
    }

    /// The value that most repeats have, such as a count.
    pub(super) fn usual<T: PartialEq>(&self, of: impl Fn(&Repeat) -> Option<T>) -> Option<T> {
        usual(self.repeats.iter().map(of).collect::<Option<Vec<T>>>()?)
    }
}

/// The most frequent value; `None` if there are no values.
pub(super) fn usual<T: PartialEq>(mut values: Vec<T>) -> Option<T> {
    let times = |index: &usize| {
        values
            .iter()
            .filter(|value| **value == values[*index])
            .count()
    };
    let index = (0..values.len()).max_by_key(times)?;
    Some(values.swap_remove(index))
}

/// The traffic of each host in all of these.
fn by_host(took: &[Took]) -> ByHost {
    let mut sum = ByHost::default();
    for took in took {
        for (sum, host) in sum.iter_mut().zip(took.traffic) {
            *sum = *sum + host;
        }
    }
    sum
}

/// The traffic of all hosts in all of these.
pub(super) fn traffic(took: &[Took]) -> Traffic {
    total(by_host(took))
}

fn sum<'a>(took: impl Iterator<Item = &'a Took>) -> Duration {
    took.map(|took| took.time).sum()
}

pub(super) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_usual_is_there_most_often() {
        assert_eq!(usual(vec![5, 4, 4, 3]), Some(4));
        assert_eq!(usual(vec!["one"]), Some("one"));
        assert_eq!(usual(Vec::<u8>::new()), None);
    }
}
