//! The states that a rotation can begin in.

use iam_key_rotator::{Config, DeleteKeyInUse, FieldNames};
use sandbox::aws::Aws;
use sandbox::clock::Clock;
use sandbox::setup::{Setup, Source};

use crate::explorer::kinds::Environment;
use crate::explorer::layouts::Layout;
use crate::explorer::past::{Begun, Past};
use crate::explorer::protocol::Phase;
use crate::world::{SOURCES, start};

/// The outcome of a scenario without faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The rotation succeeds.
    Rotates,
    /// This rotation is given up, and the next one succeeds.
    StartsAfresh,
    /// The function refuses with this error, and changes nothing.
    Refuses(&'static str),
}

/// The start of an exploration.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub source: Source,
    pub keys: u8,
    pub past: Past,
    pub expect: Expect,
    /// Whether it is a test of the rotation: only testSecret (fact 4).
    pub test: bool,
    pub path: &'static str,
    pub own_field_names: bool,
    pub layout: Layout,
    /// Whether a person changes the field names after the first createSecret, and back before the next attempt.
    pub names_change: bool,
    pub in_use: DeleteKeyInUse,
    /// Whether all pairs of faults are explored by default.
    pub pairs: bool,
    pub environment: Environment,
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
            layout: Layout::Seed,
            names_change: false,
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
            (self.names_change, "names that change"),
        ] {
            if is {
                name = format!("{name}, {word}");
            }
        }
        if self.layout != Layout::Seed {
            name = format!("{name}, {:?}", self.layout);
        }
        if self.in_use != DeleteKeyInUse::Previous {
            name = format!("{name}, DELETE_KEY_IN_USE {:?}", self.in_use);
        }
        match self.environment.name.as_str() {
            "" => name,
            environment => format!("{name}, {environment}"),
        }
    }

    /// How many rotations after the one with the last fault all must be well: one. A lost first key needs one more.
    /// The user has room for two keys, so the lost one stays beside the next, and goes one rotation later.
    pub fn patience(&self) -> u8 {
        if self.keys == 0 { 2 } else { 1 }
    }

    /// The function's settings in an invocation.
    pub fn config_at(&self, phase: &Phase) -> Config {
        let first_attempt = (phase.rotation, phase.attempt) == (0, 1);
        if !(self.names_change && first_attempt && phase.step > 0) {
            return self.config();
        }
        Config {
            fields: FieldNames {
                access_key: Some("key_id".to_owned()),
                secret_key: Some("key_secret".to_owned()),
                ..FieldNames::default()
            },
            ..self.config()
        }
    }

    pub fn config(&self) -> Config {
        let fields = match self.own_field_names {
            true => FieldNames {
                username: Some("user".to_owned()),
                access_key: Some("id".to_owned()),
                secret_key: Some("secret".to_owned()),
                source_secret: Some("source".to_owned()),
                ..FieldNames::default()
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
        let aws = Aws::new(Clock::at(start()));
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
        begun.lay_out(self.layout);
        begun.aws.record_uses(!self.environment.uses_unrecorded);
        begun
            .aws
            .set_propagation(self.environment.propagation.clone());
        begun
    }
}

/// All scenarios, the everyday ones first.
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
        Scenario::new(Source::Role, 1, Past::GivenUp),
        role(Past::RolledBack),
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
        Scenario {
            names_change: true,
            ..role(Past::Rotated)
        },
        Scenario {
            names_change: true,
            ..Scenario::new(Source::Role, 0, Past::None)
        },
        // A person's key is in use, beside another that is nobody's first key.
        Scenario {
            layout: Layout::NoKey,
            ..role(Past::CurrentIsOlder).expect(Expect::Refuses("NoRoomForFirstKey"))
        },
    ]);
    all.extend(layouts());
    all
}

/// Secrets in other layouts. The key in use is the older of two if only the text shows that it is in use.
fn layouts() -> impl Iterator<Item = Scenario> {
    let with = |layout, scenario| Scenario { layout, ..scenario };
    let role = |past| Scenario::new(Source::Role, 2, past);
    let malformed = Expect::Refuses("SecretMalformed");
    let mut all = Vec::new();
    for source in SOURCES {
        all.push(with(
            Layout::OtherNames,
            Scenario::new(source, 2, Past::None),
        ));
        all.push(with(
            Layout::Copies,
            Scenario::new(source, 2, Past::Rotated),
        ));
    }
    all.extend([
        with(Layout::OtherNames, role(Past::CurrentIsOlder)),
        with(Layout::Copies, role(Past::LostKey)),
        with(Layout::Mail, role(Past::Rotated)),
        with(Layout::Mail, Scenario::new(Source::Role, 1, Past::None)),
        with(
            Layout::EmptyFields,
            Scenario::new(Source::Role, 0, Past::None),
        ),
        with(Layout::Nested, role(Past::CurrentIsOlder).expect(malformed)),
        with(
            Layout::Nested,
            Scenario::new(Source::Role, 1, Past::None).expect(malformed),
        ),
        with(Layout::Inside, role(Past::Rotated).expect(malformed)),
        with(
            Layout::SecondKey,
            role(Past::None).expect(Expect::Refuses("BothKeysProtected")),
        ),
        with(
            Layout::SecondKey,
            Scenario::new(Source::SelfKey, 2, Past::OtherInactive)
                .expect(Expect::Refuses("BothKeysProtected")),
        ),
    ]);
    let tests = [
        with(Layout::Nested, role(Past::CurrentIsOlder).expect(malformed)),
        with(
            Layout::SecondKey,
            role(Past::None).expect(Expect::Refuses("BothKeysProtected")),
        ),
        with(Layout::Mail, role(Past::Rotated)),
    ];
    all.extend(tests.map(|scenario| Scenario {
        test: true,
        ..scenario
    }));
    all.into_iter()
}

/// Each credential source, in the state that every rotation but the first finds.
pub fn everyday() -> impl Iterator<Item = Scenario> {
    SOURCES.into_iter().map(|source| Scenario {
        // Pairs take a minute per source, and this one differs from the administrator's in one call.
        pairs: source != Source::AnotherAccount,
        ..Scenario::new(source, 2, Past::Rotated)
    })
}
