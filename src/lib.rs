//! Rotates the access keys of IAM users on the Secrets Manager rotation protocol.
//!

pub mod access_key;
pub mod aws;
pub mod aws_failure;
pub mod clock;
pub mod config;
mod credentials;
mod deletion;
pub mod error;
pub mod event;
pub mod iam;
pub mod key_selection;
pub mod logging;
mod new_key;
pub mod outcome;
mod pending;
pub mod problem;
pub mod rotation;
pub mod secret_value;
pub mod secrets_manager;
pub mod stages;
mod steps;
pub mod sts;
pub mod verification;
mod way_out;
