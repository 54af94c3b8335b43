//! Pure: the address of SES's SMTP interface.

/// The address of SES's SMTP interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpEndpoint {
    /// A name or an IPv4 address.
    pub host: String,
    /// A port that speaks STARTTLS.
    pub port: u16,
}

impl SmtpEndpoint {
    /// The Region's own endpoint. Port 587 is one of those on which SES speaks STARTTLS.
    #[must_use]
    pub fn of_region(region: &str) -> Self {
        let domain = match region.starts_with("eusc-") {
            true => "amazonaws.eu",
            false => "amazonaws.com",
        };
        Self {
            host: format!("email-smtp.{region}.{domain}"),
            port: 587,
        }
    }

    /// Parses `HOST:PORT`. Returns None if the text is not of that form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
        let port = port.parse().ok().filter(|port| *port > 0)?;
        let is_host = (1..=253).contains(&host.len()) && host.bytes().all(letters);
        is_host.then(|| Self {
            host: host.to_owned(),
            port,
        })
    }
}
