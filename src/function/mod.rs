//! The function: an event comes in, a step runs, and an outcome or an error goes out.

pub(crate) mod action;
pub(crate) mod connecting;
pub(crate) mod counting;
pub(crate) mod error_answer;
pub(crate) mod event;
pub(crate) mod exposed_keys;
pub(crate) mod exposure;
pub(crate) mod handler;
pub(crate) mod keeper_answer;
pub(crate) mod keeping;
pub(crate) mod kind;
pub mod logging;
pub(crate) mod metrics;
pub(crate) mod object;
pub(crate) mod payload;
