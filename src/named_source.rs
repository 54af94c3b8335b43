//! Pure: whose credentials a secret names, in its JSON or in its tags.

use std::collections::HashMap;

use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use crate::config::FieldNames;
use crate::secret_value::Malformed;

/// Tags of a secret, by their keys.
pub type Tags = HashMap<String, String>;

/// Whose credentials manage the user's keys, where the secret says so.
#[derive(Clone, Debug)]
pub enum NamedSource {
    /// `secretarn`: the access key in that secret's AWSCURRENT; the user's own key where it is the secret itself.
    Secret(String),
    /// `rolearn`: a role that the function assumes, of another account or of its own.
    Role {
        /// The role's ARN.
        arn: String,
        /// `externalid`, which the role's trust policy may ask for.
        external_id: Option<SecretString>,
    },
}

impl NamedSource {
    /// Reads the source from a secret's fields or tags; `value` gives the one with a name.
    ///
    /// An external id without a role is somebody else's field, and not looked at.
    ///
    /// # Errors
    /// [`Malformed`], which names the field.
    pub fn read(
        names: &FieldNames,
        value: impl Fn(&str) -> Result<Option<Zeroizing<String>>, Malformed>,
    ) -> Result<Option<Self>, Malformed> {
        let secret = value(&names.source_secret)?;
        let role = value(&names.role)?;
        let malformed = |name: &str, form| Err(Malformed::Form(name.to_owned(), form));
        match (secret, role) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(Malformed::TwoSources(
                names.source_secret.clone(),
                names.role.clone(),
            )),
            (Some(arn), None) if is_secret_arn(&arn) => Ok(Some(Self::Secret(arn.to_string()))),
            (Some(_), None) => malformed(&names.source_secret, "the ARN of a secret"),
            (None, Some(arn)) if is_role_arn(&arn) => {
                let external_id = value(&names.external_id)?;
                if external_id.as_ref().is_some_and(|id| !is_external_id(id)) {
                    return malformed(&names.external_id, "an external id");
                }
                Ok(Some(Self::Role {
                    arn: arn.to_string(),
                    external_id: external_id.map(|id| SecretString::from(id.as_str())),
                }))
            }
            (None, Some(_)) => malformed(&names.role, "the ARN of an IAM role"),
        }
    }

    /// Reads the source from a secret's tags.
    ///
    /// # Errors
    /// [`Malformed`], which names the tag.
    pub fn of_tags(tags: &Tags, names: &FieldNames) -> Result<Option<Self>, Malformed> {
        Self::read(names, |name| {
            Ok(tags.get(name).cloned().map(Zeroizing::new))
        })
    }
}

/// Whether an ARN names this secret: in full, or without the hyphen and six characters at the end (fact 40).
#[must_use]
pub fn is_same_secret(named: &str, full_arn: &str) -> bool {
    let is_suffix = |text: &str| {
        let end = text.strip_prefix('-').unwrap_or_default();
        end.len() == 6 && end.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    // What ends like a full ARN may be the one of another secret.
    let is_partial = !named.rfind('-').is_some_and(|at| is_suffix(&named[at..]));
    match full_arn.strip_prefix(named) {
        Some("") => true,
        Some(rest) => is_partial && is_suffix(rest),
        None => false,
    }
}

fn is_secret_arn(arn: &str) -> bool {
    arn.starts_with("arn:") && arn.contains(":secretsmanager:")
}

/// `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`, with what IAM allows in names and paths.
fn is_role_arn(arn: &str) -> bool {
    let mut parts = arn.splitn(6, ':');
    let mut next = || parts.next().unwrap_or_default();
    let [prefix, partition, service, region, account, resource] =
        [next(), next(), next(), next(), next(), next()];
    let word = |text: &str, others: &[u8]| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
    };
    prefix == "arn"
        && word(partition, b"-")
        && service == "iam"
        && region.is_empty()
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && arn.len() <= 2048
        && resource
            .strip_prefix("role/")
            .is_some_and(|name| word(name, b"+=,.@_-/"))
}

/// STS: 2 to 1,224 letters, digits and `_+=,.@:/-`.
fn is_external_id(id: &str) -> bool {
    (2..=1224).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte))
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
    fn an_external_id_is_never_shown() {
        let role = read(&[("rolearn", ROLE), ("externalid", "sesame")]).unwrap();
        assert!(!format!("{role:?}").contains("sesame"));
    }

    #[test]
    fn each_malformed_source_is_refused_by_its_name_and_not_quoted() {
        for (tags, named) in [
            (&[("secretarn", "sesame")][..], "secretarn"),
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
            // Either the partial ARN of the one or the full ARN of another, `iam/alice`.
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
