//! Whom TLS trusts: the system's roots (`SSL_CERT_FILE`, `SSL_CERT_DIR`), or a custom bundle (`AWS_CA_BUNDLE`).

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::aws::invalid_setting::InvalidSetting;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";

/// Whom every connection trusts.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The certificates of a bundle, each in PEM. None means the system's roots.
    bundle: Option<Vec<String>>,
}

impl Trust {
    /// Takes the value of `AWS_CA_BUNDLE`, the path of a PEM file. The file replaces the system's roots, as it does for
    /// AWS's other SDKs and its CLI.
    ///
    /// # Errors
    /// [`InvalidSetting`] if the file cannot be read or holds no usable certificate.
    pub fn read(bundle: Option<String>) -> Result<Self, InvalidSetting> {
        let Some(path) = bundle.filter(|path| !path.is_empty()) else {
            return Ok(Self::default());
        };
        let invalid =
            |reason: &str| InvalidSetting(format!("AWS_CA_BUNDLE names {path}, {reason}"));
        let text = std::fs::read_to_string(&path)
            .map_err(|reason| invalid(&format!("which cannot be read: {reason}")))?;
        Self::of_pem(&text).ok_or_else(|| invalid("which holds no certificate in PEM"))
    }

    /// Takes a bundle's text. Returns None if it holds no usable certificate.
    #[must_use]
    pub fn of_pem(text: &str) -> Option<Self> {
        let bundle: Vec<_> = certificates(text).map(str::to_owned).collect();
        (!bundle.is_empty()).then_some(Self {
            bundle: Some(bundle),
        })
    }

    /// In the HTTP client's form.
    pub(crate) fn for_http(&self) -> Result<TlsContext, InvalidSetting> {
        let Some(bundle) = &self.bundle else {
            return Ok(TlsContext::default());
        };
        let trust = bundle.iter().fold(TrustStore::empty(), |trust, pem| {
            trust.with_pem_certificate(pem.as_str())
        });
        TlsContext::builder()
            .with_trust_store(trust)
            .build()
            .map_err(|reason| InvalidSetting(format!("AWS_CA_BUNDLE cannot be used: {reason}")))
    }

    /// In the SMTP client's form, for a server of this name.
    pub(crate) fn for_smtp(&self, host: &str) -> Result<TlsParameters, String> {
        let mut builder = TlsParameters::builder(host.to_owned());
        if let Some(bundle) = &self.bundle {
            builder = builder.certificate_store(CertificateStore::None);
            for pem in bundle {
                let certificate = Certificate::from_pem(pem.as_bytes());
                let certificate = certificate.map_err(|reason| reason.to_string())?;
                builder = builder.add_root_certificate(certificate);
            }
        }
        builder.build_rustls().map_err(|reason| reason.to_string())
    }
}

/// The certificates of a PEM file that can be roots. The HTTP client panics on any other, and company bundles have some.
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
            let problem = Trust::read(Some(path.clone())).unwrap_err().to_string();
            assert!(problem.contains("AWS_CA_BUNDLE"), "{problem}");
            assert!(problem.contains(&path), "{problem}");
            assert!(problem.contains(reason), "{problem}");
        }
    }

    #[test]
    fn no_bundle_is_the_systems_roots() {
        assert!(Trust::read(None).unwrap().bundle.is_none());
        assert!(Trust::read(Some(String::new())).unwrap().bundle.is_none());
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
