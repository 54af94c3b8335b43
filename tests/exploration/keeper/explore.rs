//! One case: undisturbed, with each fault on each call, and with each hand in each gap.

use sandbox::setup::Source;

use crate::explorer::invocation::Hit;
use crate::hands::explore::hits;
use crate::hands::sum::Sum;
use crate::keeper::accepted::accepts;
use crate::keeper::case::{Case, Ground};
use crate::keeper::course::{Course, Ended, Plan};

pub async fn explore(case: Case, source: Source) -> Sum {
    let ground = Ground::new(case, source).await;
    let mut sum = Sum {
        scenarios: 1,
        ..Sum::default()
    };
    let undisturbed = run(&ground, None, None, &mut sum).await;
    let mut seen = 0;
    let mut is_due = || {
        seen += 1;
        seen % case.one_in() == 0
    };
    for hit in hits(&undisturbed.actions, 0) {
        if is_due() {
            sum.with_fault += 1;
            run(&ground, None, Some(&hit), &mut sum).await;
        }
    }
    for (behind, acts) in undisturbed.gaps.iter().enumerate() {
        for (act, late) in acts.iter().flat_map(|act| [(*act, false), (*act, true)]) {
            if is_due() {
                sum.alone += 1;
                let plan = Plan { act, behind, late };
                run(&ground, Some(plan), None, &mut sum).await;
            }
        }
    }
    sum
}

async fn run(ground: &Ground, plan: Option<Plan>, hit: Option<&Hit>, sum: &mut Sum) -> Ended {
    let ended = Course::new(ground, plan, hit).run(hit).await;
    sum.invocations += ended.invocations;
    sum.excused += ended.excused;
    let by = match (plan, hit) {
        (Some(plan), _) => format!("{:?}", plan.act),
        (None, Some(hit)) => format!("{:?} on {}", hit.kind, hit.action),
        (None, None) => "nothing".to_owned(),
    };
    for broken in &ended.broken {
        sum.find(broken, &by, &ended.story);
    }
    for wrong in &ended.wrong {
        let told = format!("{by} ends with: {wrong}");
        match ended.alarmed && plan.is_some_and(|plan| accepts(plan.act)) {
            true => *sum.ends.entry(told).or_default() += 1,
            false => sum.find(wrong, &by, &ended.story),
        }
    }
    ended
}
