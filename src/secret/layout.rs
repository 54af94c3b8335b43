//! Pure: where a new access key goes in a secret's text: the key's own fields, its copies, and its derived values.

use std::collections::BTreeSet;
use std::ops::Range;

use secrecy::ExposeSecret;
use secrecy::zeroize::Zeroizing;

use crate::key::access_key::AccessKey;
use crate::key::given_out::readings;
use crate::secret::fields::{Field, FieldNames, plain};
use crate::secret::json_text::{Text, strings};
use crate::secret::malformed::{Malformed, Names, Place};
use crate::secret::secret_fields::plain_string;
use crate::secret::smtp_password::{
    Passwords, REGIONS, could_hold_a_password, region_in_name, region_of_host,
};

/// IAM makes no shorter secrets. A shorter one is not searched for inside longer texts: it could occur there by chance.
const SHORTEST_SECRET: usize = 16;

/// What goes into a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The key's id.
    Id,
    /// The secret access key.
    Secret,
    /// The SMTP password of this Region.
    SmtpPassword(String),
}

/// A string of the text that a new key replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Its position, including its quotes.
    pub(crate) at: Range<usize>,
    /// What goes there.
    pub(crate) part: Part,
}

/// A decoded string, and the name of its field.
pub(crate) struct Read {
    text: Text,
    /// The decoded text. Left as written if it has half of a surrogate pair, which a Rust string cannot hold.
    pub(crate) said: Zeroizing<String>,
    name: String,
}

impl Read {
    /// Where the string is.
    pub(crate) fn place(&self) -> Place {
        match self.text.field {
            None => Place::Name,
            Some(_) => Place::Field(Names::of([self.name.as_str()])),
        }
    }
}

/// Every string of a JSON text at any depth, decoded.
pub(crate) fn read_all(json: &str) -> Vec<Read> {
    strings(json)
        .into_iter()
        .map(|text| read(json, text))
        .collect()
}

/// Finds where a new key goes. `key` is the key that the text holds. It is None if the secret waits for its first key.
///
/// # Errors
/// [`Malformed`] if the text would keep giving out the old key, or a part of it.
pub(crate) fn slots(
    json: &str,
    key: Option<&AccessKey>,
    names: &FieldNames,
) -> Result<Vec<Slot>, Malformed> {
    let strings = read_all(json);
    let mut slots = match key {
        Some(key) => copies(&strings, key, names)?,
        None => empty_fields(&strings, names),
    };
    let mut mailing = BTreeSet::new();
    for one in strings.iter().filter(|one| is_smtp_password(one, names)) {
        if slots.iter().any(|slot| slot.at == one.text.at) {
            continue;
        }
        if !one.said.is_empty() {
            return Err(Malformed::SmtpPasswordUnknown { place: one.place() });
        }
        let region = region_for(one, &strings, names)?;
        slots.push(slot(one, Part::SmtpPassword(region)));
        mailing.insert(one.text.object);
    }
    if key.is_none() {
        let users = strings.iter().filter(|one| {
            one.said.is_empty()
                && one.text.is_value
                && mailing.contains(&one.text.object)
                && is_smtp_user(&one.name)
        });
        slots.extend(users.map(|one| slot(one, Part::Id)));
    }
    slots.sort_by_key(|slot| slot.at.start);
    Ok(slots)
}

/// Every string that equals the key's id, its secret or one of its SMTP passwords.
fn copies(strings: &[Read], key: &AccessKey, names: &FieldNames) -> Result<Vec<Slot>, Malformed> {
    let (id, secret) = (key.id.as_str(), key.secret.expose_secret());
    let read: Vec<_> = strings.iter().map(|one| readings(&one.said)).collect();
    // Deriving all passwords takes about two hundred HMACs. Skip that if no string can hold a password.
    let could_be_there = read
        .iter()
        .flatten()
        .any(|text| could_hold_a_password(text));
    let one_more = names.smtp_region.as_deref();
    let passwords = could_be_there.then(|| Passwords::of(&key.secret, one_more));
    let region_of = |text: &str| passwords.as_ref()?.region_of(text).map(str::to_owned);
    let inside = |text: &str| {
        let has = |part: &str| text.contains(part);
        if has(id) {
            Some("access key id")
        } else if secret.len() >= SHORTEST_SECRET && has(secret) {
            Some("secret access key")
        } else {
            let derived = passwords.as_ref().is_some_and(|all| all.stand_in(text));
            derived.then_some("SMTP password")
        }
    };
    let mut slots = Vec::new();
    for (one, readings) in strings.iter().zip(&read) {
        let is_name = one.text.field.is_none();
        let part = match &**one.said {
            _ if is_name => None,
            said if said == id => Some(Part::Id),
            said if said == secret => Some(Part::Secret),
            said => region_of(said).map(Part::SmtpPassword),
        };
        if let Some(part) = part {
            slots.push(slot(one, part));
        } else if let Some(what) = readings.iter().find_map(|text| inside(text)) {
            return Err(Malformed::Inside {
                place: one.place(),
                what,
            });
        }
    }
    Ok(slots)
}

