//! A part of the state with the one change back that a stale read shows (fact 19).

/// A value and what it was before its last change.
#[derive(Debug)]
pub(super) struct Timeline<T> {
    now: T,
    before: Option<T>,
}

impl<T: Clone + PartialEq> Timeline<T> {
    pub(super) fn new(value: T) -> Self {
        Self {
            now: value,
            before: None,
        }
    }

    pub(super) fn now(&self) -> &T {
        &self.now
    }

    /// What a read sees.
    pub(super) fn read(&self, stale: bool) -> &T {
        match &self.before {
            Some(before) if stale => before,
            _ => &self.now,
        }
    }

    /// Changes the value, or on an error leaves it as it was.
    pub(super) fn change<R, E>(
        &mut self,
        change: impl FnOnce(&mut T) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut next = self.now.clone();
        let result = change(&mut next)?;
        if next != self.now {
            self.before = Some(std::mem::replace(&mut self.now, next));
        }
        Ok(result)
    }

    /// Changes the value as if it had long been so.
    pub(super) fn amend(&mut self, change: impl Fn(&mut T)) {
        self.before.as_mut().map(&change);
        change(&mut self.now);
    }

    /// Changes the value and forgets what it was before.
    pub(super) fn settle(&mut self, change: impl FnOnce(&mut T)) {
        self.before = None;
        change(&mut self.now);
    }
}
