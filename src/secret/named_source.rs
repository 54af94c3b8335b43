//! Pure: the credential source that a secret names in its JSON or in its tags.

use std::collections::HashMap;

use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use crate::secret::fields::{Field, FieldNames};
use crate::secret::malformed::{Malformed, Named};
use crate::secret::plain::is_word;

/// The maximum length of an ARN, in characters.
const LONGEST_ARN: usize = 2_048;

/// A secret's tags, by their keys.
pub(crate) type Tags = HashMap<String, String>;

/// Whose credentials manage the user's keys, if the secret says so.
#[derive(Clone, Debug)]
pub enum NamedSource {
    /// `secretarn`: the access key in that secret's AWSCURRENT. If it is the secret itself, the user's own key.
    Secret(String),
    /// `rolearn`: a role that the function assumes, in another account or its own.
    Role {
        /// The role's ARN.
        arn: String,
        /// `externalid`, which the role's trust policy may require.
        external_id: Option<SecretString>,
    },
}

impl NamedSource {
    /// Reads the source from a secret's fields or tags. `value` returns a field's value.
    ///
    /// An external id without a role belongs to someone else, and is ignored.
    ///
    /// # Errors
    /// [`Malformed`], which names the field.
    pub fn read(
        names: &FieldNames,
        value: impl Fn(Field) -> Result<Option<Zeroizing<String>>, Malformed>,
    ) -> Result<Option<Self>, Malformed> {
        let secret = value(Field::SourceSecret)?;
        let role = value(Field::Role)?;
        let name = |field| names.name(field).to_owned();
        let malformed = |field, form| {
            let named = Named::new(field, names.name(field));
            Err(Malformed::Form(named, form))
        };
        match (secret, role) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(Malformed::TwoSources(
                name(Field::SourceSecret),
                name(Field::Role),
            )),
            (Some(arn), None) if is_secret_arn(&arn) => Ok(Some(Self::Secret(arn.to_string()))),
            (Some(_), None) => malformed(Field::SourceSecret, "the ARN of a secret"),
            (None, Some(arn)) if is_role_arn(&arn) => {
                let external_id = value(Field::ExternalId)?;
                if external_id.as_ref().is_some_and(|id| !is_external_id(id)) {
                    return malformed(Field::ExternalId, "an external id");
                }
                Ok(Some(Self::Role {
                    arn: arn.to_string(),
                    external_id: external_id.map(|id| SecretString::from(id.as_str())),
                }))
            }
            (None, Some(_)) => malformed(Field::Role, "the ARN of an IAM role"),
        }
    }

    /// Reads the source from a secret's tags.
    ///
    /// # Errors
    /// [`Malformed`], which names the tag.
    pub fn of_tags(tags: &Tags, names: &FieldNames) -> Result<Option<Self>, Malformed> {
        Self::read(names, |field| {
            Ok(tags.get(names.name(field)).cloned().map(Zeroizing::new))
        })
    }
}

