//! One request, from its arrival to its response, faults included.

use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response};

use super::access::{Principal, Resource, refusal};
use super::answer::{Answer, Content};
use super::errors::ApiError;
use super::faults::{FaultKind, Hit};
use super::policy::Decision;
use super::request::ApiRequest;
use super::state::{CallHook, State};
use super::{Aws, Call, Outcome, RotateRequest, Service};

/// Longer than any caller waits.
const NEVER: Duration = Duration::from_hours(1);

/// Marks a request, in its extensions, as neither the function's nor the operator's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bystander;

/// Why a call got no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The connection was refused.
    ConnectionRefused,
    /// The connection broke before the response.
    ConnectionReset,
    /// No response came for an hour.
    TimedOut,
    /// The caller's process is gone.
    Killed,
}

impl fmt::Display for Lost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ConnectionRefused => "the connection was refused",
            Self::ConnectionReset => "the connection was reset",
            Self::TimedOut => "no answer came",
            Self::Killed => "the caller is gone",
        })
    }
}

impl std::error::Error for Lost {}

/// What a call did, and what remains to be done after the state is unlocked.
struct Served {
    call: Call,
    answer: Result<Answer, Lost>,
    answer_delay: Option<Duration>,
    hooks: Vec<CallHook>,
    rotations: Vec<RotateRequest>,
}

impl Aws {
    /// Answers one request to any of the services. The service is the one that the signature is for.
    ///
    /// # Errors
    /// [`Lost`] if a fault says so; [`Lost::TimedOut`] only after an hour of tokio's time.
    pub async fn handle(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Lost> {
        let parsed = match ApiRequest::parse(&request) {
            Ok(parsed) => parsed,
            Err(error) => return Ok(self.refuse(&request, &error)),
        };
        let latency = self.state().latency;
        if !latency.is_zero() && !is_bystanders(&request) {
            tokio::time::sleep(latency).await;
        }
        let arrived = self.now();
        let hit = self.state().hit(&parsed, &request);
        let served = match hit.effect_delay() {
            None => self.serve(&parsed, &request, &hit, arrived),
            Some(delay) => {
                let aws = self.clone();
                // A separate task: a service continues after the caller has given up.
                let late = tokio::spawn(async move {
                    tokio::time::sleep(delay).await;
                    aws.serve(&parsed, &request, &hit, arrived)
                });
                late.await.map_err(|_| Lost::ConnectionReset)?
            }
        };
        if let Some(delay) = served.answer_delay {
            tokio::time::sleep(delay).await;
        }
        if let Err(Lost::TimedOut) = served.answer {
            tokio::time::sleep(NEVER).await;
        }
        served.answer.map(Answer::into_response)
    }

    /// Serves a request that arrived now or earlier, and calls the hooks and the rotation callback.
    fn serve(
        &self,
        parsed: &ApiRequest,
        request: &Request<Bytes>,
        hit: &Hit,
        arrived: SystemTime,
    ) -> Served {
        let now = self.now();
        let mut served = self.state().serve(parsed, request, hit, arrived, now);
        for hook in &served.hooks {
            hook(&served.call);
        }
        let callback = self.state().rotate.clone();
        for rotation in std::mem::take(&mut served.rotations) {
            if let Some(callback) = &callback {
                callback(rotation);
            }
        }
        served
    }

    /// Answers a request that is not for any of the services.
    fn refuse(&self, request: &Request<Bytes>, error: &ApiError) -> Response<Bytes> {
        let service = match request.headers().contains_key("x-amz-target") {
            true => Service::SecretsManager,
            false => Service::Iam,
        };
        Answer::error(service, error, self.state().request_ids.uuid()).into_response()
    }
}

impl State {
    fn hit(&mut self, request: &ApiRequest, raw: &Request<Bytes>) -> Hit {
        // What the operator reads or fixes must not use up a fault meant for the function.
        if is_bystanders(raw) || self.operator.signs(request) {
            Hit::default()
        } else {
            self.faults.hit(&request.action, request.is_read())
        }
    }

    /// Whether a read now does not see its service's current state.
    fn misses(&self, request: &ApiRequest, stale: usize, now: SystemTime) -> bool {
        match request.service {
            _ if request.action == "ListSecrets" => self.secrets.list_misses(stale, now),
            Service::SecretsManager => self.secrets.misses(stale, now),
            Service::Iam => self.users.misses(stale, now),
            Service::Sts => false,
        }
    }

