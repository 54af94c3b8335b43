#![allow(clippy::unwrap_used)]

use super::*;
use crate::key::access_key::KeyStatus;

const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const WINDOW: Duration = Duration::from_secs(1_000);

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn creating(run: &str, since: i64) -> Mark {
    Mark::Creating {
        since: at(since),
        run: run.to_owned(),
    }
}

fn removing() -> Mark {
    Mark::Removing(AccessKeyId::parse(ID).unwrap())
}

fn marks(marks: &[Mark]) -> Marks {
    let labels = marks.iter().map(Mark::label).collect();
    Marks::of(&[("version".to_owned(), labels)].into())
}

#[test]
fn a_mark_is_read_as_it_was_written() {
    for (mark, label) in [
        (
            creating("8476a536-e9f4-11e8-9739-2dfe598c3fcd", 0),
            "iam-key-rotator-creating-1800000000-8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        ),
        (creating("", 0), "iam-key-rotator-creating-1800000000-"),
        (removing(), "iam-key-rotator-removing-AKIAIOSFODNN7EXAMPLE"),
    ] {
        assert_eq!(mark.label(), label);
        assert_eq!(Mark::parse(label), Some(mark));
    }
}

#[test]
fn a_label_of_others_is_none_and_one_of_another_release_is_unknown() {
    for label in [
        "AWSCURRENT",
        "mine",
        "iam-key-rotator",
        "iam-key-rotato-creating-1-a",
    ] {
        assert_eq!(Mark::parse(label), None, "{label}");
    }
    for label in [
        "iam-key-rotator-",
        "iam-key-rotator-creating",
        "iam-key-rotator-creating-",
        "iam-key-rotator-creating-1",
        "iam-key-rotator-creating-x-run",
        "iam-key-rotator-creating-99999999999999999-run",
        "iam-key-rotator-removing-short",
        "iam-key-rotator-exposed-short",
        "iam-key-rotator-another-AKIAIOSFODNN7EXAMPLE",
    ] {
        let unknown = Mark::Unknown(label.to_owned());
        assert_eq!(unknown.label(), label);
        assert_eq!(Mark::parse(label), Some(unknown));
    }
}

#[test]
fn marks_are_found_on_every_version() {
    let labels = [
        ("a", vec!["AWSCURRENT".to_owned(), removing().label()]),
        ("b", vec![creating("run", 0).label()]),
    ];
    let labels = labels.map(|(version, labels)| (version.to_owned(), labels));
    let marks = Marks::of(&labels.into());
    assert_eq!(marks.find(&removing()).unwrap().version, "a");
    assert_eq!(marks.find(&creating("run", 0)).unwrap().version, "b");
    assert_eq!(marks.find(&creating("other", 0)), None);
    let keys: Vec<_> = marks.removing().map(AccessKeyId::as_str).collect();
    assert_eq!(keys, [ID]);
}

#[test]
fn a_run_can_have_made_the_keys_of_its_minute_whatever_the_clocks_differ() {
    let marks = marks(&[creating("one", 0), removing()]);
    for (created, made) in [
        (-301, false),
        (-300, true),
        (0, true),
        (360, true),
        (361, false),
    ] {
        let created = at(created);
        assert_eq!(marks.made_by("one", created), made);
        assert_eq!(marks.made_by_another("two", created), made);
        assert!(!marks.made_by_another("one", created));
        assert!(!marks.made_by("two", created));
    }
}

#[test]
fn a_mark_is_void_once_its_reason_is_gone() {
    let listed = |id: &str| ListedKey {
        id: AccessKeyId::parse(id).unwrap(),
        status: KeyStatus::Inactive,
        created: at(0),
    };
    let is_void = |mark: &Mark, keys: &[ListedKey], now| {
        !marks(std::slice::from_ref(mark))
            .void("own", keys, WINDOW, at(now))
            .is_empty()
    };
    assert!(!is_void(&removing(), &[listed(ID)], 0));
    assert!(is_void(&removing(), &[], 0));
    assert!(is_void(&removing(), &[listed("AKIAI44QH8DHBEXAMPLE")], 0));
    let unknown = Mark::Unknown("iam-key-rotator-creating".to_owned());
    assert!(is_void(&unknown, &[], 0));
    let of_its_time = [listed(ID)];
    assert!(!is_void(&creating("run", 0), &of_its_time, 1_360));
    assert!(is_void(&creating("run", 0), &of_its_time, 1_361));
    assert!(!is_void(&creating("run", 0), &[], 360));
    assert!(is_void(&creating("run", 0), &[], 361));
    assert!(is_void(&creating("run", -361), &of_its_time, 0));
    // With a clock that is slow.
    assert!(!is_void(&creating("run", 0), &[], -400));
}

#[test]
fn with_another_run_there_are_two_marks_at_most_of_runs_that_make_a_key() {
    let (one, two, three) = (creating("a", 3), creating("b", 1), creating("c", 2));
    // A run removes its own mark itself.
    let own = creating("own", 0);
    for (there, void) in [
        (vec![], vec![]),
        (vec![&one], vec![]),
        (vec![&one, &two], vec![&one]),
        (vec![&one, &two, &three], vec![&three, &one]),
        (vec![&one, &own], vec![]),
        (vec![&one, &two, &own], vec![&one]),
    ] {
        let there: Vec<_> = there.into_iter().cloned().collect();
        let marks = marks(&there);
        let found = marks.void("own", &[], WINDOW, at(0));
        let found: Vec<_> = found.into_iter().map(|placed| &placed.mark).collect();
        assert_eq!(found, void);
    }
}
