//! The simulation behind HTTP on loopback, for programs that take `AWS_ENDPOINT_URL`.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::aws::{Aws, Lost};
use crate::connections::serve_all;
use crate::tls::Tls;

/// The largest body of a request, in bytes; the largest secret value is a small part of it.
const LARGEST: usize = 1024 * 1024;

/// A server for all the services, which stops when it is dropped.
#[derive(Debug)]
pub struct Server {
    scheme: &'static str,
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If the port is not available.
    pub async fn start(aws: Aws) -> io::Result<Self> {
        Self::start_on(aws, 0).await
    }

    /// Starts on a port of 127.0.0.1.
    ///
    /// # Errors
    /// If the port is taken.
    pub async fn start_on(aws: Aws, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let connection = move |stream| serve(stream, aws.clone());
        let task = tokio::spawn(serve_all(listener, connection));
        Ok(Self {
            scheme: "http",
            address,
            task,
        })
    }

    /// Starts over TLS on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If the port is not available.
    pub async fn start_over_tls(aws: Aws, tls: &Tls) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let acceptor = tls.acceptor.clone();
        let connection = move |stream| {
            let (acceptor, aws) = (acceptor.clone(), aws.clone());
            async move {
                // A caller that does not trust the certificate ends the handshake.
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve(stream, aws).await;
                }
            }
        };
        let task = tokio::spawn(serve_all(listener, connection));
        Ok(Self {
            scheme: "https",
            address,
            task,
        })
    }

    /// The value for `AWS_ENDPOINT_URL`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, aws: Aws) {
    serve_requests(stream, move |request| {
        let aws = aws.clone();
        async move { aws.handle(request).await }
    })
    .await;
}

/// Has `answer` answer the requests of one connection, with or without TLS.
pub async fn serve_requests<I, A>(stream: I, answer: impl Fn(http::Request<Bytes>) -> A)
where
    I: AsyncRead + AsyncWrite + Unpin,
    A: Future<Output = Result<Response<Bytes>, Lost>>,
{
    let service = service_fn(|request: http::Request<Incoming>| async {
        let (head, body) = request.into_parts();
        // Nobody receives the response to a body that broke off.
        let Ok(body) = Limited::new(body, LARGEST).collect().await else {
            return Ok(too_large());
        };
        let answered = answer(http::Request::from_parts(head, body.to_bytes())).await;
        answered
            .map(|answer| answer.map(Full::new))
            .map_err(io::Error::other)
    });
    // A lost response is an error of the service, so hyper closes the connection without one.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

fn too_large() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from("The body is larger than 1 MiB."));
    *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
    response
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;
    use crate::aws::{Fault, FaultKind, Outcome, When};
    use crate::clock::Clock;

    /// Sends a call that no key signed, and reads until the connection ends.
    async fn exchange(server: &Server) -> io::Result<String> {
        let mut stream = TcpStream::connect(server.address).await?;
        let request = "POST / HTTP/1.1\r\nHost: sts\r\nContent-Length: 24\r\nConnection: close\r\n\
                       X-Amz-Date: 20270115T080000Z\r\nAuthorization: AWS4-HMAC-SHA256 \
                       Credential=AKIA/20270115/us-east-1/sts/aws4_request, SignedHeaders=host, \
                       Signature=0\r\n\r\nAction=GetCallerIdentity";
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }

    #[tokio::test]
    async fn a_request_is_answered() {
        let server = Server::start(Aws::new(Clock::real())).await.unwrap();
        let answer = exchange(&server).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 403 Forbidden"), "{answer}");
        assert!(answer.contains("<Code>InvalidClientTokenId</Code>"));
    }

    #[tokio::test]
    async fn a_lost_answer_closes_the_connection() {
        let aws = Aws::new(Clock::real());
        let server = Server::start(aws.clone()).await.unwrap();
        for kind in [FaultKind::Refused, FaultKind::AnswerLost] {
            let on = When::Call(1);
            aws.inject(Fault { on, kind });
            assert_eq!(exchange(&server).await.unwrap_or_default(), "");
        }
        let calls = aws.calls();
        assert_eq!(calls.len(), 2);
        assert!(calls.iter().all(|call| call.outcome == Outcome::Lost));
    }

    #[tokio::test]
    async fn a_body_of_more_than_1_mib_is_refused() {
        let server = Server::start(Aws::new(Clock::real())).await.unwrap();
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let length = LARGEST + 1;
        let head = format!("POST / HTTP/1.1\r\nHost: sts\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&vec![b'x'; length]).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 413");
    }

    #[tokio::test]
    async fn a_dropped_server_stops() {
        let server = Server::start(Aws::new(Clock::real())).await.unwrap();
        let address = server.address;
        drop(server);
        tokio::task::yield_now().await;
        assert!(TcpStream::connect(address).await.is_err());
    }
}
