//! Pure: what a secret holds, what its staging labels mean, and what replaces its values.

pub(crate) mod document;
pub(crate) mod fields;
pub(crate) mod foreign_format;
pub(crate) mod json_text;
pub(crate) mod layout;
pub(crate) mod malformed;
pub(crate) mod name;
pub(crate) mod named_source;
pub(crate) mod plain;
pub(crate) mod secret_fields;
pub mod smtp_password;
pub(crate) mod stages;
