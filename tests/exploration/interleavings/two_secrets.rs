//! Two secrets of the same user, rotated at the same time and one after the other. That is a misconfiguration. It
//! must end in a clear error, and neither secret may lose its current key.

use std::time::Duration;

use sandbox::aws::{AWSCURRENT, Aws, LastUsed, Outcome, REGION};
use sandbox::setup::Source;

use super::explored::Explored;
use super::explorer::{Scenario, explore};
use super::history::Seen;
use super::process::Script;
use super::run::{Begun, Run};
use super::whole_rotation;
use crate::faults::is_short;
use crate::world::{TOKEN, World, with_key};

const ANOTHER_TOKEN: &str = "cccccccc-0c1b-4f6e-9a55-2f0d6c1b7e03";

/// What the two secrets contain.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Holding {
    /// The same key: one secret is a copy of the other.
    SameKey,
    /// A key for each.
    OwnKeys,
}

/// What IAM's record of last use shows of a call (fact 25).
#[derive(Clone, Copy, Debug)]
enum Record {
    AtOnce,
    Never,
}

#[derive(Clone, Copy, Debug)]
struct TwoSecrets {
    holding: Holding,
    source: Source,
    keys: u8,
    record: Record,
}

impl Scenario for TwoSecrets {
    fn held(&self, process: usize) -> u8 {
        super::held(process).unwrap_or_default()
    }

    fn switches(&self) -> u8 {
        super::switches(2)
    }

    async fn begin(&self) -> Begun {
        let mut world = World::from(self.source, self.keys);
        let arn = world.arn().to_owned();
        let copy = self.second_secret(&world);
        if let Record::AtOnce = self.record {
            record_uses(&world.aws);
        }
        world.stage();
        world.aws.stage_pending(&copy, ANOTHER_TOKEN).unwrap();
        let arns = vec![arn, copy];
        let scripts = arns.iter().zip([TOKEN, ANOTHER_TOKEN]);
        let scripts = scripts.map(|(arn, token)| Script {
            arn: arn.clone(),
            token: token.to_owned(),
            rotation_token: world.aws.make_rotation_token(arn),
            items: whole_rotation(),
            key: String::new(),
            newest_first: false,
        });
        Begun {
            scripts: scripts.collect(),
            kept: None,
            world,
            arns,
        }
    }

    async fn check(&self, run: Run) {
        let about = format!("{self:?}\n{}", run.trace);
        let results = run.results();
        let failed = |result: &Vec<_>| result.iter().any(Result::is_err);
        assert!(results.iter().any(failed), "no error: {about}");
        assert_each_current_key_works(&run.begun, &about);
    }
}

impl TwoSecrets {
    fn second_secret(&self, world: &World) -> String {
        let (aws, arn) = (&world.aws, world.arn());
        let copy = aws.create_secret("iam/alice-copy", None);
        let text = world.text(AWSCURRENT);
        let text = match (self.holding, &world.prepared.older_key) {
            (Holding::OwnKeys, Some(key)) => with_key(&text, key),
            _ => text,
        };
        // Its source is itself, if the first secret's source is itself.
        aws.put_secret_text(&copy, &text.replace(arn, &copy));
        for (principal, document) in &world.prepared.policies {
            let document = document.to_string().replace(arn, &copy);
            let document = serde_json::from_str(&document).unwrap();
            aws.attach_policy(principal, &document).unwrap();
            // Each policy denies the role the other's secret.
            aws.spare(principal, arn);
            aws.spare(principal, &copy);
        }
        if let Some(key) = &world.prepared.older_key
            && self.holding == Holding::OwnKeys
        {
            let used = LastUsed {
                at: world.now() - Duration::from_secs(60 * 60),
                service: "s3".to_owned(),
                region: REGION.to_owned(),
            };
            aws.set_last_used(&key.id, used);
        }
        copy
    }
}

/// From now on, the record of a key's last use includes each call that it signs.
fn record_uses(aws: &Aws) {
    let recorded = aws.clone();
    aws.on_call(move |call| {
        let signed = call.access_key_id.starts_with("AKIA");
        if signed && !call.principal.is_empty() && call.outcome != Outcome::Lost {
            let used = LastUsed {
                at: call.at,
                service: call.service.as_str().to_owned(),
                region: REGION.to_owned(),
            };
            recorded.set_last_used(&call.access_key_id, used);
        }
    });
}

