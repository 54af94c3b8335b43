#![allow(clippy::unwrap_used)]

use chrono::DateTime;

use super::*;

fn id(letter: char) -> AccessKeyId {
    AccessKeyId::parse(&format!("AKIAEXAMPLE00000000{letter}")).unwrap()
}

/// AWSCURRENT holds A, AWSPREVIOUS B; C is in the text of a version.
fn held() -> HeldKeys {
    let mut held = HeldKeys {
        current: Some(id('A')),
        previous: Some(id('B')),
        ..HeldKeys::default()
    };
    held.given_out.add(&format!("{} {}", id('A'), id('C')));
    held
}

fn listed(status: KeyStatus) -> Vec<ListedKey> {
    let key = |letter| ListedKey {
        id: id(letter),
        status,
        created: DateTime::UNIX_EPOCH,
    };
    "ABCD".chars().map(key).collect()
}

fn decided(letter: char, status: KeyStatus, at_once: bool) -> Revocation {
    next(&id(letter), &listed(status), &held(), false, at_once).unwrap()
}

#[test]
fn a_key_that_no_version_gives_out_is_deactivated_now() {
    for letter in ['B', 'D'] {
        for at_once in [false, true] {
            let now = Revocation::Deactivate(Deactivatable::decided(&id(letter)));
            assert_eq!(decided(letter, KeyStatus::Active, at_once), now);
            let done = Revocation::Done(Gone::Inactive);
            assert_eq!(decided(letter, KeyStatus::Inactive, at_once), done);
        }
    }
}

#[test]
fn a_key_that_a_version_gives_out_is_replaced_first_unless_asked_for_at_once() {
    for letter in ['A', 'C'] {
        let first = Revocation::RotateFirst;
        assert_eq!(decided(letter, KeyStatus::Active, false), first);
        let cut = Revocation::CutOff(Deactivatable::decided(&id(letter)));
        assert_eq!(decided(letter, KeyStatus::Active, true), cut);
        // It was cut off, and consumers wait for the next one.
        assert_eq!(decided(letter, KeyStatus::Inactive, true), first);
    }
}

#[test]
fn awspendings_key_is_replaced_first_too() {
    let mut held = held();
    held.pending = Some(id('D'));
    let decided = next(&id('D'), &listed(KeyStatus::Active), &held, false, false);
    assert_eq!(decided, Ok(Revocation::RotateFirst));
}

#[test]
fn a_key_that_is_gone_is_done_if_it_was_ever_the_users() {
    let keys = &listed(KeyStatus::Active)[..1];
    let gone = Ok(Revocation::Done(Gone::Deleted));
    assert_eq!(next(&id('E'), keys, &held(), true, false), gone);
    assert_eq!(next(&id('B'), keys, &held(), false, false), gone);
    let unknown = NotRevoked::NotTheUsers {
        key: id('E'),
        keys: vec![id('A')],
    };
    assert_eq!(next(&id('E'), keys, &held(), false, true), Err(unknown));
}

#[test]
fn an_administrators_key_is_left_to_the_administrators_secret() {
    let mut held = held();
    held.source = Some(id('D'));
    let keys = listed(KeyStatus::Active);
    let refused = Err(NotRevoked::OfTheSource { key: id('D') });
    assert_eq!(next(&id('D'), &keys, &held, false, true), refused);
    // The user's own current key is a source that a rotation replaces.
    held.source = Some(id('A'));
    let own = next(&id('A'), &keys, &held, false, false);
    assert_eq!(own, Ok(Revocation::RotateFirst));
}
