//! The counts of an exploration. They are printed, and must match `tests/README.md`.

const PAGE: &str = include_str!("../README.md");

/// Prints a figure. With `EXPLORE=usual`, checks that the page has it; any other run only prints it.
#[allow(dead_code)]
pub fn figure(name: &str, count: usize) {
    asserted("usual", name, count);
}

/// Like [`figure`], with `EXPLORE=hands`.
#[allow(dead_code)]
pub fn figure_of_hands(name: &str, count: usize) {
    asserted("hands", name, count);
}

fn asserted(extent: &str, name: &str, count: usize) {
    let count = grouped(count);
    println!("{name}: {count}");
    let row = format!("| {name} | {count} |");
    let is_chosen = |name: &str| std::env::var_os(name).is_some();
    let is_so = std::env::var("EXPLORE").is_ok_and(|asked| asked == extent)
        && !["SCENARIO", "RUNS", "FIRST_SEED"]
            .into_iter()
            .any(is_chosen);
    assert!(
        !is_so || PAGE.contains(&row),
        "tests/README.md lacks: {row}"
    );
}

/// `12345` as `12,345`.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[test]
fn thousands_are_grouped() {
    for (count, text) in [
        (0, "0"),
        (999, "999"),
        (1_000, "1,000"),
        (1_234_567, "1,234,567"),
    ] {
        assert_eq!(grouped(count), text);
    }
}
