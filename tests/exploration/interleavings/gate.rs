//! A gate in front of the simulation: each call of one process waits at it until the scheduler lets it in.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use sandbox::aws::Aws;

/// The gate of one process. It lets in calls that the process makes at the same time one after the other.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<Mutex<Inside>>);

#[derive(Debug, Default)]
struct Inside {
    /// In the order in which they are let in.
    waiting: Vec<Waiting>,
    newest_first: bool,
    answer: Option<String>,
    arrivals: usize,
}

#[derive(Debug)]
struct Waiting {
    number: usize,
    call: String,
    open: bool,
    waker: Option<Waker>,
}

impl Gate {
    /// A gate that lets in the newest call first.
    pub fn newest_first() -> Self {
        let inside = Inside {
            newest_first: true,
            ..Inside::default()
        };
        Self(Arc::new(Mutex::new(inside)))
    }

    /// The call that is let in next.
    pub fn waiting(&self) -> Option<String> {
        let inside = self.0.lock().unwrap();
        inside.waiting.first().map(|waiting| waiting.call.clone())
    }

    /// Lets a waiting call in, as soon as its process is polled.
    pub fn open(&self) {
        let mut inside = self.0.lock().unwrap();
        let waiting = inside.waiting.first_mut().unwrap();
        waiting.open = true;
        let waker = waiting.waker.take();
        drop(inside);
        waker.unwrap().wake();
    }

    /// How many calls have reached the gate.
    pub fn arrivals(&self) -> usize {
        self.0.lock().unwrap().arrivals
    }

    /// The response to the call that was let in last.
    pub fn take_answer(&self) -> Option<String> {
        self.0.lock().unwrap().answer.take()
    }

    pub fn answered(&self, answer: String) {
        self.0.lock().unwrap().answer = Some(answer);
    }

    /// Waits at the gate.
    pub async fn pass(&self, call: String) {
        let number = self.arrive(call);
        // A caller that gives up (the SDK's timeout) leaves the gate.
        let _leave = Leave(self, number);
        poll_fn(|context| {
            let mut inside = self.0.lock().unwrap();
            let mut all = inside.waiting.iter_mut();
            let waiting = all.find(|waiting| waiting.number == number).unwrap();
            waiting.waker = Some(context.waker().clone());
            match waiting.open {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }

    fn arrive(&self, call: String) -> usize {
        let mut inside = self.0.lock().unwrap();
        inside.arrivals += 1;
        let waiting = Waiting {
            number: inside.arrivals,
            call,
            open: false,
            waker: None,
        };
        let at = match inside.newest_first {
            true => 0,
            false => inside.waiting.len(),
        };
        inside.waiting.insert(at, waiting);
        inside.arrivals
    }

    /// The simulation's HTTP client behind this gate.
    pub fn http_client(&self, aws: &Aws) -> SharedHttpClient {
        SharedHttpClient::new(Gated {
            gate: self.clone(),
            client: aws.http_client(),
        })
    }
}

struct Leave<'a>(&'a Gate, usize);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        let mut inside = self.0.0.lock().unwrap();
        inside.waiting.retain(|waiting| waiting.number != self.1);
    }
}

#[derive(Debug)]
struct Gated<C> {
    gate: Gate,
    client: C,
}

impl HttpClient for Gated<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Gated {
            gate: self.gate.clone(),
            client: self.client.http_connector(settings, components),
        })
    }
}

impl HttpConnector for Gated<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (gate, client) = (self.gate.clone(), self.client.clone());
        HttpConnectorFuture::new(async move {
            gate.pass(call_text(&request)).await;
            let answer = client.call(request).await;
            gate.answered(answer_text(&answer));
            answer
        })
    }
}

/// Everything in a request that its response can depend on: who signs, the action, the parameters.
fn call_text(request: &HttpRequest) -> String {
    let headers = request.headers();
    let signer = headers.get("authorization").unwrap_or_default();
    let signer = signer.split_once("Credential=").unwrap_or_default().1;
    let signer = signer.split('/').next().unwrap_or_default();
    let target = headers.get("x-amz-target").unwrap_or_default();
    let body = request.body().bytes().unwrap_or_default();
    let body = String::from_utf8_lossy(body);
    format!("{signer} {target} {body}")
}

/// Everything in a response that the function can depend on. The request's id is different in every call.
fn answer_text(answer: &Result<HttpResponse, ConnectorError>) -> String {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return format!("0 {error}"),
    };
    let body = String::from_utf8_lossy(answer.body().bytes().unwrap_or_default());
    let body = match body.split_once("<RequestId>") {
        Some((before, after)) => {
            let after = after.split_once("</RequestId>").unwrap_or_default().1;
            format!("{before}{after}")
        }
        None => body.into_owned(),
    };
    format!("{} {body}", answer.status().as_u16())
}
