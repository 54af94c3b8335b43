//! Users, their access keys, and what they are allowed.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::mistake;
use crate::aws::directory::Directory;
use crate::aws::policy::Policy;
use crate::aws::roles::Role;
use crate::aws::tags::set_tag;
use crate::aws::timeline::Timeline;
use crate::aws::users::{self, Key, User, owner_of};
use crate::aws::uses::Uses;
use crate::aws::{
    ACCOUNT, AccessKey, Aws, KeyStatus, LastUsed, PolicyError, Propagation, REGION, UseRecord,
};

impl Aws {
    /// Creates a user with a path such as `/` or `/team/blue/`.
    pub fn create_user(&self, path: &str, name: &str) {
        self.create_user_in(ACCOUNT, path, name);
    }

    /// Creates a user in an account.
    pub fn create_user_in(&self, account: &str, path: &str, name: &str) {
        let now = self.now();
        let mut state = self.state();
        let id = state.ids.iam_id("AIDA");
        let user = User::new(account, path, name, id, now);
        state.users.amend(|users| users.push(user.clone()));
    }

    /// Creates a role that can be assumed, with its trust policy. It is allowed nothing.
    ///
    /// # Errors
    /// [`PolicyError`] for a document with elements that the simulation does not evaluate.
    pub fn create_role(&self, arn: &str, trust: &Value) -> Result<(), PolicyError> {
        let trust = Policy::parse(trust)?;
        let mut state = self.state();
        let role = Role {
            arn: arn.to_owned(),
            id: state.ids.iam_id("AROA"),
            trust,
        };
        state.roles.push(role);
        Ok(())
    }

    /// Changes whom a role trusts, by its trust policy.
    ///
    /// # Errors
    /// [`PolicyError`] for a document with elements that the simulation does not evaluate.
    #[track_caller]
    pub fn set_trust(&self, arn: &str, trust: &Value) -> Result<(), PolicyError> {
        let trust = Policy::parse(trust)?;
        let mut state = self.state();
        match state.roles.iter_mut().find(|role| role.arn == arn) {
            Some(role) => role.trust = trust,
            None => mistake("role", arn),
        }
        Ok(())
    }

    /// Makes an external id, for a role and for the secret that names the role.
    pub fn make_external_id(&self) -> String {
        self.state().ids.external_id().reveal().to_owned()
    }

    /// Ends all role sessions so far.
    pub fn expire_sessions(&self) {
        let now = self.now();
        for session in &mut self.state().sessions {
            session.expires = Some(now);
        }
    }

    /// Creates an access key for a user, by name or ARN. It is usable at once, and the quota does not apply (fact 21).
    #[track_caller]
    pub fn create_access_key(&self, user: &str) -> AccessKey {
        self.new_key(user, |users, add| users.amend(add))
    }

    /// Makes a key, and has `add` put it among the user's keys.
    #[track_caller]
    pub(super) fn new_key(
        &self,
        user: &str,
        add: impl FnOnce(&mut Timeline<Directory<User>>, &dyn Fn(&mut Directory<User>)),
    ) -> AccessKey {
        let now = self.now();
        let mut state = self.state();
        let Some(owner) = state.user(user).map(User::arn) else {
            mistake("user", user)
        };
        let key = Key::new(&mut state.ids, Propagation::default(), now);
        add(&mut state.users, &|users| {
            users.update(&owner, |owner| owner.keys.push(key.clone()));
        });
        AccessKey {
            id: key.id,
            secret: key.secret.reveal().to_owned(),
        }
    }

    /// Sets a key's status, as UpdateAccessKey or AWS does.
    #[track_caller]
    pub fn set_key_status(&self, id: &str, status: KeyStatus) {
        self.change_key(id, |key| {
            key.status = status;
            key.switched = None;
        });
    }

    /// Deletes a key at once, as a person does.
    #[track_caller]
    pub fn delete_access_key(&self, id: &str) {
        let now = self.now();
        self.change_key(id, |key| key.spread.delete(Duration::ZERO, now));
    }

    /// Sets what GetAccessKeyLastUsed returns. Calls to the simulation do not set it, unless
    /// [`Aws::record_uses`] asks for it: the record lags (fact 25).
    #[track_caller]
    pub fn set_last_used(&self, id: &str, last_used: LastUsed) {
        self.amend_key(id, |key| key.uses = Uses::last(last_used.clone()));
    }

    /// Has GetAccessKeyLastUsed return a use of a service now, as by a consumer that the simulation does not see.
    #[track_caller]
    pub fn use_key(&self, id: &str, service: &str) {
        let used = LastUsed {
            at: self.now(),
            service: service.to_owned(),
            region: REGION.to_owned(),
        };
        self.set_last_used(id, used);
    }

    /// Tags a user, by name or ARN, in place of a tag with the same key.
    #[track_caller]
    pub fn tag_user(&self, user: &str, key: &str, value: &str) {
        self.amend_user(user, |user| set_tag(&mut user.tags, key, value));
    }

    /// Whether GetAccessKeyLastUsed refuses to tell about a key that is nobody's in the account even to whom it would tell
    /// about any. Unless set, it does not find the key: AWS documented that once, and nothing today.
    pub fn refuse_unknown_keys(&self, refused: bool) {
        self.state().refuses_unknown_keys = refused;
    }

    /// Sets whether GetAccessKeyLastUsed immediately shows the calls that a key signs; at first it does not.
    pub fn record_uses(&self, recorded: bool) {
        self.state().records_uses = recorded.then(UseRecord::at_once);
    }

    /// Has GetAccessKeyLastUsed show the calls that a key signs as IAM does: some count as one, and the record lags.
    pub fn record_uses_late(&self, record: UseRecord) {
        self.state().records_uses = Some(record);
    }

    /// Sets a key's CreateDate.
    #[track_caller]
    pub fn set_created(&self, id: &str, created: SystemTime) {
        self.amend_key(id, |key| key.created = created);
    }

    /// Sets how keys spread if they are created or deleted through the API from now on.
    pub fn set_propagation(&self, propagation: Propagation) {
        self.state().propagation = propagation;
    }

    /// Sets the most keys on a page of ListAccessKeys; at least one (fact 24).
    pub fn set_page_size(&self, keys: usize) {
        self.state().page_size = keys.max(1);
    }

    #[track_caller]
    fn change_key(&self, id: &str, change: impl FnOnce(&mut Key)) {
        let result = self.state().users.change(|users| {
            let changed = users.update(&owner_of(id), |user| {
                user.existing_key_mut(id).map(change).ok_or(())
            });
            changed.ok_or(())?
        });
        if result.is_err() {
            mistake("access key", id);
        }
    }

    #[track_caller]
    fn amend_user(&self, user: &str, change: impl Fn(&mut User)) {
        let mut state = self.state();
        let Some(arn) = state.user(user).map(User::arn) else {
            mistake("user", user)
        };
        state.users.amend(|users| {
            users.update(&arn, &change);
        });
    }

    #[track_caller]
    fn amend_key(&self, id: &str, change: impl Fn(&mut Key)) {
        let mut state = self.state();
        if state.key(id).is_none() {
            mistake("access key", id);
        }
        state
            .users
            .amend(|users| users::amend_key(users, id, &change));
    }
}
