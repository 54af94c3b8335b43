//! The states that a rotation can begin in.

use std::time::Duration;

use aws_smithy_async::time::TimeSource;
use iam_key_rotator::config::{Config, DeleteKeyInUse, FieldNames};
use sandbox::aws::{AWSCURRENT, AWSPENDING, Aws, KeyStatus, LastUsed, REGION};
use sandbox::in_process::InProcess;
use sandbox::rotation::{Function, RotateOptions, event, rotate};
use sandbox::setup::{Prepared, Setup, Source};

use crate::explorer::kinds::Environment;
use crate::world::{SOURCES, start, with_key};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// The token of a rotation that was begun before.
const EARLIER: &str = "eeeeeeee-0c1b-4f6e-9a55-2f0d6c1b7e01";

/// What comes of a scenario without faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The rotation succeeds.
    Rotates,
    /// This rotation is given up, and the next one succeeds.
    StartsAfresh,
    /// The function refuses with this error, and changes nothing.
    Refuses(&'static str),
}

/// What was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Past {
    /// The user's other key, where there is one, is older and was never used.
    None,
    /// A rotation, 30 days ago: the other key is AWSPREVIOUS's.
    Rotated,
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
    /// AWSPENDING was staged six hours ago, and nothing stored.
    Staged,
    /// AWSPENDING holds a key since six hours.
    Stored,
    /// AWSPENDING's key was deleted in IAM since.
    PendingDeleted,
    /// AWSPENDING's key was deactivated since.
    PendingInactive,
    /// A test of the rotation left its copy of AWSCURRENT behind.
    TestLeft,
    /// AWSCURRENT's key was deleted in IAM.
    CurrentDeleted,
    /// AWSCURRENT's key was deactivated.
    CurrentInactive,
    /// An earlier rotation lost a key, after it had verified it.
    LostKey,
}

/// Where an exploration begins.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub source: Source,
    pub keys: u8,
    pub past: Past,
    pub expect: Expect,
    /// Whether it is a test of the rotation: testSecret alone (fact 4).
    pub test: bool,
    pub path: &'static str,
    pub own_field_names: bool,
    pub in_use: DeleteKeyInUse,
    /// Whether all pairs of faults are explored by default.
    pub pairs: bool,
    pub environment: Environment,
}

/// A scenario's account at its beginning.
pub struct Begun {
    pub aws: Aws,
    pub prepared: Prepared,
    pub config: Config,
}

impl Scenario {
    fn new(source: Source, keys: u8, past: Past) -> Self {
        Self {
            source,
            keys,
            past,
            expect: Expect::Rotates,
            test: false,
            path: "/",
            own_field_names: false,
            in_use: DeleteKeyInUse::Previous,
            pairs: false,
            environment: Environment::default(),
        }
    }

    fn expect(self, expect: Expect) -> Self {
        Self { expect, ..self }
    }

    /// The scenario in words.
    pub fn name(&self) -> String {
        let mut name = format!("{:?}, {} keys, {:?}", self.source, self.keys, self.past);
        for (is, word) in [
            (self.test, "TestRotation"),
            (self.path != "/", "IAM path"),
            (self.own_field_names, "own field names"),
        ] {
            if is {
                name = format!("{name}, {word}");
            }
        }
        if self.in_use != DeleteKeyInUse::Previous {
            name = format!("{name}, DELETE_KEY_IN_USE {:?}", self.in_use);
        }
        match self.environment.name.as_str() {
            "" => name,
            environment => format!("{name}, {environment}"),
        }
    }

    /// How many rotations behind the one with the last fault all has to be well: one. But a first
    /// key that was lost stays beside the one that is made next, for the user has room for both, and
    /// goes with the rotation behind that.
    pub fn patience(&self) -> u8 {
        if self.keys == 0 { 2 } else { 1 }
    }

    pub fn config(&self) -> Config {
        let fields = match self.own_field_names {
            true => FieldNames {
                username: "user".to_owned(),
                access_key: "id".to_owned(),
                secret_key: "secret".to_owned(),
                source_secret: "source".to_owned(),
            },
            false => FieldNames::default(),
        };
        Config {
            fields,
            delete_key_in_use: self.in_use,
            ..Config::default()
        }
    }

