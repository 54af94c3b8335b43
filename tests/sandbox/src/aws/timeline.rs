//! A part of the state with its last changes, which a stale read misses (fact 19).

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

/// How many changes back a read can see.
const KEPT: usize = 8;

/// A value that can take over a change made to another.
pub(super) trait Follow {
    /// Takes over what is different in `after`, and what was not in `before`.
    fn follow(&mut self, before: &Self, after: &Self);
}

/// A value, and what it was before each of its last changes, newest first.
#[derive(Clone, Debug)]
pub(super) struct Timeline<T> {
    now: T,
    before: VecDeque<T>,
    /// What reads see for a while, and until when: everything except one change.
    lagging: Option<(T, SystemTime)>,
    /// How long lists miss a change.
    list_delay: Duration,
    /// What lists still see, oldest first, and until when.
    listed: Vec<(SystemTime, T)>,
}

impl<T: Clone + PartialEq + Follow> Timeline<T> {
    pub(super) fn new(value: T) -> Self {
        Self {
            now: value,
            before: VecDeque::new(),
            lagging: None,
            list_delay: Duration::ZERO,
            listed: Vec::new(),
        }
    }

    pub(super) fn now(&self) -> &T {
        &self.now
    }

    /// What a read sees that misses this many of the last changes.
    pub(super) fn read(&self, stale: usize, at: SystemTime) -> &T {
        let seen = self.before.iter().take(stale).next_back();
        seen.or(self.lagging(at).map(|(seen, _)| seen))
            .unwrap_or(&self.now)
    }

    /// Whether such a read sees something other than the current value.
    pub(super) fn misses(&self, stale: usize, at: SystemTime) -> bool {
        self.is_old(self.read(stale, at))
    }

    /// What a list sees that misses this many of the last changes, and those that no list sees yet.
    pub(super) fn list(&self, stale: usize, at: SystemTime) -> &T {
        let missed = self.unlisted(at).count();
        match self.unlisted(at).next() {
            Some((seen, _)) if missed >= stale => seen,
            _ => self.read(stale, at),
        }
    }

    /// Whether such a list sees something other than the current value.
    pub(super) fn list_misses(&self, stale: usize, at: SystemTime) -> bool {
        self.is_old(self.list(stale, at))
    }

    fn is_old(&self, seen: &T) -> bool {
        !std::ptr::eq(seen, &raw const self.now) && *seen != self.now
    }

    /// What the value was before each of the changes that lists miss, oldest first, and for how long they do.
    pub(super) fn unlisted(&self, at: SystemTime) -> impl Iterator<Item = (&T, Duration)> {
        self.listed.iter().filter_map(move |(until, seen)| {
            let left = until.duration_since(at).ok()?;
            (!left.is_zero()).then_some((seen, left))
        })
    }

    /// Sets how long lists miss a change from now on.
    pub(super) fn delay_lists(&mut self, delay: Duration) {
        self.list_delay = delay;
    }

    /// What every read still sees, and for how long.
    pub(super) fn lagging(&self, at: SystemTime) -> Option<(&T, Duration)> {
        let (seen, until) = self.lagging.as_ref()?;
        let left = until.duration_since(at).ok()?;
        (!left.is_zero()).then_some((seen, left))
    }

    /// Makes reads see another value until then, and every later change.
    pub(super) fn lag(&mut self, seen: T, until: SystemTime) {
        self.lagging = (seen != self.now).then_some((seen, until));
    }

    /// What the value was before each of its last `changes` changes, newest first.
    pub(super) fn before(&self, changes: usize) -> impl Iterator<Item = &T> {
        self.before.iter().take(changes)
    }

    /// Changes the value; on an error, leaves it as it was.
    pub(super) fn change<R, E>(
        &mut self,
        change: impl FnOnce(&mut T) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut next = self.now.clone();
        let result = change(&mut next)?;
        if next != self.now {
            if let Some((seen, _)) = &mut self.lagging {
                seen.follow(&self.now, &next);
            }
            let before = std::mem::replace(&mut self.now, next);
            self.before.push_front(before);
            self.before.truncate(KEPT);
        }
        Ok(result)
    }

    /// Changes the value, which lists see late.
    pub(super) fn change_listed<R, E>(
        &mut self,
        now: SystemTime,
        change: impl FnOnce(&mut T) -> Result<R, E>,
    ) -> Result<R, E> {
        let before = self.list_before();
        let result = self.change(change)?;
        self.list_late(before, now);
        Ok(result)
    }

    /// Changes the value as if it had long been so.
    pub(super) fn amend(&mut self, change: impl Fn(&mut T)) {
        self.listed.iter_mut().for_each(|(_, seen)| change(seen));
        self.amend_all_but_lists(change);
    }

    /// Changes the value as if it had long been so, except that lists see it late.
    pub(super) fn amend_listed(&mut self, now: SystemTime, change: impl Fn(&mut T)) {
        let before = self.list_before();
        self.amend_all_but_lists(change);
        self.list_late(before, now);
    }

    fn amend_all_but_lists(&mut self, change: impl Fn(&mut T)) {
        self.before.iter_mut().for_each(&change);
        let lagging = self.lagging.iter_mut();
        lagging.for_each(|(seen, _)| change(seen));
        change(&mut self.now);
    }

    /// What lists go on seeing if a change follows.
    fn list_before(&self) -> Option<T> {
        (!self.list_delay.is_zero()).then(|| self.now.clone())
    }

    fn list_late(&mut self, before: Option<T>, now: SystemTime) {
        self.listed.retain(|(until, _)| *until > now);
        if let Some(before) = before.filter(|before| *before != self.now) {
            self.listed.push((now + self.list_delay, before));
        }
    }

    /// Changes the value and forgets what it was before.
    pub(super) fn settle(&mut self, change: impl FnOnce(&mut T)) {
        self.before.clear();
        self.lagging = None;
        self.listed.clear();
        change(&mut self.now);
    }
}
