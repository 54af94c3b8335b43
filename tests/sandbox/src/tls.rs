//! TLS for the servers: a certificate authority for one run, in memory, and the files by which other processes trust it.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::{fs, process};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair,
    PKCS_ECDSA_P256_SHA256,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use crate::smtp;

/// The addresses that the certificate is for: three, because clients know a host by name or address, whatever the port.
pub const HOSTS: [Ipv4Addr; 3] = [
    Ipv4Addr::new(127, 0, 0, 1),
    Ipv4Addr::new(127, 0, 0, 2),
    Ipv4Addr::new(127, 0, 0, 3),
];

/// How many this process has made.
static MADE: AtomicU32 = AtomicU32::new(0);

/// The server's side of TLS, and the folder with the roots, which is removed when this is dropped.
pub struct Tls {
    /// Accepts connections.
    pub acceptor: TlsAcceptor,
    /// How many of the machine's roots are in [`Tls::roots`].
    pub system_roots: usize,
    folder: PathBuf,
    issuer: Authority,
}

/// An authority, and the server's side of TLS, with one certificate for [`HOSTS`] and the names of the SMTP servers.
pub struct Authority {
    certificate: CertificateDer<'static>,
    https: TlsAcceptor,
    smtp: TlsAcceptor,
}

impl Authority {
    /// Makes one.
    ///
    /// # Errors
    /// The reason, if it cannot be made.
    pub fn new() -> Result<Self, String> {
        certified().map_err(|error| format!("no certificate can be made: {error}"))
    }

    /// The authority of the servers in this process's memory.
    ///
    /// # Errors
    /// Why there is none.
    pub fn of_process() -> Result<&'static Self, String> {
        static MADE: OnceLock<Result<Authority, String>> = OnceLock::new();
        MADE.get_or_init(Self::new).as_ref().map_err(Clone::clone)
    }

    /// The authority's certificate in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.certificate
    }

    /// The authority's certificate in PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        pem(&[&self.certificate])
    }

    pub(crate) fn smtp(&self) -> &TlsAcceptor {
        &self.smtp
    }
}

impl Tls {
    /// Makes the authority, and writes the files.
    ///
    /// # Errors
    /// The reason, if they cannot be made.
    pub fn new() -> Result<Self, String> {
        let issuer = Authority::new()?;
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let system = rustls_native_certs::load_native_certs().certs;
        let tls = Self {
            acceptor: issuer.https.clone(),
            system_roots: system.len(),
            folder: std::env::temp_dir().join(format!("sandbox-tls-{}-{number}", process::id())),
            issuer,
        };
        let write = || {
            fs::create_dir_all(&tls.folder)?;
            fs::write(tls.authority(), tls.issuer.pem())?;
            let roots: Vec<_> = system.iter().chain([&tls.issuer.certificate]).collect();
            fs::write(tls.roots(), pem(&roots))
        };
        let folder = tls.folder.display();
        write().map_err(|error| format!("the roots can't be written to {folder}: {error}"))?;
        Ok(tls)
    }

    /// The machine's roots and the run's authority: as many to read as a function on Lambda has.
    #[must_use]
    pub fn roots(&self) -> PathBuf {
        self.folder.join("roots.pem")
    }

    /// The run's authority alone, for a caller that has its other roots built in.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.folder.join("authority.pem")
    }

    pub(crate) fn smtp(&self) -> &TlsAcceptor {
        self.issuer.smtp()
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        for file in [self.roots(), self.authority()] {
            let _ = fs::remove_file(file);
        }
        let _ = fs::remove_dir(Path::new(&self.folder));
    }
}

/// An authority, and servers with a certificate from it.
fn certified() -> Result<Authority, Box<dyn std::error::Error>> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let name = "sandbox of iam-key-rotator";
    params.distinguished_name.push(DnType::CommonName, name);
    let authority =
        CertifiedIssuer::self_signed(params, KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?)?;

    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let addresses = HOSTS.iter().map(ToString::to_string);
    let names: Vec<_> = addresses.chain(smtp::hosts()).collect();
    let leaf = CertificateParams::new(names)?.signed_by(&key, &authority)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let smtp = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![leaf.der().clone()],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )?;
    let mut https = smtp.clone();
    https.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Authority {
        certificate: authority.der().clone(),
        https: TlsAcceptor::from(Arc::new(https)),
        smtp: TlsAcceptor::from(Arc::new(smtp)),
    })
}

fn pem(certificates: &[&CertificateDer<'static>]) -> String {
    let blocks: Vec<_> = certificates
        .iter()
        .map(|certificate| pem::Pem::new("CERTIFICATE", certificate.to_vec()))
        .collect();
    pem::encode_many(&blocks)
}
