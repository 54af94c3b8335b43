//! What the person on call can do about each [`Problem`]: words, and the lines of the AWS CLI for it, ready to paste.

use crate::access_key::AccessKeyId;
use crate::key_selection::Refusal;
use crate::plain::is_word;
use crate::problem::{CleanUp, Problem};
use crate::secret_name::is_possible;
use crate::stages::PENDING;

/// The most keys of one user that lines are given for; IAM allows two (fact 21).
const MOST_KEYS: usize = 5;

/// What a problem is about, as far as it is known. Lines that need what is not known are left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// The secret, as the event named it.
    pub secret: Option<&'a str>,
    /// The event's ClientRequestToken: the id of the version that is AWSPENDING.
    pub token: Option<&'a str>,
    /// The user that the secret names.
    pub user: Option<&'a str>,
}

impl Problem {
    /// What the person on call can do now. Each line of the AWS CLI in it stands between backticks, is one command, and
    /// has the real ids in it.
    #[must_use]
    pub fn way_out(&self, about: &About<'_>) -> String {
        match self {
            Self::EventInvalid { .. } => {
                "Invoke the function through Secrets Manager, or with an event such as those in tests/events".to_owned()
            }
            Self::ConfigurationInvalid { .. } => {
                "Correct the function's environment variable".to_owned()
            }
            Self::SecretNotFound => "Check the secret's ARN and the function's Region".to_owned(),
            Self::SecretDeleted => format!(
                "Restore the secret{}, or turn its rotation off",
                about.of_secret("restore-secret")
            ),
            Self::NoCurrentVersion => {
                "Store a value with the user's name, and the current access key if there is one".to_owned()
            }
            Self::NotStaged { .. } => format!(
                "Start a rotation{}: Secrets Manager stages a version and calls the steps itself",
                about.rotate()
            ),
            Self::SecretMalformed { label, .. } | Self::AnotherIdentity { label, .. }
                if *label == PENDING =>
            {
                about.take_pending_off()
            }
            Self::SecretMalformed { .. } => "Correct the secret's value".to_owned(),
            Self::SecretNotForUser { wanted, .. } if is_possible(wanted) => {
                "If the username in the secret is wrong, correct it. Else store the value in a new secret with that name, for a secret's name cannot be changed; or change the pattern in SECRET_NAME".to_owned()
            }
            Self::SecretNotForUser { .. } => {
                "If the username in the secret is wrong, correct it. Else this user needs a function without SECRET_NAME, for no secret can have that name".to_owned()
            }
            Self::PendingMissing => format!("Start the rotation again{}", about.rotate()),
            Self::PendingWithoutKey { .. } => format!(
                "If the names of the fields were changed, change them back; else {}",
                about.take_pending_off()
            ),
            Self::PendingForAnotherUser { .. } => about.take_pending_off(),
            Self::PendingInactive { key } => format!(
                "Activate the key{} to go on, or delete it{}: then the next rotation{} starts afresh",
                about.set_status(key, "Active"),
                about.of_key("delete-access-key", key),
                about.rotate()
            ),
            Self::RotationReset { .. } => format!(
                "AWSCURRENT is untouched; the next rotation starts afresh: start it{}, or wait for the schedule",
                about.rotate()
            ),
            Self::SourceInvalid { .. } => {
                "Correct the source, or leave it out to use the function's execution role".to_owned()
            }
            Self::SourceRefused { .. } => {
                "Put working credentials in that secret, or leave secretarn out to use the function's execution role; a role's session is made anew by the next attempt".to_owned()
            }
            Self::RoleNotAssumed { .. } => {
                "Allow sts:AssumeRole on that role to the execution role, and see that the role exists and that its trust policy names the execution role, and the secret's external id if it asks for one (see policies/)".to_owned()
            }
            Self::AnotherAccount { .. } => {
                "Correct rolearn or secretarn: the source must be of the user's account".to_owned()
            }
            Self::UserNotFound { .. } => {
                "Correct the username in the secret, or the credential source if the user is in another account".to_owned()
            }
            Self::AnotherIdentity { .. } => {
                "AWSCURRENT is untouched; correct the username or the access key in the secret".to_owned()
            }
            Self::NothingDeletable { user, refusal } => {
                let user = Some(&**user);
                refused(&About { user, ..*about }, refusal)
            }
            Self::QuotaReached { user, .. } => format!(
                "AWSCURRENT is untouched; see which keys the user has{}, and rotate again{}",
                listing(Some(user)),
                about.rotate()
            ),
            Self::StoreFailed { clean_up, .. } => match clean_up {
                CleanUp::Deleted => format!(
                    "AWSCURRENT is untouched; rotate again{} once the cause is mended",
                    about.rotate()
                ),
                CleanUp::LeftAlone | CleanUp::NotFound | CleanUp::NoTime | CleanUp::Failed(_) => {
                    "AWSCURRENT is untouched; the next attempt uses the key if it was stored, and else deletes it once the user has two".to_owned()
                }
            },
            Self::VerificationFailed { .. } => format!(
                "AWSCURRENT is untouched; Secrets Manager tries again. If it stays so, see whether the key is active{}, and raise VERIFY_TIMEOUT, or the function's time-out where that was up first",
                listing(about.user)
            ),
            Self::PermissionMissing(_) => format!(
                "Allow that action on that resource to the caller (see policies/), and rotate again{}",
                about.rotate()
            ),
            Self::Throttled(_) => {
                "Secrets Manager tries again. If it stays so, too many secrets rotate at once for the account's rate of IAM calls: a rotation makes five (ListAccessKeys twice, UpdateAccessKey, DeleteAccessKey, CreateAccessKey), so a window must be at least 5 × secrets ÷ rate wide; widen it (Duration of the rotation rules) or spread the schedules".to_owned()
            }
            Self::AwsCallFailed(_) => {
                "Secrets Manager tries again; if it stays so, see AWS's message".to_owned()
            }
            Self::OutOfTime { .. } => {
                "Secrets Manager tries again; if it stays so, raise the function's time-out (120 s is ample)".to_owned()
            }
        }
    }
}