    fn serve(
        &mut self,
        request: &ApiRequest,
        raw: &Request<Bytes>,
        hit: &Hit,
        arrived: SystemTime,
        now: SystemTime,
    ) -> Served {
        let mut call = Call {
            number: self.calls.len() + 1,
            service: request.service,
            action: request.action.clone(),
            principal: String::new(),
            access_key_id: request.authorization.access_key_id.clone(),
            resource: String::new(),
            missed: request.is_read() && self.misses(request, hit.stale, now),
            outcome: Outcome::Ok,
            at: now,
        };
        let request_id = self.request_ids.uuid();
        let known = self.identify(request, raw, &mut call, arrived);
        let result = match early_end(hit) {
            Some(end) => end,
            None => {
                if known.is_ok() {
                    self.note_use(request, now);
                }
                let result = known.and_then(|(principal, resource)| {
                    self.answer(request, hit, &principal, &resource, now, is_bystanders(raw))
                });
                let result = result.map(|content| {
                    Answer::ok(
                        request.service,
                        &request.action,
                        content,
                        request_id.clone(),
                    )
                });
                late_end(hit, result.map_err(End::Error), raw.body())
            }
        };
        let answer = match result {
            Ok(answer) => Ok(answer),
            Err(End::Error(error)) => {
                call.outcome = error.outcome();
                Ok(Answer::error(request.service, &error, request_id))
            }
            Err(End::Lost(lost)) => {
                call.outcome = Outcome::Lost;
                Err(lost)
            }
        };
        let hooks = if is_bystanders(raw) {
            Vec::new()
        } else {
            self.calls.push(call.clone());
            self.hooks.clone()
        };
        self.last_request = raw.body().clone();
        Served {
            call,
            answer,
            answer_delay: hit.answer_delay(),
            hooks,
            rotations: std::mem::take(&mut self.rotations),
        }
    }

    /// Who calls, and what about. The record has this even for a call that a fault ends early.
    fn identify(
        &self,
        request: &ApiRequest,
        raw: &Request<Bytes>,
        call: &mut Call,
        now: SystemTime,
    ) -> Result<(Principal, Resource), ApiError> {
        let principal = self.authenticate(request, raw, now)?;
        call.principal.clone_from(&principal.arn);
        let resource = self.resource(request, &principal)?;
        call.resource.clone_from(&resource.recorded);
        Ok((principal, resource))
    }

    fn answer(
        &mut self,
        request: &ApiRequest,
        hit: &Hit,
        principal: &Principal,
        resource: &Resource,
        now: SystemTime,
        bystander: bool,
    ) -> Result<Content, ApiError> {
        if hit.kind == Some(FaultKind::Denied) {
            return Err(refusal(request, principal, resource, Decision::NotAllowed));
        }
        let authorised = self.authorise(request, principal, resource);
        if !bystander && !self.operator.signs(request) {
            self.record(request, principal, resource, authorised.is_ok());
        }
        authorised?;
        self.act(request, principal, hit.stale, now)
    }
}

fn is_bystanders(request: &Request<Bytes>) -> bool {
    request.extensions().get::<Bystander>().is_some()
}

/// A call that fails.
enum End {
    Error(ApiError),
    Lost(Lost),
}

fn injected(status: u16, code: &str) -> End {
    End::Error(ApiError::new(status, code, "An injected fault."))
}

/// How a call ends if a fault keeps it from taking effect.
fn early_end(hit: &Hit) -> Option<Result<Answer, End>> {
    let end = match hit.kind.as_ref()? {
        FaultKind::ErrorBefore { status, code } => injected(*status, code),
        FaultKind::Refused => End::Lost(Lost::ConnectionRefused),
        FaultKind::TimedOutBefore => End::Lost(Lost::TimedOut),
        FaultKind::KilledBefore => End::Lost(Lost::Killed),
        _ => return None,
    };
    Some(Err(end))
}

/// How a call ends if a fault hits it after it took effect.
fn late_end(hit: &Hit, result: Result<Answer, End>, request: &Bytes) -> Result<Answer, End> {
    match &hit.kind {
        Some(FaultKind::ErrorAfter { status, code }) => Err(injected(*status, code)),
        Some(FaultKind::AnswerLost) => Err(End::Lost(Lost::ConnectionReset)),
        Some(FaultKind::TimedOutAfter) => Err(End::Lost(Lost::TimedOut)),
        Some(FaultKind::KilledAfter) => Err(End::Lost(Lost::Killed)),
        Some(FaultKind::Garbled) => result.map(|mut answer| {
            answer.garble(request);
            answer
        }),
        _ => result,
    }
}
