//! The function's targets, as ratios within one run.

use super::contestants::Kind;
use super::figures::Results;
use crate::table::{figure, markdown};

/// The bytes of a MiB.
const MIB: f64 = 1024.0 * 1024.0;

/// The position of the step in a rotation.
const SET_SECRET: usize = 1;

/// A target.
struct Target {
    what: String,
    at_most: f64,
    unit: Unit,
    /// `None` if this run did not measure it.
    measured: Option<f64>,
}

#[derive(Clone, Copy)]
enum Unit {
    /// The fraction of another's figure, such as 1/100.
    Part,
    Times,
    Mib,
    Ms,
    Count,
}

impl Unit {
    fn text(self, value: f64) -> String {
        match self {
            Self::Part if value > 0.0 => format!("1/{}", plain(1.0 / value)),
            Self::Times => format!("{} ×", plain(value)),
            Self::Mib => format!("{} MiB", plain(value)),
            Self::Ms => format!("{} ms", plain(value)),
            Self::Part | Self::Count => plain(value),
        }
    }
}

/// Formatted like a figure, but a whole number stays whole.
fn plain(value: f64) -> String {
    let is_whole = (value - value.round()).abs() < 1e-9;
    if is_whole {
        format!("{value:.0}")
    } else {
        figure(value)
    }
}

/// The table of targets, each met or not.
pub(super) fn table(results: &Results) -> String {
    let rows: Vec<Vec<String>> = targets(results).iter().map(Target::row).collect();
    markdown(&["what", "at most", "measured", ""], &rows)
}

impl Target {
    fn row(&self) -> Vec<String> {
        let (measured, verdict) = match self.measured {
            None => ("-".to_owned(), "not measured"),
            Some(value) if value <= self.at_most => (self.unit.text(value), "met"),
            Some(value) => (self.unit.text(value), "**not met**"),
        };
        let at_most = self.unit.text(self.at_most);
        vec![self.what.clone(), at_most, measured, verdict.to_owned()]
    }
}

fn targets(results: &Results) -> Vec<Target> {
    let share = |memory_mb| {
        results
            .shares
            .iter()
            .find(|share| share.memory_mb == memory_mb)
    };
    let cold = |memory_mb, kind| share(memory_mb)?.of(kind)?.cold_start();
    let ours = share(None).and_then(|share| share.of(Kind::Ours));
    let cold_against = |memory_mb, kind| ratio(cold(memory_mb, Kind::Ours), cold(memory_mb, kind));
    let rss = |kind| share(None)?.of(kind)?.peak_rss_mib();
    let handshakes = ours.and_then(|ours| ours.handshakes_with_a_host());
    let target = |what: &str, at_most, unit, measured| Target {
        what: what.to_owned(),
        at_most,
        unit,
        measured,
    };
    vec![
        target(
            "a cold first step at 128 MB, against Python",
            1.0 / 100.0,
            Unit::Part,
            cold_against(Some(128), Kind::Python),
        ),
        target(
            "the same against Node, bundled",
            1.0 / 25.0,
            Unit::Part,
            cold_against(Some(128), Kind::Node),
        ),
        target(
            "a cold first step without a limit, against a hello world with the same TLS connections",
            1.5,
            Unit::Times,
            cold_against(None, Kind::Hello),
        ),
        target(
            "the same with setSecret, which makes three calls and not ten, as the first step",
            1.5,
            Unit::Times,
            ratio(
                ours.and_then(|ours| ours.cold_step(SET_SECRET)),
                cold(None, Kind::Hello),
            ),
        ),
        target(
            "peak RSS over a whole rotation, against Python",
            1.0 / 7.0,
            Unit::Part,
            ratio(rss(Kind::Ours), rss(Kind::Python)),
        ),
        target(
            "stripped binary",
            6.0,
            Unit::Mib,
            ours.map(|ours| ours.contestant.size.bytes as f64 / MIB),
        ),
        target(
            "a warm step's own CPU, of the costliest step",
            2.0,
            Unit::Ms,
            ours.and_then(|ours| ours.warm_processor()),
        ),
        target(
            "full TLS handshakes with a host in one rotation by one process",
            1.0,
            Unit::Count,
            handshakes.map(|(full, _)| full as f64),
        ),
        target(
            "the same, resumed ones counted too",
            1.0,
            Unit::Count,
            handshakes.map(|(_, any)| any as f64),
        ),
    ]
}

fn ratio(ours: Option<f64>, other: Option<f64>) -> Option<f64> {
    let (ours, other) = (ours?, other?);
    (other > 0.0).then_some(ours / other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(measured: Option<f64>) -> Vec<String> {
        let target = Target {
            what: "cold".to_owned(),
            at_most: 0.01,
            unit: Unit::Part,
            measured,
        };
        target.row()
    }

    #[test]
    fn a_target_is_met_up_to_what_it_allows() {
        assert_eq!(row(Some(0.005)), ["cold", "1/100", "1/200", "met"]);
        assert_eq!(row(Some(0.01))[3], "met");
        assert_eq!(row(Some(0.02)), ["cold", "1/100", "1/50", "**not met**"]);
        assert_eq!(row(None), ["cold", "1/100", "-", "not measured"]);
    }
}
