#![allow(clippy::unwrap_used)]

use super::*;
use crate::key::marks::Mark;

const NOW: i64 = 1_800_000_000;
const DAY: i64 = 24 * 3600;
const RULE: RetirementRule = RetirementRule {
    retire_after: Duration::from_secs(7 * 24 * 3600),
    in_use_window: Duration::from_secs(24 * 3600),
};

fn time(seconds_ago: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(NOW - seconds_ago, 0).unwrap()
}

fn id(letter: char) -> AccessKeyId {
    AccessKeyId::parse(&format!("AKIAEXAMPLE00000000{letter}")).unwrap()
}

fn key(letter: char, status: KeyStatus) -> ListedKey {
    ListedKey {
        id: id(letter),
        status,
        created: time(100 * DAY),
    }
}

/// The user's keys are A, AWSCURRENT's, and B, AWSPREVIOUS's.
#[derive(Clone)]
struct Case {
    current: KeyStatus,
    previous: Option<KeyStatus>,
    held: HeldKeys,
    timeline: Timeline,
}

fn marked(letter: char) -> Marks {
    let labels = vec![Mark::Removing(id(letter)).label()];
    Marks::of(&[("version".to_owned(), labels)].into())
}

/// The case in which B is retired.
fn due_case() -> Case {
    Case {
        current: KeyStatus::Active,
        previous: Some(KeyStatus::Active),
        held: HeldKeys {
            current: Some(id('A')),
            previous: Some(id('B')),
            ..HeldKeys::default()
        },
        timeline: Timeline {
            rotating: false,
            current: Some("version".to_owned()),
            has_previous: true,
            changed: Some(time(7 * DAY)),
            marks: Marks::default(),
        },
    }
}

fn chosen(case: &Case) -> Result<AccessKeyId, NotRetired> {
    let mut keys = vec![key('A', case.current)];
    keys.extend(case.previous.map(|status| key('B', status)));
    choose(&keys, &case.held, &case.timeline, &RULE, time(0)).map(|key| key.id().clone())
}

fn with(change: impl FnOnce(&mut Case)) -> Result<AccessKeyId, NotRetired> {
    let mut case = due_case();
    change(&mut case);
    chosen(&case)
}

#[test]
fn previouss_key_is_retired_when_its_time_is_over() {
    assert_eq!(chosen(&due_case()), Ok(id('B')));
}

#[test]
fn nothing_is_retired_before_its_time_and_any_change_of_the_secret_begins_it_afresh() {
    let until = Some(time(-1));
    let early = with(|case| case.timeline.changed = Some(time(7 * DAY - 1)));
    assert_eq!(early, Err(NotRetired::NotYet { until }));
    let unknown = with(|case| case.timeline.changed = None);
    assert_eq!(unknown, Err(NotRetired::NotYet { until: None }));
    let future = with(|case| case.timeline.changed = Some(time(-60)));
    assert!(matches!(future, Err(NotRetired::NotYet { .. })));
}

#[test]
fn nothing_is_retired_while_a_rotation_is_under_way() {
    let rotating = with(|case| case.timeline.rotating = true);
    assert_eq!(rotating, Err(NotRetired::RotationUnderWay));
}

#[test]
fn only_previouss_key_is_retired() {
    for none in [
        with(|case| case.timeline.has_previous = false),
        with(|case| case.held.previous = None),
        with(|case| case.held.previous = Some(id('C'))),
        with(|case| case.previous = None),
    ] {
        assert_eq!(none, Err(NotRetired::NothingReplaced));
    }
}

#[test]
fn no_key_that_is_given_out_is_retired() {
    let needed = Err(NotRetired::StillNeeded { key: id('B') });
    assert_eq!(with(|case| case.held.current = Some(id('B'))), needed);
    assert_eq!(with(|case| case.held.pending = Some(id('B'))), needed);
    assert_eq!(with(|case| case.held.source = Some(id('B'))), needed);
    let text = format!("s3://{}:x@bucket", id('B'));
    assert_eq!(with(|case| case.held.given_out.add(&text)), needed);
}

