//! The secret document's parser, tested with a fuzzer's input.
#![no_main]

#[path = "../../properties/layout.rs"]
mod layout;
#[path = "../../properties/secret_document.rs"]
mod secret_document;

use secret_document::{holds, names, new_key};

libfuzzer_sys::fuzz_target!(|text: &str| {
    for fields in names() {
        holds(text, &fields, &new_key("new\"\\/\u{8}é🔑"));
    }
});
