//! A user, a secret and the function, watched: after every call that AWSCURRENT's key still
//! works (P1), and at the end that nothing confidential was said (P5).

use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use iam_key_rotator::config::Config;
use iam_key_rotator::logging;
use sandbox::aws::{AWSCURRENT, AWSPENDING, Aws, Fault, FaultKind, KeyStatus, When};
use sandbox::clock::Clock;
use sandbox::in_process::InProcess;
use sandbox::rotation::{
    Function, FunctionError, RotateOptions, RotationFailed, RotationReport, event, rotate,
    test_rotation,
};
use sandbox::setup::{Prepared, Setup, Source};
use serde_json::Value;
use tracing::subscriber::DefaultGuard;

pub const TOKEN: &str = "aaaaaaaa-0c1b-4f6e-9a55-2f0d6c1b7e01";
pub const ALICE: &str = "alice";
pub const SOURCES: [Source; 3] = [Source::SelfKey, Source::Administrator, Source::Role];

pub struct World {
    pub aws: Aws,
    pub prepared: Prepared,
    pub function: InProcess,
    said: Arc<Mutex<Vec<u8>>>,
    broken: Arc<Mutex<Vec<String>>>,
    rotation_token: Option<String>,
    _logs: DefaultGuard,
}

/// What a rotation can change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    versions: Vec<(String, Vec<String>, Option<String>)>,
    keys: Vec<(String, KeyStatus)>,
}

impl World {
    pub fn new(setup: Setup) -> Self {
        Self::with(setup, Config::default())
    }

    pub fn from(source: Source, keys: u8) -> Self {
        Self::new(Setup {
            source,
            keys,
            ..Setup::default()
        })
    }

