//! A user, a secret and the function, under watch. After every call, AWSCURRENT's key must still work (P1).
//! At the end, no output may contain anything confidential (P5).

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_smithy_async::time::TimeSource;
use iam_key_rotator::{Config, logging};
use sandbox::aws::{AWSCURRENT, AccessKey, Aws, Fault, FaultKind, When};
use sandbox::clock::Clock;
use sandbox::in_process::InProcess;
use sandbox::rotation::{
    Function, FunctionError, RotateOptions, RotationFailed, RotationReport, event, rotate,
    test_rotation,
};
use sandbox::setup::{Prepared, Setup, Source};
use serde_json::{Value, json};
use tracing::subscriber::DefaultGuard;

use crate::watch::{After, Watch, Watched, watch};

pub const TOKEN: &str = "aaaaaaaa-0c1b-4f6e-9a55-2f0d6c1b7e01";
pub const SOURCES: [Source; 4] = [
    Source::SelfKey,
    Source::Administrator,
    Source::Role,
    Source::AnotherAccount,
];

/// The number of a world's first function.
const FIRST: u32 = 100;

/// When a test begins.
pub fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

pub struct World {
    pub aws: Aws,
    pub prepared: Prepared,
    pub function: InProcess,
    config: Config,
    functions: AtomicU32,
    token: String,
    rotation_token: Option<String>,
    said: Arc<Mutex<Vec<u8>>>,
    watch: Watch,
    after: After,
    _logs: DefaultGuard,
}

impl World {
    pub fn new(setup: Setup) -> Self {
        Self::with(setup, Config::default())
    }

    pub fn from(source: Source, keys: u8) -> Self {
        Self::new(setup(source, keys))
    }

    pub fn with(setup: Setup, config: Config) -> Self {
        let aws = Aws::new(Clock::at(start()));
        let prepared = setup.prepare(&aws).unwrap();
        let said = Arc::new(Mutex::new(Vec::new()));
        let writer = said.clone();
        let logs = tracing::subscriber::set_default(logging::subscriber(
            tracing::level_filters::LevelFilter::TRACE,
            move || Said(writer.clone()),
        ));
        let after = After::default();
        let world = Self {
            function: InProcess::new(&aws, config.clone()).numbered(FIRST),
            functions: AtomicU32::new(FIRST + 1),
            watch: watch(&aws, &prepared.secret_arn, after.clone()),
            aws,
            prepared,
            config,
            token: TOKEN.to_owned(),
            rotation_token: None,
            said,
            after,
            _logs: logs,
        };
        world.aws.clear_calls();
        world
    }

    pub fn arn(&self) -> &str {
        &self.prepared.secret_arn
    }

    /// A whole rotation, with as many attempts as Secrets Manager makes.
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

    /// Stages the token, as Secrets Manager does before createSecret.
    pub fn stage(&mut self) {
        self.aws
            .stage_pending(&self.prepared.secret_arn, &self.token)
            .unwrap();
        self.rotation_token = Some(self.aws.make_rotation_token(&self.prepared.secret_arn));
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    /// From now on the steps are those of another rotation.
    pub fn fresh_token(&mut self) {
        let number = self.token[..8].parse::<u32>().unwrap_or(90_000_000) + 1;
        self.token = format!("{number:08}{}", &TOKEN[8..]);
    }

    /// The function in a second execution environment.
    pub fn another_function(&self) -> InProcess {
        let number = self.functions.fetch_add(1, Ordering::Relaxed);
        InProcess::new(&self.aws, self.config.clone()).numbered(number)
    }

    /// A person changes the function's settings.
    #[allow(dead_code, reason = "for the behaviour, which shares this file")]
    pub fn reconfigure(&mut self, config: Config) {
        self.config = config;
        self.function = self.another_function();
    }

    pub fn function_time_out(&mut self, time_out: Duration) {
        self.function = self.another_function().time_out(time_out);
    }

    pub fn now(&self) -> SystemTime {
        self.aws.clock().now()
    }

    /// Allows a principal an action on a resource, in addition to what the shipped policies allow. Also excludes the
    /// resource from what they deny.
    pub fn allow(&self, principal: &str, action: &str, resource: &str) {
        self.aws.spare(principal, resource);
        let statement = json!({"Effect": "Allow", "Action": action, "Resource": resource});
        let document = json!({"Version": "2012-10-17", "Statement": [statement]});
        self.aws.attach_policy(principal, &document).unwrap();
    }

    /// Does something once, after the next call of an action.
    pub fn after_call(&self, action: &str, then: impl FnOnce() + Send + 'static) {
        *self.after.lock().unwrap() = Some((action.to_owned(), Box::new(then)));
    }

    /// Does something once, after calls of these actions, one after the other.
    #[allow(dead_code, reason = "for the behaviour, which shares this file")]
    pub fn after_calls(&self, actions: &[&str], then: impl FnOnce() + Send + 'static) {
        let mut then: Box<dyn FnOnce() + Send> = Box::new(then);
        for action in actions[1..].iter().rev() {
            let (after, due) = (self.after.clone(), ((*action).to_owned(), then));
            then = Box::new(move || *after.lock().unwrap() = Some(due));
        }
        self.after_call(actions[0], then);
    }

    /// Another run of the same rotation makes and stores its key, after the next call of an action.
    pub fn another_run_stores_a_key_behind(&self, action: &str) {
        let (aws, arn) = (self.aws.clone(), self.arn().to_owned());
        let (token, text) = (self.token.clone(), self.text(AWSCURRENT));
        let user = self.prepared.username.clone();
        self.after_call(action, move || {
            let key = aws.create_access_key(&user);
            aws.put_version_text(&arn, &token, &with_key(&text, &key));
        });
    }

    /// A step's event.
    pub fn event(&self, step: &str) -> Value {
        event(
            step,
            self.arn(),
            &self.token,
            self.rotation_token.as_deref(),
        )
    }

    /// One step of the rotation that [`World::stage`] has staged.
    pub async fn step(&mut self, step: &str) -> Result<Value, FunctionError> {
        self.invoke(self.event(step)).await
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

    /// A person does something that may take AWSCURRENT's key away. The function is not to blame for that.
    pub fn a_person(&self, does: impl FnOnce(&Aws)) {
        does(&self.aws);
        let now = Watched::of(&self.aws, self.arn());
        let mut watch = self.watch.lock().unwrap();
        (watch.usable, watch.works) = (now.usable, now.works);
    }

    /// From now on a person moves labels, so the test itself checks P1 at the end.
    #[allow(dead_code, reason = "for the behaviour, which shares this file")]
    pub fn people_move_labels(&self) {
        self.watch.lock().unwrap().people = true;
    }

    /// The log lines so far.
    pub fn logs(&self) -> String {
        String::from_utf8(self.said.lock().unwrap().clone()).unwrap()
    }

    /// Records what someone was told. It is searched later for anything confidential.
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
        let broken = &self.watch.lock().unwrap().broken;
        assert!(broken.is_empty(), "P1: {broken:?}");
    }
}

pub fn setup(source: Source, keys: u8) -> Setup {
    Setup {
        source,
        keys,
        ..Setup::default()
    }
}

/// A secret's text with another access key.
pub fn with_key(text: &str, key: &AccessKey) -> String {
    let mut value: Value = serde_json::from_str(text).unwrap();
    value["accesskey"] = key.id.as_str().into();
    value["secretkey"] = key.secret.as_str().into();
    value.to_string()
}

/// Where log lines go.
pub struct Said(pub Arc<Mutex<Vec<u8>>>);

impl io::Write for Said {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
