//! What a person, or another program, does to the account between two calls.

use std::time::Duration;

use aws_smithy_async::time::TimeSource;
use sandbox::aws::{
    AWSCURRENT, AWSPENDING, AWSPREVIOUS, AccessKey, Aws, KeyStatus, KeyView, LastUsed, REGION,
    SecretView, smtp_password,
};

use crate::explorer::layouts::MAIL_REGION;

/// Another user, whose key can end up in the secret.
pub const ANOTHER_USER: &str = "bob";

/// How long all reads miss a hand that is seen late.
pub const LAG: Duration = Duration::from_secs(3);

/// One action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hand {
    /// AWSCURRENT goes back to AWSPREVIOUS's version; AWSPENDING stays where it is.
    CurrentBack,
    /// AWSPENDING is taken off, and AWSCURRENT goes back.
    CancelAndBack,
    /// AWSCURRENT goes to AWSPENDING's version.
    CurrentForward,
    /// A value with the same key and another field changed is stored.
    StoreField,
    /// A value with another of the user's keys is stored.
    StoreOtherKey,
    /// A value of another user is stored.
    StoreAnotherUser,
    /// A value with the same key under other names is stored.
    StoreNames,
    /// AWSPENDING is taken off.
    Cancel,
    /// AWSPENDING is taken off, and another rotation begins.
    RotateAnew,
    Deactivate(Whose),
    Activate(Whose),
    Delete(Whose),
    /// A key is made.
    MakeKey,
    /// A key is made, and used at once.
    UseNewKey,
    /// The field names in the function's settings are different until the next attempt.
    Configure,
    /// The secret is marked for deletion, and restored before the next attempt.
    DeleteSecret,
}

/// Which of the user's keys, by the version that gives it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    Current,
    Pending,
    Previous,
    Nobodys,
}

const EACH: [Whose; 4] = [
    Whose::Current,
    Whose::Pending,
    Whose::Previous,
    Whose::Nobodys,
];

/// What is known after a hand.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// The token of the rotation that it began, and its RotationToken.
    pub rotation: Option<(String, String)>,
    /// The key that it made.
    pub made: Option<String>,
}

/// The secret and its user.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub aws: &'a Aws,
    pub arn: &'a str,
    pub user: &'a str,
}

impl Hand {
    /// Every possible hand.
    pub fn all() -> impl Iterator<Item = Self> {
        let on_keys = EACH.into_iter().flat_map(|whose| {
            [
                Self::Deactivate(whose),
                Self::Activate(whose),
                Self::Delete(whose),
            ]
        });
        [
            Self::CurrentBack,
            Self::CancelAndBack,
            Self::CurrentForward,
            Self::StoreField,
            Self::StoreOtherKey,
            Self::StoreAnotherUser,
            Self::StoreNames,
            Self::Cancel,
            Self::RotateAnew,
            Self::MakeKey,
            Self::UseNewKey,
            Self::Configure,
            Self::DeleteSecret,
        ]
        .into_iter()
        .chain(on_keys)
    }

    /// Whether it can move AWSCURRENT.
    pub fn moves_current(self) -> bool {
        matches!(
            self,
            Self::CurrentBack
                | Self::CancelAndBack
                | Self::CurrentForward
                | Self::StoreField
                | Self::StoreOtherKey
                | Self::StoreAnotherUser
                | Self::StoreNames
        )
    }

    /// Whether the account has something that it can act on.
    pub fn applies(self, place: Place<'_>) -> bool {
        let secret = place.secret();
        let version = |label| secret.with_label(label);
        let differs = |label| {
            version(label).is_some_and(|version| {
                version.content.is_some() && !version.labels.iter().any(|held| held == AWSCURRENT)
            })
        };
        match self {
            Self::CurrentBack => differs(AWSPREVIOUS),
            Self::CancelAndBack => differs(AWSPREVIOUS) && version(AWSPENDING).is_some(),
            Self::CurrentForward => differs(AWSPENDING),
            Self::StoreField | Self::StoreAnotherUser | Self::Configure | Self::DeleteSecret => {
                true
            }
            Self::StoreNames => place.key(Whose::Current).is_some(),
            Self::StoreOtherKey => place.key(Whose::Current).is_some() && place.other().is_some(),
            Self::Cancel | Self::RotateAnew => version(AWSPENDING).is_some(),
            Self::Deactivate(whose) => place.has(whose, KeyStatus::Active),
            Self::Activate(whose) => place.has(whose, KeyStatus::Inactive),
            Self::Delete(whose) => place.key(whose).is_some(),
            Self::MakeKey | Self::UseNewKey => place.aws.user_keys(place.user).len() < 2,
        }
    }

