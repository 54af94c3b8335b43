use serde_json::json;

use super::*;
use crate::clock::Clock;

/// A function that moves the labels as a rotation function does. It first fails as often as it is told to.
struct Fake {
    aws: Aws,
    /// Steps that still have to fail, one entry for each failure.
    failing: Vec<&'static str>,
    moves_current: bool,
    events: Vec<Value>,
}

impl Fake {
    fn new(aws: &Aws) -> Self {
        Self {
            aws: aws.clone(),
            failing: Vec::new(),
            moves_current: true,
            events: Vec::new(),
        }
    }

    fn ran(&self) -> Vec<&str> {
        self.events
            .iter()
            .filter_map(|event| event["Step"].as_str())
            .collect()
    }

    fn values_of(&self, field: &str) -> Vec<&str> {
        let mut values: Vec<&str> = self
            .events
            .iter()
            .filter_map(|e| e[field].as_str())
            .collect();
        values.dedup();
        values
    }
}

impl Function for Fake {
    async fn invoke(&mut self, event: Value) -> Result<Value, FunctionError> {
        let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
        let (step, arn, token) = (text("Step"), text("SecretId"), text("ClientRequestToken"));
        self.events.push(event);
        if let Some(index) = self.failing.iter().position(|failing| *failing == step) {
            self.failing.remove(index);
            return Err(refused());
        }
        if step == FINISH_SECRET && self.moves_current {
            self.aws.set_label(&arn, AWSCURRENT, &token);
        }
        Ok(json!({ "step": step }))
    }
}

fn refused() -> FunctionError {
    FunctionError {
        error_type: "Refused".to_owned(),
        error_message: "not now".to_owned(),
    }
}

fn secret() -> (Aws, String) {
    let aws = Aws::new(Clock::real());
    let arn = aws.create_secret("iam/alice", Some("{}".into()));
    (aws, arn)
}

async fn run(aws: &Aws, arn: &str, fake: &mut Fake) -> Result<RotationReport, RotationFailed> {
    rotate(aws, fake, arn, RotateOptions::default(), &mut |_| {}).await
}

#[tokio::test(start_paused = true)]
async fn a_rotation_runs_the_four_steps_in_order_with_one_token() {
    let (aws, arn) = secret();
    let mut fake = Fake::new(&aws);
    let token = run(&aws, &arn, &mut fake).await.map(|report| report.token);
    assert_eq!(fake.ran(), STEPS);
    assert_eq!(fake.values_of("SecretId"), [arn.as_str()]);
    assert_eq!(Ok(fake.values_of("ClientRequestToken").concat()), token);
    let rotation_token = fake.values_of("RotationToken").concat();
    assert!(aws.confidential().contains(&rotation_token));
}

#[tokio::test(start_paused = true)]
async fn a_failing_step_has_the_whole_rotation_run_again_with_the_same_token() {
    let (aws, arn) = secret();
    let mut fake = Fake::new(&aws);
    fake.failing = vec![TEST_SECRET];
    let report = run(&aws, &arn, &mut fake).await;
    assert_eq!(fake.ran(), [&STEPS[..3], &STEPS[..]].concat());
    assert_eq!(fake.values_of("ClientRequestToken").len(), 1);
    let attempts = report.map(|report| report.steps.iter().map(|step| step.attempt).collect());
    assert_eq!(attempts, Ok(vec![1, 1, 1, 2, 2, 2, 2]));
}

#[tokio::test(start_paused = true)]
async fn a_rotation_that_goes_on_failing_ends_with_the_error_of_its_last_attempt() {
    let (aws, arn) = secret();
    let mut fake = Fake::new(&aws);
    fake.failing = vec![SET_SECRET; 9];
    let failed = run(&aws, &arn, &mut fake).await.err();
    let expected = RotationFailed::Step {
        step: SET_SECRET,
        attempts: 3,
        error: refused(),
    };
    assert_eq!(failed, Some(expected));
    assert_eq!(fake.ran(), STEPS[..2].repeat(3));
}

#[tokio::test(start_paused = true)]
async fn success_needs_awscurrent_on_the_token() {
    let (aws, arn) = secret();
    let mut fake = Fake::new(&aws);
    fake.moves_current = false;
    let failed = run(&aws, &arn, &mut fake).await.err();
    let token = fake.values_of("ClientRequestToken").concat();
    assert_eq!(failed, Some(RotationFailed::NotCurrent { token }));
}

