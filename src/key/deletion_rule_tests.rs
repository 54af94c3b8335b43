//! The deletion rule as tables. One file, long as it is: a reviewer reads all that the rule decides in one place.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::key::marks::Mark;

const NOW: i64 = 1_800_000_000;
const DAY: Duration = Duration::from_secs(24 * 3600);

fn time(seconds_ago: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(NOW - seconds_ago, 0).unwrap()
}

fn id(letter: char) -> AccessKeyId {
    AccessKeyId::parse(&format!("AKIAEXAMPLE00000000{letter}")).unwrap()
}

fn key(letter: char, status: KeyStatus, seconds_ago: i64) -> ListedKey {
    ListedKey {
        id: id(letter),
        status,
        created: time(seconds_ago),
    }
}

fn active(letter: char, seconds_ago: i64) -> ListedKey {
    key(letter, KeyStatus::Active, seconds_ago)
}

fn held(current: Option<char>, pending: Option<char>, previous: Option<char>) -> HeldKeys {
    HeldKeys {
        current: current.map(id),
        pending: pending.map(id),
        previous: previous.map(id),
        ..HeldKeys::default()
    }
}

fn policy_of(delete_key_in_use: DeleteKeyInUse) -> DeletionRule {
    DeletionRule {
        delete_key_in_use,
        ..DeletionRule::default()
    }
}

/// The mark that another run set this many seconds ago.
fn marked(seconds_ago: i64) -> Marks {
    marks(&[("another", seconds_ago)], None)
}

fn marks(creating: &[(&str, i64)], removing: Option<char>) -> Marks {
    let creating = creating.iter().map(|(run, ago)| Mark::Creating {
        since: time(*ago),
        run: (*run).to_owned(),
    });
    let removing = removing.map(|letter| Mark::Removing(id(letter)));
    let labels = creating.chain(removing).map(|mark| mark.label()).collect();
    Marks::of(&[("version".to_owned(), labels)].into())
}

/// The final selection: after a second look, if one is asked for.
fn choose_with(
    rule: &DeletionRule,
    keys: &[ListedKey],
    held: &HeldKeys,
    marks: &Marks,
) -> Result<Selection, Refusal> {
    let select = |settled| {
        let tries = Tries {
            marks: Some(marks),
            run: "this",
            settled,
            ..Tries::default()
        };
        select(keys, held, tries, rule, time(0))
    };
    match select(None) {
        Ok(Selection::LookAgain(key)) => select(Some(&key)),
        other => other,
    }
}

fn choose_by(
    in_use: DeleteKeyInUse,
    keys: &[ListedKey],
    held: &HeldKeys,
) -> Result<Selection, Refusal> {
    choose_with(&policy_of(in_use), keys, held, &marked(0))
}

fn choose(keys: &[ListedKey], held: &HeldKeys) -> Result<Selection, Refusal> {
    choose_by(DeleteKeyInUse::Previous, keys, held)
}

fn delete(letter: char) -> Result<Selection, Refusal> {
    Ok(Selection::Delete(Deletable(Deactivatable::decided(&id(
        letter,
    )))))
}

fn candidate(letter: char, lost: bool) -> Candidate {
    let key = Deletable(Deactivatable::decided(&id(letter)));
    Candidate { key, lost }
}

fn ask(letter: char) -> Result<Selection, Refusal> {
    Ok(Selection::AskLastUse(candidate(letter, false)))
}

fn ask_as_lost(letter: char) -> Result<Selection, Refusal> {
    Ok(Selection::AskLastUse(candidate(letter, true)))
}

#[test]
fn with_fewer_than_two_keys_nothing_goes() {
    assert_eq!(
        choose(&[], &held(None, None, None)),
        Ok(Selection::NothingToDelete)
    );
    assert_eq!(
        choose(&[active('A', 9)], &held(None, None, None)),
        Ok(Selection::NothingToDelete)
    );
    assert_eq!(
        choose(&[active('C', 9)], &held(Some('C'), None, None)),
        Ok(Selection::NothingToDelete)
    );
}

#[test]
fn the_previous_key_goes_unasked_whichever_is_older() {
    for (current_age, previous_age) in [(100, 200), (200, 100), (100, 100), (1, 2)] {
        let keys = [active('C', current_age), active('P', previous_age)];
        assert_eq!(
            choose(&keys, &held(Some('C'), None, Some('P'))),
            delete('P')
        );
    }
}

#[test]
fn a_foreign_active_key_is_asked_for_its_last_use() {
    let day = 24 * 3600;
    for (current_age, foreign_age) in [(100, day), (3 * day, 2 * day)] {
        let keys = [active('C', current_age), active('F', foreign_age)];
        for marks in [marked(foreign_age), Marks::default()] {
            let held = held(Some('C'), None, None);
            let chosen = choose_with(&DeletionRule::default(), &keys, &held, &marks);
            assert_eq!(chosen, ask('F'));
        }
    }
}

