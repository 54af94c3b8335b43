//! Pure: the names of a secret's fields. A variable wins, then the seed's name, then the only usual spelling.

/// A field that the function knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The IAM user's name.
    Username,
    /// The access key's id.
    AccessKey,
    /// The secret access key.
    SecretKey,
    /// The ARN of the secret whose key manages the user's keys.
    SourceSecret,
    /// The ARN of the role that manages the user's keys.
    Role,
    /// The external id that the role requires.
    ExternalId,
    /// The SMTP password that is derived from the secret access key (fact 53).
    SmtpPassword,
}

impl Field {
    /// All fields.
    pub const ALL: [Self; 7] = [
        Self::Username,
        Self::AccessKey,
        Self::SecretKey,
        Self::SourceSecret,
        Self::Role,
        Self::ExternalId,
        Self::SmtpPassword,
    ];

    /// The environment variable that names the field.
    #[must_use]
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Username => "USERNAME_FIELD",
            Self::AccessKey => "ACCESS_KEY_FIELD",
            Self::SecretKey => "SECRET_KEY_FIELD",
            Self::SourceSecret => "SOURCE_SECRET_FIELD",
            Self::Role => "ROLE_FIELD",
            Self::ExternalId => "EXTERNAL_ID_FIELD",
            Self::SmtpPassword => "SMTP_PASSWORD_FIELD",
        }
    }

    /// The field's name if nothing else is configured.
    #[must_use]
    pub const fn seed_name(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::AccessKey => "accesskey",
            Self::SecretKey => "secretkey",
            Self::SourceSecret => "secretarn",
            Self::Role => "rolearn",
            Self::ExternalId => "externalid",
            Self::SmtpPassword => "smtppassword",
        }
    }

    /// Other usual names, in the form that [`plain`] returns.
    ///
    /// A source has none: the `role_arn` in a consumer's secret is usually the consumer's own role.
    const fn spellings(self) -> &'static [&'static str] {
        match self {
            Self::Username => &[
                "username",
                "iamuser",
                "iamusername",
                "awsusername",
                "awsiamuser",
                "awsiamusername",
            ],
            Self::AccessKey => &[
                "accesskey",
                "accesskeyid",
                "awsaccesskey",
                "awsaccesskeyid",
                "iamaccesskey",
                "iamaccesskeyid",
            ],
            Self::SecretKey => &[
                "secretkey",
                "secretaccesskey",
                "awssecretkey",
                "awssecretaccesskey",
                "iamsecretkey",
                "iamsecretaccesskey",
                "accesskeysecret",
            ],
            Self::SmtpPassword => &[
                "smtppassword",
                "smtppass",
                "smtppwd",
                "sessmtppassword",
                "sespassword",
                "awssmtppassword",
                "awssessmtppassword",
            ],
            Self::SourceSecret | Self::Role | Self::ExternalId => &[],
        }
    }

    /// Whether a name is a usual one for this field.
    #[must_use]
    pub fn is_spelled(self, name: &str) -> bool {
        self.spellings().contains(&plain(name).as_str())
    }
}

/// The name in lower case, without hyphens and underscores.
#[must_use]
pub(crate) fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The environment's settings for a secret's fields. A name that is not set is looked up in each secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldNames {
    /// `USERNAME_FIELD`.
    pub username: Option<String>,
    /// `ACCESS_KEY_FIELD`.
    pub access_key: Option<String>,
    /// `SECRET_KEY_FIELD`.
    pub secret_key: Option<String>,
    /// `SOURCE_SECRET_FIELD`.
    pub source_secret: Option<String>,
    /// `ROLE_FIELD`.
    pub role: Option<String>,
    /// `EXTERNAL_ID_FIELD`.
    pub external_id: Option<String>,
    /// `SMTP_PASSWORD_FIELD`.
    pub smtp_password: Option<String>,
    /// `SMTP_REGION`: the Region of an SMTP password that is not there yet.
    pub smtp_region: Option<String>,
}

impl FieldNames {
    /// The name that a variable sets.
    #[must_use]
    pub fn said(&self, field: Field) -> Option<&str> {
        let name = match field {
            Field::Username => &self.username,
            Field::AccessKey => &self.access_key,
            Field::SecretKey => &self.secret_key,
            Field::SourceSecret => &self.source_secret,
            Field::Role => &self.role,
            Field::ExternalId => &self.external_id,
            Field::SmtpPassword => &self.smtp_password,
        };
        name.as_deref()
    }

    /// The name for a field that is added, or reported as missing.
    #[must_use]
    pub fn name(&self, field: Field) -> &str {
        self.said(field).unwrap_or(field.seed_name())
    }

    /// Whether a name is set for this field, or is a usual name for it and no variable sets it for another field.
    #[must_use]
    pub fn could_be(&self, field: Field, name: &str) -> bool {
        let mut others = Field::ALL.into_iter().filter(|other| *other != field);
        let is_anothers = others.any(|other| self.said(other) == Some(name));
        self.is(field, name) || (field.is_spelled(name) && !is_anothers)
    }

    /// Whether the variable sets this name. If no variable is set: whether the name is a usual one.
    #[must_use]
    pub fn is(&self, field: Field, name: &str) -> bool {
        match self.said(field) {
            Some(said) => said == name,
            None => name == field.seed_name() || field.is_spelled(name),
        }
    }
}
