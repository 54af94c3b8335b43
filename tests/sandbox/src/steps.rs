//! The steps of a rotation as they run.

use std::fmt::Write as _;

use sandbox::aws::{Aws, Call, Outcome, Service};
use sandbox::lambda::LambdaProcess;
use sandbox::rotation::{CREATE_SECRET, Function, FunctionError, StepReport};
use serde_json::Value;

use crate::view::{BAD, DIM, GOOD, WARN, print};

/// The column where running text ends.
const WIDTH: usize = 100;
/// The column where the text after a step's name and time begins.
const STEP_TEXT: usize = 28;
/// Clears the line that the cursor is on.
const TAKE_BACK: &str = "\r\u{1b}[2K";

/// The function, with a line for the person before each step.
pub(crate) struct Announced<'a> {
    function: &'a mut LambdaProcess,
    attempts: u32,
    is_live: bool,
}

impl<'a> Announced<'a> {
    /// With `is_live`, the step's name stays on the last line until [`StepView::show`] removes it.
    pub(crate) fn new(function: &'a mut LambdaProcess, is_live: bool) -> Self {
        Self {
            function,
            attempts: 0,
            is_live,
        }
    }
}

impl Function for Announced<'_> {
    async fn invoke(&mut self, event: Value) -> Result<Value, FunctionError> {
        let step = event["Step"].as_str().unwrap_or_default();
        if step == CREATE_SECRET {
            self.attempts += 1;
            if self.attempts > 1 {
                print(&format!("  {DIM}Secrets Manager tries again{DIM:#}\n"));
            }
        }
        if self.is_live {
            print(&format!("  {DIM}… {step}{DIM:#}"));
        }
        self.function.invoke(event).await
    }
}

/// Shows steps as they end, each with the calls that failed in it. An operator's calls in the
/// meantime are not part of a step.
pub(crate) struct StepView<'a> {
    aws: &'a Aws,
    calls_before: usize,
    is_live: bool,
    last_error: Option<FunctionError>,
}

impl<'a> StepView<'a> {
    pub(crate) fn new(aws: &'a Aws, is_live: bool) -> Self {
        Self {
            aws,
            calls_before: aws.calls().len(),
            is_live,
            last_error: None,
        }
    }

    pub(crate) fn show(&mut self, report: &StepReport) {
        if self.is_live {
            print(TAKE_BACK);
        }
        let is_known =
            self.last_error.is_some() && self.last_error.as_ref() == report.result.as_ref().err();
        print(&step_line(report, is_known));
        if let Err(error) = &report.result {
            self.last_error = Some(error.clone());
        }
        let calls = self.aws.calls();
        let operator = self.aws.operator_credentials();
        let in_step = calls.get(self.calls_before..).unwrap_or_default().iter();
        let of_others = in_step.filter(|call| call.access_key_id != operator.access_key_id());
        print(&calls_lines(&of_others.collect::<Vec<_>>()));
        self.calls_before = calls.len();
    }
}

/// The calls of a step in which one failed: that call, and the changes that the function made. Empty if all went well.
fn calls_lines(calls: &[&Call]) -> String {
    if calls.iter().all(|call| failure(call).is_none()) {
        return String::new();
    }
    let mut lines = String::new();
    for call in calls {
        // Writing to a String can't fail.
        let mut name = format!("{} {}", service_name(call.service), call.action);
        if call.service == Service::Iam && !call.resource.is_empty() {
            let _ = write!(name, " {}", call.resource);
        }
        let (style, text) = match failure(call) {
            Some(how) => (WARN, format!("{name}: {how}")),
            None if is_change(call) => (DIM, name),
            None => continue,
        };
        let _ = writeln!(lines, "{:STEP_TEXT$}{style}{text}{style:#}", "");
    }
    lines
}

fn is_change(call: &Call) -> bool {
    !["Get", "List", "Describe"]
        .iter()
        .any(|prefix| call.action.starts_with(prefix))
}

