//! How a change of a secret reaches those who do not see an earlier one yet.

use std::collections::BTreeSet;

use super::Secret;
use crate::aws::VersionView;
use crate::aws::directory::Directory;
use crate::aws::timeline::Follow;

/// Takes over, for each secret, the versions that were made or filled, and the labels that moved.
impl Follow for Directory<Secret> {
    fn follow(&mut self, before: &Self, after: &Self) {
        for secret in after.iter() {
            match before.get(&secret.arn) {
                Some(was) => {
                    self.update(&secret.arn, |own| own.follow(was, secret));
                }
                None if self.get(&secret.arn).is_none() => self.push(secret.clone()),
                None => {}
            }
        }
    }
}

impl Secret {
    fn follow(&mut self, was: &Self, is: &Self) {
        self.changed = is.changed;
        if was.deleted != is.deleted {
            self.deleted = is.deleted;
        }
        if was.rotated != is.rotated {
            self.rotated = is.rotated;
        }
        if was.schedule != is.schedule {
            self.schedule.clone_from(&is.schedule);
        }
        if was.tags != is.tags {
            self.tags.clone_from(&is.tags);
        }
        if was.description != is.description {
            self.description.clone_from(&is.description);
        }
        if was.kms_key != is.kms_key {
            self.kms_key.clone_from(&is.kms_key);
        }
        for version in &is.versions {
            match self.versions.iter_mut().find(|own| own.id == version.id) {
                Some(own) => own.content.clone_from(&version.content),
                None if was.version(&version.id).is_none() => self.versions.push(VersionView {
                    labels: Vec::new(),
                    ..version.clone()
                }),
                None => {}
            }
        }
        let labels = was.versions.iter().chain(&is.versions);
        let labels: BTreeSet<&String> = labels.flat_map(|version| &version.labels).collect();
        for label in labels {
            let (from, to) = (was.id_with_label(label), is.id_with_label(label));
            if from != to {
                self.remove_label(label);
                let versions = self.versions.iter_mut();
                let to = versions.filter(|version| Some(&version.id) == to.as_ref());
                to.for_each(|version| version.labels.push(label.clone()));
            }
        }
    }
}
