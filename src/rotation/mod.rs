//! Code that the steps share.

pub(crate) mod change;
pub(crate) mod cli;
pub(crate) mod clock;
pub(crate) mod config;
pub(crate) mod context;
pub(crate) mod credential_source;
pub(crate) mod deactivation;
pub(crate) mod deletion;
pub(crate) mod error_texts;
pub(crate) mod give_back;
pub(crate) mod making;
pub(crate) mod marking;
pub(crate) mod notes;
pub(crate) mod outcome;
pub(crate) mod pending;
pub(crate) mod problem;
pub(crate) mod progress;
pub(crate) mod refusal_texts;
pub(crate) mod removal;
pub(crate) mod smtp_logins;
pub(crate) mod staged_secret;
pub(crate) mod storing;
pub(crate) mod texts;
pub(crate) mod throttling;
pub(crate) mod verification;
pub(crate) mod verification_waits;
