//! The simulated AWS behind TLS on loopback: a host for each service, which counts its traffic.
//!
//! Each host has its own address. TLS sessions are resumed by host name, whatever the port, and one service's session
//! must not be resumed with another.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use rustls::HandshakeKind;
use sandbox::aws::Aws;
use sandbox::clock::Clock;
use sandbox::connections::serve_all;
use sandbox::server::serve_requests;
use sandbox::setup::{Prepared, Setup, Source};
use sandbox::tls::HOSTS;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::Failed;
use super::traffic::{ByHost, Traffic};

/// An account with a user, two access keys and a secret. It stops when it is dropped.
pub(super) struct AwsSide {
    pub(super) aws: Aws,
    pub(super) prepared: Prepared,
    hosts: Vec<Host>,
    opening: Arc<Opening>,
}

struct Host {
    address: String,
    counts: Arc<Counts>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Counts {
    connections: AtomicU64,
    full_handshakes: AtomicU64,
    resumed_handshakes: AtomicU64,
    requests: AtomicU64,
}

/// The current handshakes, with any host.
#[derive(Default)]
struct Opening {
    now: AtomicU64,
    /// How many began during another one.
    beside_another: AtomicU64,
}

impl AwsSide {
    pub(super) async fn start(acceptor: &TlsAcceptor, latency: Duration) -> Result<Self, Failed> {
        let aws = Aws::new(Clock::real());
        let setup = Setup {
            source: Source::Role,
            keys: 2,
            ..Setup::default()
        };
        let prepared = setup.prepare(&aws).map_err(|error| error.to_string())?;
        let opening = Arc::new(Opening::default());
        let mut hosts = Vec::new();
        for host in HOSTS {
            let host = Host::start(host, &aws, acceptor, latency, &opening).await;
            hosts.push(host.map_err(|error| format!("no port of loopback can be had: {error}"))?);
        }
        Ok(Self {
            aws,
            prepared,
            hosts,
            opening,
        })
    }

    /// The hosts with their ports.
    pub(super) fn addresses(&self) -> Vec<&str> {
        self.hosts
            .iter()
            .map(|host| host.address.as_str())
            .collect()
    }

    /// The variables that point an SDK at the hosts.
    pub(super) fn endpoints(&self) -> Vec<(String, String)> {
        let variables = [
            "AWS_ENDPOINT_URL_SECRETS_MANAGER",
            "AWS_ENDPOINT_URL_IAM",
            "AWS_ENDPOINT_URL_STS",
        ];
        let urls = self
            .hosts
            .iter()
            .map(|host| format!("https://{}", host.address));
        variables.map(str::to_owned).into_iter().zip(urls).collect()
    }

    /// The traffic of each host so far.
    pub(super) fn traffic(&self) -> ByHost {
        let mut traffic = ByHost::default();
        for (traffic, host) in traffic.iter_mut().zip(&self.hosts) {
            *traffic = host.counts.traffic();
        }
        traffic
    }

    /// Whether connections open in parallel: most of them open while another is being opened. (The server can see the
    /// end of a handshake after the start of the next, so a single overlap proves nothing.)
    pub(super) fn opens_at_once(&self) -> bool {
        let connections: u64 = self.traffic().iter().map(|host| host.connections).sum();
        let beside_another = self.opening.beside_another.load(Relaxed);
        beside_another > 1 && beside_another * 2 >= connections
    }
}

impl Host {
    async fn start(
        host: Ipv4Addr,
        aws: &Aws,
        acceptor: &TlsAcceptor,
        latency: Duration,
        opening: &Arc<Opening>,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind((host, 0)).await?;
        let address = listener.local_addr()?.to_string();
        let counts = Arc::new(Counts::default());
        let connection = {
            let (aws, acceptor) = (aws.clone(), acceptor.clone());
            let (counts, opening) = (Arc::clone(&counts), Arc::clone(opening));
            move |stream| {
                let (aws, acceptor) = (aws.clone(), acceptor.clone());
                let (counts, opening) = (Arc::clone(&counts), Arc::clone(&opening));
                async move {
                    counts.connections.fetch_add(1, Relaxed);
                    if let Some(stream) = open(stream, &acceptor, &counts, &opening).await {
                        serve(stream, &aws, latency, &counts).await;
                    }
                }
            }
        };
        let task = tokio::spawn(serve_all(listener, connection));
        Ok(Self {
            address,
            counts,
            task,
        })
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn open(
    stream: TcpStream,
    acceptor: &TlsAcceptor,
    counts: &Counts,
    opening: &Opening,
) -> Option<TlsStream<TcpStream>> {
    // A small response must not wait for another one.
    let _ = stream.set_nodelay(true);
    if opening.now.fetch_add(1, Relaxed) > 0 {
        opening.beside_another.fetch_add(1, Relaxed);
    }
    let accepted = acceptor.accept(stream).await;
    opening.now.fetch_sub(1, Relaxed);
    let stream = accepted.ok()?;
    let handshakes = match stream.get_ref().1.handshake_kind() {
        Some(HandshakeKind::Resumed) => &counts.resumed_handshakes,
        _ => &counts.full_handshakes,
    };
    handshakes.fetch_add(1, Relaxed);
    Some(stream)
}

async fn serve(stream: TlsStream<TcpStream>, aws: &Aws, latency: Duration, counts: &Counts) {
    serve_requests(stream, |request| {
        counts.requests.fetch_add(1, Relaxed);
        async move {
            if !latency.is_zero() {
                tokio::time::sleep(latency).await;
            }
            aws.handle(request).await
        }
    })
    .await;
}

impl Counts {
    fn traffic(&self) -> Traffic {
        Traffic {
            connections: self.connections.load(Relaxed),
            full_handshakes: self.full_handshakes.load(Relaxed),
            resumed_handshakes: self.resumed_handshakes.load(Relaxed),
            requests: self.requests.load(Relaxed),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::net::IpAddr;
    use std::sync::Arc;

    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, ServerName};
    use rustls::{ClientConfig, RootCertStore};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_rustls::TlsConnector;

    use super::*;
    use crate::cold_start::traffic::{between, total};
    use sandbox::tls::Tls;

    /// Sends one unsigned request, and reads its response until the connection ends.
    async fn call(connector: &TlsConnector, address: &str) -> String {
        let stream = TcpStream::connect(address).await.unwrap();
        let name = ServerName::from(IpAddr::from(HOSTS[1]));
        let mut stream = connector.connect(name, stream).await.unwrap();
        let request = "HEAD / HTTP/1.1\r\nHost: iam\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        // The server may close the connection without a response.
        let _ = stream.read_to_string(&mut answer).await;
        answer
    }

    #[tokio::test]
    async fn full_and_resumed_handshakes_are_counted_apart_by_host() {
        let tls = Tls::new().unwrap();
        let side = AwsSide::start(&tls.acceptor, Duration::ZERO).await.unwrap();
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_file(tls.authority()).unwrap();
        roots.add(authority).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = TlsConnector::from(Arc::new(config));

        let before = side.traffic();
        for _ in 0..3 {
            let answer = call(&connector, side.addresses()[1]).await;
            assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        }
        let expected = Traffic {
            connections: 3,
            full_handshakes: 1,
            resumed_handshakes: 2,
            requests: 3,
        };
        let by_host = between(before, side.traffic());
        assert_eq!(by_host, [Traffic::default(), expected, Traffic::default()]);
        assert_eq!(total(by_host), expected);
        assert!(!side.opens_at_once());
    }
}
