//! Logs in with the SMTP passwords derived from a key, as part of its verification.

use std::time::Duration;

use secrecy::SecretString;
use tracing::warn;

use crate::aws::smtp::Server;
use crate::aws::smtp_endpoint::SmtpEndpoint;
use crate::key::access_key::AccessKey;
use crate::rotation::context::Run;
use crate::rotation::problem::Problem;
use crate::secret::smtp_password::derive;

/// How long one login may take.
const LONGEST: Duration = Duration::from_secs(10);

/// A key's SMTP passwords, each with the server that must accept it.
#[derive(Default)]
pub(crate) struct SmtpLogins(Vec<Login>);

struct Login {
    region: String,
    server: Server,
    password: SecretString,
}

impl SmtpLogins {
    /// A key's passwords for these Regions. Empty if `VERIFY_SMTP` is off.
    pub(crate) fn of(
        run: &Run<'_>,
        key: &AccessKey,
        regions: Vec<String>,
    ) -> Result<Self, Problem> {
        let config = &run.resources.config;
        if !config.verify_smtp {
            for region in regions {
                warn!("VERIFY_SMTP is off: the SMTP password of {region} is not tried");
            }
            return Ok(Self::default());
        }
        let login = |region: String| {
            let said = config.smtp_endpoint.clone();
            let endpoint = said.unwrap_or_else(|| SmtpEndpoint::of_region(&region));
            let server = run.resources.smtp.server(endpoint);
            Ok::<_, Problem>(Login {
                server: server.map_err(|reason| Problem::ConfigurationInvalid {
                    reason: format!("TLS to SMTP servers cannot be set up: {reason}"),
                })?,
                password: derive(&key.secret, &region),
                region,
            })
        };
        Ok(Self(
            regions.into_iter().map(login).collect::<Result<_, _>>()?,
        ))
    }

    /// The Regions, for a sentence. Returns None if there is no password to try.
    pub(crate) fn regions(&self) -> Option<String> {
        let regions: Vec<_> = self.0.iter().map(|login| login.region.as_str()).collect();
        (!regions.is_empty()).then(|| regions.join(", "))
    }

    /// Logs in at each server once, sequentially. Stops at the first failure and returns its reason.
    pub(crate) async fn all(&self, run: &Run<'_>, key: &AccessKey) -> Result<(), String> {
        for login in &self.0 {
            let logging_in = login.server.log_in(&key.id, &login.password);
            let ended = run.clock.within(LONGEST, logging_in).await;
            let why = match ended {
                Ok(Ok(())) => continue,
                Ok(Err(why)) => why,
                Err(_) => "no answer in time".to_owned(),
            };
            return Err(format!(
                "the SMTP login at {} with the password of {} failed: {why} (VERIFY_SMTP=off skips it)",
                login.server.name(),
                login.region
            ));
        }
        Ok(())
    }
}
