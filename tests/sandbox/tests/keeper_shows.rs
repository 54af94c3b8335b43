//! What the keeper's shows print.
#![allow(clippy::panic, clippy::unwrap_used)]

use std::process::{Command, Output};

const SANDBOX: &str = env!("CARGO_BIN_EXE_sandbox");
/// What each secret that the simulation makes has in it.
const MARKERS: [&str; 4] = [
    "SANDBOXSECRETKEY",
    "SANDBOXROTATIONTOKEN",
    "SANDBOXSESSIONTOKEN",
    "SANDBOXEXTERNALID",
];

fn run(arguments: &[&str]) -> Output {
    let output = Command::new(SANDBOX).args(arguments).output().unwrap();
    for stream in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(stream);
        assert!(
            MARKERS.iter().all(|marker| !text.contains(marker)),
            "{text}"
        );
    }
    output
}

fn shown(arguments: &[&str]) -> String {
    let output = run(arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {text}{errors}");
    text
}

/// The words of the first line that begins like this.
fn words<'t>(text: &'t str, start: &str) -> Vec<&'t str> {
    let line = text
        .lines()
        .find(|line| line.trim_start().starts_with(start));
    let line = line.unwrap_or_else(|| panic!("no line begins with {start} in {text}"));
    line.split_whitespace().collect()
}

/// The number that follows these words.
fn number_after(text: &str, before: &str) -> f64 {
    let rest = text.split(before).nth(1).unwrap();
    rest.split_whitespace().next().unwrap().parse().unwrap()
}

/// The second of the line that ends like this.
fn second(text: &str, end: &str) -> f64 {
    let line = text.lines().find(|line| line.ends_with(end)).unwrap();
    let second = line.split_whitespace().next().unwrap();
    second.parse().unwrap()
}

#[test]
fn consumers_come_through_a_leak_and_the_exposed_key_ends() {
    for source in ["self", "admin", "role", "another-account"] {
        for keys in ["1", "2"] {
            let text = shown(&["--leak", "--source", source, "--keys", keys]);
            let exposed = *words(&text, "Revoked.").get(1).unwrap();
            assert!(
                text.contains(&format!("Revoked. {exposed} is Inactive.")),
                "{text}"
            );
            assert_eq!(words(&text, "A   ")[2..4], ["0", "0"], "no refusal: {text}");
            // Consumer B keeps the exposed key, reads afresh when it is refused, and makes its call.
            assert_eq!(words(&text, "B   ")[2..4], ["1", "0"], "{text}");
            assert!(
                text.contains("could not make: 0. The longest pause: 1 s."),
                "{text}"
            );
            let another = second(
                &text,
                &format!("AWSCURRENT gives out {}", words(&text, "A   ")[6]),
            );
            let inactive = second(&text, &format!("{exposed} is Inactive"));
            let last = second(&text, &format!("{exposed} is accepted for the last time"));
            assert!(another < inactive, "{text}");
            // As long as the deactivation spreads, to the tenth of a second.
            assert!((last - inactive - 4.0).abs() < 0.2, "{text}");
            assert!(
                (number_after(&text, "It was accepted for ") - last).abs() < 0.01,
                "{text}"
            );
        }
    }
}

#[test]
fn at_once_the_exposed_key_ends_sooner_and_consumers_pause() {
    let first = shown(&["--leak", "--source", "role"]);
    for arguments in [
        &["--leak", "at-once"][..],
        &["--leak", "at-once", "--source", "admin"],
        &["--leak", "--source", "role", "--env", "REVOKE=at-once"],
    ] {
        let text = shown(arguments);
        let worked = |text: &str| number_after(text, "It was accepted for ");
        assert!(worked(&text) < worked(&first), "{text}");
        for consumer in ["A   ", "B   "] {
            let row = words(&text, consumer);
            let number = |index: usize| row[index].parse::<u32>().unwrap();
            // Once a second, it tried and could not.
            assert!(number(3) > 5, "{text}");
            assert_eq!(number(4), number(3) + 1, "{text}");
        }
        let exposed = *words(&text, "Revoked.").get(1).unwrap();
        let inactive = second(&text, &format!("{exposed} is Inactive"));
        assert!(inactive < second(&text, "asks for a rotation"), "{text}");
    }
}

#[test]
fn a_key_is_kept_while_it_is_used_then_retired_given_back_and_deleted() {
    for source in ["self", "admin", "role", "another-account"] {
        let text = shown(&["--retire", "--source", source]);
        let mut rest = text.as_str();
        for next in [
            "rotates the secret",
            "retire: nothingToDo",
            "retire: stillInUse",
            "reads the secret again",
            "retire: stillInUse",
            "retire: retired",
            "undo: activated",
            "retire: nothingToDo",
            "retire: retired",
            "rotates the secret",
            "refused: 0.",
        ] {
            let at = rest.find(next);
            let at = at.unwrap_or_else(|| panic!("{source}: no {next} then: {text}"));
            rest = &rest[at + next.len()..];
        }
        assert_eq!(text.matches("retire: retired ").count(), 2, "{text}");
        assert!(
            words(&text, "The month is over.").contains(&"deleted."),
            "{text}"
        );
        // RETIRE_AFTER, in hours: from the rotation on, and once more from the undo on.
        assert_eq!(words(&text, "0 to 7")[7], "168", "{text}");
        assert_eq!(words(&text, "12 to 19")[7], "168", "{text}");
    }
}

#[test]
fn a_key_that_is_retired_too_late_is_deleted_under_its_consumer() {
    let text = shown(&["--retire", "--env", "RETIRE_AFTER=35days"]);
    assert!(!text.contains("retire: retired"), "{text}");
    assert!(
        text.contains("RETIRE_AFTER is longer than the schedule"),
        "{text}"
    );
    assert!(text.contains("refused: 1."), "{text}");
}

#[test]
fn a_report_that_only_tells_leaves_the_key_and_ends_with_an_error() {
    let output = run(&["--leak", "--env", "EXPOSED_KEYS=report"]);
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors.contains("is Active: the keeper's outcome is"),
        "{errors}"
    );
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("for the last time"), "{text}");
}

#[test]
fn options_that_make_no_sense_together_are_bad_usage() {
    for arguments in [
        &["--leak", "--retire"][..],
        &["--leak", "at-once", "--source", "self"],
        &["--leak", "--env", "REVOKE=at-once"],
        &["--leak", "--source", "role", "--keys", "0"],
        &["--leak", "now"],
        &["--leak", "--serve"],
        &["--leak", "--logs"],
        &["--leak", "--fail", "CreateAccessKey"],
        &["--retire", "--keys", "1"],
        &["--retire", "--rotations", "2"],
        &["--retire", "--test-rotation"],
        &["--retire", "--function", SANDBOX],
    ] {
        let output = run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
        assert!(errors.starts_with("error: "), "{errors}");
        assert!(output.stdout.is_empty());
    }
}