#[tokio::test(start_paused = true)]
async fn an_unfinished_rotation_is_run_again_with_its_own_token() {
    let (aws, arn) = secret();
    let mut fake = Fake::new(&aws);
    fake.failing = vec![TEST_SECRET; 3];
    assert!(run(&aws, &arn, &mut fake).await.is_err());
    assert!(run(&aws, &arn, &mut fake).await.is_ok());
    assert_eq!(fake.values_of("ClientRequestToken").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_next_rotation_has_a_token_of_its_own() {
    let (aws, arn) = secret();
    let mut fake = Fake::new(&aws);
    assert!(run(&aws, &arn, &mut fake).await.is_ok());
    assert!(run(&aws, &arn, &mut fake).await.is_ok());
    assert_eq!(fake.values_of("ClientRequestToken").len(), 2);
    assert_eq!(fake.values_of("RotationToken").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_version_written_meanwhile_abandons_the_rotation() {
    let (aws, arn) = secret();
    let mut fake = Fake::new(&aws);
    let person = aws.clone();
    let mut observe = |report: &StepReport| {
        if report.step == SET_SECRET {
            person.put_secret_text(&arn, "{\"written\":\"by a person\"}");
        }
    };
    let result = rotate(
        &aws,
        &mut fake,
        &arn,
        RotateOptions::default(),
        &mut observe,
    )
    .await;
    assert_eq!(
        result.err(),
        Some(RotationFailed::Abandoned {
            before: TEST_SECRET
        })
    );
}

#[tokio::test(start_paused = true)]
async fn a_test_rotation_runs_test_secret_alone_and_changes_nothing() {
    let (aws, arn) = secret();
    let before = aws.secret(&arn);
    let mut fake = Fake::new(&aws);
    let mut staged = None;
    let mut observe = |_: &StepReport| staged = aws.secret(&arn);
    let result = test_rotation(&aws, &mut fake, &arn, &mut observe).await;
    assert!(result.is_ok());
    assert_eq!(fake.ran(), [TEST_SECRET]);
    let content = |label: &str| {
        staged
            .as_ref()
            .and_then(|secret| secret.with_label(label)?.content.clone())
    };
    assert!(content(AWSPENDING).is_some());
    assert_eq!(content(AWSPENDING), content(AWSCURRENT));
    assert_eq!(aws.secret(&arn), before);
}

#[tokio::test(start_paused = true)]
async fn a_test_rotation_that_fails_leaves_nothing_behind_either() {
    let (aws, arn) = secret();
    let before = aws.secret(&arn);
    let mut fake = Fake::new(&aws);
    fake.failing = vec![TEST_SECRET];
    let result = test_rotation(&aws, &mut fake, &arn, &mut |_| {}).await;
    assert!(matches!(
        result,
        Err(RotationFailed::Step {
            step: TEST_SECRET,
            attempts: 1,
            ..
        })
    ));
    assert_eq!(aws.secret(&arn), before);
}

#[tokio::test(start_paused = true)]
async fn a_secret_deleted_for_good_ends_its_rotation_and_its_test() {
    for rotates in [true, false] {
        let (aws, arn) = secret();
        let mut fake = Fake::new(&aws);
        fake.failing = vec![CREATE_SECRET, TEST_SECRET];
        let person = aws.clone();
        let mut observe = |_: &StepReport| person.remove_secret(&arn);
        let result = if rotates {
            let options = RotateOptions::default();
            rotate(&aws, &mut fake, &arn, options, &mut observe).await
        } else {
            test_rotation(&aws, &mut fake, &arn, &mut observe).await
        };
        assert!(matches!(result, Err(RotationFailed::Step { .. })));
        assert_eq!(fake.ran().len(), 1);
        assert_eq!(aws.secret(&arn), None);
        // As if it were deleted between RotateSecret's response and the first step.
        aws.make_rotation_token(&arn);
    }
}

/// Facts 4 and 5.
#[tokio::test(start_paused = true)]
async fn what_rotate_secret_starts_is_carried_out() {
    let (aws, arn) = secret();
    let (requests, mut requested) = tokio::sync::mpsc::unbounded_channel();
    aws.on_rotate(move |request| {
        let _ = requests.send(request);
    });
    let operator = crate::caller::Caller::operator(&aws);
    let mut fake = Fake::new(&aws);
    for (immediately, steps) in [(false, &STEPS[2..3]), (true, &STEPS[..])] {
        let members = json!({"SecretId": arn, "RotateImmediately": immediately});
        let reply = operator.secrets_manager("RotateSecret", members).await;
        let Some(request) = requested.recv().await else {
            return;
        };
        fake.events.clear();
        let report = carry_out(&aws, &mut fake, request, &mut |_| {}).await;
        let token = report.map(|report| report.token);
        assert_eq!(fake.ran(), steps);
        assert_eq!(token.ok().as_deref(), reply.json()["VersionId"].as_str());
    }
}
