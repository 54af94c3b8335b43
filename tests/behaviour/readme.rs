//! The README agrees with the source.

use std::collections::BTreeSet;

const README: &str = include_str!("../../README.md");

#[test]
fn every_error_type_has_its_way_out() {
    let texts = [
        include_str!("../../src/rotation/error_texts.rs"),
        include_str!("../../src/rotation/refusal_texts.rs"),
        include_str!("../../src/rotation/keeper_texts.rs"),
    ];
    let arms = texts
        .into_iter()
        .flat_map(|texts| texts.split("=> Texts::of(").skip(1));
    let types: Vec<_> = arms.filter_map(|arm| arm.split('"').nth(1)).collect();
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
        include_str!("../../src/rotation/config.rs"),
        include_str!("../../src/rotation/keeper_config.rs"),
        include_str!("../../src/secret/fields.rs"),
        include_str!("../../src/function/logging.rs"),
    ];
    let without_tests = |source: &'static str| source.split("#[cfg(test)]").next().unwrap();
    let in_quotes = sources
        .into_iter()
        .flat_map(|source| without_tests(source).split('"'));
    let is_variable = |text: &&str| {
        text.len() > 5
            && *text != "CARGO_CRATE_NAME"
            && text
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    let names: BTreeSet<_> = in_quotes.filter(is_variable).collect();
    assert_eq!(names.len(), 23, "{names:?}");
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
    assert_eq!(count, 26);
}

/// The README's figures are those of the commands' last full runs.
#[test]
fn the_benchmarks_tables_are_those_of_their_results() {
    let cold_start = include_str!("../benchmark/results/cold-start.md");
    let fleet = include_str!("../benchmark/results/fleet.md");
    for (results, heading) in [
        (cold_start, "Start and first step (createSecret), ms"),
        (cold_start, "One rotation by one process, no limit"),
        (cold_start, "To reach"),
        (fleet, "Each starts at a random moment of the window"),
        (fleet, "All start at its beginning"),
    ] {
        let (_, rest) = results.split_once(&format!("## {heading}\n\n")).unwrap();
        let table = rest.split("\n\n").next().unwrap().trim_end();
        assert!(table.lines().count() > 3, "{heading}");
        assert!(
            README.contains(&format!("\n{table}\n")),
            "{heading}:\n{table}"
        );
    }
}

/// Each test that `MISTAKES.md` names exists, in the file that it names.
#[test]
fn every_test_that_finds_a_mistake_is_there() {
    let page = include_str!("../MISTAKES.md");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    for name in page.split('`').filter(|name| name.contains("::")) {
        let (module, test) = name.rsplit_once("::").unwrap();
        let file = match module.strip_suffix("::tests") {
            Some(module) => format!("src/{}", module.replace("::", "/")),
            None => format!("tests/behaviour/{}", module.replace("::", "/")),
        };
        let texts = [".rs", "_tests.rs"].map(|end| root.join(format!("{file}{end}")));
        let texts = texts.map(|path| std::fs::read_to_string(path).unwrap_or_default());
        let found = texts
            .iter()
            .any(|text| text.contains(&format!("fn {test}(")));
        assert!(found, "{name}");
        seen += 1;
    }
    assert!(seen > 200, "{seen}");
}
