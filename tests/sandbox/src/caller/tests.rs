use std::time::Duration;

use tokio::time::Instant;

use super::Caller;
use crate::aws::{Aws, Fault, FaultKind, Outcome, When};
use crate::clock::Clock;

#[tokio::test(start_paused = true)]
async fn a_bystanders_call_meets_no_fault_no_latency_and_no_record() {
    let aws = Aws::new(Clock::real());
    aws.set_latency(Duration::from_secs(2));
    aws.inject(Fault {
        on: When::Call(1),
        kind: FaultKind::ErrorBefore {
            status: 503,
            code: "ServiceUnavailable".to_owned(),
        },
    });
    let start = Instant::now();
    let caller = Caller::function(&aws);
    assert_eq!(caller.clone().bystander().identity().await.status, 200);
    assert!(aws.calls().is_empty() && start.elapsed().is_zero());
    assert_eq!(caller.identity().await.code(), "ServiceUnavailable");
    assert!(matches!(aws.calls()[0].outcome, Outcome::Error { .. }));
    assert_eq!(start.elapsed().as_secs(), 2);
}
