//! Pure: the name that a secret must have, so that no one who may write it gets another user's key put into it.

use crate::secret::plain::is_word;

/// The placeholder for the user's name in a pattern.
const USER: &str = "{username}";
/// What a secret's name can contain besides ASCII letters and digits.
const OTHERS: &[u8] = b"/_+=.@-";
/// The maximum length of a secret's name.
const LONGEST: usize = 512;
/// The hyphen and the six characters that Secrets Manager appends to the name.
const SUFFIX: usize = 7;

/// `SECRET_NAME`: the name of a secret, with `{username}` in place of the user's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretName {
    pattern: String,
}

impl SecretName {
    /// Parses a pattern such as `iam/{username}`.
    ///
    /// # Errors
    /// What is wrong with the pattern, without quoting it.
    pub fn parse(pattern: &str) -> Result<Self, &'static str> {
        if !pattern.contains(USER) {
            return Err("has no {username} in it, as in iam/{username}");
        }
        let is_part = |part: &str| part.is_empty() || is_word(part, LONGEST, OTHERS);
        if !pattern.split(USER).all(is_part) {
            return Err("has what no secret's name can have, beside {username}");
        }
        // A user's name has at least one letter.
        if pattern.replace(USER, "a").len() > LONGEST {
            return Err("is longer than a secret's name can be");
        }
        Ok(Self {
            pattern: pattern.to_owned(),
        })
    }

    /// The name that a user's secret must have.
    #[must_use]
    pub fn for_user(&self, user: &str) -> String {
        self.pattern.replace(USER, user)
    }

    /// Whether a secret of this name may hold a user's key.
    ///
    /// IAM ignores case in users' names, but Secrets Manager does not ignore it in secrets' names. So case counts in
    /// everything except the user's name.
    #[must_use]
    pub fn is_for(&self, name: &str, user: &str) -> bool {
        let mut parts = self.pattern.split(USER);
        let first = parts.next().unwrap_or_default();
        let rest = parts.try_fold(name.strip_prefix(first), |rest, part| {
            let (found, rest) = rest?.split_at_checked(user.len())?;
            found
                .eq_ignore_ascii_case(user)
                .then(|| rest.strip_prefix(part))
        });
        rest.flatten().is_some_and(str::is_empty)
    }
}

/// Whether a secret can have this name.
#[must_use]
pub(crate) fn is_possible(name: &str) -> bool {
    is_word(name, LONGEST, OTHERS)
}

