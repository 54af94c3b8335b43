//! The function's AWS calls, recorded to prove its policies.
//!
//! If `RECORD_CALLS` is set to a directory, each process writes each different call once to a file
//! there: who asked for what, and the set-up of the account.

use std::collections::HashSet;
use std::fs::{File, create_dir_all};
use std::io::{self, Write};
use std::iter;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use serde_json::{Map, Value, json};

use super::Aws;
use super::access::{INVOKE, Principal, Resource};
use super::request::ApiRequest;
use super::state::State;

/// The recorded calls, and the file that they go to.
struct Record {
    seen: HashSet<String>,
    file: File,
}

static RECORD: OnceLock<Option<Mutex<Record>>> = OnceLock::new();

fn record() -> Option<&'static Mutex<Record>> {
    let opened = RECORD.get_or_init(|| {
        let directory = PathBuf::from(std::env::var_os("RECORD_CALLS")?);
        match open(directory) {
            Ok(record) => Some(Mutex::new(record)),
            #[allow(clippy::panic, reason = "a record that is not written proves nothing")]
            Err(error) => panic!("RECORD_CALLS: {error}"),
        }
    });
    opened.as_ref()
}

fn open(directory: PathBuf) -> io::Result<Record> {
    create_dir_all(&directory)?;
    let file = directory.join(format!("{}.jsonl", std::process::id()));
    Ok(Record {
        seen: HashSet::new(),
        file: File::create(file)?,
    })
}

impl Aws {
    /// From now on, records calls as those of an account with this set-up.
    pub(crate) fn record_calls(&self, source: &str, set_up: Value) {
        if record().is_some() {
            self.state().recorded_as = Some((source.to_owned(), set_up));
        }
    }
}

impl State {
    /// Records a call by the function, and whether its policies allow it.
    pub(super) fn record(
        &self,
        request: &ApiRequest,
        principal: &Principal,
        resource: &Resource,
        allowed: bool,
    ) {
        let (Some(record), Some((source, set_up))) = (record(), &self.recorded_as) else {
            return;
        };
        let context: Map<String, Value> = request
            .context()
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.into()))
            .collect();
        let action = format!("{}:{}", request.service, request.action);
        let call = (action.as_str(), resource.arn.as_str(), context);
        let invoked = self.invoked(request, resource);
        let invocation = invoked.map(|function| (INVOKE, function, Map::new()));
        for (action, resource, context) in iter::once(call).chain(invocation) {
            let line = json!({
                "source": source,
                "principal": principal.arn,
                "action": action,
                "resource": resource,
                "context": context,
                "allowed": allowed,
                "setup": set_up,
            });
            write(record, line.to_string());
        }
    }
}

/// Writes a line, unless the file has it.
fn write(record: &Mutex<Record>, line: String) {
    let mut record = record.lock().unwrap_or_else(PoisonError::into_inner);
    if !record.seen.contains(&line) {
        let written = writeln!(record.file, "{line}");
        #[allow(clippy::panic, reason = "a record that is not written proves nothing")]
        if let Err(error) = written {
            panic!("RECORD_CALLS: {error}");
        }
        record.seen.insert(line);
    }
}
