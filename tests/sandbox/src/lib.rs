//! The AWS that a rotation needs, simulated: Secrets Manager, IAM, STS, SES's SMTP interface, the Lambda Runtime API,
//! and Secrets Manager's side of a rotation.

pub mod aws;
pub mod build;
pub mod caller;
pub mod clock;
pub mod connections;
pub mod connector;
pub mod in_process;
pub mod lambda;
pub mod rotation;
pub mod server;
pub mod setup;
pub mod smtp;
pub mod tls;
