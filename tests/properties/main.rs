//! What holds of the three parsers, the secret document's, the event's and the tags', whatever they are given:
//! here for random texts, and in `tests/fuzz` for what a fuzzer finds. The same texts every time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod documents;
mod event;
mod events;
#[path = "../exploration/figures.rs"]
mod figures;
mod json;
mod layout;
mod runs;
mod secret_document;
mod sources;
mod tags;
