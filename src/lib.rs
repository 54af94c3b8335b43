//! Looks after the access keys of IAM users: rotates them on the Secrets Manager rotation protocol, retires the key that
//! was replaced, and revokes one that has leaked.
//!
//! Secrets Manager invokes the function four times a rotation, with the same token each time. A second function of the
//! same binary, the keeper, retires and revokes. [`Rotator::handle`] is the way in; the binary does nothing but call it
//! under Lambda.
//!
//! ```text
//! event ─► DescribeSecret + GetSecretValue AWSCURRENT ─► stages: token known? already current? pending? ─► step
//! createSecret  GetSecretValue AWSPENDING by token (present: done)
//!               ─► credential source [AssumeRole] ─► ListAccessKeys + GetSecretValue AWSPREVIOUS
//!               ─► deletion rule ─► mark
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
//! | P1 | The key that AWSCURRENT gives out, under whatever name it stands in the secret, is deleted; or deactivated, but for an exposed key that a person asked to cut off at once. Should a person's hand make it AWSCURRENT's while it is being taken away, it is active again by the end of the run, or of the next attempt. |
//! | P2 | AWSCURRENT moves to a key that has not authenticated as the expected user right before the move. |
//! | P3 | A key is lost track of: one that was made and not stored is removed, at once or by the next attempt. |
//! | P4 | A step that is repeated ends in another state, or a token makes two keys that live on. |
//! | P5 | A secret key, RotationToken or secret value reaches a log, an error or a panic. |
//! | P6 | A consumer with the key that was current is refused before that key was retired: not before `RETIRE_AFTER`, and not while IAM shows its use. Without the keeper, not before the next rotation. A revoked key is the exception. |
//! | P7 | What in the secret is neither the key, nor a copy of it, nor derived from it, is changed. |
//! | P8 | The function goes on where it is not safe: it stops, and names the user, the keys and the way out. |
//! | P9 | An active key is deleted. Each is deactivated first, looked at again, and only then deleted. |
//! | P10 | A key that was reported as exposed goes on authenticating unnoticed. Consumers get a verified one first, then it is deactivated. Where that fails, a metric says so. |
//!
//! They hold under any failure of a call, any retry, stale reads and concurrent runs, and whatever a person does meanwhile. Two
//! rules are behind that: look, then change, once ([`aws::once`]); and what can be undone comes before what can't
//! ([`rotation::removal`]).
//!
//! # The rooms
//!
//! Each knows only those below it; a test holds that (`tests/behaviour/rooms.rs`).
//!
//! | room | what is in it |
//! |---|---|
//! | `main.rs` | Lambda's edge. |
//! | [`function`] | An event comes in, a step or an action runs, an outcome or an error goes out; logs and metrics. |
//! | [`keeper`] | retire, undo, revoke, report. |
//! | [`steps`] | createSecret, setSecret, testSecret, finishSecret. |
//! | [`rotation`] | What the steps share: the run's clients and clock, the secret as it is staged, whose credentials are used, verifying, making a key and taking one away, and the texts of all errors. |
//! | [`aws`] | The clients, which only translate, and what their calls go over. |
//! | [`secret`] | Pure: the secret's document, its fields, copies and derived values, its staging labels. |
//! | [`key`] | Pure: which key may go, which may be retired, revoked or given back, and whose a key is. |
//!
//! # One rotation, as a straight line
//!
//! [`handler`](function::handler) takes the [`event`](function::event) and begins a [`context::Run`](rotation::context::Run).
//! It reads the secret ([`staged_secret`](rotation::staged_secret)), gives back what an earlier run took away by mistake
//! ([`give_back`](rotation::give_back)), and runs the step.
//!
//! - [`create_secret`](steps::create_secret) looks at AWSPENDING ([`pending`](rotation::pending)), finds whose credentials manage the
//!   keys ([`credential_source`](rotation::credential_source)), and asks the [`deletion_rule`](key::deletion_rule) which key may go.
//!   [`making`](rotation::making) marks the secret ([`marks`](key::marks)), takes that key away ([`removal`](rotation::removal)) and makes the new
//!   one. [`storing`](rotation::storing) stores it, in the [`layout`](secret::layout) of the secret.
//! - [`set_secret`](steps::set_secret) has nothing to set.
//! - [`test_secret`](steps::test_secret) verifies the new key ([`verification`](rotation::verification)).
//! - [`finish_secret`](steps::finish_secret) verifies it once more and moves AWSCURRENT.
//!
//! # The key that was replaced
//!
//! [`keeping`](function::keeping) takes the keeper's events, for one secret or a fleet. [`retire`](keeper::retire)
//! deactivates AWSPREVIOUS's key, as [`retirement`](key::retirement) decides; the next rotation deletes it.
//! [`undo`](keeper::undo) activates it again ([`undoing`](key::undoing)). [`revoke`](keeper::revoke) replaces an exposed
//! key and deactivates it ([`revocation`](key::revocation)); [`exposed_keys`](function::exposed_keys) takes AWS's reports
//! of them. [`report`](keeper::report) says what is wrong ([`findings`](keeper::findings)).
//!
//! # Where to change what
//!
//! | what | file |
//! |---|---|
//! | the wait between the tries to verify a key | [`rotation/verification_waits.rs`](rotation::verification_waits) |
//! | a value that is derived from the key | [`secret/layout.rs`](secret::layout), which asks [`secret/smtp_password.rs`](secret::smtp_password) for the one there is |
//! | an event that is no rotation | [`function/payload.rs`](function::payload) reads it, [`function/handler.rs`](function::handler) dispatches it; a [`Run`](rotation::context::Run) needs no token |
//! | a metric | [`function/metrics.rs`](function::metrics), and what it counts: [`function/counting.rs`](function::counting) |
//! | the text of an error | [`rotation/error_texts.rs`](rotation::error_texts); of a key that may not go, [`rotation/refusal_texts.rs`](rotation::refusal_texts); of the keeper, [`rotation/keeper_texts.rs`](rotation::keeper_texts) |
//! | which key may go | [`key/deletion_rule.rs`](key::deletion_rule); which may be retired, [`key/retirement.rs`](key::retirement) |
//! | a setting | [`rotation/config.rs`](rotation::config) |
//! | how a call is made that changes something | [`aws/once.rs`](aws::once) |
//! | the names that a field is found under | [`secret/fields.rs`](secret::fields) |
//!
//! Comments cite AWS's behaviour as "fact 23"; the numbers are those of [`facts`].

