//! The secrets, or the users: in order of creation, and found by a name without a search.
//!
//! A copy shares what was not changed since. So neither a call nor the state before it costs more in a larger account.
//! The exception is a call that adds a name: it copies all of them.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

/// The records that a page has room for. A change copies one page's references.
const PAGE: usize = 128;

/// What a [`Directory`] holds.
pub(super) trait Named {
    /// Everything that it is found by. A change may add names, and takes none away.
    fn names(&self) -> Vec<String>;
}

type Page<T> = Arc<Vec<Arc<T>>>;

/// Records in order of creation.
#[derive(Clone, Debug)]
pub(super) struct Directory<T> {
    /// All but the last are full.
    pages: Vec<Page<T>>,
    /// The place of the first record that has the name.
    places: Arc<HashMap<String, usize>>,
}

impl<T: Named + Clone> Directory<T> {
    pub(super) fn new() -> Self {
        Self {
            pages: Vec::new(),
            places: Arc::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        let last = self.pages.last().map_or(0, |page| page.len());
        self.pages.len().saturating_sub(1) * PAGE + last
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.pages
            .iter()
            .flat_map(|page| page.iter())
            .map(|record| &**record)
    }

    /// The first record that has the name.
    pub(super) fn get(&self, name: &str) -> Option<&T> {
        let place = *self.places.get(name)?;
        let page = self.pages.get(place / PAGE)?;
        page.get(place % PAGE).map(|record| &**record)
    }

    /// Changes the first record that has the name; `None` if there is none.
    pub(super) fn update<R>(&mut self, name: &str, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        let place = *self.places.get(name)?;
        let page = Arc::make_mut(self.pages.get_mut(place / PAGE)?);
        let record = Arc::make_mut(page.get_mut(place % PAGE)?);
        let result = change(record);
        let names = record.names();
        self.add_names(names, place);
        Some(result)
    }

    /// Changes all records, and none of their names.
    pub(super) fn update_all(&mut self, change: impl Fn(&mut T)) {
        for page in &mut self.pages {
            let records = Arc::make_mut(page).iter_mut();
            records.for_each(|record| change(Arc::make_mut(record)));
        }
    }

    pub(super) fn push(&mut self, record: T) {
        self.push_shared(Arc::new(record));
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        let mut kept = Self::new();
        let records = self.pages.iter().flat_map(|page| page.iter());
        for record in records.filter(|record| keep(record)) {
            kept.push_shared(record.clone());
        }
        *self = kept;
    }

    fn push_shared(&mut self, record: Arc<T>) {
        let place = self.len();
        self.add_names(record.names(), place);
        match self.pages.last_mut().filter(|page| page.len() < PAGE) {
            Some(page) => Arc::make_mut(page).push(record),
            None => self.pages.push(Arc::new(vec![record])),
        }
    }

    fn add_names(&mut self, names: Vec<String>, place: usize) {
        for name in names {
            if !self.places.contains_key(&name) {
                Arc::make_mut(&mut self.places).insert(name, place);
            }
        }
    }
}

/// Their places follow from the records. What is shared is equal without a look, which `Arc` does only for `Eq`.
impl<T: Eq> PartialEq for Directory<T> {
    fn eq(&self, other: &Self) -> bool {
        self.pages == other.pages
    }
}
