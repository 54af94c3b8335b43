//! The rotation event's parser, tested with a fuzzer's input.
#![no_main]

#[path = "../../properties/event.rs"]
mod event;
#[path = "../../properties/layout.rs"]
#[allow(dead_code)]
mod layout;

libfuzzer_sys::fuzz_target!(|payload: &[u8]| {
    event::holds(payload);
});
