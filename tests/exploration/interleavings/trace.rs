//! A schedule in words, for a failure.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::process::{BEGIN, Ended, INVOKE, STAGE};
use super::run::Begun;

const PREFIX: &str = "AKIASANDBOX";
const KEY_LENGTH: usize = 20;

/// Who did what, when, and the result. Keys are named in the order in which they first appear.
#[derive(Debug, Default)]
pub struct Trace {
    keys: Vec<String>,
    secrets: Vec<String>,
    events: Vec<Event>,
}

#[derive(Debug)]
struct Event {
    at: Duration,
    process: usize,
    what: What,
}

#[derive(Debug)]
enum What {
    Call { call: String, answer: String },
    Woken,
    Ended(Ended),
}

impl Trace {
    pub fn new(begun: &Begun) -> Self {
        let keys = begun.world.aws.user_keys(&begun.world.prepared.username);
        Self {
            keys: keys.into_iter().map(|key| key.id).collect(),
            secrets: begun.arns.clone(),
            events: Vec::new(),
        }
    }

    pub fn call(&mut self, at: Duration, process: usize, call: &str, answer: &str) {
        for key in keys(answer) {
            if !self.keys.contains(&key) {
                self.keys.push(key);
            }
        }
        let what = What::Call {
            call: call.to_owned(),
            answer: answer.to_owned(),
        };
        self.events.push(Event { at, process, what });
    }

    pub fn woken(&mut self, at: Duration, process: usize) {
        let what = What::Woken;
        self.events.push(Event { at, process, what });
    }

    pub fn ended(&mut self, at: Duration, process: usize, result: &Ended) {
        let what = What::Ended(result.clone());
        self.events.push(Event { at, process, what });
    }

    fn named(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (letter, ids) in [("K", &self.keys), ("S", &self.secrets)] {
            for (number, id) in ids.iter().enumerate() {
                text = text.replace(id.as_str(), &format!("{letter}{number}"));
            }
        }
        text
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Event { at, process, what } in &self.events {
            let process = char::from(b"ABC"[*process]);
            let what = match what {
                What::Call { call, answer } => {
                    let answered = [status(answer), keys(answer).join(" ")].join(" ");
                    format!("{} -> {answered}", shown(call))
                }
                What::Woken => "(the time has come)".to_owned(),
                What::Ended(Ok(answer)) => format!("ended: {}", of_one(answer)["message"]),
                What::Ended(Err(error)) => format!("failed: {error:?}"),
            };
            writeln!(formatter, "{at:>12.3?} {process} {}", self.named(&what))?;
        }
        Ok(())
    }
}

/// The part of an answer that is about the secret. The keeper's is about several.
pub fn of_one(answer: &Value) -> &Value {
    answer["secrets"].get(0).unwrap_or(answer)
}

/// The action of a call and its parameters that are not secret.
fn shown(call: &str) -> String {
    const PARAMETERS: [&str; 6] = [
        "SecretId",
        "VersionId",
        "VersionStage",
        "ClientRequestToken",
        "MoveToVersionId",
        "RemoveFromVersionId",
    ];
    let own = [INVOKE, STAGE, BEGIN];
    if own.into_iter().any(|name| call.starts_with(name)) {
        return call.to_owned();
    }
    let mut parts = call.splitn(3, ' ');
    let [signer, target, body] = [(); 3].map(|()| parts.next().unwrap_or_default());
    let signer = match signer.starts_with("AKIA") {
        true => format!(" signed by {signer}"),
        false => String::new(),
    };
    let Ok(Value::Object(members)) = serde_json::from_str(body) else {
        let parameters = body.split('&');
        let shown = parameters.filter(|pair| !pair.starts_with("Version="));
        return shown.collect::<Vec<_>>().join(" ") + &signer;
    };
    let target = target.trim_start_matches("secretsmanager.");
    let shown = PARAMETERS.iter().filter_map(|name| {
        let value = members.get(*name)?.as_str()?;
        Some(format!("{name}={value}"))
    });
    let keys = keys(body);
    format!(
        "{target} {} {}",
        shown.collect::<Vec<_>>().join(" "),
        keys.join(" ")
    )
}

/// The status of a response, and its error code.
fn status(answer: &str) -> String {
    let (status, body) = answer.split_once(' ').unwrap_or((answer, ""));
    let xml = body.split_once("<Code>").unwrap_or_default().1;
    let xml = xml.split('<').next().unwrap_or_default().to_owned();
    let json: Option<Value> = serde_json::from_str(body).ok();
    let json = json.and_then(|json| json["__type"].as_str().map(str::to_owned));
    format!("{status} {}", json.unwrap_or(xml))
}

/// The ids of access keys in a text.
fn keys(text: &str) -> Vec<String> {
    let starts = text.match_indices(PREFIX).map(|(start, _)| start);
    let ids = starts.filter_map(|start| text.get(start..start + KEY_LENGTH));
    ids.map(str::to_owned).collect()
}
