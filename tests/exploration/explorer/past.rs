//! What happened to an account before a rotation begins.

use std::time::Duration;

use aws_smithy_async::time::TimeSource;
use iam_key_rotator::Config;
use sandbox::aws::{
    AWSCURRENT, AWSPENDING, AWSPREVIOUS, AccessKey, Aws, Fault, FaultKind, KeyStatus, LastUsed,
    REGION, When,
};
use sandbox::caller::Caller;
use sandbox::in_process::InProcess;
use sandbox::rotation::{Function, FunctionError, RotateOptions, event, rotate};
use sandbox::setup::Prepared;
use serde_json::{Value, json};

use crate::explorer::layouts::Layout;
use crate::world::with_key;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// The token of an earlier rotation.
const EARLIER: &str = "eeeeeeee-0c1b-4f6e-9a55-2f0d6c1b7e01";

/// What happened before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Past {
    /// The user's other key, if there is one, is older and was never used.
    None,
    /// A rotation, 30 days ago: the other key is AWSPREVIOUS's.
    Rotated,
    /// Like `Rotated`, and a person just took AWSPENDING off and moved AWSCURRENT back.
    RolledBack,
    /// AWSCURRENT's key is the older of two; nobody uses the other.
    CurrentIsOlder,
    /// The other key was used an hour ago.
    OtherInUse,
    /// The other key is inactive.
    OtherInactive,
    /// Both keys were made in the same second.
    SameSecond,
    /// A third key.
    ThirdKey,
    /// AWSPENDING was staged six hours ago, and nothing was stored.
    Staged,
    /// AWSPENDING has held a key for six hours.
    Stored,
    /// AWSPENDING's key has since been deleted in IAM.
    PendingDeleted,
    /// AWSPENDING's key has since been deactivated.
    PendingInactive,
    /// A test of the rotation left its copy of AWSCURRENT behind.
    TestLeft,
    /// AWSCURRENT's key was deleted in IAM.
    CurrentDeleted,
    /// AWSCURRENT's key was deactivated.
    CurrentInactive,
    /// Six hours ago the process was killed between making a key and storing it.
    LostKey,
    /// A rotation was given up two days ago, after it had verified its key.
    GivenUp,
}

/// A scenario's account at its beginning.
pub struct Begun {
    pub aws: Aws,
    pub prepared: Prepared,
    pub config: Config,
}

impl Begun {
    fn arn(&self) -> &str {
        &self.prepared.secret_arn
    }

    /// AWSCURRENT's version id and text.
    fn current(&self, arn: &str) -> (String, String) {
        let view = self.aws.secret(arn).unwrap();
        let version = view.with_label(AWSCURRENT).unwrap();
        let text = version.content.as_ref().unwrap().as_text().unwrap();
        (version.id.clone(), text.to_owned())
    }

    /// The field names are those of the credential source's secret too.
    pub fn rename_fields(&self) {
        let names = [
            ("\"username\"", "\"user\""),
            ("\"accesskey\"", "\"id\""),
            ("\"secretkey\"", "\"secret\""),
            ("\"secretarn\"", "\"source\""),
        ];
        let administrator = self.prepared.administrator_secret_arn.iter();
        for arn in administrator.chain([&self.prepared.secret_arn]) {
            let (version, text) = self.current(arn);
            let names = names.iter();
            let text = names.fold(text, |text, (from, to)| text.replace(from, to));
            self.aws.put_version_text(arn, &version, &text);
        }
    }

    /// The secret's value in another layout. If AWSCURRENT holds the older key, the text has that one.
    pub fn lay_out(&self, layout: Layout) {
        let (version, text) = self.current(self.arn());
        let mut prepared = self.prepared.clone();
        let keys = self.aws.user_keys(&prepared.username);
        let held = keys.iter().find(|key| text.contains(&key.id));
        prepared.current_key = held.map(|key| AccessKey {
            id: key.id.clone(),
            secret: self.aws.secret_of(&key.id).unwrap(),
        });
        let text = layout.of(&text, &prepared);
        self.aws.put_version_text(self.arn(), &version, &text);
    }

    fn used(&self, key: &str, ago: Duration, service: &str) {
        let used = LastUsed {
            at: self.aws.clock().now() - ago,
            service: service.to_owned(),
            region: REGION.to_owned(),
        };
        self.aws.set_last_used(key, used);
    }

