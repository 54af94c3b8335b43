#![allow(clippy::unwrap_used)]

use chrono::DateTime;

use super::*;
use crate::key::marks::Mark;

fn id(letter: char) -> AccessKeyId {
    AccessKeyId::parse(&format!("AKIAEXAMPLE00000000{letter}")).unwrap()
}

fn keys(statuses: &[(char, KeyStatus)]) -> Vec<ListedKey> {
    let listed = statuses.iter().map(|(letter, status)| ListedKey {
        id: id(*letter),
        status: *status,
        created: DateTime::UNIX_EPOCH,
    });
    listed.collect()
}

fn marks(marks: &[Mark]) -> Marks {
    let labels = marks.iter().map(Mark::label).collect();
    Marks::of(&[("version".to_owned(), labels)].into())
}

fn usual() -> Vec<ListedKey> {
    keys(&[('A', KeyStatus::Active), ('B', KeyStatus::Inactive)])
}

#[test]
fn the_key_that_was_retired_is_activated() {
    let retired = marks(&[Mark::Removing(id('B'))]);
    assert_eq!(choose(None, &usual(), &retired), Ok(id('B')));
    assert_eq!(choose(Some(&id('B')), &usual(), &retired), Ok(id('B')));
}

#[test]
fn a_revoked_key_stays_inactive() {
    let revoked = Err(NotUndone::Revoked { key: id('B') });
    for marks in [
        marks(&[Mark::Exposed(id('B'))]),
        marks(&[Mark::Removing(id('B')), Mark::Exposed(id('B'))]),
    ] {
        assert_eq!(choose(None, &usual(), &marks), revoked);
        assert_eq!(choose(Some(&id('B')), &usual(), &marks), revoked);
    }
}

#[test]
fn a_key_that_somebody_else_deactivated_stays_inactive() {
    let by_others = Err(NotUndone::DeactivatedByOthers { key: id('B') });
    let unmarked = Marks::default();
    assert_eq!(choose(Some(&id('B')), &usual(), &unmarked), by_others);
    let nothing = NotUndone::NothingRetired {
        keys: vec![id('A'), id('B')],
    };
    assert_eq!(choose(None, &usual(), &unmarked), Err(nothing));
}

#[test]
fn an_active_key_and_another_users_key_are_refused() {
    let retired = marks(&[Mark::Removing(id('B'))]);
    let active = Err(NotUndone::Active { key: id('A') });
    assert_eq!(choose(Some(&id('A')), &usual(), &retired), active);
    let another = NotUndone::NotTheUsers {
        key: id('C'),
        keys: vec![id('A'), id('B')],
    };
    assert_eq!(choose(Some(&id('C')), &usual(), &retired), Err(another));
}
