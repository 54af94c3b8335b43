//! What others do to the account between two calls of the keeper.

use aws_smithy_async::time::TimeSource;
use sandbox::aws::{AWSCURRENT, AWSPENDING, AWSPREVIOUS, LastUsed, REGION};

use crate::hands::hand::{Done, Hand, Place, Whose};

/// One action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    Person(Hand),
    /// Secrets Manager begins a rotation.
    Begin,
    /// A consumer uses the replaced key.
    Use,
}

impl Act {
    /// Every possible action. Another process is needed to take changed settings, so those are left out.
    pub fn all() -> impl Iterator<Item = Self> {
        let persons = Hand::all().filter(|hand| *hand != Hand::Configure);
        persons.map(Self::Person).chain([Self::Begin, Self::Use])
    }

    pub fn applies(self, place: Place<'_>) -> bool {
        match self {
            Self::Person(hand) => hand.applies(place),
            Self::Begin => !is_rotating(place),
            Self::Use => place.key(Whose::Previous).is_some(),
        }
    }

    /// Whether it can move AWSCURRENT.
    pub fn moves_current(self) -> bool {
        matches!(self, Self::Person(hand) if hand.moves_current())
    }

    pub fn apply(self, place: Place<'_>) -> Done {
        match self {
            Self::Person(hand) => hand.apply(place),
            Self::Begin => Done {
                rotation: Some(place.begin()),
                ..Done::default()
            },
            Self::Use => {
                let key = place.key(Whose::Previous).expect(AWSPREVIOUS).id;
                let used = LastUsed {
                    at: place.aws.clock().now(),
                    service: "s3".to_owned(),
                    region: REGION.to_owned(),
                };
                place.aws.set_last_used(&key, used);
                Done::default()
            }
        }
    }
}

/// Whether AWSPENDING is on another version than AWSCURRENT.
fn is_rotating(place: Place<'_>) -> bool {
    let secret = place.aws.secret(place.arn).expect("the secret");
    let pending = secret.with_label(AWSPENDING);
    pending.is_some_and(|version| version.labels.iter().all(|label| label != AWSCURRENT))
}