#[test]
fn no_key_is_retired_while_currents_does_not_work() {
    for (current, refused) in [
        (
            Some(id('A')),
            with(|case| case.current = KeyStatus::Inactive),
        ),
        (None, with(|case| case.held.current = None)),
        (
            Some(id('C')),
            with(|case| case.held.current = Some(id('C'))),
        ),
    ] {
        assert_eq!(refused, Err(NotRetired::CurrentNotActive { current }));
    }
}

#[test]
fn an_inactive_key_is_ours_under_our_mark_and_somebody_elses_without() {
    let inactive = |marks| {
        with(|case| {
            case.previous = Some(KeyStatus::Inactive);
            case.timeline.marks = marks;
        })
    };
    assert_eq!(
        inactive(marked('B')),
        Err(NotRetired::Retired { key: id('B') })
    );
    let by_others = Err(NotRetired::DeactivatedByOthers { key: id('B') });
    assert_eq!(inactive(Marks::default()), by_others);
    assert_eq!(inactive(marked('C')), by_others);
}

/// Its mark has changed the secret, and whoever moved labels since has too.
#[test]
fn a_key_that_was_marked_and_not_deactivated_waits_its_time_again() {
    let cut_off = |ago| {
        with(|case| {
            case.timeline.changed = Some(time(ago));
            case.timeline.marks = marked('B');
        })
    };
    assert!(matches!(cut_off(900), Err(NotRetired::NotYet { .. })));
    let interrupted = Err(NotRetired::Interrupted { key: id('B') });
    assert_eq!(cut_off(1_000), interrupted);
    assert_eq!(cut_off(30 * DAY), interrupted);
}

/// A mark that a rotation could not take off says nothing of another key.
#[test]
fn the_mark_of_another_key_shortens_no_time() {
    let early = with(|case| {
        case.timeline.changed = Some(time(DAY));
        case.timeline.marks = marked('C');
    });
    assert!(matches!(early, Err(NotRetired::NotYet { .. })));
}

#[test]
fn iam_is_not_asked_about_a_key_that_was_retired_a_day_ago() {
    let mut timeline = due_case().timeline;
    timeline.marks = marked('B');
    for (changed, previous, ago) in [
        (Some(time(DAY + 1)), Some(id('B')), true),
        (Some(time(DAY)), Some(id('B')), false),
        (Some(time(DAY + 1)), Some(id('C')), false),
        (Some(time(DAY + 1)), None, false),
        (None, Some(id('B')), false),
    ] {
        timeline.changed = changed;
        assert_eq!(retired_long_ago(&timeline, previous.as_ref(), time(0)), ago);
    }
}

#[test]
fn a_secret_is_settled_a_day_after_the_mark_unless_something_is_under_way() {
    let settled = Timeline {
        rotating: false,
        current: Some("version".to_owned()),
        has_previous: true,
        changed: Some(time(DAY + 1)),
        marks: marked('B'),
    };
    assert!(is_settled(&settled, time(0)));
    let exposed = [Mark::Removing(id('B')), Mark::Exposed(id('B'))];
    let exposed = exposed.map(|mark| mark.label()).to_vec();
    for other in [
        Timeline {
            changed: Some(time(DAY)),
            ..settled.clone()
        },
        Timeline {
            changed: None,
            ..settled.clone()
        },
        Timeline {
            current: Some("another version".to_owned()),
            ..settled.clone()
        },
        Timeline {
            rotating: true,
            ..settled.clone()
        },
        Timeline {
            marks: Marks::default(),
            ..settled.clone()
        },
        Timeline {
            marks: Marks::of(&[("version".to_owned(), exposed)].into()),
            ..settled.clone()
        },
    ] {
        assert!(!is_settled(&other, time(0)), "{other:?}");
    }
}

#[test]
fn a_key_that_was_used_within_the_window_is_in_use() {
    let judged = |ago: Option<i64>| {
        let replaced = Replaced(Deactivatable::decided(&id('B')));
        let last_use = ago.map(|ago| LastUse {
            at: time(ago),
            service: "s3".to_owned(),
            region: "us-east-1".to_owned(),
        });
        replaced.judge(last_use, &RULE, time(0)).is_ok()
    };
    assert!(judged(None) && judged(Some(DAY)) && judged(Some(400 * DAY)));
    assert!(!judged(Some(DAY - 1)) && !judged(Some(0)) && !judged(Some(-60)));
}
