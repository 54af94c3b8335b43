//! A user and a secret in the layout that the function rotates, with the policies that the
//! repository ships.

mod error;
mod keeper;
mod policies;

use std::time::Duration;

use aws_smithy_async::time::TimeSource;
use serde_json::{Map, Value};

use crate::aws::{ACCOUNT, AccessKey, Aws, FUNCTION_ROLE, LastUsed, OTHER_ACCOUNT, REGION};

use policies::Parties;

pub use error::SetupError;
pub use keeper::{FLEET_TAG, Keeper};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Whose credentials manage the user's access keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// The user's current key: `secretarn` is the secret's own ARN.
    #[default]
    SelfKey,
    /// An administrator's key: `secretarn` is the ARN of the secret that holds it.
    Administrator,
    /// The function's execution role: the secret names no source.
    Role,
    /// A role in the user's account, not the function's: `rolearn` and `externalid`.
    AnotherAccount,
}

impl Source {
    /// The name of the source.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SelfKey => "own-key",
            Self::Administrator => "administrator",
            Self::Role => "execution-role",
            Self::AnotherAccount => "another-account",
        }
    }
}

/// What to set up.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Whose credentials manage the user's access keys.
    pub source: Source,
    /// How many access keys the user has: 0, 1, or 2. With 2, the newer is in the secret.
    pub keys: u8,
    /// The user's name.
    pub username: String,
    /// The user's path, `/` or such as `/team/blue/`.
    pub path: String,
    /// The secret's name.
    pub secret_name: String,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            source: Source::SelfKey,
            keys: 2,
            username: "alice".to_owned(),
            path: "/".to_owned(),
            secret_name: "iam/alice".to_owned(),
        }
    }
}

/// What was set up.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Whose credentials manage the user's access keys.
    pub source: Source,
    /// The user's name.
    pub username: String,
    /// The user's ARN.
    pub user_arn: String,
    /// The name of the secret to rotate.
    pub secret_name: String,
    /// The full ARN of the secret to rotate.
    pub secret_arn: String,
    /// The key that the secret holds, 30 days old.
    pub current_key: Option<AccessKey>,
    /// The user's other key, 90 days old and never used.
    pub older_key: Option<AccessKey>,
    /// The full ARN of the administrator's secret.
    pub administrator_secret_arn: Option<String>,
    /// The ARN of the role in the user's account, and the external id that it asks for.
    pub role: Option<(String, String)>,
    /// The shipped policies that were attached, each with the ARN of the principal that carries it.
    pub policies: Vec<(String, Value)>,
}

impl Setup {
    /// Makes the user, the keys, the secrets and the permissions.
    ///
    /// # Errors
    ///
    /// [`SetupError`] if the set-up is impossible. Nothing has been made then, except with [`SetupError::Policy`].
    pub fn prepare(&self, aws: &Aws) -> Result<Prepared, SetupError> {
        match (self.keys, self.source) {
            (0, Source::SelfKey) => return Err(SetupError::NoKeyToManageItself),
            (0..=2, _) => {}
            (keys, _) => return Err(SetupError::TooManyKeys(keys)),
        }
        let account = match self.source {
            Source::AnotherAccount => OTHER_ACCOUNT,
            Source::SelfKey | Source::Administrator | Source::Role => ACCOUNT,
        };
        aws.create_user_in(account, &self.path, &self.username);
        let user_arn = aws.user_arn(&self.username);
        let older_key = (self.keys == 2).then(|| self.create_key(aws, 90 * DAY));
        let current_key = (self.keys > 0).then(|| self.create_key(aws, 30 * DAY));
        if let Some(key) = &current_key {
            let used = LastUsed {
                at: aws.clock().now() - Duration::from_secs(2 * 60 * 60),
                service: "s3".to_owned(),
                region: REGION.to_owned(),
            };
            aws.set_last_used(&key.id, used);
        }

        let secret_arn = aws.create_secret(&self.secret_name, None);
        let administrator_secret_arn = match self.source {
            Source::Administrator => Some(self.create_administrator(aws)),
            Source::SelfKey | Source::Role | Source::AnotherAccount => None,
        };
        let role = match self.source {
            Source::AnotherAccount => {
                let arn = format!("arn:aws:iam::{OTHER_ACCOUNT}:role/iam-key-manager");
                Some((arn, aws.make_external_id()))
            }
            Source::SelfKey | Source::Administrator | Source::Role => None,
        };
        let named = match (self.source, &administrator_secret_arn, &role) {
            (Source::SelfKey, ..) => vec![("secretarn", secret_arn.as_str())],
            (_, Some(administrator), _) => vec![("secretarn", administrator.as_str())],
            (_, _, Some((arn, external_id))) => {
                vec![("rolearn", arn.as_str()), ("externalid", external_id)]
            }
            (_, None, None) => Vec::new(),
        };
        let text = self.secret_text(current_key.as_ref(), &named);
        aws.put_secret_text(&secret_arn, &text);

        let mut prepared = Prepared {
            source: self.source,
            username: self.username.clone(),
            user_arn,
            secret_name: self.secret_name.clone(),
            secret_arn,
            current_key,
            older_key,
            administrator_secret_arn,
            role,
            policies: Vec::new(),
        };
        let parties = prepared.parties(aws);
        let policies = parties.attach_policies(aws)?;
        aws.record_calls(self.source.name(), parties.record());
        prepared.policies = policies;
        Ok(prepared)
    }

