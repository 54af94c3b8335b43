//! What a person sees. Colours go only to a terminal; secrets go nowhere.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use anstream::ColorChoice;
use anstyle::{AnsiColor, Style};
use sandbox::setup::Prepared;

use crate::cli::{Cli, SourceName};
use crate::state::State;

pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const HEADING: Style = Style::new().bold();

/// Why a key that has just been used can show as never used (fact 25).
const LAST_USED_LAGS: &str = "IAM's record of the last use lags; here it stays as it is.";

/// Prints to stdout. A reader that has gone, such as `head`, must not stop a rotation.
pub(crate) fn print(text: &str) {
    let mut out = anstream::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Whether a line can be removed after it is printed.
pub(crate) fn is_terminal() -> bool {
    let out = anstream::stdout();
    out.is_terminal() && out.current_choice() != ColorChoice::Never
}

/// Says on stderr what is taking a while.
pub(crate) fn progress(what: &str) {
    let _ = writeln!(anstream::stderr(), "{DIM}{what} ...{DIM:#}");
}

/// Says on stderr why the command failed.
pub(crate) fn failed(why: &str) {
    let _ = writeln!(anstream::stderr(), "\n{BAD}error:{BAD:#} {why}");
}

pub(crate) fn heading(text: &str) {
    print(&format!("\n{HEADING}{text}{HEADING:#}\n"));
}

pub(crate) fn note(text: &str) {
    print(&format!("\n{WARN}note:{WARN:#} {text}\n"));
}

pub(crate) fn log_line(line: &str) {
    print(&format!("    {DIM}| {line}{DIM:#}\n"));
}

/// Whose credentials manage the user's keys, in a sentence.
pub(crate) fn source(source: SourceName) -> &'static str {
    match source {
        SourceName::SelfKey => "the user's current key manages the user's keys",
        SourceName::Admin => "an administrator's key manages the user's keys",
        SourceName::Role => "the function's execution role manages the user's keys",
        SourceName::AnotherAccount => {
            "a role in the user's account, which is not the function's, manages the user's keys"
        }
    }
}

pub(crate) fn introduction(cli: &Cli, prepared: &Prepared, binary: &Path) {
    let source = source(cli.source);
    let mut text = format!(
        "\n{HEADING}The access key of {}{HEADING:#}\n\n  Secret     {}\n  Source     {source}\n  \
         Function   {}\n",
        prepared.username,
        prepared.secret_arn,
        from_here(binary).display(),
    );
    for failure in &cli.failures {
        let _ = writeln!(text, "  Failure    {WARN}{}{WARN:#}", failure.describe());
    }
    print(&text);
}

/// The path as a person in this directory would write it.
fn from_here(path: &Path) -> &Path {
    let here = std::env::current_dir().ok();
    here.and_then(|here| path.strip_prefix(here).ok())
        .unwrap_or(path)
}

pub(crate) fn before(state: &State) {
    heading("Before");
    print(&tables(state, None));
}

pub(crate) fn after(before: &State, after: &State) {
    heading("After");
    print(&tables(after, Some(before)));
    print(&format!("    {DIM}{LAST_USED_LAGS}{DIM:#}\n"));
}

fn tables(state: &State, before: Option<&State>) -> String {
    let versions = format!("  Versions of the secret\n{}", state.versions_table(before));
    // If the secret was never seen, its user is not known.
    if state.username.is_empty() {
        return versions;
    }
    format!(
        "{versions}\n  Access keys of {}\n{}",
        state.username,
        state.keys_table(before),
    )
}

pub(crate) fn rotation(number: u32, count: u32, days: u32) {
    match (number, count) {
        (1, 1) => heading("Rotation"),
        (1, _) => heading(&format!("Rotation 1 of {count}")),
        _ => heading(&format!("Rotation {number} of {count}, {days} days later")),
    }
}

pub(crate) fn rotated(before: &State, after: &State) {
    let mut text = format!("\n{GOOD}Rotated.{GOOD:#}");
    if let Some(current) = after.current_key() {
        let _ = write!(text, " {current} is current.");
    }
    if let Some(previous) = after
        .usable_previous_key()
        .filter(|id| before.current_key().as_ref() == Some(id))
    {
        let _ = write!(text, " {previous} works until the next rotation.");
    }
    print(&(text + "\n"));
}

pub(crate) fn unchanged() {
    heading("After");
    print("  The secret and the keys are as they were.\n");
}

pub(crate) fn tested() {
    print(&format!("\n{GOOD}Passed.{GOOD:#} A rotation can work.\n"));
}

/// The first part of a version id.
pub(crate) fn short(id: &str) -> &str {
    id.split('-').next().unwrap_or(id)
}
