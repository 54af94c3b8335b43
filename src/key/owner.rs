//! Pure: decides who owns an access key, from a response of GetCallerIdentity.

use std::fmt::Display;

/// What GetCallerIdentity returns (fact 28).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The account's id, 12 digits.
    pub account: String,
    /// `arn:PARTITION:iam::ACCOUNT:user/PATH/NAME` for a user.
    pub arn: String,
    /// `AIDA…` for a user. AWS never reuses it.
    pub user_id: String,
}

impl Identity {
    /// The user's name, without its path (fact 26). Returns None if the identity is not a user.
    #[must_use]
    pub(crate) fn user_name(&self) -> Option<&str> {
        let resource = self.arn.splitn(6, ':').nth(5)?;
        resource.strip_prefix("user/")?.rsplit('/').next()
    }
}

/// The user that a key must belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExpectedUser {
    /// The user's name. IAM compares names without regard to case.
    pub name: String,
    /// The user's account.
    pub account: String,
    /// AWSCURRENT's `AIDA…`. None if there is no current key that works.
    pub user_id: Option<String>,
}

impl ExpectedUser {
    /// Whether an identity is this user (fact 9: the same principal).
    #[must_use]
    pub(crate) fn is(&self, identity: &Identity) -> bool {
        identity.account == self.account
            && identity
                .user_name()
                .is_some_and(|name| name.eq_ignore_ascii_case(&self.name))
            && self
                .user_id
                .as_ref()
                .is_none_or(|user_id| *user_id == identity.user_id)
    }
}

/// What one response of GetCallerIdentity means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The key belongs to the expected user.
    SameUser(Identity),
    /// The key belongs to someone else, and this will not change.
    AnotherIdentity(Identity),
    /// Nothing is known yet; the text says why.
    NotYet(String),
}

/// Judges one response.
#[must_use]
pub(crate) fn judge<E: Display>(answer: Result<Identity, E>, expected: &ExpectedUser) -> Verdict {
    match answer {
        Ok(identity) if expected.is(&identity) => Verdict::SameUser(identity),
        Ok(identity) => Verdict::AnotherIdentity(identity),
        Err(failure) => Verdict::NotYet(failure.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(account: &str, name: &str, user_id: &str) -> Identity {
        Identity {
            account: account.into(),
            arn: format!("arn:aws:iam::{account}:user/{name}"),
            user_id: user_id.into(),
        }
    }

    fn expected(user_id: Option<&str>) -> ExpectedUser {
        ExpectedUser {
            name: "alice".into(),
            account: "1".into(),
            user_id: user_id.map(str::to_owned),
        }
    }

    #[test]
    fn the_user_is_told_by_account_name_and_user_id() {
        for (found, user_id, same) in [
            (identity("1", "alice", "AIDA1"), Some("AIDA1"), true),
            (identity("1", "alice", "AIDA1"), None, true),
            (
                identity("1", "team/blue/alice", "AIDA1"),
                Some("AIDA1"),
                true,
            ),
            (identity("1", "Alice", "AIDA1"), Some("AIDA1"), true),
            // A user of the same name, created again.
            (identity("1", "alice", "AIDA2"), Some("AIDA1"), false),
            (identity("2", "alice", "AIDA1"), Some("AIDA1"), false),
            (identity("2", "alice", "AIDA1"), None, false),
            (identity("1", "alice2", "AIDA1"), None, false),
            (identity("1", "alice/bob", "AIDA1"), None, false),
        ] {
            let verdict = judge(Ok::<_, &str>(found.clone()), &expected(user_id));
            let wanted = if same {
                Verdict::SameUser(found.clone())
            } else {
                Verdict::AnotherIdentity(found.clone())
            };
            assert_eq!(verdict, wanted, "{found:?}");
        }
    }

    #[test]
    fn a_failure_of_any_kind_proves_nothing_yet() {
        for failure in [
            "no answer in time",
            "InvalidClientTokenId",
            "SignatureDoesNotMatch",
            "RequestExpired",
            "Throttling",
            "AccessDenied",
        ] {
            let verdict = judge(Err(failure), &expected(None));
            assert!(matches!(verdict, Verdict::NotYet(_)), "{failure}");
        }
    }
}