    /// Does it. The hand must apply.
    pub fn apply(self, place: Place<'_>) -> Done {
        let Place { aws, arn, user } = place;
        let mut done = Done::default();
        let version = |label| place.secret().with_label(label).unwrap().id.clone();
        match self {
            Self::CurrentBack => aws.move_label(arn, AWSCURRENT, &version(AWSPREVIOUS)),
            Self::CancelAndBack => {
                aws.take_off_label(arn, AWSPENDING);
                aws.move_label(arn, AWSCURRENT, &version(AWSPREVIOUS));
            }
            Self::CurrentForward => aws.move_label(arn, AWSCURRENT, &version(AWSPENDING)),
            Self::StoreField => place.store(&|text| text.replacen('{', "{\"note\":\"new\",", 1)),
            Self::StoreOtherKey => {
                let (old, new) = (place.key(Whose::Current).unwrap(), place.other().unwrap());
                place.store(&|text| place.exchange(text, &old.id, &new.id));
            }
            Self::StoreAnotherUser => {
                let new = aws.user_keys(ANOTHER_USER).first().unwrap().id.clone();
                let old = place.key(Whose::Current);
                let quoted = |name| format!("\"{name}\"");
                place.store(&|text| {
                    let text = text.replace(&quoted(user), &quoted(ANOTHER_USER));
                    let exchange = |old: KeyView| place.exchange(&text, &old.id, &new);
                    old.clone().map_or_else(|| text.clone(), exchange)
                });
            }
            Self::StoreNames => place.store(&|text| {
                text.replace("\"accesskey\"", "\"AccessKeyId\"")
                    .replace("\"secretkey\"", "\"AWS_SECRET_ACCESS_KEY\"")
            }),
            Self::Cancel => aws.take_off_label(arn, AWSPENDING),
            Self::RotateAnew => {
                aws.take_off_label(arn, AWSPENDING);
                done.rotation = Some(place.begin());
            }
            Self::Deactivate(whose) => {
                aws.set_key_status(&place.key(whose).unwrap().id, KeyStatus::Inactive);
            }
            Self::Activate(whose) => {
                aws.set_key_status(&place.key(whose).unwrap().id, KeyStatus::Active);
            }
            Self::Delete(whose) => aws.delete_access_key(&place.key(whose).unwrap().id),
            Self::MakeKey => done.made = Some(aws.add_access_key(user).id),
            Self::UseNewKey => {
                let AccessKey { id, .. } = aws.add_access_key(user);
                let used = LastUsed {
                    at: aws.clock().now(),
                    service: "s3".to_owned(),
                    region: REGION.to_owned(),
                };
                aws.set_last_used(&id, used);
                done.made = Some(id);
            }
            Self::Configure => {}
            Self::DeleteSecret => aws.delete_secret(arn),
        }
        done
    }
}

impl Place<'_> {
    fn secret(&self) -> SecretView {
        self.aws.secret(self.arn).expect("the secret")
    }

    fn text(&self, label: &str) -> Option<String> {
        let secret = self.secret();
        let text = secret.with_label(label)?.content.as_ref()?.as_text()?;
        Some(text.to_owned())
    }

    /// A token that no version has, staged, and its RotationToken.
    pub fn begin(&self) -> (String, String) {
        let secret = self.secret();
        let mut tokens = (1_u32..).map(|n| format!("{n:08x}-0c1b-4f6e-9a55-2f0d6c1b7e01"));
        let token = tokens.find(|token| secret.version(token).is_none());
        let staged = self.aws.stage_pending(self.arn, &token.unwrap());
        let token = staged.expect("a rotation that can begin");
        (token, self.aws.make_rotation_token(self.arn))
    }

    /// The first of the user's keys that matches.
    pub fn key(&self, whose: Whose) -> Option<KeyView> {
        let text = |label| self.text(label).unwrap_or_default();
        let (current, pending, previous) = (text(AWSCURRENT), text(AWSPENDING), text(AWSPREVIOUS));
        let of = |key: &KeyView| match key.id.as_str() {
            id if current.contains(id) => Whose::Current,
            id if pending.contains(id) => Whose::Pending,
            id if previous.contains(id) => Whose::Previous,
            _ => Whose::Nobodys,
        };
        let mut keys = self.aws.user_keys(self.user).into_iter();
        keys.find(|key| of(key) == whose)
    }

    fn has(&self, whose: Whose, status: KeyStatus) -> bool {
        self.key(whose).is_some_and(|key| key.status == status)
    }

    /// A key that is not AWSCURRENT's and works.
    fn other(&self) -> Option<KeyView> {
        let text = self.text(AWSCURRENT).unwrap_or_default();
        let mut keys = self.aws.user_keys(self.user).into_iter();
        keys.find(|key| !text.contains(&key.id) && key.status == KeyStatus::Active)
    }

    fn exchange(&self, text: &str, old: &str, new: &str) -> String {
        let secret = |id| self.aws.secret_of(id).unwrap();
        let (old_secret, new_secret) = (secret(old), secret(new));
        let password = |secret: &str| smtp_password(secret, MAIL_REGION);
        text.replace(old, new)
            .replace(&old_secret, &new_secret)
            .replace(&password(&old_secret), &password(&new_secret))
    }

    fn store(&self, change: &dyn Fn(&str) -> String) {
        let text = self.text(AWSCURRENT).expect("a current value");
        self.aws.put_secret_text(self.arn, &change(&text));
    }
}
