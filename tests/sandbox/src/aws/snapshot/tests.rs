use std::time::Duration;

use crate::aws::testing::{Caller, TOKEN, aws_with_alice, aws_with_secret};
use crate::aws::{AWSPENDING, Aws, Fault, FaultKind, Lens, When};

fn lens() -> Lens {
    Lens {
        history: 3,
        ..Lens::default()
    }
}

async fn create(aws: &Aws) {
    let user = [("UserName", "alice")];
    let reply = Caller::operator(aws).iam("CreateAccessKey", &user).await;
    assert_eq!(reply.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_restored_account_goes_on_as_the_first_would_have() {
    let (aws, key) = aws_with_alice();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let snapshot = aws.snapshot();
    tokio::time::sleep(Duration::from_secs(50)).await;
    let (one, other) = (snapshot.restore(), snapshot.restore());
    assert_eq!(one.now(), other.now());
    create(&one).await;
    assert_eq!(other.user_keys("alice").len(), 1);
    create(&other).await;
    assert_eq!(one.user_keys("alice"), other.user_keys("alice"));
    assert!(one.authenticates(&key.id, &key.secret));
    assert_eq!(Caller::user(&one, &key).identity().await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_restored_account_goes_on_with_its_stale_reads() {
    let (aws, arn) = aws_with_secret();
    aws.stage_pending(&arn, TOKEN).unwrap();
    aws.inject(Fault {
        on: When::Call(1),
        kind: FaultKind::StaleReads(3),
    });
    let describe = async |aws: &Aws| {
        let members = serde_json::json!({"SecretId": arn});
        let caller = Caller::function(aws);
        let reply = caller.secrets_manager("DescribeSecret", members).await;
        reply.body.contains(AWSPENDING)
    };
    assert!(!describe(&aws).await);
    let restored = aws.snapshot().restore();
    assert_ne!(restored.canonical(&lens()), {
        let settled = aws.snapshot().restore();
        settled.age(Duration::ZERO);
        settled.canonical(&lens())
    });
    let seen = [
        describe(&restored).await,
        describe(&restored).await,
        describe(&restored).await,
    ];
    assert_eq!(seen, [false, false, true]);
}

#[tokio::test(start_paused = true)]
async fn ids_do_not_count_but_their_order_in_one_second_does() {
    let texts = async |calls: usize| {
        let (aws, _) = aws_with_alice();
        aws.age(Duration::from_hours(1));
        // Each call uses up an id.
        for _ in 0..calls {
            Caller::operator(&aws).identity().await;
        }
        let before = aws.canonical(&lens());
        create(&aws).await;
        assert_ne!(before, aws.canonical(&lens()));
        aws.canonical(&lens())
    };
    assert_eq!(texts(0).await, texts(3).await);
}

#[tokio::test(start_paused = true)]
async fn ages_count_as_far_as_the_lens_says() {
    let (aws, arn) = aws_with_secret();
    aws.stage_pending(&arn, TOKEN).unwrap();
    let texts = |aws: &Aws| {
        [(false, false), (true, false), (false, true)].map(|(exact, timeless)| {
            let lens = Lens {
                exact,
                timeless,
                ..lens()
            };
            aws.canonical(&lens)
        })
    };
    let differ = async |seconds: u64| {
        let first = texts(&aws);
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        let then = texts(&aws);
        [0, 1, 2].map(|lens| first[lens] != then[lens])
    };
    assert_eq!(differ(10).await, [false, true, false]);
    assert_eq!(differ(30).await, [true, true, false]);
    assert_eq!(differ(400).await, [true, true, false]);
    assert_eq!(differ(400).await, [false, true, false]);
}

#[tokio::test(start_paused = true)]
async fn what_a_stale_read_could_see_counts_where_it_is_asked_for() {
    let text = |history: usize, stages: bool| {
        let (aws, arn) = aws_with_secret();
        if stages {
            aws.stage_pending(&arn, TOKEN).unwrap();
            aws.remove_label(&arn, AWSPENDING);
        }
        let lens = Lens {
            history,
            ..Lens::default()
        };
        aws.canonical(&lens)
    };
    assert_eq!(text(0, false), text(0, true));
    assert_ne!(text(1, false), text(1, true));
}

#[tokio::test(start_paused = true)]
async fn what_lists_have_yet_to_see_counts() {
    let (aws, arn) = aws_with_secret();
    aws.set_list_delay(Duration::from_secs(60));
    aws.stage_pending(&arn, TOKEN).unwrap();
    let before = aws.canonical(&lens());
    tokio::time::sleep(Duration::from_secs(20)).await;
    let then = aws.canonical(&lens());
    assert_ne!(before, then);
    assert_eq!(then, aws.snapshot().restore().canonical(&lens()));
}

#[tokio::test(start_paused = true)]
async fn nothing_confidential_is_in_the_text() {
    let (aws, _) = aws_with_alice();
    create(&aws).await;
    let text = aws.canonical(&lens()) + &aws.canonical_request(&lens());
    assert!(
        aws.confidential()
            .iter()
            .all(|secret| !text.contains(secret))
    );
}
