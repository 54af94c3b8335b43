//! SES's SMTP interface: whether it accepts an access key's SMTP password. Logs in and out again; sends no mail.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpStream;

use crate::aws::smtp_endpoint::SmtpEndpoint;
use crate::aws::trust::Trust;
use crate::key::access_key::AccessKeyId;

/// A connection, before STARTTLS.
pub type Stream = Box<dyn AsyncTokioStream>;
/// A connection that is being made.
pub(crate) type Connecting = Pin<Box<dyn Future<Output = io::Result<Stream>> + Send>>;

/// Connects to SMTP servers.
#[derive(Clone)]
pub struct Smtp {
    connect: Arc<dyn Fn(SmtpEndpoint) -> Connecting + Send + Sync>,
    trust: Trust,
}

impl Smtp {
    /// Connects over TCP, with the same roots as every other connection.
    #[must_use]
    pub fn new(trust: Trust) -> Self {
        Self::over(trust, |endpoint| {
            Box::pin(async move {
                let stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await?;
                Ok(Box::new(stream) as Stream)
            })
        })
    }

    /// Connects with `connect`.
    #[must_use]
    pub fn over(
        trust: Trust,
        connect: impl Fn(SmtpEndpoint) -> Connecting + Send + Sync + 'static,
    ) -> Self {
        Self {
            connect: Arc::new(connect),
            trust,
        }
    }

    /// Prepares to log in to a server: reads the roots, once for all attempts.
    ///
    /// # Errors
    /// Why TLS cannot be set up.
    pub fn server(&self, endpoint: SmtpEndpoint) -> Result<Server, String> {
        Ok(Server {
            connect: self.connect.clone(),
            tls: self.trust.for_smtp(&endpoint.host)?,
            endpoint,
        })
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Smtp")
    }
}

/// A server to log in to.
pub struct Server {
    connect: Arc<dyn Fn(SmtpEndpoint) -> Connecting + Send + Sync>,
    tls: TlsParameters,
    endpoint: SmtpEndpoint,
}

impl Server {
    /// The server's name and port.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}:{}", self.endpoint.host, self.endpoint.port)
    }

    /// Logs in over STARTTLS, then out again. The user name is the access key's id (fact 53).
    ///
    /// # Errors
    /// What went wrong. The text holds nothing of the password.
    pub async fn log_in(&self, key: &AccessKeyId, password: &SecretString) -> Result<(), String> {
        let connecting = (self.connect)(self.endpoint.clone()).await;
        let stream = connecting.map_err(|error| format!("no connection: {error}"))?;
        // The function receives no mail, so any name will do: AWS does not check it.
        let name = ClientId::Domain("iam-key-rotator".to_owned());
        let failed = |error: lettre::transport::smtp::Error| said(&error);
        let mut connection = AsyncSmtpConnection::connect_with_transport(stream, &name)
            .await
            .map_err(failed)?;
        if !connection.can_starttls() {
            return Err("the server offers no STARTTLS".to_owned());
        }
        let tls = self.tls.clone();
        connection.starttls(tls, &name).await.map_err(failed)?;
        let password = password.expose_secret().to_owned();
        let credentials = Credentials::new(key.as_str().to_owned(), password);
        connection
            .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
            .await
            .map_err(failed)?;
        // The server accepted the login; how the connection ends does not matter.
        let _ = connection.quit().await;
        Ok(())
    }
}

/// Describes an error without anything that was sent. A server's own words could repeat it.
fn said(error: &lettre::transport::smtp::Error) -> String {
    use std::error::Error as _;
    if let Some(code) = error.status() {
        let code = code.to_string();
        let means = match code.as_str() {
            "535" => " (it does not take this user name and password)",
            "454" => " (a temporary failure)",
            _ => "",
        };
        return format!("the server answered {code}{means}");
    }
    if error.is_response() {
        return "the server's answer could not be read".to_owned();
    }
    let mut cause = error.source();
    let mut texts: Vec<String> = Vec::new();
    while let Some(error) = cause {
        if error.is::<io::Error>() || error.is::<rustls::Error>() {
            texts.push(error.to_string());
        }
        cause = error.source();
    }
    texts.dedup();
    if texts.is_empty() {
        texts.push("the connection failed".to_owned());
    }
    texts.join(": ")
}
