//! The account's side of Amazon SES's SMTP interface: which password is right, who logged in, and
//! the injected faults. [`crate::smtp`] is the server.

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use std::collections::BTreeSet;
use std::ops::{Bound, RangeBounds};
use std::time::SystemTime;

use aws_smithy_types::base64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Aws;
use super::state::State;

/// A login that was tried over SMTP, including one before TLS, when the server does not listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpLogin {
    /// The Region of the server.
    pub region: String,
    /// The user name that was given, which should be an access key id; empty if there was none.
    pub access_key_id: String,
    /// Whether the server let it in.
    pub accepted: bool,
    /// When, by the simulation's clock.
    pub at: SystemTime,
}

/// What happens to an SMTP connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpFault {
    /// It is refused; over TCP, it is closed at once.
    Refused,
    /// It is accepted, but the server never says anything.
    Hangs,
    /// Every login fails temporarily: 454.
    Unavailable,
    /// Every login is refused, in words that repeat the user name and the password.
    Repeats,
    /// STARTTLS is neither offered nor known, as with an eavesdropper in between. Passwords are accepted in plain text.
    WithoutTls,
}

/// What is known about SMTP.
#[derive(Clone, Debug, Default)]
pub(super) struct Smtp {
    /// The Regions that were asked for.
    regions: BTreeSet<String>,
    logins: Vec<SmtpLogin>,
    mail: Vec<String>,
    faults: Vec<Waiting>,
}

#[derive(Clone, Debug)]
struct Waiting {
    on: (Bound<usize>, Bound<usize>),
    fault: SmtpFault,
    seen: usize,
}

impl Aws {
    /// The SMTP password of a secret access key in a Region. From now on, [`Aws::confidential`]
    /// includes it, and the passwords of all keys in that Region.
    pub fn smtp_password(&self, secret_access_key: &str, region: &str) -> String {
        let password = smtp_password(secret_access_key, region);
        let mut state = self.state();
        state.smtp.ask_for(region);
        state.ids.keep_also(&password);
        password
    }

    /// Whether a server would accept this pair now, if there is no fault.
    #[must_use]
    pub fn smtp_authenticates(&self, region: &str, id: &str, password: &str) -> bool {
        let now = self.now();
        let mut state = self.state();
        state.smtp.ask_for(region);
        state.knows_smtp_password(region, id, password, now)
    }

    /// Every login that was tried over SMTP since the simulation began or [`Aws::clear_calls`]. IAM
    /// keeps no record of them.
    #[must_use]
    pub fn smtp_logins(&self) -> Vec<SmtpLogin> {
        self.state().smtp.logins.clone()
    }

    /// Every mail command, such as `MAIL`, that was sent over SMTP since then, though all are
    /// refused. Empty if nobody has tried to send mail.
    #[must_use]
    pub fn smtp_mail(&self) -> Vec<String> {
        self.state().smtp.mail.clone()
    }

    /// Injects a fault into SMTP connections, counted from 1 from now on: `1..=1` for the next one, `2..` for all but
    /// that. Of several faults, the first injected wins. [`Aws::clear_faults`] removes it.
    pub fn fail_smtp(&self, connections: impl RangeBounds<usize>, fault: SmtpFault) {
        let on = (
            connections.start_bound().cloned(),
            connections.end_bound().cloned(),
        );
        let seen = 0;
        let waiting = Waiting { on, fault, seen };
        self.state().smtp.faults.push(waiting);
    }

    /// Counts a connection, and returns its fault.
    pub(crate) fn smtp_connection(&self, region: &str) -> Option<SmtpFault> {
        let mut state = self.state();
        state.smtp.ask_for(region);
        let faults = state.smtp.faults.iter_mut();
        let hits: Vec<_> = faults.filter_map(Waiting::count).collect();
        hits.first().copied()
    }

    /// Accepts or refuses a pair, and records it.
    pub(crate) fn smtp_log_in(
        &self,
        region: &str,
        id: &str,
        password: &str,
        fault: Option<SmtpFault>,
    ) -> bool {
        let now = self.now();
        let fails = matches!(fault, Some(SmtpFault::Unavailable | SmtpFault::Repeats));
        let knows = || self.state().knows_smtp_password(region, id, password, now);
        let accepted = !fails && knows();
        self.smtp_login(region, id, accepted);
        accepted
    }

    /// Records a login.
    pub(crate) fn smtp_login(&self, region: &str, id: &str, accepted: bool) {
        let login = SmtpLogin {
            region: region.to_owned(),
            access_key_id: id.to_owned(),
            accepted,
            at: self.now(),
        };
        self.state().smtp.logins.push(login);
    }

    /// Records a mail command.
    pub(crate) fn smtp_mail_command(&self, command: &str) {
        self.state().smtp.mail.push(command.to_owned());
    }
}

impl State {
    fn knows_smtp_password(&self, region: &str, id: &str, password: &str, now: SystemTime) -> bool {
        let known = self.key(id).filter(|(_, key)| key.is_usable_for_smtp(now));
        known.is_some_and(|(_, key)| smtp_password(key.secret.reveal(), region) == password)
    }

    /// The passwords of all keys in the Regions that were asked for, each also as a login sends it:
    /// in base64 for AUTH PLAIN and AUTH LOGIN.
    pub(super) fn smtp_passwords(&self) -> Vec<String> {
        let users = self.users.now().iter();
        let keys = users.flat_map(|user| &user.keys);
        let passwords = keys.flat_map(|key| {
            let regions = self.smtp.regions();
            regions.map(|region| (&key.id, smtp_password(key.secret.reveal(), region)))
        });
        passwords
            .flat_map(|(id, password)| {
                let plain = base64::encode(format!("\0{id}\0{password}"));
                let login = base64::encode(&password);
                [password, plain, login]
            })
            .collect()
    }
}

impl Smtp {
    /// The Regions that were asked for.
    pub(super) fn regions(&self) -> impl Iterator<Item = &str> {
        self.regions.iter().map(String::as_str)
    }

    /// What a later call can depend on.
    pub(super) fn left_over(&self) -> Self {
        Self {
            regions: self.regions.clone(),
            ..Self::default()
        }
    }

    pub(super) fn clear_faults(&mut self) {
        self.faults.clear();
    }

    pub(super) fn clear_record(&mut self) {
        self.logins.clear();
        self.mail.clear();
    }

    fn ask_for(&mut self, region: &str) {
        if !self.regions.contains(region) {
            self.regions.insert(region.to_owned());
        }
    }
}

impl Waiting {
    fn count(&mut self) -> Option<SmtpFault> {
        self.seen += 1;
        self.on.contains(&self.seen).then_some(self.fault)
    }
}

/// The SMTP password for a secret access key in a Region, as Amazon SES documents it.
#[must_use]
pub fn smtp_password(secret_access_key: &str, region: &str) -> String {
    const DATE: &str = "11111111";
    const VERSION: u8 = 4;
    let first = format!("AWS4{secret_access_key}").into_bytes();
    let chain = [DATE, region, "ses", "aws4_request", "SendRawEmail"];
    let signed = chain
        .into_iter()
        .fold(first, |key, text| hmac(&key, text.as_bytes()));
    let mut password = vec![VERSION];
    password.extend(signed);
    base64::encode(password)
}

#[allow(
    clippy::expect_used,
    reason = "HMAC has no key that is too long or short"
)]
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}
