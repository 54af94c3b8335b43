//! No unnecessary calls: a rotation makes exactly the calls in the README's tables.

use std::time::Duration;

use sandbox::aws::Call;
use sandbox::rotation::STEPS;
use sandbox::setup::Source;

use crate::world::{SOURCES, World};

const README: &str = include_str!("../../README.md");

/// The calls of each step of a rotation of a user who has two keys.
async fn steps(source: Source) -> Vec<Vec<Call>> {
    let mut world = World::from(source, 2);
    // The state from the second rotation on: the older key is AWSPREVIOUS's.
    world.rotate().await.unwrap();
    world.aws.age(Duration::from_secs(30 * 86_400));
    world.aws.set_latency(Duration::from_millis(10));
    world.fresh_token();
    world.stage();
    let mut calls = Vec::new();
    for step in STEPS {
        world.aws.clear_calls();
        world.step(step).await.unwrap();
        calls.push(world.aws.calls());
    }
    calls
}

#[tokio::test(start_paused = true)]
async fn the_calls_of_each_step_are_those_of_the_readme() {
    let calls = steps(Source::Role).await;
    let lines = STEPS.into_iter().zip(&calls).map(|(step, calls)| {
        let together: Vec<_> = calls
            .chunk_by(|one, other| one.at == other.at)
            .map(|calls| {
                let names: Vec<_> = calls.iter().map(|call| &*call.action).collect();
                names.join(" + ")
            })
            .collect();
        format!("| `{step}` | {} |", together.join(", "))
    });
    in_the_readme(lines);
}

#[tokio::test(start_paused = true)]
async fn the_number_of_calls_in_each_source_is_that_of_the_readme() {
    let mut lines: Vec<_> = STEPS.map(|step| format!("| `{step}` |")).into();
    lines.push("| **a rotation** |".to_owned());
    lines.push("| of them IAM's |".to_owned());
    for source in SOURCES {
        let steps = steps(source).await;
        let mut counts: Vec<_> = steps.iter().map(Vec::len).collect();
        counts.push(counts.iter().sum());
        let all = steps.iter().flatten();
        counts.push(all.filter(|call| call.service.as_str() == "iam").count());
        for (line, count) in lines.iter_mut().zip(counts) {
            *line += &format!(" {count} |");
        }
    }
    in_the_readme(lines);
}

fn in_the_readme(lines: impl IntoIterator<Item = String>) {
    let missing = lines
        .into_iter()
        .filter(|line| !README.contains(&format!("\n{line}\n")));
    let missing: Vec<_> = missing.collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
