//! Whom TLS trusts: the system's roots (`SSL_CERT_FILE`, `SSL_CERT_DIR`), or a bundle of one's own (`AWS_CA_BUNDLE`).

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::problem::Problem;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";

/// Takes the value of `AWS_CA_BUNDLE`, the path of a PEM file that stands in for the system's roots, as it does for AWS's
/// other SDKs and its CLI.
///
/// # Errors
/// [`Problem::ConfigurationInvalid`] where the file cannot be read or holds no certificate that can be used.
pub(crate) fn read(bundle: Option<String>) -> Result<TlsContext, Problem> {
    let Some(path) = bundle.filter(|path| !path.is_empty()) else {
        return Ok(TlsContext::default());
    };
    let invalid = |reason: String| Problem::ConfigurationInvalid {
        reason: format!("AWS_CA_BUNDLE names {path}, {reason}"),
    };
    let text = std::fs::read_to_string(&path)
        .map_err(|reason| invalid(format!("which cannot be read: {reason}")))?;
    let mut usable = certificates(&text).peekable();
    if usable.peek().is_none() {
        return Err(invalid("which holds no certificate in PEM".to_owned()));
    }
    let trust = usable.fold(TrustStore::empty(), TrustStore::with_pem_certificate);
    TlsContext::builder()
        .with_trust_store(trust)
        .build()
        .map_err(|reason| invalid(reason.to_string()))
}

/// The certificates of a PEM file that can be roots. The HTTP client panics on any other, and the bundles of companies have some.
fn certificates(text: &str) -> impl Iterator<Item = &str> {
    let begins = text.match_indices(BEGIN).map(|(at, _)| at);
    begins.filter_map(|at| {
        let rest = &text[at..];
        let end = rest[BEGIN.len()..].find(BEGIN);
        let pem = end.map_or(rest, |end| &rest[..BEGIN.len() + end]);
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
        RootCertStore::empty().add(certificate).ok()?;
        Some(pem)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_bundle_that_cannot_be_used_is_refused_with_the_variables_name_and_the_path() {
        let directory = env!("CARGO_MANIFEST_DIR");
        for (path, reason) in [
            ("no/such/file.pem".to_owned(), "cannot be read"),
            (directory.to_owned(), "cannot be read"),
            (format!("{directory}/README.md"), "holds no certificate"),
        ] {
            let problem = read(Some(path.clone())).unwrap_err().to_string();
            assert!(problem.contains("AWS_CA_BUNDLE"), "{problem}");
            assert!(problem.contains(&path), "{problem}");
            assert!(problem.contains(reason), "{problem}");
        }
    }

    #[test]
    fn no_bundle_is_the_systems_roots() {
        assert!(read(None).is_ok());
        assert!(read(Some(String::new())).is_ok());
    }

    #[test]
    fn a_block_that_is_no_certificate_is_passed_over() {
        let end = "-----END CERTIFICATE-----\n";
        for block in ["", "AAAA", "no base64!"] {
            let text = format!("# comment\n{BEGIN}\n{block}\n{end}{BEGIN}");
            assert_eq!(certificates(&text).count(), 0, "{block}");
        }
    }
}
