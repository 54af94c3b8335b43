//! ListSecrets: the secrets of a fleet.

use chrono::{DateTime, Utc};

use crate::aws::date::to_chrono;
use crate::aws::failure::AwsFailure;
use crate::aws::secrets_manager::{Dates, SecretsManager};
use crate::secret::named_source::is_secret_arn;
use crate::secret::stages::Labels;
use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType};

/// The key of the tag that makes a secret one of a fleet.
pub(crate) const FLEET_TAG: &str = "iam-key-rotator";
/// The largest page (fact 50).
const PAGE: i32 = 100;

/// A secret as ListSecrets shows it. It can be minutes old (fact 50).
#[derive(Clone, Debug)]
pub(crate) struct ListedSecret {
    /// The full ARN.
    pub arn: String,
    /// Staging labels by version.
    pub labels: Labels,
    /// When the secret changed and rotates.
    pub dates: Dates,
}

impl SecretsManager {
    /// Lists a page of a fleet's secrets, and where the next page begins. An empty page may have a next one (fact 50).
    ///
    /// # Errors
    /// [`AwsFailure`].
    pub(crate) async fn list(
        &self,
        fleet: &str,
        from: Option<&str>,
    ) -> Result<(Vec<ListedSecret>, Option<String>), AwsFailure> {
        let filter = |name, value: &str| Filter::builder().key(name).values(value).build();
        let listed = self
            .client
            .list_secrets()
            .filters(filter(FilterNameStringType::TagKey, FLEET_TAG))
            .filters(filter(FilterNameStringType::TagValue, fleet))
            .max_results(PAGE)
            .set_next_token(from.map(str::to_owned))
            .send()
            .await;
        let page = listed.map_err(|error| {
            AwsFailure::new(
                "secretsmanager:ListSecrets",
                format!("the fleet {fleet}"),
                &error,
            )
        })?;
        // The filters match prefixes (fact 50).
        let is_tagged = |secret: &aws_sdk_secretsmanager::types::SecretListEntry| {
            let mut tags = secret.tags().iter();
            tags.any(|tag| tag.key() == Some(FLEET_TAG) && tag.value() == Some(fleet))
        };
        let secrets = page.secret_list.unwrap_or_default().into_iter();
        let secrets = secrets.filter(is_tagged).filter_map(|secret| {
            let date = |date: Option<aws_smithy_types::DateTime>| -> Option<DateTime<Utc>> {
                date.as_ref().and_then(to_chrono)
            };
            Some(ListedSecret {
                arn: secret.arn.filter(|arn| is_secret_arn(arn))?,
                labels: secret.secret_versions_to_stages.unwrap_or_default(),
                dates: Dates {
                    changed: date(secret.last_changed_date),
                    rotated: date(secret.last_rotated_date),
                    next_rotation: date(secret.next_rotation_date),
                },
            })
        });
        Ok((secrets.collect(), page.next_token))
    }
}