fn assert_each_current_key_works(begun: &Begun, about: &str) {
    for arn in &begun.arns {
        let view = begun.world.aws.secret(arn).unwrap();
        let current = view.with_label(AWSCURRENT).unwrap().content.as_ref();
        let text = current.unwrap().as_text().unwrap();
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        let [id, secret] = ["accesskey", "secretkey"].map(|field| value[field].as_str().unwrap());
        assert!(begun.world.aws.authenticates(id, secret), "P2: {about}");
    }
}

/// Each way of holding keys, with each source and each record.
fn scenarios(holding: Holding) -> Vec<TwoSecrets> {
    let keys: &[u8] = match holding {
        Holding::SameKey => &[1, 2],
        Holding::OwnKeys => &[2],
    };
    let mut scenarios = Vec::new();
    for source in [Source::Role, Source::SelfKey] {
        for keys in keys.iter().copied() {
            for record in [Record::Never, Record::AtOnce] {
                scenarios.push(TwoSecrets {
                    holding,
                    source,
                    keys,
                    record,
                });
            }
        }
    }
    scenarios
}

async fn explore_all(name: &str, scenarios: impl IntoIterator<Item = TwoSecrets>) {
    let mut sum = Explored::default();
    for scenario in scenarios {
        sum.add(explore(&scenario).await);
    }
    sum.figures(name);
}

#[tokio::test(start_paused = true)]
async fn rotations_of_two_secrets_with_the_same_key() {
    if is_short() {
        return;
    }
    // If each use is recorded, every second makes a different account: once is enough.
    let scenarios = scenarios(Holding::SameKey).into_iter();
    let scenarios = scenarios.filter(|one| match one.record {
        Record::Never => true,
        Record::AtOnce => one.source == Source::SelfKey && one.keys == 1,
    });
    explore_all("two secrets with the same key", scenarios).await;
}

#[tokio::test(start_paused = true)]
async fn rotations_of_two_secrets_with_a_key_each() {
    if is_short() {
        return;
    }
    explore_all("two secrets with a key each", scenarios(Holding::OwnKeys)).await;
}

/// A run of the second secret's createSecret that is killed at any call, then a rotation of the first secret, then
/// the second secret's retry.
///
/// Only if IAM records each use. A run that is killed between its creation mark and CreateAccessKey leaves the mark.
/// If nothing then shows that the first secret's new key is in use, the retry takes that key for its own lost one. It
/// deletes the key, and the first secret's AWSCURRENT is dead. With `Record::Never` here, this test shows that.
#[tokio::test(start_paused = true)]
async fn a_killed_run_of_one_secret_then_a_rotation_of_the_other_then_the_retry() {
    let scenarios = [Holding::SameKey, Holding::OwnKeys].map(scenarios).concat();
    let recorded = |one: &&TwoSecrets| matches!(one.record, Record::AtOnce);
    for scenario in scenarios.iter().filter(recorded) {
        for calls in 0.. {
            let mut begun = scenario.begin().await;
            let mut killed = begun.scripts[1].clone();
            killed.items.truncate(1);
            begun.scripts.push(killed);
            let mut seen = Seen::default();
            let mut run = Run::new(begun, &mut seen);
            let whole = run.some(2, calls, &mut seen).await;
            run.alone(0, &mut seen).await;
            run.alone(1, &mut seen).await;
            let about = format!("{scenario:?}\n{}", run.trace);
            assert_each_current_key_works(&run.begun, &about);
            if whole {
                break;
            }
        }
    }
}

/// One rotation, and the other one this much later.
async fn one_after_the_other(scenario: TwoSecrets, order: [usize; 2], gap: Duration) {
    let begun = scenario.begin().await;
    let mut seen = Seen::default();
    let mut run = Run::new(begun, &mut seen);
    for process in order {
        run.alone(process, &mut seen).await;
        tokio::time::sleep(gap).await;
    }
    scenario.check(run).await;
}

#[tokio::test(start_paused = true)]
async fn two_secrets_one_after_the_other() {
    const GAPS: [u64; 5] = [0, 16, 60, 60 * 60, 12 * 60 * 60];
    for holding in [Holding::SameKey, Holding::OwnKeys] {
        for scenario in scenarios(holding) {
            for order in [[0, 1], [1, 0]] {
                for gap in GAPS.map(Duration::from_secs) {
                    one_after_the_other(scenario, order, gap).await;
                }
            }
        }
    }
}