/// No key may go.
fn refused(about: &About<'_>, refusal: &Refusal) -> String {
    match refusal {
        Refusal::CurrentNotListed { .. } => {
            "The secret is stale or names the wrong user: store the key that is in use, or the right username".to_owned()
        }
        Refusal::TooManyKeys { keys } | Refusal::BothProtected { keys } => format!(
            "Find out which keys are used{} and delete one that is not AWSCURRENT's",
            last_uses(keys)
        ),
        Refusal::NotUnderstood { .. } => "Correct the secret's value".to_owned(),
        Refusal::NoRoomForFirst { keys } => format!(
            "If one of them is the secret's, store it there with its secret access key. Else find out which is used{}, deactivate one that is not, and rotate again{}",
            last_uses(keys),
            about.rotate()
        ),
        Refusal::MadeLately { key, .. } => format!(
            "See who made that key, such as another secret for the same user: each user needs one secret. If nobody needs it{}, deactivate it{} and rotate again{}; it also may go once it is older than IN_USE_WINDOW",
            last_uses(std::slice::from_ref(key)),
            about.set_status(key, "Inactive"),
            about.rotate()
        ),
        Refusal::ActivatedAgain { key } => format!(
            "See who activated that key and needs it{}. Once nobody does, deactivate it{} and rotate again{}",
            last_uses(std::slice::from_ref(key)),
            about.set_status(key, "Inactive"),
            about.rotate()
        ),
        Refusal::InUse { key, .. } => format!(
            "Move whoever uses that key to the secret, or deactivate the key{}, and rotate again{}; DELETE_KEY_IN_USE and IN_USE_WINDOW set the rule",
            about.set_status(key, "Inactive"),
            about.rotate()
        ),
    }
}

impl About<'_> {
    /// A version's value cannot be written again, and rotate-secret runs the old version again (facts 5 and 15).
    fn take_pending_off(&self) -> String {
        let line = self.secret.zip(self.token).map(|(secret, token)| {
            command(&[
                "secretsmanager",
                "update-secret-version-stage",
                "--secret-id",
                secret,
                "--version-stage",
                PENDING,
                "--remove-from-version-id",
                token,
            ])
        });
        format!(
            "AWSCURRENT is untouched; take AWSPENDING off that version{} and rotate again{}",
            in_parentheses(line),
            self.rotate()
        )
    }

    fn rotate(&self) -> String {
        self.of_secret("rotate-secret")
    }

    fn of_secret(&self, action: &str) -> String {
        let line = |secret| command(&["secretsmanager", action, "--secret-id", secret]);
        in_parentheses(self.secret.map(line))
    }

    fn of_key(&self, action: &str, key: &AccessKeyId) -> String {
        in_parentheses(
            self.user
                .map(|user| command(&words_of_key(action, user, key))),
        )
    }

    fn set_status(&self, key: &AccessKeyId, status: &str) -> String {
        in_parentheses(self.user.map(|user| {
            let mut words = words_of_key("update-access-key", user, key).to_vec();
            words.extend(["--status", status]);
            command(&words)
        }))
    }
}

fn words_of_key<'a>(action: &'a str, user: &'a str, key: &'a AccessKeyId) -> [&'a str; 6] {
    let key = key.as_str();
    ["iam", action, "--user-name", user, "--access-key-id", key]
}

fn listing(user: Option<&str>) -> String {
    in_parentheses(user.map(|user| command(&["iam", "list-access-keys", "--user-name", user])))
}

fn last_uses(keys: &[AccessKeyId]) -> String {
    let line = |key: &AccessKeyId| {
        let key = key.as_str();
        command(&["iam", "get-access-key-last-used", "--access-key-id", key])
    };
    let lines: Vec<_> = keys.iter().take(MOST_KEYS).map(line).collect();
    in_parentheses((!lines.is_empty()).then(|| lines.join(", ")))
}

fn in_parentheses(lines: Option<String>) -> String {
    lines.map_or_else(String::new, |lines| format!(" ({lines})"))
}

/// A line of the AWS CLI between backticks, for a shell. A token of one's own may have what means something to one.
fn command(words: &[&str]) -> String {
    let mut line = "`aws".to_owned();
    for word in words {
        line.push(' ');
        if is_word(word, usize::MAX, b"/_+=.,@:-") {
            line.push_str(word);
        } else {
            line.push_str(&format!("'{}'", word.replace('\'', r"'\''")));
        }
    }
    line.push('`');
    line
}

#[cfg(test)]
#[path = "way_out_tests.rs"]
mod tests;
