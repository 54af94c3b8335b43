//! A part of the state with its last changes, which a stale read misses (fact 19).

use std::collections::VecDeque;

/// How many changes back a read can see.
const KEPT: usize = 8;

/// A value and what it was before each of its last changes, the last one first.
#[derive(Clone, Debug)]
pub(super) struct Timeline<T> {
    now: T,
    before: VecDeque<T>,
}

impl<T: Clone + PartialEq> Timeline<T> {
    pub(super) fn new(value: T) -> Self {
        Self {
            now: value,
            before: VecDeque::new(),
        }
    }

    pub(super) fn now(&self) -> &T {
        &self.now
    }

    /// What a read sees that misses so many of the last changes.
    pub(super) fn read(&self, stale: usize) -> &T {
        let seen = self.before.iter().take(stale).next_back();
        seen.unwrap_or(&self.now)
    }

    /// What the value was before its last changes, so many of them, the last one first.
    pub(super) fn before(&self, changes: usize) -> impl Iterator<Item = &T> {
        self.before.iter().take(changes)
    }

    /// Changes the value, or on an error leaves it as it was.
    pub(super) fn change<R, E>(
        &mut self,
        change: impl FnOnce(&mut T) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut next = self.now.clone();
        let result = change(&mut next)?;
        if next != self.now {
            let before = std::mem::replace(&mut self.now, next);
            self.before.push_front(before);
            self.before.truncate(KEPT);
        }
        Ok(result)
    }

    /// Changes the value as if it had long been so.
    pub(super) fn amend(&mut self, change: impl Fn(&mut T)) {
        self.before.iter_mut().for_each(&change);
        change(&mut self.now);
    }

    /// Changes the value and forgets what it was before.
    pub(super) fn settle(&mut self, change: impl FnOnce(&mut T)) {
        self.before.clear();
        change(&mut self.now);
    }
}
