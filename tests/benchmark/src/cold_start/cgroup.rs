//! Lambda's share of a processor, enforced by a control group.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::Command;

use super::{Failed, cpu};

/// The memory, in MB, that comes with one full processor (fact 34).
pub(super) const WHOLE_PROCESSOR_MB: u32 = 1769;

/// The period of the share, as reported for Lambda: 20 ms.
const PERIOD_US: u32 = 20_000;

/// The smallest quota that Linux accepts.
const LEAST_QUOTA_US: u32 = 1_000;

/// How long a group may still contain a killed process.
const EMPTYING: Duration = Duration::from_secs(1);

const CONTROLLERS: [(&str, Version); 3] = [
    ("/sys/fs/cgroup/cpu", Version::V1),
    ("/sys/fs/cgroup/cpu,cpuacct", Version::V1),
    ("/sys/fs/cgroup", Version::V2),
];

/// The version of control groups that a machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    V1,
    V2,
}

/// A control group of this run, removed when it is dropped.
#[derive(Debug)]
pub(super) struct Cgroup {
    folder: PathBuf,
    version: Version,
}

impl Cgroup {
    /// Creates a group, and checks that it limits a process.
    ///
    /// # Errors
    /// Why no process can be limited here.
    pub(super) async fn make() -> Result<Self, Failed> {
        let (root, version) = CONTROLLERS
            .into_iter()
            .find(|(root, version)| is_controller(Path::new(root), *version))
            .ok_or("this machine has no control groups for processors")?;
        let name = format!("cold-start-{}", std::process::id());
        let folder = Path::new(root).join(name);
        fs::create_dir(&folder)
            .map_err(|error| format!("{} can't be made: {error}", folder.display()))?;
        let group = Self { folder, version };
        let share = group.share_of_a_busy_process().await?;
        if share < 0.5 {
            Ok(group)
        } else {
            let percent = share * 100.0;
            Err(format!(
                "a control group has no effect here: a process had {percent:.0} % of a processor in place of 7"
            ))
        }
    }

    /// Moves a process into the group.
    pub(super) fn add(&self, pid: u32) -> io::Result<()> {
        fs::write(self.folder.join("cgroup.procs"), pid.to_string())
    }

    /// Limits the group to the share of a memory size.
    pub(super) fn limit(&self, memory_mb: u32) -> io::Result<()> {
        for (file, text) in files(self.version, quota_us(memory_mb)) {
            fs::write(self.folder.join(file), text)?;
        }
        Ok(())
    }

    async fn share_of_a_busy_process(&self) -> Result<f64, Failed> {
        let measure = async {
            let mut busy = Command::new("/bin/sh")
                .args(["-c", "while :; do :; done"])
                .stdin(Stdio::null())
                .kill_on_drop(true)
                .spawn()?;
            let pid = busy.id().unwrap_or_default();
            self.add(pid)?;
            self.limit(128)?;
            let (before, started) = (cpu::time(pid), Instant::now());
            tokio::time::sleep(Duration::from_millis(400)).await;
            let (after, took) = (cpu::time(pid), started.elapsed());
            busy.kill().await?;
            let had = after.zip(before).map(|(after, before)| after - before);
            let had = had.ok_or_else(|| io::Error::other("the system does not tell its time"))?;
            Ok(had.as_secs_f64() / took.as_secs_f64())
        };
        measure
            .await
            .map_err(|error: io::Error| format!("no process can be limited: {error}"))
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        let started = Instant::now();
        // A group cannot be removed while a process is in it, even one that was just killed.
        while fs::remove_dir(&self.folder).is_err() && started.elapsed() < EMPTYING {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn is_controller(root: &Path, version: Version) -> bool {
    match version {
        Version::V1 => root.join("cpu.cfs_quota_us").exists(),
        Version::V2 => fs::read_to_string(root.join("cgroup.subtree_control"))
            .is_ok_and(|controllers| controllers.split_whitespace().any(|name| name == "cpu")),
    }
}

/// The microseconds of processor time in each period.
fn quota_us(memory_mb: u32) -> u32 {
    (PERIOD_US * memory_mb / WHOLE_PROCESSOR_MB).max(LEAST_QUOTA_US)
}

/// What to write to which file of a group, in order.
fn files(version: Version, quota_us: u32) -> Vec<(&'static str, String)> {
    match version {
        Version::V1 => vec![
            ("cpu.cfs_period_us", PERIOD_US.to_string()),
            ("cpu.cfs_quota_us", quota_us.to_string()),
        ],
        Version::V2 => vec![("cpu.max", format!("{quota_us} {PERIOD_US}"))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quota_is_the_memorys_share_of_1769_mb() {
        assert_eq!(quota_us(1769), 20_000);
        assert_eq!(quota_us(128), 1_447);
        assert_eq!(quota_us(256), 2_894);
        assert_eq!(quota_us(512), 5_788);
        assert_eq!(quota_us(3538), 40_000);
    }

    #[test]
    fn each_version_has_files_of_its_own() {
        let texts = |version| {
            let files = files(version, 1447);
            let lines = files.iter().map(|(file, text)| format!("{file}={text}"));
            lines.collect::<Vec<_>>()
        };
        assert_eq!(
            texts(Version::V1),
            ["cpu.cfs_period_us=20000", "cpu.cfs_quota_us=1447"]
        );
        assert_eq!(texts(Version::V2), ["cpu.max=1447 20000"]);
    }
}
