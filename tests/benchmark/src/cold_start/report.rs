//! The results, in Markdown and as a plot.

use super::figures::{Measured, Results, ms};
use super::{Options, tables, targets};
use crate::plot::{Axis, Plot, PlotError, Series};
use crate::table::figure;

const HOW: &str = "\
Median of all repeats. *Init* is from the start of the process to its first request for an event, *event* from handing it out to \
its answer; in parentheses the time that the process had a processor. *Cold* is the first event of a process, *warm* the \
same step in one that has done a rotation before. `VERIFY_SUCCESSES` is 1, so that no figure holds a wait of testSecret. \
All files are in the page cache; the hosts are addresses, so that no name is looked up. A share of a processor counts from the first event on: Lambda does not limit a start.

Python and Node run under a loop of a few lines, which does less than Lambda's runtimes for them do: that favours them.
";

/// The whole report.
pub(super) fn report(
    options: &Options,
    results: &Results,
    machine: &str,
    no_shares: Option<&str>,
) -> String {
    let repeats = options.repeats();
    let mut text = format!(
        "# Cold start\n\n`{}`: repeats: {repeats}; AWS answers {} ms late.\n\n{machine}\n{HOW}",
        options.command(),
        options.latency,
    );
    if options.short {
        text += "\n**The short form**: dev binaries, once. It shows that all of it works, and judges no time.\n";
    }
    if let Some(reason) = no_shares {
        text += &format!("\nNo share of a processor could be given: {reason}.\n");
    }
    text += "\n## Start and first step (createSecret), ms\n\n";
    text += &tables::by_memory(results, Measured::cold_start);
    text += "\n## Start and a whole rotation by one process, ms\n\n";
    text += &tables::by_memory(results, Measured::whole_rotation);
    for share in &results.shares {
        let name = tables::name(share.memory_mb);
        text += &format!("\n## The steps, {name}\n\n{}", tables::steps(share));
    }
    if let Some(share) = results.shares.first() {
        text += "\n## One rotation by one process, no limit\n\n";
        text += &tables::processes(share);
        text += "\nIts calls of AWS:\n\n";
        text += &tables::calls(share);
    }
    text += &format!("\n{}{}", connections(results), waiting(results));
    if !options.short {
        text += "\n## To reach\n\n";
        text += &targets::table(results);
    }
    text
}

/// Start and first step against the memory.
pub(super) fn plot(results: &Results) -> Result<String, PlotError> {
    let limited = || {
        results
            .shares
            .iter()
            .filter_map(|share| Some((share.memory_mb?, share)))
    };
    let kinds = results.shares.first().map(|share| &share.measured);
    let series = kinds.into_iter().flatten().map(|measured| Series {
        name: measured.contestant.name.to_owned(),
        points: limited()
            .filter_map(|(memory_mb, share)| {
                let cold_start = share.of(measured.contestant.kind)?.cold_start()?;
                Some((f64::from(memory_mb), cold_start))
            })
            .collect(),
    });
    let plot = Plot {
        title: "Cold start: init and first step, by the share of a processor that comes with the memory".to_owned(),
        x: Axis {
            label: "memory (MB)".to_owned(),
            ticks: limited().map(|(memory_mb, _)| f64::from(memory_mb)).collect(),
        },
        y: Axis {
            label: "ms".to_owned(),
            ticks: vec![1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0],
        },
        log_x: true,
        log_y: true,
        series: series.collect(),
    };
    plot.svg()
}

/// What the hello world does the same way as the function.
fn connections(results: &Results) -> String {
    let connections = &results.connections;
    let count = |hosts: [u64; 3]| hosts.iter().sum::<u64>();
    let order = if connections.at_once {
        "at once"
    } else {
        "one after the other"
    };
    format!(
        "In a cold first step the function opens {} connections in its init and {} in the event, {order}; and so does the \
         hello world, to the same hosts, with a full handshake each, and sends nothing. Requests that are no call of AWS count \
         as requests too.\n",
        count(connections.in_init),
        count(connections.in_event),
    )
}

fn waiting(results: &Results) -> String {
    let waiting = results.waiting;
    let processor = waiting
        .processor
        .map_or("unknown".to_owned(), |time| figure(ms(time)));
    format!(
        "\nWaiting is idle: testSecret with `VERIFY_SUCCESSES` as it is by default took {} ms, in which the process had a \
         processor for {processor} ms.\n",
        figure(ms(waiting.time)),
    )
}
