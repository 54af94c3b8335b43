//! The account at one time, to continue from more than once.

use std::collections::HashMap;
use std::time::SystemTime;

use serde_json::Value;

use super::directory::Directory;
use super::faults::Faults;
use super::ids::Ids;
use super::policy::Policy;
use super::roles::{Role, Session};
use super::secrets::Secret;
use super::smtp::Smtp;
use super::state::State;
use super::timeline::Timeline;
use super::users::User;
use super::{Aws, Propagation, UseRecord};
use crate::clock::Clock;

/// Everything that a later call can depend on: the current state, the state before its last changes, and the stale
/// reads still to come. Calls, hooks, waiting faults and role sessions are left out. The function makes role sessions
/// anew in each invocation.
#[derive(Clone)]
pub struct Snapshot {
    at: SystemTime,
    ids: Ids,
    secrets: Timeline<Directory<Secret>>,
    users: Timeline<Directory<User>>,
    policies: HashMap<String, Vec<Policy>>,
    managed: HashMap<String, Policy>,
    role: Session,
    operator: Session,
    keeper: Option<Session>,
    roles: Vec<Role>,
    propagation: Propagation,
    page_size: usize,
    list_page_size: usize,
    requires_rotation_token: bool,
    records_uses: Option<UseRecord>,
    refuses_unknown_keys: bool,
    recorded_as: Option<(String, Value)>,
    faults: Faults,
    smtp: Smtp,
}

impl Aws {
    /// The account as it is.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let at = self.now();
        let state = self.state();
        Snapshot {
            at,
            ids: state.ids.clone(),
            secrets: state.secrets.clone(),
            users: state.users.clone(),
            policies: state.policies.clone(),
            managed: state.managed.clone(),
            role: state.role.clone(),
            operator: state.operator.clone(),
            keeper: state.keeper.clone(),
            roles: state.roles.clone(),
            propagation: state.propagation.clone(),
            page_size: state.page_size,
            list_page_size: state.list_page_size,
            requires_rotation_token: state.requires_rotation_token,
            records_uses: state.records_uses,
            refuses_unknown_keys: state.refuses_unknown_keys,
            recorded_as: state.recorded_as.clone(),
            faults: state.faults.left_over(),
            smtp: state.smtp.left_over(),
        }
    }
}

impl Snapshot {
    /// Whether later reads miss changes because of a fault that has already hit.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.faults.stale().is_some()
    }

    /// Another account in the same state, at the same time.
    #[must_use]
    pub fn restore(&self) -> Aws {
        let aws = Aws::new(Clock::at(self.at));
        *aws.state() = State {
            ids: self.ids.clone(),
            secrets: self.secrets.clone(),
            users: self.users.clone(),
            policies: self.policies.clone(),
            managed: self.managed.clone(),
            role: self.role.clone(),
            operator: self.operator.clone(),
            keeper: self.keeper.clone(),
            roles: self.roles.clone(),
            propagation: self.propagation.clone(),
            page_size: self.page_size,
            list_page_size: self.list_page_size,
            requires_rotation_token: self.requires_rotation_token,
            records_uses: self.records_uses,
            refuses_unknown_keys: self.refuses_unknown_keys,
            recorded_as: self.recorded_as.clone(),
            faults: self.faults.clone(),
            smtp: self.smtp.clone(),
            ..State::new()
        };
        aws
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
