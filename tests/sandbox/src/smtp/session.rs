//! One client's session, from the greeting to its end.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;

use super::auth::{Auth, hear, name_at_once};
use super::lines::Lines;
use crate::aws::{Aws, SmtpFault};

/// A client's progress.
pub(super) struct Session {
    aws: Aws,
    region: String,
    fault: Option<SmtpFault>,
    greeted: bool,
    encrypted: bool,
    logged_in: bool,
}

/// What follows a command.
#[derive(PartialEq, Eq)]
enum Next {
    Command,
    Tls,
    End,
}

/// Serves one client until it disconnects.
pub(super) async fn serve<S>(stream: S, mut session: Session, acceptor: TlsAcceptor)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // An error means that the client has gone.
    let _ = session.run(stream, acceptor).await;
}

impl Session {
    pub(super) fn new(aws: Aws, region: &str, fault: Option<SmtpFault>) -> Self {
        Self {
            aws,
            region: region.to_owned(),
            fault,
            greeted: false,
            encrypted: false,
            logged_in: false,
        }
    }

    async fn run<S>(&mut self, stream: S, acceptor: TlsAcceptor) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut lines = Lines::new(stream);
        if self.fault == Some(SmtpFault::Hangs) {
            return lines.ignore().await;
        }
        lines
            .say("220 email-smtp.amazonaws.com ESMTP SimpleEmailService sandbox")
            .await?;
        if self.converse(&mut lines).await? == Next::Tls {
            let stream = acceptor.accept(lines.into_inner()).await?;
            self.encrypted = true;
            // What was said before TLS no longer counts (RFC 3207).
            self.greeted = false;
            let mut lines = Lines::new(stream);
            self.converse(&mut lines).await?;
            return lines.close().await;
        }
        lines.close().await
    }

    /// Answers commands up to the one that ends this.
    async fn converse<S>(&mut self, lines: &mut Lines<S>) -> io::Result<Next>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        while let Some(line) = lines.next().await? {
            let next = self.obey(lines, &line).await?;
            if next != Next::Command {
                return Ok(next);
            }
        }
        Ok(Next::End)
    }

    async fn obey<S>(&mut self, lines: &mut Lines<S>, line: &str) -> io::Result<Next>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (verb, arguments) = line.split_once(' ').unwrap_or((line, ""));
        let verb = verb.to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => self.greet(true),
            "HELO" => self.greet(false),
            "NOOP" | "RSET" => "250 Ok",
            "QUIT" => {
                lines.say("221 Bye").await?;
                return Ok(Next::End);
            }
            "STARTTLS" if self.has_no_tls() => "502 Unrecognized command.",
            "STARTTLS" if self.encrypted || !self.greeted => "503 Bad sequence of commands",
            "STARTTLS" => {
                lines.say("220 Ready to start TLS").await?;
                return Ok(Next::Tls);
            }
            "AUTH" => return self.log_in(lines, arguments).await,
            "MAIL" | "RCPT" | "DATA" | "BDAT" => self.refuse_mail(&verb),
            _ => "502 Unrecognized command.",
        };
        lines.say(answer).await?;
        Ok(Next::Command)
    }

    fn greet(&mut self, extended: bool) -> &'static str {
        self.greeted = true;
        match (extended, self.encrypted || self.has_no_tls()) {
            (false, _) => "250 email-smtp.amazonaws.com",
            // AUTH is offered before TLS too, so that a client shows whether it waits for TLS.
            (true, false) => {
                "250-email-smtp.amazonaws.com\r\n250-8BITMIME\r\n250-STARTTLS\r\n\
                 250-AUTH PLAIN LOGIN\r\n250 Ok"
            }
            (true, true) => {
                "250-email-smtp.amazonaws.com\r\n250-8BITMIME\r\n250-AUTH PLAIN LOGIN\r\n250 Ok"
            }
        }
    }

    fn refuse_mail(&self, verb: &str) -> &'static str {
        self.aws.smtp_mail_command(verb);
        match self.logged_in {
            true => "554 Transaction failed: this server takes no mail",
            false => "530 Authentication required",
        }
    }

    async fn log_in<S>(&mut self, lines: &mut Lines<S>, arguments: &str) -> io::Result<Next>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if !self.encrypted && !self.has_no_tls() {
            let name = name_at_once(arguments);
            self.aws.smtp_login(&self.region, &name, false);
            lines.say("530 Must issue a STARTTLS command first").await?;
            return Ok(Next::Command);
        }
        if !self.greeted || self.logged_in {
            lines.say("503 Bad sequence of commands").await?;
            return Ok(Next::Command);
        }
        match hear(lines, arguments).await? {
            Auth::Given { name, password } => {
                let answer = self.decide(&name, &password);
                lines.say(&answer).await?;
            }
            Auth::Refused(answer) => lines.say(answer).await?,
            Auth::Gone => return Ok(Next::End),
        }
        Ok(Next::Command)
    }

    fn decide(&mut self, name: &str, password: &str) -> String {
        let (aws, fault) = (&self.aws, self.fault);
        self.logged_in = aws.smtp_log_in(&self.region, name, password, fault);
        match self.fault {
            _ if self.logged_in => "235 Authentication successful.".to_owned(),
            Some(SmtpFault::Unavailable) => "454 Temporary authentication failure".to_owned(),
            Some(SmtpFault::Repeats) => {
                format!("535 Authentication Credentials Invalid: {name} {password}")
            }
            _ => "535 Authentication Credentials Invalid".to_owned(),
        }
    }

    fn has_no_tls(&self) -> bool {
        self.fault == Some(SmtpFault::WithoutTls)
    }
}