/// The name in a secret's full ARN. Returns None if the text is not such an ARN.
#[must_use]
pub(crate) fn name_in(full_arn: &str) -> Option<&str> {
    let mut parts = full_arn.splitn(7, ':').skip(2);
    let service = parts.next()?;
    let (kind, rest) = (parts.nth(2)?, parts.next()?);
    let (name, suffix) = rest.split_at_checked(rest.len().checked_sub(SUFFIX)?)?;
    let is_full = suffix
        .strip_prefix('-')
        .is_some_and(|random| is_word(random, SUFFIX - 1, b""));
    (service == "secretsmanager" && kind == "secret" && !name.is_empty() && is_full).then_some(name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_pattern_has_the_user_and_what_a_secrets_name_can_have() {
        for pattern in [
            "{username}",
            "iam/{username}",
            "{username}/key",
            "Team_1/a+b=c.d@e-f/{username}-{username}",
            &format!("{}{{username}}", "a".repeat(511)),
        ] {
            assert!(SecretName::parse(pattern).is_ok(), "{pattern}");
        }
        for (pattern, reason) in [
            ("", "no {username}"),
            ("iam/alice", "no {username}"),
            ("iam/{user}", "no {username}"),
            ("iam/{Username}", "no {username}"),
            ("iam/{ username }", "no {username}"),
            ("iam/${username}", "no secret's name"),
            ("iam/{{username}}", "no secret's name"),
            ("iam/{username} ", "no secret's name"),
            ("iam/{username}*", "no secret's name"),
            ("iam/{username}\n", "no secret's name"),
            ("iam:{username}", "no secret's name"),
            ("iäm/{username}", "no secret's name"),
            (&format!("{}{{username}}", "a".repeat(512)), "longer"),
        ] {
            let refused = SecretName::parse(pattern).unwrap_err();
            assert!(refused.contains(reason), "{pattern}: {refused}");
        }
    }

    #[test]
    fn a_secret_is_for_the_user_whose_name_it_has() {
        for (pattern, name, user, is_for) in [
            ("iam/{username}", "iam/alice", "alice", true),
            // IAM has only one user of that name, whatever its case.
            ("iam/{username}", "iam/Alice", "aLICE", true),
            ("iam/{username}", "IAM/alice", "alice", false),
            ("iam/{username}", "iam/alice", "bob", false),
            ("iam/{username}", "iam/alice", "alic", false),
            ("iam/{username}", "iam/alice", "alice2", false),
            ("iam/{username}", "iam/alice", "lice", false),
            ("iam/{username}", "iam/", "alice", false),
            ("iam/{username}", "", "alice", false),
            ("iam/{username}", "team/iam/alice", "alice", false),
            ("iam/{username}", "iam/alice/key", "alice", false),
            ("iam/{username}", "iam/team/alice", "alice", false),
            ("iam/{username}", "iam/{username}", "alice", false),
            ("iam/{username}", "iam/alice-AbCdEf", "alice", false),
            ("{username}", "alice", "alice", true),
            ("{username}", "a", "alice", false),
            ("{username}/key", "alice/key", "alice", true),
            ("{username}/key", "alice/KEY", "alice", false),
            ("{username}/key", "bob/key", "alice", false),
            ("{username}-{username}", "al-al", "al", true),
            ("{username}-{username}", "al-bo", "al", false),
            ("{username}{username}", "ALal", "al", true),
            ("{username}", "é", "e", false),
            ("{username}", "a@b+c=d_e.f-g", "a@b+c=d_e.f-g", true),
        ] {
            let pattern = SecretName::parse(pattern).unwrap();
            assert_eq!(
                pattern.is_for(name, user),
                is_for,
                "{pattern:?} {name} {user}"
            );
        }
    }

    #[test]
    fn the_name_that_a_users_secret_must_have_is_for_that_user() {
        for pattern in ["iam/{username}", "{username}/{username}", "{username}"] {
            let pattern = SecretName::parse(pattern).unwrap();
            for user in ["alice", "a", "A+b=c,d.e@f_g-h"] {
                assert!(pattern.is_for(&pattern.for_user(user), user));
            }
        }
        assert!(is_possible("iam/alice"));
        assert!(!is_possible("iam/al,ice"));
    }

    #[test]
    fn a_full_arn_has_the_name_before_its_last_seven_characters() {
        let arn =
            |name: &str| format!("arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:{name}");
        for (rest, name) in [
            ("iam/alice-AbCdEf", Some("iam/alice")),
            ("iam/alice-000000-AbCdEf", Some("iam/alice-000000")),
            ("a-b-AbCdEf", Some("a-b")),
            ("rds!a-AbCdEf", Some("rds!a")),
            ("iam/alice", None),
            ("iam/alice-AbCdE", None),
            ("iam/alice-AbCd-f", None),
            ("iam/alice/AbCdEf", None),
            ("-AbCdEf", None),
            ("AbCdEf", None),
            ("ab", None),
            ("", None),
            ("éé-bCdEf", None),
        ] {
            assert_eq!(name_in(&arn(rest)), name, "{rest}");
        }
        let full = arn("iam/alice-AbCdEf");
        for other in [
            full.replace("secretsmanager", "iam"),
            full.replace(":secret:", ":user:"),
            full.replace(":secret:", ":secret/"),
            "iam/alice-AbCdEf".to_owned(),
        ] {
            assert_eq!(name_in(&other), None, "{other}");
        }
    }
}
