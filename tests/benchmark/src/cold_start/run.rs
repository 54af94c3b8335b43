//! The run, from the options to the report.

use std::fs;
use std::path::Path;
use std::time::Duration;

use sandbox::tls::Tls;

use super::cgroup::Cgroup;
use super::contestants::{Contestant, Kind, prepare};
use super::figures::{Measured, Results, Share, usual};
use super::measure::{Connections, hello, repeat, rotation};
use super::process::{Surroundings, Took};
use super::{Failed, Options, machine, print, progress, report};

/// The memory sizes whose shares are measured.
const MEMORY_MB: [u32; 4] = [128, 256, 512, 1769];

/// The position of testSecret among a rotation's figures: the start comes first.
const TEST_SECRET: usize = 3;

/// How often the function is observed before it is measured.
const WARM_UPS: u32 = 5;

const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/results");

/// Measures, and prints the results.
///
/// # Errors
/// If something can't be built, started or rotated; never because of a figure.
pub async fn run(options: &Options) -> Result<(), Failed> {
    let contestants = prepare(options).await?;
    let tls = Tls::new()?;
    let cgroup = Cgroup::make().await;
    let no_shares = cgroup.as_ref().err().cloned();
    let mut surroundings = Surroundings {
        tls: &tls,
        cgroup: cgroup.as_ref().ok(),
        memory_mb: None,
        environment: vec![("VERIFY_SUCCESSES".to_owned(), "1".to_owned())],
        latency: Duration::from_millis(options.latency),
    };
    let sizes: &[u32] = match (&cgroup, options.short) {
        (Err(_), _) => &[],
        (Ok(_), true) => &MEMORY_MB[..1],
        (Ok(_), false) => &MEMORY_MB,
    };
    let mut shares = Vec::new();
    let connections = warm_up(&contestants, options.short, &surroundings).await?;
    for memory_mb in std::iter::once(None).chain(sizes.iter().copied().map(Some)) {
        surroundings.memory_mb = memory_mb;
        shares.push(share(options, &contestants, &surroundings, &connections).await?);
    }
    surroundings.memory_mb = None;
    let results = Results {
        shares,
        connections,
        waiting: waiting(&contestants, &surroundings).await?,
    };
    let machine = machine::describe(&contestants, tls.system_roots);
    let text = report::report(options, &results, &machine, no_shares.as_deref());
    print(&text);
    if options.save {
        save(&text, &results)?;
    }
    Ok(())
}

/// Makes each of them read its files once, and returns what the function connects to in its first step. The most
/// frequent result counts: two connections to one host can be one, if the first was free again soon enough.
async fn warm_up(
    contestants: &[Contestant],
    short: bool,
    surroundings: &Surroundings<'_>,
) -> Result<Connections, Failed> {
    progress("Warming up");
    let mut seen = Vec::new();
    let ours = if short { 1 } else { WARM_UPS };
    for contestant in contestants {
        let times = match contestant.kind {
            Kind::Ours => ours,
            Kind::Python | Kind::Node => 1,
            Kind::Hello => continue,
        };
        for _ in 0..times {
            let connections = repeat(contestant, surroundings).await?.1;
            if contestant.kind == Kind::Ours {
                seen.push(connections);
            }
        }
    }
    Ok(usual(seen).unwrap_or_default())
}

/// Measures all of them at one share, one after another in turn, so that changes on the machine affect all alike.
async fn share(
    options: &Options,
    contestants: &[Contestant],
    surroundings: &Surroundings<'_>,
    connections: &Connections,
) -> Result<Share, Failed> {
    let mut measured: Vec<Measured> = contestants
        .iter()
        .map(|contestant| Measured {
            contestant: contestant.clone(),
            repeats: Vec::new(),
        })
        .collect();
    for number in 1..=options.repeats() {
        let memory = surroundings.memory_mb;
        let memory = memory.map_or("no limit".to_owned(), |memory| format!("{memory} MB"));
        progress(&format!(
            "Measuring, {memory}, {number} of {}",
            options.repeats()
        ));
        for measured in &mut measured {
            let contestant = &measured.contestant;
            let repeat = match contestant.kind {
                Kind::Hello => hello(contestant, surroundings, connections).await?,
                _ => repeat(contestant, surroundings).await?.0,
            };
            measured.repeats.push(repeat);
        }
    }
    Ok(Share {
        memory_mb: surroundings.memory_mb,
        measured,
    })
}

/// The function's testSecret with the default settings, including a wait between two successes.
async fn waiting(
    contestants: &[Contestant],
    surroundings: &Surroundings<'_>,
) -> Result<Took, Failed> {
    progress("Measuring what waiting costs");
    let mut all = contestants.iter();
    let ours = all.find(|contestant| contestant.kind == Kind::Ours);
    let ours = ours.ok_or("the function is not among what is measured")?;
    let took = rotation(ours, &surroundings.with(Vec::new())).await?;
    let waiting = took.get(TEST_SECRET).copied();
    waiting.ok_or_else(|| "the function did not come to testSecret".to_owned())
}

fn save(text: &str, results: &Results) -> Result<(), Failed> {
    let plot = report::plot(results).map_err(|error| error.to_string());
    let folder = Path::new(RESULTS);
    let write = || {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("cold-start.md"), text)?;
        plot.as_ref()
            .map_or(Ok(()), |svg| fs::write(folder.join("cold-start.svg"), svg))
    };
    write().map_err(|error| format!("the results can't be written to {RESULTS}: {error}"))?;
    plot.map(|_| ())
}
