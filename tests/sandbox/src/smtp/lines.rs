//! A connection by its lines.

use std::io;

use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, sink,
};

/// The longest line in bytes, as RFC 4954 requires.
const LONGEST: u64 = 12_288;

/// What the client says, line by line.
pub(super) struct Lines<S>(BufReader<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> Lines<S> {
    pub(super) fn new(stream: S) -> Self {
        Self(BufReader::new(stream))
    }

    /// The next line without its end; `None` if there are no more, or if one is too long.
    pub(super) async fn next(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        let mut bounded = (&mut self.0).take(LONGEST);
        bounded.read_until(b'\n', &mut line).await?;
        let Some(rest) = line.strip_suffix(b"\n") else {
            if line.len() as u64 == LONGEST {
                self.say("500 Line too long").await?;
            }
            return Ok(None);
        };
        let text = rest.strip_suffix(b"\r").unwrap_or(rest);
        Ok(Some(String::from_utf8_lossy(text).into_owned()))
    }

    pub(super) async fn say(&mut self, line: &str) -> io::Result<()> {
        self.0.write_all(format!("{line}\r\n").as_bytes()).await?;
        self.0.flush().await
    }

    /// Reads for as long as the client stays, without a reply.
    pub(super) async fn ignore(&mut self) -> io::Result<()> {
        tokio::io::copy(&mut self.0, &mut sink()).await.map(drop)
    }

    pub(super) async fn close(&mut self) -> io::Result<()> {
        self.0.shutdown().await
    }

    /// The connection. Drops what the client has sent too early: it was not encrypted (RFC 3207).
    pub(super) fn into_inner(self) -> S {
        self.0.into_inner()
    }
}
