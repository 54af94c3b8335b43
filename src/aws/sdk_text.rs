//! What may be shown of the SDK's own errors. Some quote the whole request, including an external id or a new secret
//! key. So a text is shown only if it is known to contain nothing of a request.

use std::error::Error;
use std::io;

use aws_credential_types::provider::error::CredentialsError;

use crate::secret::plain::first_line;

/// The most that is shown of one cause, in characters.
const LONGEST: usize = 200;
/// Texts of the HTTP client and of endpoint resolution that are the same for every request.
const KNOWN: [&str; 16] = [
    "dns error",
    "tcp connect error",
    "connection closed before message completed",
    "connection error",
    "operation was canceled",
    "tunnel error: proxy authorization required",
    "tunnel error: unsuccessful",
    "tunnel error: unexpected end of file",
    "tunnel error: failed to create underlying connection",
    "tunnel error: io error establishing tunnel",
    "Invalid Configuration: Missing Region",
    "Invalid Configuration: FIPS and custom endpoint are not supported",
    "Invalid Configuration: Dualstack and custom endpoint are not supported",
    "FIPS is enabled but this partition does not support FIPS",
    "DualStack is enabled but this partition does not support DualStack",
    "FIPS and DualStack are enabled, but this partition does not support one or both",
];

/// How the HTTP client's text begins when connecting took too long.
const CONNECT_TIME: &str = "HTTP connect timeout occurred after ";
/// Texts of the HTTP client for a connection that could not be made.
const CONNECTING: [&str; 2] = ["dns error", "tcp connect error"];
/// How its texts begin where a proxy made no connection.
const TUNNEL: &str = "tunnel error: ";
/// How the standard library's text begins for an error of the system's resolver.
const LOOKUP: &str = "failed to lookup address information: ";

/// Whether the HTTP client says with this error that no connection could be made.
pub(crate) fn is_of_connecting(error: &(dyn Error + 'static)) -> bool {
    let text = error.to_string();
    CONNECTING.contains(&&*text) || text.starts_with(CONNECT_TIME) || text.starts_with(TUNNEL)
}

/// The kind of failure, and those of its causes that may be shown.
pub(crate) fn with_causes(kind: &str, error: &(dyn Error + 'static)) -> String {
    let mut texts = vec![kind.to_owned()];
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(text) = shown(error)
            && texts.last() != Some(&text)
        {
            texts.push(text);
        }
        cause = error.source();
    }
    texts.join(": ")
}

/// An error's text, if it comes from the system, TLS or the credentials provider, or if it is a known text.
fn shown(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return Some(io_text(error));
    }
    if error.is::<rustls::Error>() || error.is::<CredentialsError>() {
        return Some(first_line(&error.to_string(), LONGEST));
    }
    let text = error.to_string();
    let is_known = KNOWN.contains(&&*text) || text.starts_with(CONNECT_TIME);
    is_known.then(|| first_line(&text, LONGEST))
}

/// The system's text: "Connection refused (os error 111)". For an error that wraps another one, only its kind, unless
/// the inner one may be shown.
fn io_text(error: &io::Error) -> String {
    match error.get_ref() {
        None => first_line(&error.to_string(), LONGEST),
        Some(inner) => shown(inner)
            .or_else(|| Some(inner.to_string()).filter(|text| text.starts_with(LOOKUP)))
            .map_or_else(
                || error.kind().to_string(),
                |text| first_line(&text, LONGEST),
            ),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    /// An SDK error that quotes the request.
    #[derive(Debug)]
    struct Quoting(Option<Box<dyn Error + Send + Sync>>);

    impl fmt::Display for Quoting {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("failed to apply endpoint to request `ExternalId=sesame`")
        }
    }

    impl Error for Quoting {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.0.as_ref().map(|source| &**source as _)
        }
    }

    fn said(cause: impl Error + Send + Sync + 'static) -> String {
        let outer = Quoting(Some(Box::new(Quoting(Some(Box::new(cause))))));
        with_causes("the request was not sent", &outer)
    }

    #[test]
    fn what_quotes_the_request_is_not_shown() {
        assert_eq!(said(Quoting(None)), "the request was not sent");
        let inside = io::Error::other(Quoting(None));
        assert_eq!(said(inside), "the request was not sent: other error");
    }

    #[test]
    fn what_the_system_and_tls_say_is_shown() {
        let tls = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let nested = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, tls));
        let text = said(nested);
        assert!(
            text.ends_with(": invalid peer certificate: UnknownIssuer"),
            "{text}"
        );
        let refused = said(io::Error::from_raw_os_error(111));
        assert!(refused.contains("os error 111"), "{refused}");
        let kind = said(io::Error::from(io::ErrorKind::ConnectionReset));
        assert!(kind.ends_with(": connection reset"), "{kind}");
    }
}