    pub fn with(setup: Setup, config: Config) -> Self {
        let aws = Aws::new(Clock::at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)));
        let prepared = setup.prepare(&aws).unwrap();
        let said = Arc::new(Mutex::new(Vec::new()));
        let writer = said.clone();
        let logs = tracing::subscriber::set_default(logging::subscriber(
            tracing::level_filters::LevelFilter::TRACE,
            move || Said(writer.clone()),
        ));
        let world = Self {
            function: InProcess::new(&aws, config),
            broken: watch(&aws, &prepared),
            aws,
            prepared,
            said,
            rotation_token: None,
            _logs: logs,
        };
        world.aws.clear_calls();
        world
    }

    pub fn arn(&self) -> &str {
        &self.prepared.secret_arn
    }

    /// A whole rotation, as often as Secrets Manager tries it.
    pub async fn rotate(&mut self) -> Result<RotationReport, RotationFailed> {
        let options = RotateOptions {
            pause: Duration::from_secs(60),
            ..RotateOptions::default()
        };
        let arn = self.arn().to_owned();
        let result = rotate(&self.aws, &mut self.function, &arn, options, &mut |_| {}).await;
        self.hear(&format!("{result:?}"));
        result
    }

    pub async fn test_rotation(&mut self) -> Result<RotationReport, RotationFailed> {
        let arn = self.arn().to_owned();
        let result = test_rotation(&self.aws, &mut self.function, &arn, &mut |_| {}).await;
        self.hear(&format!("{result:?}"));
        result
    }

    /// Stages [`TOKEN`], as Secrets Manager does before createSecret.
    pub fn stage(&mut self) -> &mut Self {
        self.aws.stage_pending(&self.prepared.secret_arn, TOKEN).unwrap();
        self.rotation_token = Some(self.aws.make_rotation_token(&self.prepared.secret_arn));
        self
    }

    /// One step of the rotation that [`World::stage`] has staged.
    pub async fn step(&mut self, step: &str) -> Result<Value, FunctionError> {
        self.invoke(event(step, self.arn(), TOKEN, self.rotation_token.as_deref()))
            .await
    }

    pub async fn invoke(&mut self, event: Value) -> Result<Value, FunctionError> {
        let result = self.function.invoke(event).await;
        self.hear(&format!("{result:?}"));
        result
    }

    pub fn fail(&self, action: &str, nth: usize, kind: FaultKind) {
        self.aws.inject(Fault {
            on: When::Action {
                action: action.to_owned(),
                nth,
            },
            kind,
        });
    }

    pub fn always_fail(&self, action: &str, kind: FaultKind) {
        self.aws.inject(Fault {
            on: When::Every {
                action: action.to_owned(),
            },
            kind,
        });
    }

    /// The value that a label's version holds.
    pub fn value(&self, label: &str) -> Option<Value> {
        value(&self.aws, self.arn(), label)
    }

    /// The key id that a label's version holds.
    pub fn key_of(&self, label: &str) -> Option<String> {
        Some(self.value(label)?["accesskey"].as_str()?.to_owned())
    }

    /// The user's key ids, sorted.
    pub fn keys(&self) -> Vec<String> {
        let keys = self.aws.user_keys(&self.prepared.username);
        let mut ids: Vec<_> = keys.into_iter().map(|key| key.id).collect();
        ids.sort();
        ids
    }

    /// The user's keys, each in one of the secret's versions: none is lost (P3).
    pub fn lost_keys(&self) -> Vec<String> {
        let view = self.aws.secret(self.arn()).unwrap();
        let texts: Vec<_> = view
            .versions
            .iter()
            .filter(|version| !version.labels.is_empty())
            .filter_map(|version| version.content.as_ref()?.as_text().map(str::to_owned))
            .collect();
        let mut keys = self.keys();
        keys.retain(|id| !texts.iter().any(|text| text.contains(id.as_str())));
        keys
    }

    /// How many calls there were of an action.
    pub fn count(&self, action: &str) -> usize {
        self.aws.calls().iter().filter(|call| call.action == action).count()
    }

    pub fn snapshot(&self) -> Snapshot {
        let view = self.aws.secret(self.arn()).unwrap();
        Snapshot {
            versions: view
                .versions
                .iter()
                .map(|version| {
                    let mut labels = version.labels.clone();
                    labels.sort();
                    let text = version.content.as_ref().map(|content| format!("{content:?}{:?}", content.as_text()));
                    (version.id.clone(), labels, text)
                })
                .collect(),
            keys: self
                .aws
                .user_keys(&self.prepared.username)
                .into_iter()
                .map(|key| (key.id, key.status))
                .collect(),
        }
    }

    pub fn older_key(&self) -> String {
        self.prepared.older_key.as_ref().unwrap().id.clone()
    }

    pub fn current_key(&self) -> String {
        self.prepared.current_key.as_ref().unwrap().id.clone()
    }

    /// The log lines so far.
    pub fn logs(&self) -> String {
        String::from_utf8(self.said.lock().unwrap().clone()).unwrap()
    }

    /// Takes note of what someone was told, to be searched for what is confidential.
    pub fn hear(&self, text: &str) {
        let mut said = self.said.lock().unwrap();
        said.extend_from_slice(text.as_bytes());
        said.push(b'\n');
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let said = self.logs();
        // For a search over the whole test run (`cargo test -- --nocapture`).
        print!("{said}");
        if std::thread::panicking() {
            return;
        }
        for secret in self.aws.confidential() {
            assert!(!said.contains(&secret), "P5: a secret was said: {said}");
        }
        let broken = self.broken.lock().unwrap();
        assert!(broken.is_empty(), "P1: {broken:?}");
    }
}

/// After every call, sees that AWSCURRENT's key is there and active if it ever was.
fn watch(aws: &Aws, prepared: &Prepared) -> Arc<Mutex<Vec<String>>> {
    let broken = Arc::new(Mutex::new(Vec::new()));
    let (found, seen, prepared) = (broken.clone(), aws.clone(), prepared.clone());
    let works = move || {
        let current = value(&seen, &prepared.secret_arn, AWSCURRENT)?;
        let id = current["accesskey"].as_str()?.to_owned();
        let secret = current["secretkey"].as_str()?.to_owned();
        Some((seen.authenticates(&id, &secret), id))
    };
    let worked = Mutex::new(works().is_some_and(|(works, _)| works));
    aws.on_call(move |call| {
        let mut worked = worked.lock().unwrap();
        if let Some((works, id)) = works() {
            if *worked && !works {
                found.lock().unwrap().push(format!("{id} is dead after {call:?}"));
            }
            *worked |= works;
        }
    });
    broken
}

fn value(aws: &Aws, arn: &str, label: &str) -> Option<Value> {
    let view = aws.secret(arn)?;
    let content = view.with_label(label)?.content.as_ref()?.as_text()?.to_owned();
    serde_json::from_str(&content).ok()
}

pub fn pending(world: &World) -> Option<String> {
    world.key_of(AWSPENDING)
}

struct Said(Arc<Mutex<Vec<u8>>>);

impl io::Write for Said {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
