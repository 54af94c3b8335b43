//! The Lambda Runtime API that one process of the function talks to, over HTTP on loopback.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use super::FUNCTION_NAME;
use crate::aws::{ACCOUNT, REGION};
use crate::connections::serve_all;
use crate::rotation::FunctionError;

/// What the process gets in response to `invocation/next`.
pub struct Invocation {
    /// The id that the response will be for.
    pub request_id: String,
    /// Milliseconds since the Unix epoch.
    pub deadline_ms: u128,
    /// What the function is called with.
    pub event: Value,
}

struct Answer {
    /// `None` for an error while the process starts, before any invocation.
    request_id: Option<String>,
    result: Result<Value, FunctionError>,
    at: Instant,
}

/// The server, which stops when it is dropped.
pub struct RuntimeApi {
    address: SocketAddr,
    invocations: mpsc::UnboundedSender<Invocation>,
    answers: mpsc::UnboundedReceiver<Answer>,
    asked: mpsc::UnboundedReceiver<Instant>,
    server: JoinHandle<()>,
}

/// The process's side of [`RuntimeApi`].
struct Exchange {
    invocations: Mutex<mpsc::UnboundedReceiver<Invocation>>,
    answers: mpsc::UnboundedSender<Answer>,
    asked: mpsc::UnboundedSender<Instant>,
}

impl RuntimeApi {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If the port is not available.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (invocations, offered) = mpsc::unbounded_channel();
        let (given, answers) = mpsc::unbounded_channel();
        let (asks, asked) = mpsc::unbounded_channel();
        let exchange = Arc::new(Exchange {
            invocations: Mutex::new(offered),
            answers: given,
            asked: asks,
        });
        let connection = move |stream| serve(stream, Arc::clone(&exchange));
        let server = tokio::spawn(serve_all(listener, connection));
        Ok(Self {
            address,
            invocations,
            answers,
            asked,
            server,
        })
    }

    /// Host and port, the form of `AWS_LAMBDA_RUNTIME_API`.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Gives this invocation to the process that asks next.
    pub fn offer(&self, invocation: Invocation) {
        // Fails only if the server is gone, and then no response comes either.
        let _ = self.invocations.send(invocation);
    }

    /// Waits until the process has asked for an invocation once more, and returns when it did.
    pub async fn asked(&mut self) -> Instant {
        match self.asked.recv().await {
            Some(at) => at,
            None => std::future::pending().await,
        }
    }

    /// Waits for the response to `request_id`, and skips one left by an abandoned invocation.
    pub async fn answer(&mut self, request_id: &str) -> Result<Value, FunctionError> {
        self.answer_at(request_id).await.0
    }

    /// Like [`RuntimeApi::answer`], with the time at which the response came.
    pub async fn answer_at(&mut self, request_id: &str) -> (Result<Value, FunctionError>, Instant) {
        while let Some(answer) = self.answers.recv().await {
            if answer.request_id.is_none_or(|id| id == request_id) {
                return (answer.result, answer.at);
            }
        }
        std::future::pending().await
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(stream: TcpStream, exchange: Arc<Exchange>) {
    let service = service_fn(|request| respond(&exchange, request));
    // A killed process breaks its connection.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn respond(
    exchange: &Exchange,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let at = Instant::now();
    let Ok(body) = body.collect().await else {
        return Ok(plain(StatusCode::BAD_REQUEST, "{}"));
    };
    let body = body.to_bytes();
    let path: Vec<&str> = parts
        .uri
        .path()
        .trim_start_matches('/')
        .split('/')
        .collect();
    let answer = match (&parts.method, path.as_slice()) {
        (&Method::GET, ["2018-06-01", "runtime", "invocation", "next"]) => {
            // Fails only if nobody is waiting any more.
            let _ = exchange.asked.send(at);
            return Ok(next(exchange).await);
        }
        (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "response"]) => Answer {
            request_id: Some((*id).to_owned()),
            result: response(&body),
            at,
        },
        (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "error"]) => Answer {
            request_id: Some((*id).to_owned()),
            result: Err(error(&body)),
            at,
        },
        (&Method::POST, ["2018-06-01", "runtime", "init", "error"]) => Answer {
            request_id: None,
            result: Err(error(&body)),
            at,
        },
        _ => return Ok(plain(StatusCode::NOT_FOUND, "{}")),
    };
    // Fails only if nobody is waiting for the response any more.
    let _ = exchange.answers.send(answer);
    Ok(plain(StatusCode::ACCEPTED, r#"{"status":"OK"}"#))
}

async fn next(exchange: &Exchange) -> Response<Full<Bytes>> {
    let Some(invocation) = exchange.invocations.lock().await.recv().await else {
        return plain(StatusCode::GONE, "{}");
    };
    Response::builder()
        .header("Content-Type", "application/json")
        .header("Lambda-Runtime-Aws-Request-Id", &invocation.request_id)
        .header(
            "Lambda-Runtime-Deadline-Ms",
            invocation.deadline_ms.to_string(),
        )
        .header(
            "Lambda-Runtime-Invoked-Function-Arn",
            format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION_NAME}"),
        )
        .header(
            "Lambda-Runtime-Trace-Id",
            "Root=1-00000000-000000000000000000000000;Sampled=0",
        )
        .body(Full::from(invocation.event.to_string()))
        .unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR, "{}"))
}