/// The empty fields for a first key: the secret's own at the top level, and a pair with usual names in any object.
fn empty_fields(strings: &[Read], names: &FieldNames) -> Vec<Slot> {
    let is_empty = |one: &Read, field: Field| {
        one.text.is_value && one.said.is_empty() && names.could_be(field, &one.name)
    };
    let objects = |field| -> BTreeSet<usize> {
        let empty = strings.iter().filter(|one| is_empty(one, field));
        empty.map(|one| one.text.object).collect()
    };
    let (ids, secrets) = (objects(Field::AccessKey), objects(Field::SecretKey));
    let goes_there = |one: &Read| {
        let object = one.text.object;
        object == 0 || (ids.contains(&object) && secrets.contains(&object))
    };
    let mut slots = Vec::new();
    for one in strings.iter().filter(|one| goes_there(one)) {
        if is_empty(one, Field::AccessKey) {
            slots.push(slot(one, Part::Id));
        } else if is_empty(one, Field::SecretKey) {
            slots.push(slot(one, Part::Secret));
        }
    }
    slots
}

fn read(json: &str, text: Text) -> Read {
    let said = decoded(&json[text.at.clone()]);
    let name = text.field.clone().map(|at| decoded(&json[at]).to_string());
    Read {
        name: name.unwrap_or_default(),
        said,
        text,
    }
}

fn decoded(quoted: &str) -> Zeroizing<String> {
    plain_string(quoted).unwrap_or_else(|| Zeroizing::new(quoted.to_owned()))
}

fn slot(one: &Read, part: Part) -> Slot {
    Slot {
        at: one.text.at.clone(),
        part,
    }
}

fn is_smtp_password(one: &Read, names: &FieldNames) -> bool {
    let by_region =
        names.said(Field::SmtpPassword).is_none() && region_in_name(&one.name).is_some();
    one.text.is_value && (names.is(Field::SmtpPassword, &one.name) || by_region)
}

fn is_smtp_user(name: &str) -> bool {
    let name = plain(name);
    let name = name.trim_start_matches("aws").trim_start_matches("ses");
    ["smtpusername", "smtpuser", "smtplogin"].contains(&name)
}

/// Returns the Region if the next rotation will recognise its password. Only `SMTP_REGION` can name an unknown Region.
fn known_region(said: &str) -> Option<String> {
    REGIONS.contains(&said).then(|| said.to_owned())
}

/// Returns the Region that a string names, if any.
type Hint<'a> = &'a dyn Fn(&Read) -> Option<String>;

/// The Region of an SMTP password that is not there yet. The field's own name comes first, then `SMTP_REGION`. Then
/// come a field or a host name in the same object, and then one anywhere in the secret.
fn region_for(one: &Read, strings: &[Read], names: &FieldNames) -> Result<String, Malformed> {
    if let Some(region) = region_in_name(&one.name) {
        return Ok(region.to_owned());
    }
    if let Some(region) = &names.smtp_region {
        return Ok(region.clone());
    }
    let values = strings.iter().filter(|other| other.text.is_value);
    let named = |wanted: &'static [&'static str]| {
        move |other: &Read| {
            let is = wanted.contains(&plain(&other.name).as_str());
            known_region(&other.said).filter(|_| is)
        }
    };
    let of_mail = |other: &Read| {
        named(&["smtpregion", "sesregion", "sessmtpregion", "awssesregion"])(other)
            .or_else(|| region_of_host(&other.said).and_then(known_region))
    };
    let of_all = named(&["region", "awsregion", "awsdefaultregion"]);
    let unknown = |reason| Malformed::SmtpRegionUnknown {
        place: one.place(),
        reason,
    };
    let hints: [Hint<'_>; 2] = [&of_mail, &of_all];
    for hint in hints {
        let beside = values
            .clone()
            .filter(|other| other.text.object == one.text.object);
        let regions: BTreeSet<_> = beside.filter_map(hint).collect();
        let regions = match regions.is_empty() {
            true => values.clone().filter_map(hint).collect(),
            false => regions,
        };
        match (regions.len(), regions.into_iter().next()) {
            (1, Some(region)) => return Ok(region),
            (0, _) => {}
            _ => return Err(unknown("more than one field")),
        }
    }
    Err(unknown("nothing"))
}