    /// Makes another user and secret in an account that has some, so that the function may rotate all of them.
    ///
    /// # Errors
    ///
    /// The same as for [`Setup::prepare`].
    pub fn prepare_beside(&self, aws: &Aws, others: &[&Prepared]) -> Result<Prepared, SetupError> {
        let prepared = self.prepare(aws)?;
        // The policies of each set-up deny the function every other's secrets.
        for one in others.iter().copied().chain([&prepared]) {
            aws.spare(FUNCTION_ROLE, &one.secret_arn);
            if let Some(administrator) = &one.administrator_secret_arn {
                aws.spare(FUNCTION_ROLE, administrator);
            }
        }
        Ok(prepared)
    }

    fn create_key(&self, aws: &Aws, age: Duration) -> AccessKey {
        let key = aws.create_access_key(&self.username);
        aws.set_created(&key.id, aws.clock().now() - age);
        key
    }

    /// Makes the administrator, and returns the ARN of the secret with its key.
    fn create_administrator(&self, aws: &Aws) -> String {
        let name = administrator_name(&self.username);
        aws.create_user("/", &name);
        let key = aws.create_access_key(&name);
        let mut fields = Map::new();
        fields.insert("accesskey".to_owned(), key.id.into());
        fields.insert("secretkey".to_owned(), key.secret.into());
        fields.insert("username".to_owned(), name.into());
        let secret_name = format!("{}-administrator", self.secret_name);
        let content = Value::Object(fields).to_string();
        aws.create_secret(&secret_name, Some(content.into()))
    }

    fn secret_text(&self, key: Option<&AccessKey>, named: &[(&str, &str)]) -> String {
        let mut fields = Map::new();
        if let Some(key) = key {
            fields.insert("accesskey".to_owned(), key.id.as_str().into());
            fields.insert("secretkey".to_owned(), key.secret.as_str().into());
        }
        fields.insert("username".to_owned(), self.username.as_str().into());
        for (field, value) in named {
            fields.insert((*field).to_owned(), (*value).into());
        }
        fields.insert("note".to_owned(), "used by the nightly backup".into());
        Value::Object(fields).to_string()
    }
}

fn administrator_name(username: &str) -> String {
    format!("{username}-administrator")
}

impl Prepared {
    fn parties(&self, aws: &Aws) -> Parties<'_> {
        let administrator = self.administrator_secret_arn.as_deref();
        let role = self.role.as_ref();
        Parties {
            source: self.source,
            secret: &self.secret_arn,
            user: &self.user_arn,
            administrator: administrator
                .map(|secret| (aws.user_arn(&administrator_name(&self.username)), secret)),
            role: role.map(|(arn, external_id)| (arn.as_str(), external_id.as_str())),
        }
    }
}

#[cfg(test)]
mod tests;
