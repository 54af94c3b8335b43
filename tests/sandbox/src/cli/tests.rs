use sandbox::aws::FaultKind;

use super::*;

fn parse(arguments: &[&str]) -> Result<Cli, String> {
    let arguments = [&["sandbox"], arguments].concat();
    Cli::try_parse_from(arguments).map_err(|error| error.to_string())
}

#[test]
fn a_throttled_call_gets_the_code_of_its_service() {
    let code = |text: &str| match text.parse::<Failure>().map(|failure| failure.fault(1).kind) {
        Ok(FaultKind::ErrorBefore { code, .. }) => code,
        other => format!("{other:?}"),
    };
    assert_eq!(code("PutSecretValue:throttle"), "ThrottlingException");
    assert_eq!(
        code("updatesecretversionstage:throttle"),
        "ThrottlingException"
    );
    assert_eq!(code("CreateAccessKey:throttle"), "Throttling");
    assert_eq!(code("GetCallerIdentity:throttle"), "Throttling");
}

#[test]
fn a_variable_is_split_at_its_first_equals_sign() {
    let parsed = parse(&["--env", "RUST_LOG=a=debug", "--env", "EMPTY="]);
    let variable = |name: &str, value: &str| Variable {
        name: name.to_owned(),
        value: value.to_owned(),
    };
    let expected = vec![variable("RUST_LOG", "a=debug"), variable("EMPTY", "")];
    assert_eq!(parsed.map(|cli| cli.variables), Ok(expected));
    assert!(parse(&["--env", "=value"]).is_err());
    assert!(parse(&["--env", "NAME"]).is_err());
}

#[test]
fn the_function_is_an_executable_file_and_its_path_whole() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let folder = env!("CARGO_MANIFEST_DIR");
    for path in ["no/such/file", manifest, folder] {
        assert!(parse(&["--function", path]).is_err(), "{path}");
    }
    let here = std::env::current_exe()
        .and_then(|path| path.canonicalize())
        .ok();
    let given = here
        .as_deref()
        .and_then(|path| path.to_str())
        .unwrap_or_default();
    let parsed = parse(&["--function", given]);
    assert_eq!(parsed.map(|cli| cli.function), Ok(here));
}
