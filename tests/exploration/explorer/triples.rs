//! Three random faults, with slow propagation, a short timeout and other pauses. A failure names its seed.
//! `EXPLORE=usual RUNS=5000 FIRST_SEED=1000` runs more, with other seeds.

use std::time::Duration;

use fastrand::Rng;

use crate::explorer::invocation::{Faults, Ground, Hit};
use crate::explorer::kinds::{Environment, kinds};
use crate::explorer::protocol::{Next, Pauses};
use crate::explorer::scenarios::{Expect, Scenario, scenarios};
use crate::explorer::{Sum, on_every_core, virtual_time};
use crate::faults::{is_short, propagation, seconds, variable};
use crate::figures::figure;

/// How many faults a run has.
const FAULTS: usize = 3;
/// The faults hit within this many invocations, and this many calls of each.
const INVOCATIONS: usize = 6;
const CALLS: usize = 14;

fn scenario(rng: &mut Rng) -> Scenario {
    let rotates = |scenario: &Scenario| !scenario.test && scenario.expect == Expect::Rotates;
    let all: Vec<_> = scenarios().into_iter().filter(rotates).collect();
    let mut scenario = rng.choice(all).unwrap();
    if rng.bool() {
        let propagation = propagation(rng);
        scenario.environment = Environment {
            name: format!("{propagation:?}"),
            propagation,
            uses_unrecorded: rng.bool(),
            ..Environment::default()
        };
    }
    scenario
}

/// The faults of one run, by the invocation and the call that they hit.
fn faults(rng: &mut Rng) -> Vec<(usize, usize)> {
    let one = |rng: &mut Rng| (rng.usize(..INVOCATIONS), rng.usize(1..=CALLS));
    let mut faults: Vec<_> = (0..FAULTS).map(|_| one(rng)).collect();
    faults.sort_unstable();
    faults.dedup();
    faults
}

async fn run(seed: u64) -> Sum {
    let mut rng = Rng::with_seed(seed);
    let (ground, start) = Ground::new(scenario(&mut rng), false).await;
    let planned = faults(&mut rng);
    let mut story = vec![format!("seed {seed}, {}", ground.scenario.name())];
    let mut findings = Vec::new();
    let (mut stage, mut invocations, mut last_fault) = (start, 0, 0);
    loop {
        let hits = planned
            .iter()
            .filter(|(invocation, _)| *invocation == invocations);
        // The call is not known yet, so this takes any kind of any call.
        let actions = ["GetSecretValue", "CreateAccessKey", "GetCallerIdentity"];
        let hits: Faults = hits
            .map(|(_, call)| {
                let kinds = kinds(rng.choice(actions).unwrap(), true);
                Hit {
                    call: *call,
                    action: String::new(),
                    kind: rng.choice(kinds).unwrap().fault,
                }
            })
            .collect();
        let time_out = (!hits.is_empty() && rng.bool())
            .then(|| Duration::from_secs(3) + seconds(&mut rng, 20));
        if !hits.is_empty() {
            last_fault = stage.phase.rotation;
        }
        story.push(format!(
            "{} with {hits:?}, time-out {time_out:?}",
            stage.phase.name()
        ));
        let ran = ground.invoke(&stage, &hits, false, time_out).await;
        invocations += 1;
        findings.extend(
            ran.broken
                .iter()
                .map(|broken| format!("{broken}: {:?}", ran.record)),
        );
        let pauses = Pauses {
            attempt: Duration::from_secs(rng.choice([1, 60, 400]).unwrap()),
            rotation: Duration::from_hours(rng.choice([4, 30 * 24]).unwrap()),
        };
        match ground.next(&ran, pauses).await {
            Next::Invoke(next) => stage = *next,
            Next::Done { rotation } if rotation <= last_fault + ground.scenario.patience() => break,
            Next::Done { rotation } => {
                let rotation = rotation + 1;
                findings.push(format!("liveness: all is well in rotation {rotation} only"));
                break;
            }
            Next::Over(why) => {
                findings.push(format!("liveness: {why}"));
                break;
            }
        }
    }
    Sum {
        log_lines: ground.log_lines.get(),
        findings: findings
            .into_iter()
            .map(|what| format!("{what}\n  {}", story.join("\n  ")))
            .collect(),
        ..Sum::default()
    }
}

#[test]
fn three_faults_at_random() {
    let (first, runs) = (
        variable("FIRST_SEED", 1),
        variable("RUNS", if is_short() { 30 } else { 500 }),
    );
    println!("{runs} runs from seed {first}");
    let seeds: Vec<_> = (first..first + runs).collect();
    let sum = on_every_core(&seeds, |seed| virtual_time().block_on(run(*seed)));
    sum.assert_nothing_found();
    figure("random triples of faults", usize::try_from(runs).unwrap());
}
