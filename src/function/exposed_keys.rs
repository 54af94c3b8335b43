//! AWS's reports of exposed keys, and the search for the secret that has to do with a key.

use futures_util::stream::{self, StreamExt};
use tracing::{error, warn};

use crate::aws::iam::last_user;
use crate::function::error_answer::RotationError;
use crate::function::exposure::{ExposedKey, Exposure, ReportedId};
use crate::function::keeper_answer::{Answer, Entry};
use crate::function::keeping::{Keeping, TOGETHER, Task, of_fleet};
use crate::keeper::fleet;
use crate::keeper::found::{Found, Kept};
use crate::keeper::holder::{Relation, relation};
use crate::keeper::revoke::Manner;
use crate::key::access_key::AccessKeyId;
use crate::rotation::keeper_config::Watches;
use crate::rotation::keeper_problem::KeeperProblem;
use crate::rotation::problem::Problem;

impl Keeping<'_> {
    /// Answers a report of AWS. The same report may come again, from another Region or for another page.
    ///
    /// # Errors
    /// The first error, once each key has been tried. Lambda then tries all of them again.
    pub(crate) async fn exposed(&self, exposure: &Exposure) -> Result<Answer, RotationError> {
        let manner = self.manner(false, false);
        let (mut entries, mut first) = (Vec::new(), None);
        for exposed in &exposure.keys {
            let reported = format!("{} reports {}", exposure.reporter, exposure.code);
            let ExposedKey { id, .. } = exposed;
            let entry = match id {
                ReportedId::Key(key) => match self.exposed_key(key, &reported, manner).await {
                    Ok(entry) => entry,
                    Err(failed) => {
                        let entry = Entry::failed(&failed);
                        first = first.or(Some(failed));
                        entry
                    }
                },
                ReportedId::Root(_) => not_ours(
                    None,
                    format!(
                        "{reported} for a key of the root user: no secret of this keeper holds it. Delete that key in the account's security credentials"
                    ),
                ),
                ReportedId::Other(id) => not_ours(
                    None,
                    format!(
                        "{reported} for {id}, which is no access key of a user: nothing was done"
                    ),
                ),
            };
            entries.push(entry);
        }
        let task = Task::Revoke(None, manner);
        let answer = self.answer(task, false, entries, 0);
        first.map_or(Ok(answer), Err)
    }

    async fn exposed_key(
        &self,
        key: &AccessKeyId,
        reported: &str,
        manner: Manner,
    ) -> Result<Entry, RotationError> {
        let secret = match self.secret_of(key).await {
            Ok(secret) => secret,
            Err(failed) => {
                return match &*failed.problem {
                    Problem::Keeper(KeeperProblem::KeyUnknown { .. }) => Ok(not_ours(
                        Some(key),
                        format!("{reported} for {key}: {failed}"),
                    )),
                    _ => Err(failed),
                };
            }
        };
        if !self.settings.revokes_reported {
            let message = format!(
                "{reported} for {key}, and nothing was done, since EXPOSED_KEYS is report. Revoke it: invoke this function with {{\"Action\":\"revoke\",\"AccessKeyId\":\"{key}\"}}"
            );
            error!(secret, access_key_id = %key, "{message}");
            let found = Found::of(Kept::Exposed, key, message);
            return Ok(Entry::without_a_run(Some(secret), found));
        }
        self.one(Task::Revoke(Some(key), manner), &secret, false)
            .await
    }

    /// The secret that was named, unless another one gives the key out.
    pub(super) async fn secret_with(
        &self,
        named: &str,
        key: &AccessKeyId,
    ) -> Result<String, RotationError> {
        let run = self.run("revoke", named);
        let failed = |problem| RotationError::of(&run, None, problem);
        if relation(&run, key, None).await.map_err(failed)?.is_none() {
            let closest = self.closest(key).await?;
            if let Some((Relation::GivesOut, secret)) = closest {
                let key = key.clone();
                return Err(failed(
                    KeeperProblem::KeyOfAnotherSecret { key, secret }.into(),
                ));
            }
        }
        Ok(named.to_owned())
    }

    /// The secret that has to do with the key.
    pub(super) async fn secret_of(&self, key: &AccessKeyId) -> Result<String, RotationError> {
        if let Some((_, secret)) = self.closest(key).await? {
            return Ok(secret);
        }
        let user = last_user(&self.resources.iam, key).await;
        let key = key.clone();
        Err(Problem::from(KeeperProblem::KeyUnknown { key, user }).into())
    }

    /// Looks through all secrets for the one that has most to do with the key.
    async fn closest(
        &self,
        key: &AccessKeyId,
    ) -> Result<Option<(Relation, String)>, RotationError> {
        let secrets = match &self.settings.watches {
            Watches::One(arn) => vec![arn.clone()],
            Watches::Fleet(name) => {
                let run = self.run("revoke", name);
                let listed = fleet::list(&run, name, |secret| Some(secret.arn)).await;
                listed.map_err(|problem| of_fleet(&run, problem))?
            }
        };
        // GetAccessKeyLastUsed tells the user of a key (fact 43), of this account.
        let user = last_user(&self.resources.iam, key).await;
        let user = user.as_deref();
        let looks = stream::iter(secrets).map(|secret| async move {
            let run = self.run("revoke", &secret);
            let found = relation(&run, key, user).await;
            let found = found.map_err(|problem| RotationError::of(&run, None, problem))?;
            Ok(found.map(|relation| (relation, secret.clone())))
        });
        let all: Vec<_> = looks.buffered(TOGETHER).collect().await;
        let (mut closest, mut failed) = (None, None);
        for one in all {
            match one {
                Ok(found) => closest = closest.max(found),
                Err(error) => failed = Some(error),
            }
        }
        match (closest, failed) {
            // Which secret it is of is known for certain.
            (Some((Relation::GivesOut, secret)), _) => Ok(Some((Relation::GivesOut, secret))),
            (_, Some(failed)) => Err(failed),
            (closest, None) => Ok(closest),
        }
    }
}

fn not_ours(key: Option<&AccessKeyId>, message: String) -> Entry {
    warn!("{message}");
    let found = Found {
        outcome: Kept::NotOurs,
        message,
        key: key.cloned(),
    };
    Entry::without_a_run(None, found)
}
