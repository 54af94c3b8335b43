//! A network without a way to a service. The error names the host and asks for a way there, never for more time.

use std::time::Duration;

use sandbox::aws::FaultKind;
use sandbox::rotation::FunctionError;
use sandbox::setup::Source;

use crate::local::Local;
use crate::world::World;

fn asks_for_a_way(failed: &FunctionError, host: &str) {
    assert_eq!(failed.error_type, "Unreachable", "{failed:?}");
    let said = &failed.error_message;
    assert!(
        said.contains(&format!("{host} cannot be reached")),
        "{said}"
    );
    for part in ["VPC", "HTTPS_PROXY", "security group", "A private network"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("raise"), "{said}");
}

fn world(cut_off: &str) -> World {
    let mut world = World::from(Source::Role, 1);
    world.stage();
    world.aws.cut_off(cut_off);
    world
}

#[tokio::test(start_paused = true)]
async fn the_service_that_has_no_route_is_named_and_nothing_is_changed() {
    for host in [
        "secretsmanager.us-east-1.amazonaws.com",
        "iam.amazonaws.com",
    ] {
        for seconds in [15, 120] {
            let mut world = world(host);
            world.function_time_out(Duration::from_secs(seconds));
            let failed = world.step("createSecret").await.unwrap_err();
            asks_for_a_way(&failed, host);
            assert_eq!(world.aws.user_keys(&world.prepared.username).len(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_verification_that_reaches_nobody_does_not_ask_for_more_time() {
    for seconds in [15, 30, 120] {
        let mut world = World::from(Source::Role, 1);
        world.stage();
        world.step("createSecret").await.unwrap();
        world.step("setSecret").await.unwrap();
        world.aws.cut_off("sts.us-east-1.amazonaws.com");
        world.function_time_out(Duration::from_secs(seconds));
        let failed = world.step("testSecret").await.unwrap_err();
        asks_for_a_way(&failed, "sts.us-east-1.amazonaws.com");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_refused_is_one_that_was_not_made() {
    let mut world = World::from(Source::Role, 1);
    world.stage();
    world.always_fail("ListAccessKeys", FaultKind::Refused);
    let failed = world.step("createSecret").await.unwrap_err();
    asks_for_a_way(&failed, "iam.amazonaws.com");
}

/// The service was reached, and slow. That is no matter of routes.
#[tokio::test(start_paused = true)]
async fn an_answer_that_never_comes_is_not_taken_for_a_missing_route() {
    for kind in [FaultKind::TimedOutBefore, FaultKind::AnswerLost] {
        let mut world = World::from(Source::Role, 1);
        world.stage();
        world.always_fail("ListAccessKeys", kind);
        let failed = world.step("createSecret").await.unwrap_err();
        assert_eq!(failed.error_type, "AwsCallFailed", "{failed:?}");
    }
}

#[tokio::test]
async fn the_binary_names_the_host_and_port_that_nobody_listens_at() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut local = Local::new(Source::Role).await;
    local = local.with("AWS_ENDPOINT_URL", &format!("http://{address}"));
    let failed = local.rotate().await.unwrap_err();
    assert!(failed.contains("Unreachable"), "{failed}");
    assert!(
        failed.contains(&format!("{address} cannot be reached")),
        "{failed}"
    );
    local.logs().await;
}