    pub async fn live_through(&self, past: Past) {
        let (aws, arn) = (&self.aws, self.arn());
        let key = |key: &Option<sandbox::aws::AccessKey>| key.clone().unwrap();
        let created = |id: &str, ago| aws.set_created(id, aws.clock().now() - ago);
        match past {
            Past::None => {}
            Past::Rotated | Past::RolledBack => {
                let mut function = InProcess::new(aws, self.config.clone());
                let options = RotateOptions::default();
                rotate(aws, &mut function, arn, options, &mut |_| {})
                    .await
                    .expect("liveness: a rotation without faults");
                aws.age(30 * DAY);
                if past == Past::RolledBack {
                    self.roll_back().await;
                }
            }
            Past::CurrentIsOlder => {
                let other = key(&self.prepared.current_key);
                self.used(&other.id, 26 * DAY, "s3");
                let (version, text) = self.current(arn);
                let text = with_key(&text, &key(&self.prepared.older_key));
                aws.put_version_text(arn, &version, &text);
            }
            Past::OtherInUse => self.used(&key(&self.prepared.older_key).id, HOUR, "s3"),
            Past::OtherInactive => {
                let other = key(&self.prepared.older_key);
                aws.set_key_status(&other.id, KeyStatus::Inactive);
            }
            Past::SameSecond => {
                created(&key(&self.prepared.older_key).id, 30 * DAY);
                created(&key(&self.prepared.current_key).id, 30 * DAY);
            }
            Past::ThirdKey => {
                let third = aws.create_access_key(&self.prepared.username);
                created(&third.id, 10 * DAY);
            }
            Past::Staged => {
                aws.stage_pending(arn, EARLIER).unwrap();
                aws.age(6 * HOUR);
            }
            Past::Stored | Past::PendingDeleted | Past::PendingInactive => {
                let pending = self.store().await;
                match past {
                    Past::PendingDeleted => aws.delete_access_key(&pending),
                    Past::PendingInactive => aws.set_key_status(&pending, KeyStatus::Inactive),
                    _ => {}
                }
                aws.age(6 * HOUR);
            }
            Past::TestLeft => {
                aws.stage_test(arn, EARLIER).unwrap();
                aws.age(6 * HOUR);
            }
            Past::CurrentDeleted => {
                aws.delete_access_key(&key(&self.prepared.current_key).id);
                // Right after the deletion the list could be stale and hide it.
                aws.age(DAY);
            }
            Past::CurrentInactive => {
                aws.set_key_status(&key(&self.prepared.current_key).id, KeyStatus::Inactive);
            }
            Past::LostKey => {
                aws.inject(Fault {
                    on: When::Action {
                        action: "CreateAccessKey".to_owned(),
                        nth: 1,
                    },
                    kind: FaultKind::KilledAfter,
                });
                self.begin().await.unwrap_err();
                aws.age(6 * HOUR);
            }
            Past::GivenUp => {
                let given_up = aws.create_access_key(&self.prepared.username);
                created(&given_up.id, 2 * DAY);
                self.used(&given_up.id, 2 * DAY - Duration::from_secs(60), "sts");
            }
        }
    }

    /// AWSCURRENT goes back to AWSPREVIOUS's version; a stale read misses that (fact 19).
    async fn roll_back(&self) {
        let view = self.aws.secret(self.arn()).unwrap();
        let version = |label| view.with_label(label).unwrap().id.clone();
        for (label, to) in [(AWSPENDING, None), (AWSCURRENT, Some(version(AWSPREVIOUS)))] {
            let mut members = json!({
                "SecretId": self.arn(),
                "VersionStage": label,
                "RemoveFromVersionId": version(AWSCURRENT),
            });
            if let Some(to) = to {
                members["MoveToVersionId"] = to.into();
            }
            let operator = Caller::operator(&self.aws);
            let reply = operator.secrets_manager("UpdateSecretVersionStage", members);
            assert_eq!(reply.await.status, 200);
        }
    }

    /// A rotation that gets no further than createSecret.
    async fn begin(&self) -> Result<Value, FunctionError> {
        let (aws, arn) = (&self.aws, self.arn());
        aws.stage_pending(arn, EARLIER).unwrap();
        let rotation_token = aws.make_rotation_token(arn);
        let event = event("createSecret", arn, EARLIER, Some(&rotation_token));
        InProcess::new(aws, self.config.clone()).invoke(event).await
    }

    /// A rotation that stopped after createSecret. Returns AWSPENDING's key.
    async fn store(&self) -> String {
        let outcome = self.begin().await;
        let outcome = outcome.expect("liveness: createSecret without faults");
        let pending = self.aws.secret(self.arn()).unwrap();
        assert!(pending.with_label(AWSPENDING).is_some());
        outcome["accessKeyId"].as_str().unwrap().to_owned()
    }
}
