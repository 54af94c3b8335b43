//! How a change to an access key spreads (fact 27).

use std::time::{Duration, SystemTime};

/// The delays of keys created and deleted through the API; all zero unless set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Propagation {
    /// A new key is refused for this long.
    pub create_delay: Duration,
    /// The age ranges, from start to end, in which a new key is refused again.
    pub flaps: Vec<(Duration, Duration)>,
    /// A new key shows in ListAccessKeys this long after its creation.
    pub list_delay: Duration,
    /// A deleted key is still accepted and listed for this long.
    pub delete_delay: Duration,
    /// A deactivated or activated key is accepted and listed as before for this long (fact 42).
    pub status_delay: Duration,
    /// A new key's SMTP password is refused for this long, whatever the API does by then.
    pub smtp_delay: Duration,
}

/// How far one key has spread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spread {
    made: SystemTime,
    gone: Option<SystemTime>,
    propagation: Propagation,
}

impl Spread {
    pub(super) fn begin(propagation: Propagation, now: SystemTime) -> Self {
        Self {
            made: now,
            gone: None,
            propagation,
        }
    }

    pub(super) fn delete(&mut self, delay: Duration, now: SystemTime) {
        self.gone = Some(now + delay);
    }

    pub(super) fn is_deleted(&self) -> bool {
        self.gone.is_some()
    }

    pub(super) fn is_accepted(&self, now: SystemTime) -> bool {
        let age = self.age_at(now);
        let flaps = &self.propagation.flaps;
        let refused = flaps.iter().any(|(from, to)| (*from..*to).contains(&age));
        age >= self.propagation.create_delay && !refused && !self.is_gone(now)
    }

    pub(super) fn is_accepted_by_smtp(&self, now: SystemTime) -> bool {
        self.has_reached_smtp(now) && !self.is_gone(now)
    }

    /// Whether the key's creation has spread to SMTP.
    pub(super) fn has_reached_smtp(&self, now: SystemTime) -> bool {
        self.age_at(now) >= self.propagation.smtp_delay
    }

    pub(super) fn is_listed(&self, now: SystemTime) -> bool {
        self.age_at(now) >= self.propagation.list_delay && !self.is_gone(now)
    }

    /// How long after `now` the key appears, disappears, or is refused or accepted again.
    pub(super) fn changes_after(&self, now: SystemTime) -> Vec<Duration> {
        let Propagation {
            create_delay,
            flaps,
            list_delay,
            smtp_delay,
            ..
        } = &self.propagation;
        let ages = flaps.iter().flat_map(|(from, to)| [*from, *to]);
        let ages = ages.chain([*create_delay, *list_delay, *smtp_delay]);
        let mut times: Vec<_> = ages.map(|age| self.made + age).chain(self.gone).collect();
        times.sort_unstable();
        let later = times.into_iter().filter(|at| *at > now);
        later
            .map(|at| at.duration_since(now).unwrap_or_default())
            .collect()
    }

    pub(super) fn age(&mut self, by: Duration) {
        self.made -= by;
        if let Some(gone) = &mut self.gone {
            *gone -= by;
        }
    }

    fn age_at(&self, now: SystemTime) -> Duration {
        now.duration_since(self.made).unwrap_or_default()
    }

    fn is_gone(&self, now: SystemTime) -> bool {
        self.gone.is_some_and(|gone| now >= gone)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Duration;

    use super::Propagation;
    use crate::aws::testing::{Caller, aws_with_alice, create};
    use crate::aws::{AccessKey, Aws};

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    async fn listed(aws: &Aws, key: &AccessKey) -> bool {
        let asked = [("UserName", "alice")];
        let reply = Caller::operator(aws).iam("ListAccessKeys", &asked).await;
        reply.elements("AccessKeyId").contains(&key.id)
    }

    async fn accepted(aws: &Aws, key: &AccessKey) -> bool {
        let reply = Caller::user(aws, key).identity().await;
        assert_eq!(reply.status == 200, aws.authenticates(&key.id, &key.secret));
        reply.status == 200
    }

    /// Fact 27.
    #[tokio::test(start_paused = true)]
    async fn a_new_key_is_accepted_and_listed_late_and_refused_once_more() {
        let (aws, _) = aws_with_alice();
        aws.set_propagation(Propagation {
            create_delay: seconds(4),
            flaps: vec![(seconds(6), seconds(8))],
            list_delay: seconds(2),
            ..Propagation::default()
        });
        let key = create(&aws).await;
        let mut seen = Vec::new();
        for _ in 0..10 {
            seen.push((accepted(&aws, &key).await, listed(&aws, &key).await));
            tokio::time::advance(seconds(1)).await;
        }
        let accepted: Vec<_> = seen
            .iter()
            .map(|(accepted, _)| u8::from(*accepted))
            .collect();
        let listed: Vec<_> = seen.iter().map(|(_, listed)| u8::from(*listed)).collect();
        assert_eq!(accepted, [0, 0, 0, 0, 1, 1, 0, 0, 1, 1]);
        assert_eq!(listed, [0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
        assert_eq!(aws.user_keys("alice").len(), 2);
    }

    /// Fact 27.
    #[tokio::test(start_paused = true)]
    async fn a_deleted_key_is_accepted_and_listed_for_a_while() {
        let (aws, key) = aws_with_alice();
        aws.set_propagation(Propagation {
            delete_delay: seconds(3),
            ..Propagation::default()
        });
        let operator = Caller::operator(&aws);
        let deletes = [("UserName", "alice"), ("AccessKeyId", key.id.as_str())];
        assert_eq!(operator.iam("DeleteAccessKey", &deletes).await.status, 200);
        assert!(aws.user_keys("alice").is_empty());
        assert!(accepted(&aws, &key).await && listed(&aws, &key).await);
        let again = operator.iam("DeleteAccessKey", &deletes).await;
        assert_eq!(again.code(), "NoSuchEntity");
        tokio::time::advance(seconds(3)).await;
        assert!(!accepted(&aws, &key).await && !listed(&aws, &key).await);
    }

    #[tokio::test(start_paused = true)]
    async fn age_brings_a_key_forward_too() {
        let (aws, _) = aws_with_alice();
        aws.set_propagation(Propagation {
            create_delay: seconds(15),
            ..Propagation::default()
        });
        let key = create(&aws).await;
        assert!(!accepted(&aws, &key).await);
        aws.age(seconds(15));
        assert!(accepted(&aws, &key).await);
    }
}