#[test]
fn an_inactive_key_goes_unasked() {
    let keys = [active('C', 500), key('F', KeyStatus::Inactive, 100)];
    assert_eq!(choose(&keys, &held(Some('C'), None, None)), delete('F'));
}

#[test]
fn for_a_first_key_an_inactive_one_goes_the_oldest_first() {
    let none = held(None, None, None);
    let inactive = |letter, ago| key(letter, KeyStatus::Inactive, ago);
    assert_eq!(
        choose(&[active('A', 900), inactive('B', 100)], &none),
        delete('B')
    );
    assert_eq!(
        choose(&[inactive('A', 100), inactive('B', 900)], &none),
        delete('B')
    );
}

#[test]
fn delete_key_in_use_decides_what_is_asked() {
    use DeleteKeyInUse::{Any, Never, Previous};
    for (policy, previous, expected) in [
        (Previous, Some('O'), delete('O')),
        (Previous, None, ask('O')),
        (Never, Some('O'), ask('O')),
        (Never, None, ask('O')),
        (Any, Some('O'), delete('O')),
        (Any, None, delete('O')),
    ] {
        let keys = [active('C', 100), active('O', 24 * 3600)];
        let held = held(Some('C'), None, previous);
        assert_eq!(
            choose_by(policy, &keys, &held),
            expected,
            "{policy:?} {previous:?}"
        );
    }
}

#[test]
fn no_setting_deletes_the_current_or_the_pending_key() {
    use DeleteKeyInUse::{Any, Never, Previous};
    let statuses = [KeyStatus::Active, KeyStatus::Inactive];
    for policy in [Previous, Never, Any] {
        for (one, two) in [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(a, b)| (statuses[a], statuses[b]))
        {
            for (age_one, age_two) in [(100, 200), (200, 100), (100, 100), (0, 0)] {
                for holdings in [
                    held(Some('A'), None, None),
                    held(Some('A'), None, Some('A')),
                    held(Some('A'), None, Some('B')),
                    held(Some('A'), Some('B'), None),
                    held(Some('A'), Some('B'), Some('B')),
                    held(None, Some('A'), None),
                    held(None, None, None),
                ] {
                    let keys = [key('A', one, age_one), key('B', two, age_two)];
                    let chosen = match choose_by(policy, &keys, &holdings) {
                        Ok(
                            Selection::Delete(key) | Selection::AskLastUse(Candidate { key, .. }),
                        ) => key.id().clone(),
                        _ => continue,
                    };
                    assert_ne!(Some(&chosen), holdings.current.as_ref());
                    assert_ne!(Some(&chosen), holdings.pending.as_ref());
                }
            }
        }
    }
}

#[test]
fn a_user_without_the_current_key_is_refused() {
    for keys in [
        vec![],
        vec![active('A', 9)],
        vec![active('A', 9), active('B', 9)],
    ] {
        let ids = keys.iter().map(|key| key.id.clone()).collect();
        assert_eq!(
            choose(&keys, &held(Some('C'), None, None)),
            Err(Refusal::CurrentNotListed {
                key: id('C'),
                keys: ids
            })
        );
    }
}

#[test]
fn three_keys_are_refused() {
    let keys = [active('A', 9), active('B', 99), active('C', 999)];
    assert!(matches!(
        choose(&keys, &held(Some('C'), None, None)),
        Err(Refusal::TooManyKeys { keys }) if keys.len() == 3
    ));
}

#[test]
fn two_protected_keys_are_refused() {
    let keys = [active('A', 9), active('B', 99)];
    assert!(matches!(
        choose(&keys, &held(Some('A'), Some('B'), None)),
        Err(Refusal::BothProtected { .. })
    ));
}

#[test]
fn a_key_in_no_version_is_looked_at_again_if_it_is_new_or_no_older_than_the_current_one() {
    let day = 24 * 3600;
    for (current_age, other_age, looks) in [
        (9 * day, -100, true),
        (9 * day, 0, true),
        (9 * day, 9 * day, true),
        (9 * day, 9 * day + 1, false),
        // Older than the current key.
        (0, day - 1, true),
        (0, day, false),
    ] {
        let keys = [active('C', current_age), active('O', other_age)];
        let held = held(Some('C'), None, None);
        for marks in [marked(other_age), Marks::default()] {
            let tries = Tries {
                marks: Some(&marks),
                ..Tries::default()
            };
            let selected = select(&keys, &held, tries, &DeletionRule::default(), time(0));
            let looked = selected == Ok(Selection::LookAgain(id('O')));
            assert_eq!(looked, looks, "{current_age} {other_age}");
        }
    }
}

