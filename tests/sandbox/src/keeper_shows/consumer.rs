//! Those who call AWS with the user's keys.

use std::time::{Duration, SystemTime};

use aws_smithy_async::time::TimeSource;
use sandbox::aws::{AWSCURRENT, AccessKey, Aws};
use sandbox::caller::Caller;
use serde_json::{Value, json};
use tokio::time::{Instant, interval};

use crate::Failed;

const POLICY: &str = include_str!("../../../../policies/consumer.json");

/// A call of AWS that somebody signed with one of the user's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) at: SystemTime,
    pub(super) key: String,
    pub(super) accepted: bool,
}

/// Signs a call with a key, which needs no permission (fact 28).
async fn sign(aws: &Aws, key: &AccessKey) -> Use {
    let at = aws.clock().now();
    let reply = Caller::user(aws, key).bystander().identity().await;
    Use {
        at,
        key: key.id.clone(),
        accepted: reply.status == 200,
    }
}

/// Calls with one key for ever, and notes each call.
pub(super) async fn call_with(
    aws: &Aws,
    key: &AccessKey,
    every: Duration,
    uses: &mut Vec<Use>,
) -> Failed {
    let mut times = interval(every);
    loop {
        times.tick().await;
        uses.push(sign(aws, key).await);
    }
}

/// A consumer as the README advises: it reads AWSCURRENT, may keep the key for a while, and reads afresh once if the key
/// is refused.
pub(super) struct Consumer {
    aws: Aws,
    reader: Caller,
    secret_arn: String,
    keeps: Duration,
    held: Option<(AccessKey, Instant)>,
    /// Every call that it signed.
    pub(super) uses: Vec<Use>,
    /// The calls that were made in the end, and those that were not.
    pub(super) succeeded: usize,
    pub(super) failed: usize,
}

impl Consumer {
    /// A consumer with the shipped policy that keeps a key for so long.
    ///
    /// # Errors
    /// If the simulation can't evaluate the policy.
    pub(super) fn new(
        aws: &Aws,
        secret_arn: &str,
        name: &str,
        keeps: Duration,
    ) -> Result<Self, Failed> {
        aws.create_user("/", name);
        let policy = POLICY.replace("SECRET_ARN", secret_arn);
        let policy: Value = serde_json::from_str(&policy).map_err(|error| error.to_string())?;
        aws.attach_policy(&aws.user_arn(name), &policy)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            aws: aws.clone(),
            reader: Caller::user(aws, &aws.create_access_key(name)).bystander(),
            secret_arn: secret_arn.to_owned(),
            keeps,
            held: None,
            uses: Vec::new(),
            succeeded: 0,
            failed: 0,
        })
    }

    /// Calls for ever. Ends only if the secret can't be read.
    pub(super) async fn call_every(&mut self, every: Duration) -> Failed {
        let mut times = interval(every);
        loop {
            times.tick().await;
            if let Err(failed) = self.call().await {
                return failed;
            }
        }
    }

    /// Calls once, and once more with a key that it reads afresh if it is refused.
    ///
    /// # Errors
    /// If the secret can't be read.
    pub(super) async fn call(&mut self) -> Result<(), Failed> {
        let key = match &self.held {
            Some((key, since)) if since.elapsed() < self.keeps => key.clone(),
            _ => self.read().await?,
        };
        if self.sign(&key).await {
            self.succeeded += 1;
            return Ok(());
        }
        let key = self.read().await?;
        match self.sign(&key).await {
            true => self.succeeded += 1,
            false => self.failed += 1,
        }
        Ok(())
    }

    /// How many of its calls AWS refused, with those that it repeated.
    pub(super) fn refused(&self) -> usize {
        self.uses.iter().filter(|one| !one.accepted).count()
    }

    /// The first of its calls that was refused.
    pub(super) fn first_refusal(&self) -> Option<&Use> {
        self.uses.iter().find(|one| !one.accepted)
    }

    /// The first of its calls that was accepted with another key than this one.
    pub(super) fn first_without(&self, key: &str) -> Option<&Use> {
        self.uses.iter().find(|one| one.accepted && one.key != key)
    }

    /// The longest time between two of its calls that were accepted.
    pub(super) fn longest_pause(&self) -> Duration {
        longest_pause(&self.uses)
    }

    /// The id of the key that it holds.
    pub(super) fn holds(&self) -> Option<&str> {
        self.held.as_ref().map(|(key, _)| key.id.as_str())
    }

    async fn sign(&mut self, key: &AccessKey) -> bool {
        let signed = sign(&self.aws, key).await;
        let accepted = signed.accepted;
        self.uses.push(signed);
        accepted
    }

    async fn read(&mut self) -> Result<AccessKey, Failed> {
        let members = json!({"SecretId": self.secret_arn, "VersionStage": AWSCURRENT});
        let reply = self.reader.secrets_manager("GetSecretValue", members).await;
        if reply.status != 200 {
            return Err(format!(
                "a consumer can't read the secret: {}",
                reply.code()
            ));
        }
        let answer = reply.json();
        let fields = answer["SecretString"].as_str();
        let fields: Option<Value> = fields.and_then(|text| serde_json::from_str(text).ok());
        let field = |name: &str| Some(fields.as_ref()?[name].as_str()?.to_owned());
        let (Some(id), Some(secret)) = (field("accesskey"), field("secretkey")) else {
            return Err("a consumer finds no access key in the secret".to_owned());
        };
        let key = AccessKey { id, secret };
        self.held = Some((key.clone(), Instant::now()));
        Ok(key)
    }
}

fn longest_pause(uses: &[Use]) -> Duration {
    let accepted = || uses.iter().filter(|one| one.accepted);
    let pauses = accepted()
        .zip(accepted().skip(1))
        .map(|(one, next)| next.at.duration_since(one.at).unwrap_or_default());
    pauses.max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_calls_are_part_of_a_pause() {
        let used = |second, accepted| Use {
            at: SystemTime::UNIX_EPOCH + Duration::from_secs(second),
            key: "A".to_owned(),
            accepted,
        };
        let uses = [
            used(1, true),
            used(2, false),
            used(6, false),
            used(8, true),
            used(9, true),
        ];
        assert_eq!(longest_pause(&uses), Duration::from_secs(7));
        assert_eq!(longest_pause(&uses[..1]), Duration::ZERO);
    }
}
