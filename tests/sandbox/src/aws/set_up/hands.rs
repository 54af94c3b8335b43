//! What a person does in the console. A stale read misses it, and all reads can miss it for a while.

use std::time::Duration;

use crate::aws::{AccessKey, Aws};

impl Aws {
    /// Makes all reads miss what `change` does, for the time `lag` (fact 19). They see every later change.
    pub fn seen_late<R>(&self, lag: Duration, change: impl FnOnce() -> R) -> R {
        let until = self.now() + lag;
        let (secrets, users) = {
            let state = self.state();
            (state.secrets.now().clone(), state.users.now().clone())
        };
        let result = change();
        let mut state = self.state();
        state.secrets.lag(secrets, until);
        state.users.lag(users, until);
        result
    }

    /// Moves a staging label to a version; AWSPREVIOUS follows AWSCURRENT.
    #[track_caller]
    pub fn move_label(&self, arn: &str, label: &str, version: &str) {
        let now = self.now();
        self.change_secret(arn, |secret| secret.move_label(label, version, now));
    }

    /// Takes a staging label off.
    #[track_caller]
    pub fn take_off_label(&self, arn: &str, label: &str) {
        self.change_secret(arn, |secret| secret.remove_label(label));
    }

    /// Restores a secret that is scheduled for deletion.
    #[track_caller]
    pub fn restore_secret(&self, arn: &str) {
        self.change_secret(arn, |secret| secret.deleted = None);
    }

    /// Makes an access key for a user, as CreateAccessKey does for a person.
    #[track_caller]
    pub fn add_access_key(&self, user: &str) -> AccessKey {
        self.new_key(user, |users, add| {
            let added = users.change(|users| {
                add(users);
                Ok::<_, ()>(())
            });
            debug_assert!(added.is_ok());
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::aws::testing::{Caller, aws_with_alice, create};
    use crate::aws::{AWSCURRENT, AWSPENDING, Propagation};

    const SECOND: Duration = Duration::from_secs(1);
    const TOKEN: &str = "aaaaaaaa-0c1b-4f6e-9a55-2f0d6c1b7e01";

    async fn labels(aws: &Aws, arn: &str) -> Value {
        let asked = json!({"SecretId": arn});
        let operator = Caller::operator(aws);
        let reply = operator.secrets_manager("DescribeSecret", asked).await;
        reply.json()["VersionIdsToStages"].clone()
    }

    async fn listed(aws: &Aws) -> Vec<String> {
        let asked = [("UserName", "alice")];
        let reply = Caller::operator(aws).iam("ListAccessKeys", &asked).await;
        reply.elements("AccessKeyId")
    }

    #[tokio::test(start_paused = true)]
    async fn reads_miss_a_change_for_its_time_and_see_every_later_one() {
        let aws = Aws::new(crate::clock::Clock::real());
        let arn = aws.create_secret("s", Some("one".into()));
        let two = "bbbbbbbb-0c1b-4f6e-9a55-2f0d6c1b7e01";
        let first = labels(&aws, &arn).await;
        aws.seen_late(3 * SECOND, || {
            aws.put_version_text(&arn, two, "two");
            aws.move_label(&arn, AWSCURRENT, two);
        });
        assert_eq!(labels(&aws, &arn).await, first);
        aws.stage_pending(&arn, TOKEN).unwrap();
        let seen = labels(&aws, &arn).await;
        assert_eq!(seen[TOKEN], json!([AWSPENDING]));
        assert!(
            seen.get(two)
                .is_none_or(|labels| labels != &json!([AWSCURRENT]))
        );
        tokio::time::advance(3 * SECOND).await;
        let seen = labels(&aws, &arn).await;
        assert_eq!(seen[two], json!([AWSCURRENT]));
        assert_eq!(seen[TOKEN], json!([AWSPENDING]));
    }

    #[tokio::test(start_paused = true)]
    async fn lists_miss_a_persons_key_and_see_the_functions() {
        let (aws, own) = aws_with_alice();
        let gone = aws.add_access_key("alice");
        let foreign = aws.seen_late(3 * SECOND, || {
            aws.delete_access_key(&gone.id);
            aws.add_access_key("alice")
        });
        assert_eq!(listed(&aws).await, [own.id.clone(), gone.id.clone()]);
        aws.delete_access_key(&own.id);
        let made = create(&aws).await;
        assert_eq!(listed(&aws).await, [gone.id.clone(), made.id.clone()]);
        tokio::time::advance(3 * SECOND).await;
        assert_eq!(listed(&aws).await, [foreign.id, made.id]);
    }

    /// Fact 42.
    #[tokio::test(start_paused = true)]
    async fn a_deactivated_key_is_accepted_and_listed_as_active_for_a_while() {
        let (aws, key) = aws_with_alice();
        aws.set_propagation(Propagation {
            status_delay: 3 * SECOND,
            ..Propagation::default()
        });
        let operator = Caller::operator(&aws);
        let seen = async || {
            let asked = [("UserName", "alice")];
            let listed = operator.iam("ListAccessKeys", &asked).await;
            let accepted = Caller::user(&aws, &key).identity().await.status == 200;
            (listed.elements("Status"), accepted)
        };
        let active = (vec!["Active".to_owned()], true);
        let inactive = (vec!["Inactive".to_owned()], false);
        for (status, before, after) in [
            ("Inactive", &active, &inactive),
            ("Active", &inactive, &active),
        ] {
            let asked = [
                ("UserName", "alice"),
                ("AccessKeyId", key.id.as_str()),
                ("Status", status),
            ];
            assert_eq!(operator.iam("UpdateAccessKey", &asked).await.status, 200);
            assert_eq!(aws.user_keys("alice")[0].status.as_str(), status);
            assert_eq!(seen().await, *before);
            tokio::time::advance(3 * SECOND).await;
            assert_eq!(seen().await, *after);
        }
    }

    #[test]
    fn a_secret_that_is_restored_is_open() {
        let aws = Aws::new(crate::clock::Clock::real());
        let arn = aws.create_secret("s", Some("one".into()));
        aws.delete_secret(&arn);
        assert!(aws.stage_pending(&arn, TOKEN).is_err());
        aws.restore_secret(&arn);
        assert!(aws.stage_pending(&arn, TOKEN).is_ok());
    }
}
