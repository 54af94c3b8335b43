//! Amazon SES's SMTP interface: a server with STARTTLS that knows the SMTP passwords of the
//! account's access keys, and takes no mail.
//!
//! In memory for virtual time, over TCP for other processes.

mod auth;
mod lines;
mod server;
mod session;
mod stream;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use std::io;

use self::session::{Session, serve};
use crate::aws::{Aws, SmtpFault};
use crate::tls::Authority;

pub use server::SmtpServer;
pub use stream::SmtpStream;

/// The Regions that have servers in memory, and certificates.
pub const REGIONS: [&str; 4] = ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1"];

/// The prefixes of a host's name.
const PREFIXES: [&str; 2] = ["email-smtp.", "email-smtp-fips."];

/// How many bytes one side may be ahead of the other.
const BUFFER: usize = 16 * 1024;

/// The name of a Region's server.
#[must_use]
pub fn host(region: &str) -> String {
    let [host, _] = names(region);
    host
}

/// The names of all servers.
pub(crate) fn hosts() -> impl Iterator<Item = String> {
    REGIONS.into_iter().flat_map(names)
}

fn names(region: &str) -> [String; 2] {
    PREFIXES.map(|prefix| format!("{prefix}{region}.amazonaws.com"))
}

fn region_of(host: &str) -> Option<&'static str> {
    let mut regions = REGIONS.into_iter();
    regions.find(|region| names(region).iter().any(|name| name == host))
}

impl Aws {
    /// Connects to a server in memory, by its name. Its certificate is one of
    /// [`Authority::of_process`]. It needs tokio's runtime, whose time may be paused.
    ///
    /// # Errors
    /// `NotFound` if no server in [`REGIONS`] has that name; `ConnectionRefused` if a fault says so.
    pub fn smtp_connect(&self, host: &str) -> io::Result<SmtpStream> {
        let region = region_of(host)
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("no host {host}")))?;
        let authority = Authority::of_process().map_err(io::Error::other)?;
        let fault = self.smtp_connection(region);
        if fault == Some(SmtpFault::Refused) {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let (client, server) = tokio::io::duplex(BUFFER);
        let session = Session::new(self.clone(), region, fault);
        tokio::spawn(serve(server, session, authority.smtp().clone()));
        Ok(SmtpStream::new(client))
    }
}
