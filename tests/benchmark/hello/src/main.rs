//! The least that a Lambda function in Rust can do: it responds. For comparison with a function that calls services,
//! it can open as many TLS connections, and send nothing over them.
//!
//! `CONNECT_IN_INIT` and `CONNECT_IN_EVENT` name the hosts, such as `localhost:8443,localhost:8444`. The first are
//! opened before the function asks for the first event, the second during it. With `CONNECT_AT_ONCE`, they open in
//! parallel.

use std::io;
use std::sync::Arc;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (in_init, in_event) = (hosts("CONNECT_IN_INIT"), hosts("CONNECT_IN_EVENT"));
    let connector = match in_init.is_empty() && in_event.is_empty() {
        true => None,
        false => Some(connector()?),
    };
    let connector = connector.as_ref();
    // A client would keep them open, so this does too.
    let open = Mutex::new(connect(connector, in_init).await?);
    let (open, in_event) = (&open, &Mutex::new(in_event));
    let handler = |_: LambdaEvent<Value>| async move {
        let hosts = std::mem::take(&mut *in_event.lock().await);
        open.lock().await.extend(connect(connector, hosts).await?);
        Ok::<Value, Error>(json!({ "message": "hello" }))
    };
    lambda_runtime::run(service_fn(handler)).await
}

fn hosts(variable: &str) -> Vec<String> {
    let text = std::env::var(variable).unwrap_or_default();
    let hosts = text.split(',').filter(|host| !host.is_empty());
    hosts.map(str::to_owned).collect()
}

fn connector() -> Result<TlsConnector, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

async fn connect(
    connector: Option<&TlsConnector>,
    hosts: Vec<String>,
) -> io::Result<Vec<TlsStream<TcpStream>>> {
    let Some(connector) = connector else {
        return Ok(Vec::new());
    };
    let mut open = Vec::new();
    if std::env::var_os("CONNECT_AT_ONCE").is_some() {
        let begin = |host| tokio::spawn(handshake(connector.clone(), host));
        let opening: Vec<_> = hosts.into_iter().map(begin).collect();
        for handshake in opening {
            open.push(handshake.await.map_err(io::Error::other)??);
        }
    } else {
        for host in hosts {
            open.push(handshake(connector.clone(), host).await?);
        }
    }
    Ok(open)
}

async fn handshake(connector: TlsConnector, host: String) -> io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(&host).await?;
    stream.set_nodelay(true)?;
    let name = host.split(':').next().unwrap_or_default().to_owned();
    let name = ServerName::try_from(name).map_err(io::Error::other)?;
    connector.connect(name, stream).await
}