    /// The account, as the rotation finds it.
    pub async fn begin(&self) -> Begun {
        let aws = Aws::new(sandbox::clock::Clock::at(start()));
        let setup = Setup {
            source: self.source,
            keys: self.keys,
            path: self.path.to_owned(),
            ..Setup::default()
        };
        let prepared = setup.prepare(&aws).unwrap();
        aws.require_rotation_token(true);
        let begun = Begun {
            aws,
            prepared,
            config: self.config(),
        };
        begun.live_through(self.past).await;
        if self.own_field_names {
            begun.rename_fields();
        }
        begun.aws.record_uses(!self.environment.uses_unrecorded);
        begun
            .aws
            .set_propagation(self.environment.propagation.clone());
        begun
    }
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
    fn rename_fields(&self) {
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

    fn used(&self, key: &str, ago: Duration, service: &str) {
        let used = LastUsed {
            at: self.aws.clock().now() - ago,
            service: service.to_owned(),
            region: REGION.to_owned(),
        };
        self.aws.set_last_used(key, used);
    }

    async fn live_through(&self, past: Past) {
        let (aws, arn) = (&self.aws, self.arn());
        let key = |key: &Option<sandbox::aws::AccessKey>| key.clone().unwrap();
        let created = |id: &str, ago| aws.set_created(id, aws.clock().now() - ago);
        match past {
            Past::None => {}
            Past::Rotated => {
                let mut function = InProcess::new(aws, self.config.clone());
                let options = RotateOptions::default();
                rotate(aws, &mut function, arn, options, &mut |_| {})
                    .await
                    .unwrap();
                aws.age(30 * DAY);
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
                // A list that is stale in the moment behind it cannot tell.
                aws.age(DAY);
            }
            Past::CurrentInactive => {
                aws.set_key_status(&key(&self.prepared.current_key).id, KeyStatus::Inactive);
            }
            Past::LostKey => {
                let lost = aws.create_access_key(&self.prepared.username);
                created(&lost.id, 2 * HOUR);
                self.used(&lost.id, 2 * HOUR - Duration::from_secs(60), "sts");
            }
        }
    }

    /// A rotation that stopped behind createSecret. Gives AWSPENDING's key.
    async fn store(&self) -> String {
        let (aws, arn) = (&self.aws, self.arn());
        aws.stage_pending(arn, EARLIER).unwrap();
        let rotation_token = aws.make_rotation_token(arn);
        let event = event("createSecret", arn, EARLIER, Some(&rotation_token));
        let outcome = InProcess::new(aws, self.config.clone()).invoke(event).await;
        let pending = aws.secret(arn).unwrap();
        assert!(pending.with_label(AWSPENDING).is_some());
        outcome.unwrap()["accessKeyId"].as_str().unwrap().to_owned()
    }
}

/// All of them, the three of everyday life first.
pub fn scenarios() -> Vec<Scenario> {
    let mut all: Vec<_> = everyday().collect();
    for source in SOURCES {
        all.push(Scenario::new(source, 2, Past::None));
        all.push(Scenario::new(source, 1, Past::None));
        all.push(Scenario {
            test: true,
            ..Scenario::new(source, 2, Past::None)
        });
        for past in [Past::Staged, Past::Stored, Past::LostKey] {
            let keys = if past == Past::LostKey { 1 } else { 2 };
            all.push(Scenario::new(source, keys, past));
        }
    }
    let role = |past| Scenario::new(Source::Role, 2, past);
    all.extend([
        Scenario {
            pairs: true,
            ..Scenario::new(Source::Role, 0, Past::None)
        },
        Scenario::new(Source::Administrator, 0, Past::None),
        role(Past::CurrentIsOlder),
        Scenario::new(Source::SelfKey, 2, Past::CurrentIsOlder),
        role(Past::OtherInactive),
        role(Past::SameSecond),
        role(Past::OtherInUse).expect(Expect::Refuses("KeyInUse")),
        Scenario {
            test: true,
            ..role(Past::OtherInUse).expect(Expect::Refuses("KeyInUse"))
        },
        Scenario {
            in_use: DeleteKeyInUse::Any,
            ..role(Past::OtherInUse)
        },
        Scenario {
            in_use: DeleteKeyInUse::Never,
            ..role(Past::Rotated)
        },
        role(Past::ThirdKey).expect(Expect::Refuses("TooManyKeys")),
        role(Past::PendingDeleted).expect(Expect::StartsAfresh),
        Scenario::new(Source::SelfKey, 2, Past::PendingDeleted).expect(Expect::StartsAfresh),
        role(Past::PendingInactive).expect(Expect::Refuses("PendingInactive")),
        role(Past::TestLeft).expect(Expect::StartsAfresh),
        role(Past::CurrentDeleted).expect(Expect::Refuses("CurrentKeyNotListed")),
        Scenario::new(Source::SelfKey, 2, Past::CurrentDeleted)
            .expect(Expect::Refuses("SourceInvalid")),
        role(Past::CurrentInactive),
        Scenario {
            path: "/team/blue/",
            ..Scenario::new(Source::SelfKey, 2, Past::Rotated)
        },
        Scenario {
            own_field_names: true,
            ..Scenario::new(Source::Administrator, 2, Past::None)
        },
    ]);
    all
}

/// Each credential source with what every rotation but the first finds.
pub fn everyday() -> impl Iterator<Item = Scenario> {
    SOURCES.into_iter().map(|source| Scenario {
        pairs: true,
        ..Scenario::new(source, 2, Past::Rotated)
    })
}
