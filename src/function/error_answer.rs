//! The function's error: a [`Problem`], and what it is about.

use std::fmt;

use lambda_runtime::Diagnostic;

use crate::rotation::cli::About;
use crate::rotation::context::Run;
use crate::rotation::problem::Problem;
use crate::secret::plain::{LONGEST_SENTENCE, one_line};

/// A [`Problem`] with the step or action, the secret and the user that it is about.
#[derive(Clone, Debug)]
pub struct RotationError {
    /// The step or the keeper's action, if the event named it.
    pub action: Option<&'static str>,
    /// The secret, if the event named it.
    pub secret: Option<String>,
    /// The event's ClientRequestToken, if it had one.
    pub token: Option<String>,
    /// The user, if the secret was read.
    pub user: Option<String>,
    /// What the step had changed so far. Each is a sentence without its full stop.
    pub changed: Vec<String>,
    /// What the step was about to do when the invocation's time was up. Set if the problem is the last attempt's.
    pub out_of_time: Option<String>,
    /// Why the step stopped.
    pub problem: Box<Problem>,
}

/// The most that each part of the text may hold, in characters, so that no part crowds out another.
const LONGEST_SECRET: usize = 700;
const LONGEST_USER: usize = 100;
const LONGEST_PROBLEM: usize = 1_200;
const LONGEST_CHANGED: usize = 500;
const LONGEST_DOING: usize = 200;

impl fmt::Display for RotationError {
    /// One line of at most [`LONGEST_SENTENCE`] characters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        if let Some(action) = self.action {
            text.push_str(action);
        }
        if let Some(secret) = &self.secret {
            text.push_str(" of the secret ");
            text.push_str(&one_line(secret, LONGEST_SECRET));
        }
        if let Some(user) = &self.user {
            text.push_str(&format!(" (user {})", one_line(user, LONGEST_USER)));
        }
        if self.action.is_some() {
            text.push_str(" stopped: ");
        }
        // Most of AWS's messages end with a full stop.
        let texts = self.problem.texts(&self.about());
        let problem = one_line(&texts.case, LONGEST_PROBLEM);
        text.push_str(problem.trim_end_matches('.'));
        if let Some(doing) = &self.out_of_time {
            text.push_str("; then the function's time was up while it was about to ");
            text.push_str(&one_line(doing, LONGEST_DOING));
        }
        text.push_str(". ");
        if !self.changed.is_empty() {
            let changed = one_line(&self.changed.join(", "), LONGEST_CHANGED);
            text.push_str(&format!("Before that, {changed}. "));
        } else if self.out_of_time.is_none() && self.problem.changed_nothing() {
            text.push_str("Nothing was changed. ");
        }
        text.push_str(&format!("What to do: {}.", texts.way_out));
        f.write_str(&one_line(&text, LONGEST_SENTENCE))
    }
}

impl RotationError {
    /// A command line that would have to be cut is left out.
    fn about(&self) -> About<'_> {
        let secret = self.secret.as_deref();
        About {
            secret: secret.filter(|secret| secret.len() <= LONGEST_SECRET),
            token: self.token.as_deref(),
            user: self.user.as_deref(),
        }
    }
}

impl RotationError {
    /// The error of a run that stopped. `token` is the rotation's, if it was one.
    pub(crate) fn of(run: &Run<'_>, token: Option<&str>, problem: Problem) -> Self {
        let (problem, out_of_time) = run.notes.end(problem, run.clock.now());
        Self {
            action: Some(run.action),
            secret: Some(run.secret_id.to_owned()),
            token: token.map(str::to_owned),
            user: run.user(),
            changed: run.notes.changes(),
            out_of_time,
            problem: Box::new(problem),
        }
    }
}

impl std::error::Error for RotationError {}

impl From<RotationError> for Diagnostic {
    fn from(error: RotationError) -> Self {
        Self {
            error_type: error.problem.error_type().to_owned(),
            error_message: error.to_string(),
        }
    }
}

impl From<Problem> for RotationError {
    /// For a problem found before the event is known.
    fn from(problem: Problem) -> Self {
        Self {
            action: None,
            secret: None,
            token: None,
            user: None,
            changed: Vec::new(),
            out_of_time: None,
            problem: Box::new(problem),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(length: usize) -> RotationError {
        let long = |letter: char| {
            let text: String = std::iter::repeat_n(letter, length).collect();
            format!("{letter}\n{text}")
        };
        RotationError {
            action: Some("setSecret"),
            secret: Some(long('a')),
            token: Some("t".to_owned()),
            user: Some(long('b')),
            changed: vec![long('c'), long('d')],
            out_of_time: Some(long('e')),
            problem: Box::new(Problem::RotationReset {
                reason: long('€')
            }),
        }
    }

    #[test]
    fn an_error_is_one_bounded_line_with_its_way_out() {
        for length in [0, 10, 1_000, 100_000] {
            let said = error(length).to_string();
            assert!(said.chars().count() <= LONGEST_SENTENCE, "{length}");
            assert!(!said.chars().any(char::is_control), "{said:?}");
            let parts = [
                "setSecret",
                "(user b",
                "€",
                "Before that, c",
                "What to do: ",
            ];
            for part in parts {
                assert!(said.contains(part), "{length} {part}: {said}");
            }
            // A command line that would have to be cut is left out.
            assert_eq!(said.contains("--secret-id"), length < 700, "{said}");
            let diagnostic = Diagnostic::from(error(length));
            assert_eq!(diagnostic.error_message, said);
        }
    }
}
