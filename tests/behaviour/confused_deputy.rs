//! Somebody who may write her own secret tries to make the function store another user's key in it. Her secret names
//! that user, and its policy admits the execution role (fact 62).

use iam_key_rotator::Config;
use sandbox::aws::{ACCOUNT, AWSCURRENT, AWSPENDING, FUNCTION_ROLE, REGION};
use sandbox::setup::Source;
use serde_json::{Value, json};

use crate::bad_input::{STEPS, refused};
use crate::world::{World, setup};

const FLEET: &str = include_str!("../../policies/fleet-execution-role.json");
const TAG: &str = "iam-key-rotator";

/// Whose documents the execution role carries. The user's own key is left out as a source, since nothing can be gained:
/// whoever names that key already knows it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Documents {
    Of(Source),
    /// A fleet's documents. In it, alice's secret is the function's own.
    Fleet,
}

const ALL: [Documents; 4] = [
    Documents::Of(Source::Role),
    Documents::Of(Source::Administrator),
    Documents::Of(Source::AnotherAccount),
    Documents::Fleet,
];

impl Documents {
    fn source(self) -> Source {
        match self {
            Self::Of(source) => source,
            Self::Fleet => Source::Role,
        }
    }

    /// The documents with the ARNs of the principals that carry them.
    fn carried(self, world: &World) -> Vec<(String, Value)> {
        let mut carried = world.prepared.policies.clone();
        if self == Self::Fleet {
            let fleet = FLEET
                .replace("SECRET_ARN", world.arn())
                .replace("REGION", REGION)
                .replace("ACCOUNT_ID", ACCOUNT)
                .replace("FLEET", "blue");
            // The users' tags are not simulated: alice is allowed by her ARN.
            carried[0].1 = serde_json::from_str(&fleet).unwrap();
        }
        carried
    }

    fn attach(self, world: &World, change: impl Fn(&mut Value)) {
        let carried = self.carried(world);
        for (principal, _) in &carried {
            world.aws.detach_policies(principal);
        }
        for (principal, mut document) in carried {
            change(&mut document);
            world.aws.attach_policy(&principal, &document).unwrap();
        }
    }

    /// A world in which a rotation of mallory's secret is staged.
    fn attacked(self, config: Config, change: impl Fn(&mut Value)) -> World {
        let mut world = World::with(setup(self.source(), 1), config);
        self.attach(&world, change);
        let mut value = json!({"username": "alice"});
        if let Some(administrator) = &world.prepared.administrator_secret_arn {
            value["secretarn"] = administrator.as_str().into();
        }
        if let Some((role, external_id)) = &world.prepared.role {
            value["rolearn"] = role.as_str().into();
            value["externalid"] = external_id.as_str().into();
        }
        let arn = world
            .aws
            .create_secret("mallory/mine", Some(value.to_string().as_str().into()));
        let statement = json!({
            "Effect": "Allow",
            "Principal": {"AWS": FUNCTION_ROLE},
            "Action": "secretsmanager:*",
            "Resource": "*",
        });
        world
            .aws
            .set_secret_policy(
                &arn,
                &json!({"Version": "2012-10-17", "Statement": statement}),
            )
            .unwrap();
        world.prepared.secret_arn = arn;
        world.stage();
        world
    }
}

fn without_the_deny(document: &mut Value) {
    let statements = document["Statement"].as_array_mut().unwrap();
    statements.retain(|one| one["Effect"] == "Allow");
}

#[tokio::test(start_paused = true)]
async fn a_secret_of_her_own_gets_nobodys_key() {
    for documents in ALL {
        let mut world = documents.attacked(Config::default(), |_| ());
        let arn = world.arn().to_owned();
        for step in STEPS {
            let named = [&*arn, "with an explicit deny", "secretsmanager:"];
            refused(&mut world, step, "PermissionMissing", &named).await;
        }
        assert_eq!(world.keys().len(), 1, "{documents:?}");
    }
}

/// Without this, the tests above would prove nothing.
#[tokio::test(start_paused = true)]
async fn without_the_deny_she_has_alices_key() {
    for documents in ALL {
        let mut world = documents.attacked(Config::default(), without_the_deny);
        world.step("createSecret").await.unwrap();
        let stolen = world.key_of(AWSPENDING).unwrap();
        assert!(world.keys().contains(&stolen), "{documents:?}");
        assert_eq!(world.keys().len(), 2, "{documents:?}");
    }
}

/// The second line of defence: her secret is not named after any user.
#[tokio::test(start_paused = true)]
async fn without_the_deny_its_name_still_keeps_alices_key_from_her() {
    let variable = |name: &str| (name == "SECRET_NAME").then(|| "iam/{username}".to_owned());
    let config = Config::read(variable).unwrap();
    for documents in ALL {
        let mut world = documents.attacked(config.clone(), without_the_deny);
        for step in STEPS {
            let named = ["mallory/mine", "iam/alice"];
            refused(&mut world, step, "SecretNotForUser", &named).await;
        }
    }
}

/// A document with its Deny still lets its own secrets rotate, and denies actions that have no resource.
#[tokio::test(start_paused = true)]
async fn what_is_the_functions_own_rotates() {
    for documents in ALL {
        let mut world = World::from(documents.source(), 1);
        documents.attach(&world, |_| ());
        world.rotate().await.unwrap();
        world.rotate().await.unwrap();
    }
}

/// CloudFormation removes a tag before it sets another value (fact 60). Meanwhile the stack's own secret still rotates.
#[tokio::test(start_paused = true)]
async fn a_secret_of_the_fleet_needs_the_tag_and_the_stacks_own_does_not() {
    for (tag, rotates) in [
        (Some((TAG, "blue")), true),
        (Some((TAG, "green")), false),
        (Some((TAG, "")), false),
        (Some(("other", "blue")), false),
        (None, false),
    ] {
        let mut world = World::from(Source::Role, 1);
        Documents::Fleet.attach(&world, |_| ());
        let text = world.text(AWSCURRENT);
        let another = world
            .aws
            .create_secret("iam/another", Some(text.as_str().into()));
        if let Some((key, value)) = tag {
            world.aws.tag_secret(&another, key, value);
        }
        world.rotate().await.unwrap();
        let text = world.text(AWSCURRENT);
        world.aws.put_secret_text(&another, &text);
        world.prepared.secret_arn = another;
        world.stage();
        if rotates {
            world.step("createSecret").await.unwrap();
        } else {
            refused(&mut world, "createSecret", "PermissionMissing", &["deny"]).await;
        }
    }
}
