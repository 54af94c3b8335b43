//! The credential source that tags name, tested with a fuzzer's input.
#![no_main]

#[path = "../../properties/layout.rs"]
#[allow(dead_code)]
mod layout;
#[path = "../../properties/secret_document.rs"]
#[allow(dead_code)]
mod secret_document;
#[path = "../../properties/tags.rs"]
mod tags;

libfuzzer_sys::fuzz_target!(|text: &str| {
    tags::holds(text);
});