/// The mark holds the time at which its run creates a key. The clocks can be five minutes apart.
#[test]
fn a_new_key_in_no_version_goes_only_where_another_run_may_have_lost_it() {
    let day = 24 * 3600;
    let made_lately = |seconds_ago| {
        Err(Refusal::MadeLately {
            key: id('O'),
            created: time(seconds_ago),
        })
    };
    let (earlier, own) = (Some("another"), Some("this"));
    for (current, other_age, run, marked_ago, expected) in [
        (9 * day, 60, earlier, 60, ask_as_lost('O')),
        (9 * day, 60, earlier, 120, ask_as_lost('O')),
        (9 * day, 60, earlier, 60 + 360, ask_as_lost('O')),
        (9 * day, 60, earlier, 60 + 361, made_lately(60)),
        (9 * day, 1_000, earlier, 1_000 - 300, ask_as_lost('O')),
        (9 * day, 1_000, earlier, 1_000 - 301, made_lately(1_000)),
        (9 * day, 7_200, earlier, 10 * day, made_lately(7_200)),
        (9 * day, 60, own, 60, made_lately(60)),
        (9 * day, 60, None, 60, made_lately(60)),
        (9 * day, -60, None, 60, made_lately(-60)),
        (9 * day, day - 1, None, 60, made_lately(day - 1)),
        (9 * day, day, None, 60, ask('O')),
        // Older than the current key, so the marked run did not create it.
        (0, 60, earlier, 60, made_lately(60)),
    ] {
        let keys = [active('O', other_age), active('P', current)];
        let held = held(Some('P'), None, None);
        let marks = run.map_or_else(Marks::default, |run| marks(&[(run, marked_ago)], None));
        let chosen = choose_with(&DeletionRule::default(), &keys, &held, &marks);
        assert_eq!(
            chosen, expected,
            "{current} {other_age} {run:?} {marked_ago}"
        );
    }
}

/// The key did not exist before, exists now, and fits the time of this run's mark.
#[test]
fn a_key_that_this_run_has_lost_goes_also_where_there_is_room() {
    let chosen = |keys: &[ListedKey], before: &[AccessKeyId], current, marked_ago| {
        let marks = marks(&[("this", marked_ago)], None);
        let select = |settled| {
            let tries = Tries {
                marks: Some(&marks),
                run: "this",
                unanswered: Some(before),
                settled,
            };
            let held = held(current, None, Some('P'));
            select(keys, &held, tries, &DeletionRule::default(), time(0))
        };
        match select(None) {
            Ok(Selection::LookAgain(key)) => (true, select(Some(&key))),
            other => (false, other),
        }
    };
    let none = (false, Ok(Selection::NothingToDelete));
    let (n, m, c, p) = (
        active('N', 10),
        active('M', 9),
        active('C', 9_000),
        active('P', 9_000),
    );
    let lost = (true, ask_as_lost('N'));
    assert_eq!(chosen(std::slice::from_ref(&n), &[], None, 10), lost);
    assert_eq!(
        chosen(&[c.clone(), n.clone()], &[id('C')], Some('C'), 10),
        lost
    );
    // A person's key, from before.
    let both = [p.clone(), n.clone()];
    assert_eq!(chosen(&both, &[id('P')], None, 10), lost);
    // Created at another time.
    assert_eq!(chosen(std::slice::from_ref(&n), &[], None, 10_000), none);
    // Existed before.
    assert_eq!(chosen(std::slice::from_ref(&n), &[id('N')], None, 10), none);
    // Held by AWSCURRENT.
    assert_eq!(
        chosen(std::slice::from_ref(&c), &[], Some('C'), 9_000),
        none
    );
    // Two appeared: nobody knows which one is ours.
    let (looked, refused) = chosen(&[n, m], &[], None, 10);
    assert!(looked && matches!(refused, Err(Refusal::NoRoomForFirst { .. })));
}

#[test]
fn a_key_that_the_function_deactivated_is_asked_about_as_if_it_were_active() {
    let day = 24 * 3600;
    let (current, other) = (
        active('C', 90 * day),
        key('O', KeyStatus::Inactive, 9 * day),
    );
    let keys = [current, other];
    let held = held(Some('C'), None, None);
    let ours = marks(&[], Some('O'));
    let choose = |marks: &Marks| choose_with(&DeletionRule::default(), &keys, &held, marks);
    assert_eq!(choose(&ours), ask('O'));
    assert_eq!(choose(&marks(&[], Some('X'))), delete('O'));
    assert_eq!(choose(&Marks::default()), delete('O'));
}

