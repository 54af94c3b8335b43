//! What happened when: each call that changed a key or a label.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use sandbox::aws::{Aws, Call};

use super::account::Account;
use crate::steps::caller_name;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) at: SystemTime,
    pub(super) who: String,
    pub(super) call: String,
    pub(super) what: String,
}

/// Notes what happens in the account; a clone notes in the same journal.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal(Arc<Mutex<Vec<Moment>>>);

impl Journal {
    /// Notes every change of the secret and of its user's keys from now on.
    pub(super) fn follow(&self, aws: &Aws, secret_arn: &str, username: &str) {
        let look = {
            let (aws, arn, user) = (aws.clone(), secret_arn.to_owned(), username.to_owned());
            move || Account::of(&aws, &arn, &user)
        };
        let known = Mutex::new(look());
        let journal = self.clone();
        aws.on_call(move |call| {
            let now = look();
            let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
            journal.note_call(call, now.changes_since(&known));
            *known = now;
        });
    }

    fn note_call(&self, call: &Call, changes: Vec<String>) {
        let mut what = changes;
        if what.is_empty() && call.action == "RotateSecret" {
            what.push("asks for a rotation".to_owned());
        }
        for what in what {
            self.note(Moment {
                at: call.at,
                who: caller_name(call).to_owned(),
                call: call.action.clone(),
                what,
            });
        }
    }

    pub(super) fn note(&self, moment: Moment) {
        self.moments().push(moment);
    }

    /// Everything that was noted, in its order in time.
    pub(super) fn in_order(&self) -> Vec<Moment> {
        let mut moments = self.moments().clone();
        moments.sort_by_key(|moment| moment.at);
        moments
    }

    /// A panic elsewhere leaves the list whole.
    fn moments(&self) -> MutexGuard<'_, Vec<Moment>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
