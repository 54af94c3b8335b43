//! What is true of the three parsers (secret document, event and tags) for any input. The tests here use random texts,
//! the same ones every time. Those in `tests/fuzz` use what a fuzzer finds.
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
