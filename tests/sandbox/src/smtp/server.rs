//! The server over TCP on loopback.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::session::{Session, serve};
use crate::aws::{Aws, SmtpFault};
use crate::connections::serve_all;
use crate::tls::Tls;

/// The server of one Region, which stops when it is dropped.
#[derive(Debug)]
pub struct SmtpServer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl SmtpServer {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If the port is not available.
    pub async fn start(aws: Aws, region: &str, tls: &Tls) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (region, acceptor) = (region.to_owned(), tls.smtp().clone());
        let connection = move |stream| {
            let fault = aws.smtp_connection(&region);
            let session = Session::new(aws.clone(), &region, fault);
            let acceptor = acceptor.clone();
            async move {
                if fault != Some(SmtpFault::Refused) {
                    serve(stream, session, acceptor).await;
                }
            }
        };
        let task = tokio::spawn(serve_all(listener, connection));
        Ok(Self { address, task })
    }

    /// Host and port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