fn response(body: &[u8]) -> Result<Value, FunctionError> {
    serde_json::from_slice(body).map_err(|reason| FunctionError {
        error_type: "Function.ResponseNotJson".to_owned(),
        error_message: format!("The function's response is not JSON: {reason}"),
    })
}

fn error(body: &[u8]) -> FunctionError {
    serde_json::from_slice(body).unwrap_or_else(|reason| FunctionError {
        error_type: "Function.ErrorNotJson".to_owned(),
        error_message: format!("The function's error has no errorType and errorMessage: {reason}"),
    })
}

fn plain(status: StatusCode, body: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const RUNTIME: &str = "/2018-06-01/runtime";

    /// Sends one request as the function's process would, and returns the whole response.
    async fn call(address: &str, method: &str, path: &str, body: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect(address).await?;
        let length = body.len();
        let head = format!("{method} {RUNTIME}{path} HTTP/1.1\r\nHost: {address}\r\n");
        let rest = format!("Connection: close\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all((head + &rest).as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }

    fn invocation(request_id: &str) -> Invocation {
        Invocation {
            request_id: request_id.to_owned(),
            deadline_ms: 1_700_000_000_123,
            event: json!({ "Step": "setSecret" }),
        }
    }

    #[tokio::test]
    async fn next_waits_for_the_invocation_and_tells_its_deadline() -> io::Result<()> {
        let api = RuntimeApi::start().await?;
        let address = api.address();
        let next = call(&address, "GET", "/invocation/next", "");
        let offer = async { api.offer(invocation("id-1")) };
        let (answer, ()) = tokio::join!(next, offer);
        let answer = answer?.to_lowercase();
        assert!(
            answer.contains("lambda-runtime-aws-request-id: id-1\r\n"),
            "{answer}"
        );
        assert!(
            answer.contains("lambda-runtime-deadline-ms: 1700000000123\r\n"),
            "{answer}"
        );
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:iam-key-rotator";
        assert!(answer.contains(&format!("lambda-runtime-invoked-function-arn: {arn}\r\n")));
        assert!(answer.ends_with(r#"{"step":"setsecret"}"#), "{answer}");
        Ok(())
    }

    #[tokio::test]
    async fn the_process_has_asked_before_it_is_offered_anything() -> io::Result<()> {
        let mut api = RuntimeApi::start().await?;
        let before = Instant::now();
        let address = api.address();
        let next = tokio::spawn(async move { call(&address, "GET", "/invocation/next", "").await });
        let asked = api.asked().await;
        assert!(before <= asked);
        api.offer(invocation("id-1"));
        next.await??;
        let address = api.address();
        call(&address, "POST", "/invocation/id-1/response", "{}").await?;
        let (answer, at) = api.answer_at("id-1").await;
        assert_eq!(answer, Ok(json!({})));
        assert!(asked < at);
        Ok(())
    }

    #[tokio::test]
    async fn the_response_is_the_result() -> io::Result<()> {
        let mut api = RuntimeApi::start().await?;
        let address = api.address();
        let answer = call(&address, "POST", "/invocation/id-1/response", r#"{"a":1}"#).await?;
        assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
        assert_eq!(api.answer("id-1").await, Ok(json!({ "a": 1 })));
        Ok(())
    }

    #[tokio::test]
    async fn the_answer_to_an_abandoned_invocation_is_passed_over() -> io::Result<()> {
        let mut api = RuntimeApi::start().await?;
        let address = api.address();
        for id in ["id-1", "id-2"] {
            let path = format!("/invocation/{id}/response");
            call(&address, "POST", &path, &format!("\"{id}\"")).await?;
        }
        assert_eq!(api.answer("id-2").await, Ok(json!("id-2")));
        Ok(())
    }

    #[tokio::test]
    async fn an_error_keeps_the_functions_type_and_message() -> io::Result<()> {
        let mut api = RuntimeApi::start().await?;
        let address = api.address();
        let body = r#"{"errorType":"KeyInUse","errorMessage":"no","stackTrace":[]}"#;
        for path in ["/invocation/id-1/error", "/init/error"] {
            call(&address, "POST", path, body).await?;
            let expected = FunctionError {
                error_type: "KeyInUse".to_owned(),
                error_message: "no".to_owned(),
            };
            assert_eq!(api.answer("id-1").await, Err(expected));
        }
        Ok(())
    }
}
