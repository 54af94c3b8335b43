//! The rooms of `src/` are layers: each imports only those below it. Files of one room do not import each other in a
//! circle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const SRC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
/// From top to bottom.
const ROOMS: [&str; 7] = [
    "function", "keeper", "steps", "rotation", "aws", "secret", "key",
];
/// What a pure room must not name: the SDK's clients, and anything that tells the time.
const IMPURE: [&str; 6] = [
    "aws_sdk_",
    "aws_config",
    "Utc::now",
    "SystemTime",
    "Instant::now",
    "tokio",
];

/// A line of a source file, and where it is.
struct Line {
    file: PathBuf,
    number: usize,
    text: String,
}

impl Line {
    fn room(&self) -> &str {
        let room = self.file.components().next().unwrap();
        room.as_os_str().to_str().unwrap()
    }

    fn module(&self) -> String {
        let name = self.file.file_stem().unwrap().to_str().unwrap();
        name.trim_end_matches("_tests").to_owned()
    }

    /// The rooms, and the modules in them, that the line names: `crate::ROOM::MODULE`.
    fn names(&self) -> Vec<(String, String)> {
        let mut paths = self.text.split("crate::").skip(1).map(|path| {
            let mut words = path.split(|c: char| c != '_' && !c.is_ascii_alphanumeric());
            let room = words.next().unwrap_or_default().to_owned();
            // The word after the two colons.
            let module = words.nth(1).unwrap_or_default().to_owned();
            (room, module)
        });
        paths.by_ref().collect()
    }

    fn shown(&self) -> String {
        format!(
            "src/{}:{}: {}",
            self.file.display(),
            self.number,
            self.text.trim()
        )
    }
}

/// The code of all rooms, without comments.
fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for room in ROOMS {
        for entry in std::fs::read_dir(Path::new(SRC).join(room)).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.lines().enumerate();
            let code = code.filter(|(_, line)| !line.trim_start().starts_with("//"));
            lines.extend(code.map(|(index, line)| Line {
                file: path.strip_prefix(SRC).unwrap().to_owned(),
                number: index + 1,
                text: line.to_owned(),
            }));
        }
    }
    lines
}

fn floor(room: &str) -> usize {
    let found = ROOMS.iter().position(|one| *one == room);
    found.unwrap_or_else(|| panic!("src/{room} is no room"))
}

/// The modules on a path from `at` back to itself, or None if there is no such path.
fn circle(
    imports: &BTreeMap<String, BTreeSet<String>>,
    at: &str,
    way: &mut Vec<String>,
) -> Option<Vec<String>> {
    if let Some(begin) = way.iter().position(|module| module == at) {
        return Some(way[begin..].to_vec());
    }
    way.push(at.to_owned());
    let next = imports.get(at).into_iter().flatten();
    let found = next
        .filter_map(|module| circle(imports, module, way))
        .next();
    way.pop();
    found
}

#[test]
fn every_file_is_in_a_room() {
    for entry in std::fs::read_dir(SRC).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_outside = ["lib.rs", "main.rs", "facts.md"].contains(&&*name);
        assert!(is_outside || ROOMS.contains(&&*name), "src/{name}");
    }
}

#[test]
fn a_room_imports_only_those_below_it() {
    let mut seen = 0;
    let mut up = Vec::new();
    for line in lines() {
        for (room, _) in line.names() {
            seen += 1;
            if floor(&room) < floor(line.room()) {
                up.push(line.shown());
            }
        }
    }
    assert!(seen > 200, "{seen}");
    assert!(up.is_empty(), "{up:#?}");
}

#[test]
fn no_files_of_a_room_import_each_other_in_a_circle() {
    for room in ROOMS {
        let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut where_from = BTreeMap::new();
        for line in lines().into_iter().filter(|line| line.room() == room) {
            for (of, module) in line.names() {
                if of == room && module != line.module() {
                    where_from.insert((line.module(), module.clone()), line.shown());
                    imports.entry(line.module()).or_default().insert(module);
                }
            }
        }
        for module in imports.keys() {
            if let Some(circle) = circle(&imports, module, &mut Vec::new()) {
                let next = circle.iter().cycle().skip(1).cloned();
                let lines: Vec<_> = circle.iter().cloned().zip(next).collect();
                let lines: Vec<_> = lines.iter().map(|pair| &where_from[pair]).collect();
                panic!("{lines:#?}");
            }
        }
    }
}

#[test]
fn pure_rooms_name_no_client_and_no_clock() {
    let impure: Vec<_> = lines()
        .into_iter()
        .filter(|line| ["secret", "key"].contains(&line.room()))
        .filter(|line| IMPURE.iter().any(|word| line.text.contains(word)))
        .map(|line| line.shown())
        .collect();
    assert!(impure.is_empty(), "{impure:#?}");
}