#![allow(
    rustdoc::private_intra_doc_links,
    reason = "the map is for who reads the source: cargo doc --document-private-items"
)]

mod aws;
mod function;
mod keeper;
mod key;
mod rotation;
mod secret;
mod steps;

#[doc = include_str!("facts.md")]
pub mod facts {}

pub use aws::failure::{AwsFailure, Effect};
pub use aws::sdk_config::{load_config, retries, timeouts};
pub use aws::smtp::{Smtp, Stream};
pub use aws::smtp_endpoint::SmtpEndpoint;
pub use aws::trust::Trust;
pub use function::action::{Action, Asked};
pub use function::error_answer::RotationError;
pub use function::event::{InvalidEvent, RotationEvent};
pub use function::exposure::{ExposedKey, Exposure, ReportedId, Reporter};
pub use function::handler::Rotator;
pub use function::logging;
pub use function::payload::{Event, Payload};
pub use key::access_key::{AccessKey, AccessKeyId};
pub use key::deletion_rule::DeleteKeyInUse;
pub use rotation::clock::deadline;
pub use rotation::config::Config;
pub use rotation::keeper_config::{KeeperConfig, Watches};
pub use rotation::problem::Problem;
pub use secret::document::SecretDocument;
pub use secret::fields::{Field, FieldNames};
pub use secret::malformed::{Malformed, Named};
pub use secret::named_source::NamedSource;
pub use secret::plain::{LONGEST_SENTENCE, one_line};
pub use secret::smtp_password;
