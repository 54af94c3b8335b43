//! The final state that every rotation must reach.

use std::collections::HashMap;

use sandbox::aws::{AWSCURRENT, Aws};

use crate::explorer::seen::Seen;

/// Whatever differs from the final state of every rotation. AWSCURRENT holds a key that works. There are at most two
/// keys, none lost (P3), and at most one made by the same rotation (P4).
pub fn unsound(aws: &Aws, arn: &str, user: &str, notes: &HashMap<String, String>) -> Vec<String> {
    let seen = Seen::of(aws, arn, user);
    let mut wrong = Vec::new();
    if !seen
        .key_of(AWSCURRENT)
        .is_some_and(|key| seen.is_live(&key.id) && key.usable)
    {
        wrong.push("AWSCURRENT's key does not work".to_owned());
    }
    if seen.keys.len() > 2 {
        wrong.push(format!("there are {} keys", seen.keys.len()));
    }
    for key in &seen.keys {
        let foreign = notes.get(&key.id).is_some_and(|note| note == FOREIGN);
        if !foreign && seen.is_lost(&key.id) {
            wrong.push(format!("P3: the key {} is lost", key.id));
        }
        let token = notes.get(&key.id).filter(|note| *note != FOREIGN);
        let same = seen
            .keys
            .iter()
            .filter(|other| token.is_some() && notes.get(&other.id) == token);
        if same.count() > 1 {
            wrong.push(format!("P4: {} is one of two keys of one rotation", key.id));
        }
    }
    wrong
}

/// The note on a key that existed before and is in no version of the secret.
pub const FOREIGN: &str = "foreign";

/// The keys that a scenario begins with, as notes.
pub fn notes(aws: &Aws, arn: &str, user: &str) -> HashMap<String, String> {
    let seen = Seen::of(aws, arn, user);
    let foreign = seen.keys.iter().filter(|key| seen.is_lost(&key.id));
    foreign
        .map(|key| (key.id.clone(), FOREIGN.to_owned()))
        .collect()
}
