//! Rotates the access keys of IAM users on the Secrets Manager rotation protocol.
//!
//! Secrets Manager invokes the function four times a rotation, with the same token each time.
//! [`rotation::Rotator::handle`] is the way in; the binary does nothing but call it under Lambda.
//!
//! ```text
//! event ─► DescribeSecret + GetSecretValue AWSCURRENT ─► stages: token known? already current? pending? ─► step
//! createSecret  GetSecretValue AWSPENDING by token (present: done)
//!               ─► credential source [AssumeRole] ─► ListAccessKeys + GetSecretValue AWSPREVIOUS
//!               ─► key_selection ─► mark
//!               ─► [mark ─► UpdateAccessKey Inactive ─► look again for 5 s ─► DeleteAccessKey]
//!               ─► CreateAccessKey ─► PutSecretValue (token, AWSPENDING, RotationToken)
//! setSecret     nothing to set; confirms that AWSPENDING holds a key
//! testSecret    GetCallerIdentity with AWSCURRENT's key, and with AWSPENDING's until it holds, as the same user;
//!               SMTP AUTH where a password was derived from it
//! finishSecret  GetCallerIdentity once more ─► at once UpdateSecretVersionStage (AWSCURRENT to the token)
//! ```
//!
//! # What never happens
//!
//! | | promise |
//! |---|---|
//! | P1 | The key that AWSCURRENT gives out, under whatever name it stands in the secret, is deleted or deactivated. Should a person's hand make it AWSCURRENT's while it is being taken away, it is active again by the end of the run, or of the next attempt. |
//! | P2 | AWSCURRENT moves to a key that has not authenticated as the expected user right before the move. |
//! | P3 | A key is lost track of: one that was made and not stored is removed, at once or by the next attempt. |
//! | P4 | A step that is repeated ends in another state, or a token makes two keys that live on. |
//! | P5 | A secret key, RotationToken or secret value reaches a log, an error or a panic. |
//! | P6 | A consumer with the key that was current is refused before the next rotation. |
//! | P7 | What in the secret is neither the key, nor a copy of it, nor derived from it, is changed. |
//! | P8 | The function goes on where it is not safe: it stops, and names the user, the keys and the way out. |
//! | P9 | An active key is deleted. Each is deactivated first, looked at again, and only then deleted. |
//!
//! They hold under any failure of a call, any retry, stale reads and concurrent runs, and whatever a person does meanwhile. Two
//! rules are behind that: look, then change, once ([`change`]); and what can be undone comes before what can't (`removal`).
//!
//! # Where things are
//!
//! The steps are in `steps/`, a file each. What is decided is decided by pure functions:
//! [`stages`] (what the labels say), [`named_source`] (whose credentials the secret names),
//! [`key_selection`] (which key may go), [`verification::judge`]
//! (whose key it is), [`secret_name`] (which secret may hold it), [`secret_value`] (what the document holds), with [`fields`] (what its fields are called), `secret_fields`
//! (how they are read), `secret_layout` (where a new key goes), [`given_out`] (which keys its text gives out) and [`smtp_password`] (what is derived from a key).
//! [`secrets_manager`], [`iam`], [`sts`] and [`smtp`] only translate. `staged_secret`, `credentials`, `pending`, `deletion`,
//! `making`, `removal`, `give_back`, `marking`, `smtp_logins` and `new_key` put the two together. [`change`] is the one place
//! that changes things, and [`marks`] is what one run leaves for the next; `so_far` keeps what an error has to tell, and [`way_out`]
//! says what to do. [`environment`] and `proxy` check what the SDK reads by itself. [`throttling`] has a call wait for its turn;
//! [`aws`], [`trust`] and `connections` are what every call goes over. [`plain`] and `sdk_text` are what others' texts go through.
//!
//! Comments cite AWS's behaviour as "fact 23"; the numbers are those of [`facts`].

pub mod access_key;
pub mod aws;
pub mod aws_failure;
pub mod change;
pub mod clock;
pub mod config;
mod connections;
mod credentials;
mod deletion;
pub mod environment;
pub mod error;
pub mod event;
#[doc = include_str!("facts.md")]
pub mod facts {}
pub mod fields;
mod foreign_format;
mod give_back;
pub mod given_out;
pub mod iam;
mod json_text;
pub mod key_selection;
pub mod logging;
mod making;
pub mod malformed;
mod marking;
pub mod marks;
pub mod named_source;
mod new_key;
pub mod outcome;
pub mod partition;
mod pending;
pub mod plain;
pub mod problem;
mod proxy;
mod removal;
pub mod rotation;
mod sdk_text;
mod secret_fields;
mod secret_layout;
pub mod secret_name;
pub mod secret_value;
pub mod secrets_manager;
pub mod smtp;
pub mod smtp_endpoint;
mod smtp_logins;
pub mod smtp_password;
mod so_far;
mod staged_secret;
pub mod stages;
mod steps;
pub mod sts;
pub mod throttling;
pub mod trust;
pub mod verification;
pub mod way_out;
