//! The function: an event comes in, a step runs, and an outcome or an error goes out.

pub(crate) mod action;
pub(crate) mod connecting;
pub(crate) mod error_answer;
pub(crate) mod event;
pub(crate) mod exposure;
pub(crate) mod handler;
pub(crate) mod kind;
pub mod logging;
pub(crate) mod object;
