//! The clients, which only translate, and the connections that their calls use.

pub(crate) mod connect_only;
pub(crate) mod date;
pub(crate) mod environment;
pub(crate) mod failure;
pub(crate) mod host;
pub(crate) mod iam;
pub(crate) mod invalid_setting;
pub(crate) mod once;
pub(crate) mod partition;
pub(crate) mod proxy;
pub(crate) mod quarantine;
pub(crate) mod reach;
pub(crate) mod rotating;
pub(crate) mod sdk_config;
pub(crate) mod sdk_text;
pub(crate) mod secret_list;
pub(crate) mod secrets_manager;
pub(crate) mod smtp;
pub(crate) mod smtp_endpoint;
pub(crate) mod sts;
pub(crate) mod trust;
