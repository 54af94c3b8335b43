//! What a process writes to stdout and stderr, kept and passed on line by line.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::task::JoinSet;

use super::lock;

type Listener = Arc<dyn Fn(&str) + Send + Sync>;

#[derive(Default)]
pub(super) struct Log {
    text: Arc<Mutex<String>>,
    listener: Option<Listener>,
    readers: JoinSet<()>,
}

impl Log {
    pub(super) fn on_line(&mut self, listener: impl Fn(&str) + Send + Sync + 'static) {
        self.listener = Some(Arc::new(listener));
    }

    pub(super) fn text(&self) -> String {
        lock(&self.text).clone()
    }

    /// Reads `output` until its end, in the background.
    pub(super) fn follow(&mut self, output: Option<impl AsyncRead + Send + Unpin + 'static>) {
        let Some(output) = output else { return };
        let text = Arc::clone(&self.text);
        let listener = self.listener.clone();
        self.readers.spawn(async move {
            let mut lines = BufReader::new(output).split(b'\n');
            while let Ok(Some(line)) = lines.next_segment().await {
                let line = String::from_utf8_lossy(&line);
                let mut text = lock(&text);
                text.push_str(&line);
                text.push('\n');
                drop(text);
                if let Some(listener) = &listener {
                    listener(&line);
                }
            }
        });
    }

    /// Waits for the end of every output, for `limit` at most: a child of the process may hold one
    /// open.
    pub(super) async fn drain(&mut self, limit: Duration) {
        let ended = async { while self.readers.join_next().await.is_some() {} };
        if tokio::time::timeout(limit, ended).await.is_err() {
            self.readers.abort_all();
        }
    }
}
