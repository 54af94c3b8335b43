use std::cell::Cell;

use super::{Directory, Named, PAGE};

/// A record with a number, and the names that it got.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Record(usize, Vec<String>);

impl Named for Record {
    fn names(&self) -> Vec<String> {
        self.1.clone()
    }
}

fn record(number: usize) -> Record {
    Record(number, vec![format!("record {number}")])
}

/// More than two pages.
const MANY: usize = 2 * PAGE + 3;

fn many() -> Directory<Record> {
    let mut directory = Directory::new();
    (0..MANY).for_each(|number| directory.push(record(number)));
    directory
}

fn numbers(directory: &Directory<Record>) -> Vec<usize> {
    directory.iter().map(|record| record.0).collect()
}

#[test]
fn records_stay_in_order_and_each_is_found_by_its_name() {
    let mut directory = many();
    assert_eq!(directory.len(), MANY);
    assert_eq!(numbers(&directory), (0..MANY).collect::<Vec<_>>());
    for number in [0, PAGE - 1, PAGE, MANY - 1] {
        let name = format!("record {number}");
        assert_eq!(directory.get(&name).map(|record| record.0), Some(number));
        assert_eq!(directory.update(&name, |record| record.0), Some(number));
    }
    let none = format!("record {MANY}");
    assert_eq!(directory.update(&none, |_| ()), None);
    assert_eq!(directory.get(&none), None);
    assert_eq!(Directory::<Record>::new().len(), 0);
}

#[test]
fn of_two_with_a_name_the_first_is_found_and_then_the_other() {
    let mut directory = many();
    directory.push(Record(MANY, vec!["record 1".to_owned()]));
    assert_eq!(directory.get("record 1"), Some(&record(1)));
    directory.retain(|record| record.0 != 1);
    assert_eq!(directory.get("record 1").map(|record| record.0), Some(MANY));
    assert_eq!(directory.get("record 2"), Some(&record(2)));
    assert_eq!(directory.len(), MANY);
}

#[test]
fn a_change_does_not_reach_a_copy_and_a_new_name_is_found_from_then_on() {
    let mut directory = many();
    let copy = directory.clone();
    directory.update("record 200", |record| record.1.push("other".to_owned()));
    assert_eq!(directory.get("other").map(|record| record.0), Some(200));
    assert_eq!(
        (copy.get("other"), copy.get("record 200")),
        (None, Some(&record(200)))
    );
    assert_ne!(directory, copy);
}

#[test]
fn equal_records_are_equal_shared_or_not() {
    let mut directory = many();
    let copy = directory.clone();
    directory.update_all(|record| record.0 += 1);
    assert_ne!(directory, copy);
    directory.update_all(|record| record.0 -= 1);
    assert_eq!(directory, copy);
    directory.push(record(MANY));
    assert_ne!(directory, copy);
}

thread_local! {
    static COPIED: Cell<usize> = const { Cell::new(0) };
    static COMPARED: Cell<usize> = const { Cell::new(0) };
}

/// Counts what is done with it.
#[derive(Debug)]
struct Counted(usize);

impl Clone for Counted {
    fn clone(&self) -> Self {
        COPIED.with(|copied| copied.set(copied.get() + 1));
        Self(self.0)
    }
}

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        COMPARED.with(|compared| compared.set(compared.get() + 1));
        self.0 == other.0
    }
}

impl Eq for Counted {}

impl Named for Counted {
    fn names(&self) -> Vec<String> {
        vec![self.0.to_string()]
    }
}

#[test]
fn a_change_copies_and_compares_one_record_of_however_many() {
    for records in [10, 1_000] {
        let mut directory = Directory::new();
        (0..records).for_each(|number| directory.push(Counted(number)));
        COPIED.set(0);
        COMPARED.set(0);
        let before = directory.clone();
        assert_eq!(directory.update("7", |record| record.0), Some(7));
        assert!(directory == before);
        assert_eq!((COPIED.get(), COMPARED.get()), (1, 1), "{records}");
    }
}
