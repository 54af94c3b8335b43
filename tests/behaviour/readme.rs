//! The README says what the source says.

use std::collections::BTreeSet;

const README: &str = include_str!("../../README.md");

/// The words in quotes behind `marker` in a source file.
fn quoted<'a>(source: &'a str, marker: &str) -> Vec<&'a str> {
    source
        .split(marker)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

#[test]
fn every_error_type_has_its_way_out() {
    let problems = include_str!("../../src/problem.rs");
    let (_, error_types) = problems.split_once("fn error_type").unwrap();
    let types = quoted(error_types, "=> \"");
    assert!(types.len() >= 20, "{types:?}");
    for error_type in types {
        let documented = README
            .lines()
            .any(|line| line.starts_with("| `") && line.contains(&format!("`{error_type}`")));
        assert!(documented, "{error_type}");
    }
}

#[test]
fn every_environment_variable_is_in_the_configuration_table() {
    let sources = [
        include_str!("../../src/config.rs"),
        include_str!("../../src/logging.rs"),
    ];
    let in_quotes = sources.into_iter().flat_map(|source| source.split('"'));
    let is_variable = |text: &&str| {
        text.len() > 5
            && *text != "CARGO_CRATE_NAME"
            && text
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    let names: BTreeSet<_> = in_quotes.filter(is_variable).collect();
    assert_eq!(names.len(), 12, "{names:?}");
    for name in names {
        assert!(README.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn every_policy_has_its_line() {
    let policies = concat!(env!("CARGO_MANIFEST_DIR"), "/policies");
    let page = include_str!("../../policies/README.md");
    let mut count = 0;
    for entry in std::fs::read_dir(policies).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name != "README.md" {
            assert!(page.contains(&format!("| `{name}` |")), "{name}");
            count += 1;
        }
    }
    assert_eq!(count, 15);
}
