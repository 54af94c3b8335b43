//! The tables of the report.

use sandbox::rotation::STEPS;

use super::cgroup::WHOLE_PROCESSOR_MB;
use super::contestants::Kind;
use super::figures::{Measured, Results, Share, ms, traffic};
use super::measure::{Repeat, StepFigures};
use super::process::Took;
use super::traffic::Traffic;
use crate::table::{figure, markdown};

const MIB: f64 = 1024.0 * 1024.0;

/// A figure of each contestant against the memory, with its ratio to the function's.
pub(super) fn by_memory(results: &Results, figure_of: fn(&Measured) -> Option<f64>) -> String {
    let Some(first) = results.shares.first() else {
        return String::new();
    };
    let has_it = |measured: &&Measured| figure_of(measured).is_some();
    let names = first.measured.iter().filter(has_it);
    let names = names.map(|measured| measured.contestant.name);
    let header: Vec<&str> = std::iter::once("memory").chain(names).collect();
    let row = |share: &Share| {
        let ours = share.of(Kind::Ours).and_then(figure_of);
        let cells = share.measured.iter().filter(has_it).map(|measured| {
            let own = figure_of(measured);
            let other = own
                .zip(ours)
                .filter(|_| measured.contestant.kind != Kind::Ours);
            let ratio = other.map(|(own, ours)| format!(" ({} ×)", figure(own / ours)));
            cell(own) + &ratio.unwrap_or_default()
        });
        std::iter::once(name(share.memory_mb))
            .chain(cells)
            .collect()
    };
    let rows: Vec<Vec<String>> = results.shares.iter().map(row).collect();
    markdown(&header, &rows)
}

/// Each step of each contestant.
pub(super) fn steps(share: &Share) -> String {
    let header = [
        "step",
        "",
        "init ms",
        "cold event ms",
        "warm event ms",
        "requests, cold / warm",
        "connections",
        "handshakes: full, resumed",
    ];
    let mut rows = Vec::new();
    for (index, step) in STEPS.into_iter().enumerate() {
        for measured in &share.measured {
            let of = |repeat: &Repeat| repeat.steps.get(index).copied();
            let usual = |took: fn(StepFigures) -> Vec<Took>| {
                measured.usual(|repeat| Some(traffic(&took(of(repeat)?))))
            };
            let cold = usual(|step| vec![step.init, step.cold]);
            // The hello world has one step, and only responds to it.
            let Some((cold, warm)) = cold.zip(usual(|step| vec![step.warm])) else {
                continue;
            };
            let median =
                |took: fn(StepFigures) -> Took| timed(measured, |repeat| Some(took(of(repeat)?)));
            rows.push(vec![
                step.to_owned(),
                measured.contestant.name.to_owned(),
                median(|step| step.init),
                median(|step| step.cold),
                median(|step| step.warm),
                format!("{} / {}", cold.requests, warm.requests),
                format!("{} / {}", cold.connections, warm.connections),
                format!("{} / {}", handshakes(cold), handshakes(warm)),
            ]);
        }
    }
    markdown(&header, &rows)
}

/// The properties of a process, and its work in one rotation.
pub(super) fn processes(share: &Share) -> String {
    let header = [
        "",
        "peak RSS MiB",
        "threads",
        "package MiB",
        "zipped MiB",
        "requests",
        "connections",
        "full handshakes",
        "resumed",
    ];
    let row = |measured: &Measured| {
        let size = measured.contestant.size;
        let threads = measured.usual(|repeat| Some(repeat.status?.threads));
        let traffic = measured.usual(|repeat| Some(traffic(&repeat.rotation)));
        let traffic = traffic.unwrap_or_default();
        vec![
            measured.contestant.name.to_owned(),
            cell(measured.peak_rss_mib()),
            threads.map_or("-".to_owned(), |threads| threads.to_string()),
            cell(Some(size.bytes as f64 / MIB)),
            cell(size.zipped.map(|zipped| zipped as f64 / MIB)),
            traffic.requests.to_string(),
            traffic.connections.to_string(),
            traffic.full_handshakes.to_string(),
            traffic.resumed_handshakes.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = share.measured.iter().map(row).collect();
    markdown(&header, &rows)
}

/// How often each action is called in one rotation, in the order of the first contestant that calls it.
pub(super) fn calls(share: &Share) -> String {
    let rotating = share.measured.iter();
    let rotating = rotating.filter(|measured| measured.contestant.kind.rotates());
    let calls: Vec<(&str, Vec<String>)> = rotating
        .map(|measured| {
            let calls = measured.usual(|repeat| Some(repeat.calls.clone()));
            (measured.contestant.name, calls.unwrap_or_default())
        })
        .collect();
    let mut actions: Vec<&String> = Vec::new();
    for action in calls.iter().flat_map(|(_, calls)| calls) {
        if !actions.contains(&action) {
            actions.push(action);
        }
    }
    let names = calls.iter().map(|(name, _)| *name);
    let header: Vec<&str> = std::iter::once("call").chain(names).collect();
    let row = |action: &String| {
        let count = |calls: &[String]| calls.iter().filter(|call| *call == action).count();
        let counts = calls.iter().map(|(_, calls)| count(calls).to_string());
        std::iter::once(action.clone()).chain(counts).collect()
    };
    let rows: Vec<Vec<String>> = actions.into_iter().map(row).collect();
    markdown(&header, &rows)
}

/// A memory size with its share of a processor.
pub(super) fn name(memory_mb: Option<u32>) -> String {
    match memory_mb {
        None => "no limit".to_owned(),
        Some(memory_mb) => {
            let percent = f64::from(memory_mb) * 100.0 / f64::from(WHOLE_PROCESSOR_MB);
            format!("{memory_mb} MB ({} %)", figure(percent))
        }
    }
}

fn timed(measured: &Measured, took: impl Fn(&Repeat) -> Option<Took>) -> String {
    let time = measured.median(|repeat| Some(ms(took(repeat)?.time)));
    let processor = measured.median(|repeat| took(repeat)?.processor.map(ms));
    format!("{} ({})", cell(time), cell(processor))
}

fn handshakes(traffic: Traffic) -> String {
    let Traffic {
        full_handshakes,
        resumed_handshakes,
        ..
    } = traffic;
    format!("{full_handshakes}, {resumed_handshakes}")
}

fn cell(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), figure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memory_size_is_named_with_its_share() {
        assert_eq!(name(Some(128)), "128 MB (7.24 %)");
        assert_eq!(name(Some(1769)), "1769 MB (100 %)");
        assert_eq!(name(None), "no limit");
    }
}