#[test]
fn a_new_inactive_key_goes_and_any_asks_nothing() {
    let held = held(Some('C'), None, None);
    let keys = [active('C', 500), key('O', KeyStatus::Inactive, 60)];
    let none = Marks::default();
    let chosen = choose_with(&DeletionRule::default(), &keys, &held, &none);
    assert_eq!(chosen, delete('O'));
    let keys = [active('C', 500), active('O', 60)];
    let chosen = choose_with(&policy_of(DeleteKeyInUse::Any), &keys, &held, &none);
    assert_eq!(chosen, delete('O'));
}

#[test]
fn the_previous_key_needs_no_second_look() {
    let keys = [active('C', 500), active('P', 0)];
    let held = held(Some('C'), None, Some('P'));
    let selected = select(
        &keys,
        &held,
        Tries::default(),
        &DeletionRule::default(),
        time(0),
    );
    assert_eq!(selected, delete('P'));
}

#[test]
fn a_key_used_within_the_window_stays() {
    let used = |ago| {
        Some(LastUse {
            at: time(ago),
            service: "s3".into(),
            region: "us-east-1".into(),
        })
    };
    let day = 24 * 3600;
    for (last_use, goes) in [
        (None, true),
        (used(-60), false),
        (used(0), false),
        (used(day - 1), false),
        (used(day), true),
        (used(90 * day), true),
    ] {
        let judged = candidate('O', false).judge(last_use.clone(), DAY, time(0));
        assert_eq!(judged.is_ok(), goes, "{last_use:?}");
        // Nobody can have used a lost key.
        let judged = candidate('O', true).judge(last_use.clone(), DAY, time(0));
        assert_eq!(judged.is_ok(), last_use.is_none(), "{last_use:?}");
    }
}

#[test]
fn the_credential_sources_key_never_goes() {
    let source = HeldKeys {
        source: Some(id('A')),
        ..held(Some('C'), None, None)
    };
    let keys = [active('C', 100), key('A', KeyStatus::Inactive, 200)];
    assert!(matches!(
        choose(&keys, &source),
        Err(Refusal::BothProtected { .. })
    ));
    let first = HeldKeys {
        current: None,
        ..source
    };
    let keys = [
        key('A', KeyStatus::Inactive, 200),
        key('B', KeyStatus::Inactive, 100),
    ];
    assert_eq!(choose(&keys, &first), delete('B'));
}

/// A key whose id occurs anywhere in AWSCURRENT's or AWSPENDING's text.
#[test]
fn what_the_secret_gives_out_never_goes_whatever_else_is_known() {
    use DeleteKeyInUse::{Any, Never, Previous};
    let mut given_out = GivenOut::default();
    given_out.add(&format!("s3://{}:x@bucket", id('O')));
    for policy in [Previous, Never, Any] {
        for status in [KeyStatus::Active, KeyStatus::Inactive] {
            for previous in [None, Some('O')] {
                let held = HeldKeys {
                    given_out: given_out.clone(),
                    ..held(Some('C'), None, previous)
                };
                let keys = [active('C', 100), key('O', status, 900 * 24 * 3600)];
                let chosen = choose_by(policy, &keys, &held);
                assert!(
                    matches!(chosen, Err(Refusal::BothProtected { .. })),
                    "{chosen:?}"
                );
                assert_eq!(unstored(&id('O'), &held), None);
            }
        }
    }
}

#[test]
fn no_first_key_is_made_where_a_key_of_the_users_stands_in_the_text() {
    let mut given_out = GivenOut::default();
    given_out.add(id('A').as_str());
    let held = HeldKeys {
        given_out,
        ..HeldKeys::default()
    };
    let not_understood = Err(Refusal::NotUnderstood { key: id('A') });
    for keys in [
        vec![active('A', 9)],
        vec![active('A', 9), active('B', 99)],
        vec![active('B', 99), key('A', KeyStatus::Inactive, 9)],
    ] {
        assert_eq!(choose(&keys, &held), not_understood);
    }
    // The key in the text is another user's, and none of these.
    assert_eq!(
        choose(&[active('B', 9)], &held),
        Ok(Selection::NothingToDelete)
    );
}

#[test]
fn for_a_first_key_no_active_one_goes() {
    use DeleteKeyInUse::{Any, Never, Previous};
    for policy in [Previous, Never, Any] {
        for ago in [0, 60, 900 * 24 * 3600] {
            let keys = [active('A', ago), active('B', 2 * ago)];
            for marks in [marked(ago), Marks::default()] {
                let none = HeldKeys::default();
                let chosen = choose_with(&policy_of(policy), &keys, &none, &marks);
                assert!(
                    matches!(chosen, Err(Refusal::NoRoomForFirst { .. })),
                    "{chosen:?}"
                );
            }
        }
    }
}