/// Whether an ARN names this secret: in full, or without the hyphen and six characters at the end (fact 40).
#[must_use]
pub(crate) fn is_same_secret(named: &str, full_arn: &str) -> bool {
    let is_suffix = |text: &str| {
        let end = text.strip_prefix('-').unwrap_or_default();
        end.len() == 6 && end.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    // An ARN that ends like a full one may be another secret's.
    let is_partial = !named.rfind('-').is_some_and(|at| is_suffix(&named[at..]));
    match full_arn.strip_prefix(named) {
        Some("") => true,
        Some(rest) => is_partial && is_suffix(rest),
        None => false,
    }
}

/// `arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME`, in full or without the hyphen and the six characters at
/// the end. The name has only characters that Secrets Manager allows; `!` occurs in the names of managed secrets.
///
/// A text that passes this check is shown in errors and logs.
pub(crate) fn is_secret_arn(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(7, ':').collect();
    let [
        "arn",
        partition,
        "secretsmanager",
        region,
        account,
        "secret",
        name,
    ] = parts[..]
    else {
        return false;
    };
    is_word(partition, LONGEST_ARN, b"-")
        && is_word(region, LONGEST_ARN, b"-")
        && is_account(account)
        && arn.len() <= LONGEST_ARN
        && is_word(name, LONGEST_ARN, b"/_+=.@!-")
}

/// `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`, with only characters that IAM allows in names and paths.
fn is_role_arn(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts[..] else {
        return false;
    };
    is_word(partition, LONGEST_ARN, b"-")
        && is_account(account)
        && arn.len() <= LONGEST_ARN
        && resource
            .strip_prefix("role/")
            .is_some_and(|name| is_word(name, LONGEST_ARN, b"+=,.@_-/"))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// STS allows 2 to 1,224 letters, digits and `_+=,.@:/-`.
fn is_external_id(id: &str) -> bool {
    id.len() >= 2 && is_word(id, 1_224, b"_+=,.@:/-")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use secrecy::ExposeSecret;

    use super::*;

    const ROLE: &str = "arn:aws:iam::444455556666:role/team/key-manager";
    const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin-AbCdEf";

    fn read(tags: &[(&str, &str)]) -> Result<Option<NamedSource>, Malformed> {
        let tags = tags
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        NamedSource::of_tags(&tags.collect(), &FieldNames::default())
    }

    #[test]
    fn nothing_named_is_no_source() {
        assert!(read(&[("team", "blue")]).unwrap().is_none());
        assert!(
            read(&[("externalid", "somebody else's")])
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn a_secret_or_a_role_with_its_external_id_is_named() {
        let secret = read(&[("secretarn", SECRET)]).unwrap();
        assert!(matches!(secret, Some(NamedSource::Secret(arn)) if arn == SECRET));
        let role = read(&[("rolearn", ROLE), ("externalid", "tenant/7")]).unwrap();
        assert!(matches!(
            role,
            Some(NamedSource::Role { arn, external_id: Some(id) })
                if arn == ROLE && id.expose_secret() == "tenant/7"
        ));
    }

    #[test]
    fn a_secrets_arn_may_lack_its_end_and_have_all_that_names_have() {
        for name in ["iam/alice", "a", "rds!cluster-1-AbCdEf", "A_z+0=9.x@y/z-"] {
            let arn = SECRET.replace("admin-AbCdEf", name);
            let named = read(&[("secretarn", &arn)]).unwrap();
            assert!(matches!(named, Some(NamedSource::Secret(_))), "{arn}");
        }
        let china = SECRET
            .replace("aws", "aws-cn")
            .replace("us-east", "cn-north");
        assert!(read(&[("secretarn", &china)]).unwrap().is_some());
    }

    #[test]
    fn an_external_id_is_never_shown() {
        let role = read(&[("rolearn", ROLE), ("externalid", "sesame")]).unwrap();
        assert!(!format!("{role:?}").contains("sesame"));
    }

    #[test]
    fn each_malformed_source_is_refused_by_its_name_and_not_quoted() {
        for (tags, named) in [
            (&[("secretarn", "sesame")][..], "secretarn"),
            (&[("secretarn", &format!("{SECRET} sesame"))], "secretarn"),
            (&[("secretarn", &format!("{SECRET}\nsesame"))], "secretarn"),
            (
                &[("secretarn", &SECRET.replace("secret:", "sesame:"))],
                "secretarn",
            ),
            (
                &[("secretarn", &SECRET.replace("123", "sesame"))],
                "secretarn",
            ),
            (
                &[("secretarn", &SECRET.replace("us-east-1", ""))],
                "secretarn",
            ),
            (
                &[("secretarn", &format!("{SECRET}{}", "sesame".repeat(340)))],
                "secretarn",
            ),
            (
                &[("secretarn", &SECRET.replace("admin-AbCdEf", "ses:ame"))],
                "secretarn",
            ),
            (&[("rolearn", "sesame")], "rolearn"),
            (
                &[("rolearn", "arn:aws:iam::444455556666:user/sesame")],
                "rolearn",
            ),
            (&[("rolearn", "arn:aws:iam::4444:role/sesame")], "rolearn"),
            (&[("rolearn", "arn:aws:iam::444455556666:role/")], "rolearn"),
            (
                &[("rolearn", "arn:aws:iam::444455556666:role/a sesame")],
                "rolearn",
            ),
            (
                &[("rolearn", "arn:aws:sts::444455556666:role/sesame")],
                "rolearn",
            ),
            (&[("rolearn", ROLE), ("externalid", "s")], "externalid"),
            (
                &[("rolearn", ROLE), ("externalid", "a sesame")],
                "externalid",
            ),
            (
                &[("rolearn", ROLE), ("secretarn", SECRET)],
                "\"secretarn\" and \"rolearn\"",
            ),
        ] {
            let malformed = read(tags).unwrap_err().to_string();
            assert!(malformed.contains(named), "{tags:?}: {malformed}");
            assert!(!malformed.contains("sesame"), "{malformed}");
        }
    }

    #[test]
    fn a_secret_is_itself_in_full_and_without_the_six_characters() {
        let arn =
            |name: &str| format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}");
        for (named, full, same) in [
            ("iam/alice-AbCdEf", "iam/alice-AbCdEf", true),
            ("iam/alice", "iam/alice-AbCdEf", true),
            ("iam/alice", "iam/alice2-AbCdEf", false),
            ("iam/alice", "iam/alice-2-AbCdEf", false),
            ("iam/al", "iam/alice-AbCdEf", false),
            ("iam/bob-AbCdEf", "iam/alice-AbCdEf", false),
            // Either a partial ARN of this secret, or the full ARN of another one, `iam/alice`.
            ("iam/alice-secret", "iam/alice-secret-AbCdEf", false),
        ] {
            assert_eq!(
                is_same_secret(&arn(named), &arn(full)),
                same,
                "{named} {full}"
            );
        }
    }
}
