//! Calls that only connect.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;

/// Replaces a call's request with one that asks for nothing. All that is left of the call is the connection to its host.
#[derive(Debug)]
pub(crate) struct ConnectOnly;

#[dyn_dispatch_hint]
impl Intercept for ConnectOnly {
    fn name(&self) -> &'static str {
        "ConnectOnly"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut nothing = HttpRequest::new(SdkBody::empty());
        nothing.set_method("HEAD")?;
        nothing.set_uri(context.request().uri())?;
        *context.request_mut() = nothing;
        Ok(())
    }
}

/// Makes a call only connect, unsigned and once. A macro, since each SDK crate has its own types.
macro_rules! connect_only {
    ($sdk:ident, $call:expr) => {{
        let unsigned = aws_smithy_runtime_api::client::auth::AuthSchemeId::new("noAuth");
        let config = $sdk::config::Builder::new()
            .allow_no_auth()
            .auth_scheme_preference([unsigned])
            .retry_config(aws_config::retry::RetryConfig::disabled());
        let call = $call.customize().config_override(config);
        let call = call.interceptor($crate::aws::connect_only::ConnectOnly);
        let _ = call.send().await;
    }};
}
pub(crate) use connect_only;
