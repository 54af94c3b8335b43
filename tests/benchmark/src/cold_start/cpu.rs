//! What the system reports about a process: its threads' processor time, its memory, its threads.

use std::fs;
use std::time::Duration;

/// What `/proc/PID/status` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Status {
    /// The largest resident set so far, in KiB.
    pub(super) peak_rss_kib: u64,
    pub(super) threads: u64,
}

/// The processor time of a process's live threads; `None` if the system does not report it.
pub(super) fn time(pid: u32) -> Option<Duration> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let mut nanoseconds = 0;
    for thread in threads {
        // A thread can end between the two reads.
        let text = fs::read_to_string(thread.ok()?.path().join("schedstat"));
        nanoseconds += text.map_or(Some(0), |text| on_processor(&text))?;
    }
    Some(Duration::from_nanos(nanoseconds))
}

/// The nanoseconds on a processor, the first of the three figures.
fn on_processor(schedstat: &str) -> Option<u64> {
    schedstat.split_whitespace().next()?.parse().ok()
}

pub(super) fn status(pid: u32) -> Option<Status> {
    parse_status(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

fn parse_status(text: &str) -> Option<Status> {
    let field = |name: &str| {
        let mut lines = text.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        value.split_whitespace().next()?.parse().ok()
    };
    Some(Status {
        peak_rss_kib: field("VmHWM")?,
        threads: field("Threads")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_figure_of_schedstat_is_the_time_on_a_processor() {
        assert_eq!(on_processor("592453415 280790 44\n"), Some(592_453_415));
        assert_eq!(on_processor("\n"), None);
        assert_eq!(on_processor("none 1 2\n"), None);
    }

    #[test]
    fn the_peak_and_the_threads_are_read_from_the_status() {
        let text =
            "Name:\tours\nVmPeak:\t  9000 kB\nVmHWM:\t    7901 kB\nVmRSS:\t 7000 kB\nThreads:\t3\n";
        let status = Status {
            peak_rss_kib: 7901,
            threads: 3,
        };
        assert_eq!(parse_status(text), Some(status));
        assert_eq!(parse_status("Name:\tzombie\nThreads:\t1\n"), None);
    }
}