/// One step. A known error is not shown in full again.
fn step_line(report: &StepReport, is_known: bool) -> String {
    let (mark, style, text) = match &report.result {
        Ok(answer) => ("✓", GOOD, message(answer)),
        Err(error) if is_known => ("✗", BAD, format!("{}, as before", error.error_type)),
        Err(error) => ("✗", BAD, error.to_string()),
    };
    let took = format!("{:.2} s", report.took.as_secs_f64());
    let text = wrap(&text, STEP_TEXT);
    format!(
        "  {style}{mark}{style:#} {:<12} {DIM}{took:>9}{DIM:#}   {text}\n",
        report.step
    )
}

/// The message for a person in a step's response.
fn message(answer: &Value) -> String {
    answer["message"]
        .as_str()
        .map_or_else(|| answer.to_string(), str::to_owned)
}

/// How a call failed, if that is unusual.
pub(crate) fn failure(call: &Call) -> Option<String> {
    match &call.outcome {
        Outcome::Ok => None,
        // The usual way to learn that a version has no value yet (fact 2).
        Outcome::Error { code, .. }
            if call.action == "GetSecretValue" && code == "ResourceNotFoundException" =>
        {
            None
        }
        Outcome::Error { status, code } => Some(format!("{status} {code}")),
        Outcome::Lost => Some("no answer".to_owned()),
    }
}

/// The last part of the caller's ARN.
pub(crate) fn caller_name(call: &Call) -> &str {
    let name = call.principal.rsplit('/').next().unwrap_or_default();
    if name.is_empty() { "unknown" } else { name }
}

pub(crate) fn service_name(service: Service) -> &'static str {
    match service {
        Service::SecretsManager => "Secrets Manager",
        Service::Iam => "IAM",
        Service::Sts => "STS",
    }
}

/// Breaks the text between words so that it fits after `indent` columns.
pub(crate) fn wrap(text: &str, indent: usize) -> String {
    let mut wrapped = String::new();
    let mut column = indent;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > indent && column + 1 + length > WIDTH {
            wrapped.push('\n');
            wrapped.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > indent {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(word);
        column += length;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn shown(result: Result<Value, FunctionError>) -> String {
        let took = Duration::from_millis(1_234);
        let report = StepReport {
            step: CREATE_SECRET,
            attempt: 1,
            took,
            result,
        };
        anstream::adapter::strip_str(&step_line(&report, false)).to_string()
    }

    #[test]
    fn a_step_is_told_with_its_time_and_the_functions_sentence() {
        let line = shown(Ok(
            json!({ "step": "createSecret", "message": "Created AKIA1." }),
        ));
        assert_eq!(line, "  ✓ createSecret    1.23 s   Created AKIA1.\n");
    }

    #[test]
    fn a_failed_step_is_told_with_the_functions_own_error() {
        let error = FunctionError {
            error_type: "KeyInUse".to_owned(),
            error_message: "The key AKIA1 was used today.".to_owned(),
        };
        assert_eq!(
            shown(Err(error)),
            "  ✗ createSecret    1.23 s   KeyInUse: The key AKIA1 was used today.\n"
        );
    }

    #[test]
    fn a_call_about_nothing_known_is_told_without_a_dangling_colon() {
        let call = Call {
            number: 1,
            service: Service::Iam,
            action: "DeleteAccessKey".to_owned(),
            principal: String::new(),
            access_key_id: "AKIA1".to_owned(),
            resource: String::new(),
            missed: false,
            outcome: Outcome::Lost,
            at: std::time::SystemTime::now(),
        };
        let lines = anstream::adapter::strip_str(&calls_lines(&[&call])).to_string();
        assert_eq!(lines.trim(), "IAM DeleteAccessKey: no answer");
    }

    #[test]
    fn long_text_breaks_between_words_and_stays_in_its_column() {
        let text = wrap(&"word ".repeat(30), STEP_TEXT);
        assert_eq!(text.split_whitespace().count(), 30);
        let mut lines = text.lines();
        assert!(
            lines
                .next()
                .is_some_and(|line| line.len() + STEP_TEXT <= WIDTH)
        );
        assert!(lines.all(|line| line.len() <= WIDTH && line.starts_with(&" ".repeat(STEP_TEXT))));
    }
}
