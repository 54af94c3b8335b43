//! The calls that are to go wrong.

use clap::ValueEnum;
use sandbox::aws::{CALLS, Fault, FaultKind, Service, When};

/// A call that is to go wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The API action.
    pub(crate) call: &'static str,
    /// How it goes wrong.
    pub(crate) kind: FailureKind,
}

/// How a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailureKind {
    Lost,
    Timeout,
    Error,
    Throttle,
    Denied,
}

impl std::str::FromStr for Failure {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (call, kind) = text.split_once(':').unwrap_or((text, "lost"));
        let call = CALLS
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(call))
            .ok_or_else(|| {
                format!(
                    "the function makes no call {call}; its calls: {}",
                    CALLS.join(", ")
                )
            })?;
        let kind = FailureKind::from_str(kind, true)
            .map_err(|_| format!("{kind} is none of lost, timeout, error, throttle, denied"))?;
        Ok(Self { call, kind })
    }
}

impl Failure {
    /// The fault for the `nth` call of the action, from 1.
    pub(crate) fn fault(&self, nth: usize) -> Fault {
        Fault {
            on: When::Action {
                action: self.call.to_owned(),
                nth,
            },
            kind: self.fault_kind(),
        }
    }

    fn fault_kind(&self) -> FaultKind {
        // Each service has its own name for throttling (fact 20).
        let secrets_manager = Service::of(self.call) == Some(Service::SecretsManager);
        match self.kind {
            FailureKind::Lost => FaultKind::AnswerLost,
            FailureKind::Timeout => FaultKind::TimedOutAfter,
            FailureKind::Error if secrets_manager => FaultKind::ErrorBefore {
                status: 503,
                code: "InternalServiceError".to_owned(),
            },
            FailureKind::Error => FaultKind::ErrorBefore {
                status: 503,
                code: "ServiceUnavailable".to_owned(),
            },
            FailureKind::Throttle if secrets_manager => FaultKind::ErrorBefore {
                status: 400,
                code: "ThrottlingException".to_owned(),
            },
            FailureKind::Throttle => FaultKind::ErrorBefore {
                status: 400,
                code: "Throttling".to_owned(),
            },
            FailureKind::Denied => FaultKind::Denied,
        }
    }

    /// What happens, for the heading.
    pub(crate) fn describe(&self) -> String {
        let how = match self.kind {
            FailureKind::Lost => "loses its answer",
            FailureKind::Timeout => "never gets an answer",
            FailureKind::Error => "gets status 503",
            FailureKind::Throttle => "is throttled",
            FailureKind::Denied => "is denied",
        };
        format!("{} {how}", self.call)
    }
}
