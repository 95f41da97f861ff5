//! The rules of this project, as far as a program can check them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::util::root;

/// Which top-level module of `sim` may use which others. A use that is not listed here is not
/// allowed.
const ARROWS: &[(&str, &[&str])] = &[
    ("agenda", &[]),
    ("scenario", &[]),
    ("explore", &["agenda"]),
    ("guest", &["agenda", "explore"]),
    ("name", &["agenda"]),
    ("stage", &["agenda", "scenario"]),
    ("services", &["agenda", "name", "scenario", "stage"]),
    ("app", &["agenda", "name", "scenario", "services", "stage"]),
    ("engine", &["agenda", "app", "scenario", "services", "stage"]),
    ("record", &["agenda", "name"]),
    ("study", &["agenda", "app", "engine", "explore", "name", "record", "scenario", "stage"]),
    ("report", &["record"]),
    (
        "cli",
        &["agenda", "engine", "explore", "guest", "record", "report", "scenario", "stage", "study"],
    ),
];

/// Phrases that sound translated, in lower case; `sim/README.md` says what to write instead.
const PHRASES: &[&str] = &[
    "so many ",
    "at the most",
    " whoever",
    "how-manieth",
    "all the same",
    "for ever ",
    "for ever.",
    "by himself",
    "by itself",
    "by themselves",
    "as it was told",
    " came up",
    " comes up",
    "comes about",
    "came about",
    "turned round",
    "is no case",
];

/// Words that must not occur in the code, and the files that are exempt.
const BANNED: &[(&str, &[&str])] = &[
    ("HashMap", &[]),
    ("HashSet", &[LEAKS]),
    ("SystemTime", &[LEAKS]),
    ("thread::current", &[LEAKS, INVOKED]),
    (
        "Instant::now",
        &[
            LEAKS,
            "sim/src/cli/pace.rs",
            "sim/src/cli/progress.rs",
            "sim/benches/finding/main.rs",
            "sim/benches/throughput/main.rs",
        ],
    ),
    ("thread_rng", &[]),
    ("TODO", &[]),
    ("FIXME", &[]),
    ("dbg!", &[]),
    ("todo!", &[]),
    ("macro_rules!", &[]),
    ("#[allow", &[]),
    ("#[ignore", &[]),
    ("should_panic", &[]),
    ("thread::sleep", &[]),
];

/// The file that escapes the schedule on purpose, so that a test can check that this is found.
const LEAKS: &str = "sim/src/stage/flaw.rs";

/// Where the library learns how a test was invoked, and keeps its case.
const INVOKED: &str = "sim/src/guest/invoked.rs";

/// Words that only these may use.
const OWNED: &[(&str, &[&str])] = &[
    ("madsim::", &["sim/src/engine"]),
    ("println!", &[]),
    ("eprintln!", &[]),
    ("stdout()", &["sim/src/cli"]),
    ("stderr()", &["sim/src/cli"]),
    ("std::env", &["sim/src/cli", INVOKED]),
    ("std::fs", &["sim/src/cli", INVOKED]),
    ("OsRng", &["sim/src/cli"]),
];

/// Words that must not occur in the model, because it has no clock, no chance, no I/O and no async.
const IMPURE: &[&str] = &[
    "std::time",
    "std::fs",
    "std::io",
    "std::env",
    "std::thread",
    "rand",
    "async ",
    ".await",
    "Mutex",
];

/// Functions that may be longer because they are tables: each has a row for each variant, and
/// nothing to split.
const TABLES: &[&str] = &[
    "sim/src/app/machine/acts.rs: perform",
    "sim/src/app/world.rs: carry_out",
    "sim/src/record/lines.rs: fill",
    "sim/src/report/sentence.rs: sentence",
    "sim/src/report/words.rs: finding",
    "sim/src/report/words.rs: violation",
    "sim/src/scenario/print.rs: parts",
    "sim/src/scenario/read.rs: try_read",
];

struct Source {
    name: String,
    text: String,
}

impl Source {
    /// Returns the code before the file's own tests.
    fn code(&self) -> &str {
        self.text.split("\n#[cfg(test)]").next().unwrap()
    }
}

fn sources(folders: &[&str]) -> Vec<Source> {
    let mut paths = Vec::new();
    for folder in folders {
        find(&root().join(folder), &mut paths);
    }
    paths.sort();
    assert!(!paths.is_empty());
    let read = |path: PathBuf| Source {
        name: path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned(),
        text: fs::read_to_string(path).unwrap(),
    };
    paths.into_iter().map(read).collect()
}

fn find(folder: &Path, found: &mut Vec<PathBuf>) {
    find_ending(folder, &|end| end == "rs", found);
}

fn find_ending(folder: &Path, is_it: &dyn Fn(&str) -> bool, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find_ending(&path, is_it, found);
        } else if path.extension().and_then(|end| end.to_str()).is_some_and(is_it) {
            found.push(path);
        }
    }
}

fn assert_none(rule: &str, found: &[String]) {
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

#[test]
fn the_top_level_is_what_it_is_said_to_be() {
    let mut names: Vec<String> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.') && name != "target")
        .collect();
    names.sort();
    let expected =
        ["Cargo.lock", "Cargo.toml", "LICENSE", "README.md", "model", "scenarios", "sim", "tests"];
    assert_eq!(names, expected);
}

#[test]
fn every_file_opens_with_what_it_is() {
    let found: Vec<String> = sources(&["model", "sim", "tests"])
        .into_iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| source.name)
        .collect();
    assert_none("files that do not open with `//!`", &found);
}

#[test]
fn lines_and_files_and_functions_stay_short() {
    let (mut wide, mut long, mut deep) = (Vec::new(), Vec::new(), Vec::new());
    for source in sources(&["model/src", "sim/src", "sim/benches"]) {
        for (index, line) in source.code().lines().enumerate() {
            if line.chars().count() > 100 {
                wide.push(format!("{}:{}", source.name, index + 1));
            }
        }
        let lines = source.code().lines().count();
        let is_table =
            ["history.rs", "verb.rs", "print.rs"].iter().any(|end| source.name.ends_with(end));
        if lines > 500 && !is_table {
            long.push(format!("{}: {lines} lines", source.name));
        }
        deep.extend(long_functions(&source));
    }
    assert_none("lines of more than 100 columns", &wide);
    assert_none("files of more than 500 lines", &long);
    assert_none("functions of 70 lines and more", &deep);
}

fn long_functions(source: &Source) -> Vec<String> {
    let lines: Vec<&str> = source.code().lines().collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let words = line.trim_start();
        let Some(name) = words.split("fn ").nth(1).filter(|_| !words.starts_with("//")) else {
            continue;
        };
        let name = name.split(['(', '<']).next().unwrap();
        // A trait's method may have no body.
        let rest = lines[index..].join("\n");
        if rest.find(';') < rest.find('{') {
            continue;
        }
        let close = format!("{}}}", " ".repeat(indent));
        let length = lines[index..].iter().position(|line| *line == close).unwrap_or(0);
        let place = format!("{}: {name}", source.name);
        if length >= 70 && !TABLES.contains(&place.as_str()) {
            found.push(format!("{place}, {length} lines"));
        }
    }
    found
}

#[test]
fn phrases_that_stop_a_reader_are_not_used() {
    let mut found = Vec::new();
    for (path, text) in prose() {
        for (at, line) in text.lines().enumerate() {
            let line = line.to_lowercase();
            let phrases = PHRASES.iter().filter(|phrase| line.contains(**phrase));
            found.extend(phrases.map(|phrase| format!("  {path}:{}: {phrase}", at + 1)));
        }
    }
    assert_none("phrases that a native reader stumbles over", &found);
}

/// Returns everything that people read, with its path: code, documents and scenarios.
fn prose() -> Vec<(String, String)> {
    let mut paths = vec![root().join("README.md")];
    for folder in ["model", "sim", "scenarios", "tests/suite"] {
        let is_read = |end: &str| ["rs", "md", "toml"].contains(&end);
        find_ending(&root().join(folder), &is_read, &mut paths);
    }
    // This file lists the phrases.
    paths.retain(|path| !path.ends_with("tests/suite/tidy.rs"));
    let text = |path: PathBuf| {
        let shown = path.strip_prefix(root()).unwrap().display().to_string();
        (shown, fs::read_to_string(&path).unwrap())
    };
    paths.into_iter().map(text).collect()
}

#[test]
fn banned_words_stand_nowhere() {
    let mut found = Vec::new();
    for source in sources(&["model", "sim", "tests"]) {
        if source.name.ends_with("tidy.rs") {
            continue;
        }
        for (word, exempt) in BANNED {
            if source.text.contains(word) && !exempt.contains(&source.name.as_str()) {
                found.push(format!("{}: {word}", source.name));
            }
        }
    }
    assert_none("banned words", &found);
}

#[test]
fn only_the_engine_names_madsim_and_only_the_command_line_touches_the_world() {
    let mut found = Vec::new();
    for source in sources(&["model/src", "sim/src"]) {
        for (word, owners) in OWNED {
            let is_owner = owners.iter().any(|owner| source.name.starts_with(owner));
            if source.code().contains(word) && !is_owner {
                found.push(format!("{}: {word}", source.name));
            }
        }
    }
    assert_none("words of another module", &found);
}

#[test]
fn the_model_is_pure() {
    let mut found = Vec::new();
    for source in sources(&["model/src"]) {
        let code: Vec<&str> =
            source.code().lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for word in IMPURE.iter().filter(|word| code.iter().any(|line| line.contains(**word))) {
            found.push(format!("{}: {word}", source.name));
        }
    }
    assert_none("impurities", &found);
}

#[test]
fn modules_use_each_other_as_the_house_is_drawn() {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut found = Vec::new();
    for source in sources(&["sim/src"]) {
        let path = source.name.strip_prefix("sim/src/").unwrap();
        let module = path.split(['/', '.']).next().unwrap();
        if ["lib", "main"].contains(&module) {
            continue;
        }
        let Some(arrows) = allowed.get(module) else {
            found.push(format!("{module} is not in the house"));
            continue;
        };
        let code = source.code();
        for other in allowed.keys().filter(|other| **other != module) {
            let used = code.contains(&format!("crate::{other}::"))
                || code.contains(&format!("use crate::{other};"));
            if used && !arrows.contains(other) {
                found.push(format!("{}: {module} -> {other}", source.name));
            }
        }
    }
    assert_none("arrows that are not in the house", &found);
}

/// What only a guest knows.
const GUESTS: &[&str] = &[
    "Operation",
    "Moment",
    "Cast",
    "job",
    "jobs",
    "document",
    "documents",
    "message",
    "messages",
    "redelivers",
    "redelivery",
    "queue",
    "queues",
];

#[test]
fn the_mechanism_knows_nothing_of_what_is_explored() {
    let of_mechanism = |source: &Source| {
        let path = source.name.strip_prefix("sim/src/").unwrap();
        ["agenda", "explore"].contains(&path.split(['/', '.']).next().unwrap())
    };
    let mut found = Vec::new();
    for source in sources(&["sim/src"]).into_iter().filter(of_mechanism) {
        for (number, line) in source.text.lines().enumerate() {
            let mut words = line.split(|letter: char| !letter.is_alphanumeric());
            let model = line.contains("deadheat_model::") && !line.contains("deadheat_model::time");
            if model || words.any(|word| GUESTS.contains(&word)) {
                found.push(format!("{}:{}", source.name, number + 1));
            }
        }
    }
    assert_none("what only a guest knows", &found);
}

#[test]
fn the_house_has_no_circle() {
    // A module is done if all its arrows lead to modules that are already done.
    let mut done: Vec<&str> = Vec::new();
    while done.len() < ARROWS.len() {
        let next = ARROWS.iter().find(|(module, uses)| {
            !done.contains(module) && uses.iter().all(|used| done.contains(used))
        });
        done.push(next.expect("a circle").0);
    }
}

/// Returns the paths that a `use` names, with its braces expanded.
fn paths(used: &str) -> Vec<String> {
    let Some((before, rest)) = used.split_once('{') else {
        return vec![used.split(" as ").next().unwrap().trim().to_owned()];
    };
    let Some((inner, _)) = rest.rsplit_once('}') else { return Vec::new() };
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for c in inner.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if c == ',' && depth == 0 {
            parts.push(String::new());
        } else {
            parts.last_mut().unwrap().push(c);
        }
    }
    let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    parts.flat_map(|part| paths(&format!("{}{part}", before.trim()))).collect()
}

/// Returns the module of a file, as a path from the crate.
fn module(name: &str) -> Vec<String> {
    let name = name.split_once("/src/").unwrap().1.strip_suffix(".rs").unwrap();
    name.split('/').map(str::to_owned).collect()
}

/// Returns the files of its crate that this file uses. A use between a file and its parent does not
/// count.
fn uses(source: &Source, known: &BTreeMap<Vec<String>, String>) -> Vec<String> {
    let own = module(&source.name);
    let code = source.code();
    let statements = code.split(';').filter_map(|text| {
        let begins = |line: &&str| {
            let line = line.trim_start();
            ["use ", "pub use ", "pub(super) use ", "pub(crate) use "]
                .iter()
                .any(|begin| line.starts_with(begin))
        };
        let line = text.lines().rfind(begins)?;
        let used = &text[text.rfind(line)?..];
        used.split_once("use ").map(|(_, used)| used)
    });
    let mut found = Vec::new();
    for path in statements.flat_map(paths) {
        let mut path: Vec<String> = path.split("::").map(|part| part.trim().to_owned()).collect();
        let ups = path.iter().take_while(|part| *part == "super").count();
        if path[0] == "crate" {
            path.remove(0);
        } else if ups > 0 && ups <= own.len() {
            path.splice(..ups, own[..own.len() - ups].iter().cloned());
        } else {
            continue;
        }
        let longest = (1..=path.len()).rev().find(|length| known.contains_key(&path[..*length]));
        let Some(length) = longest else { continue };
        let target = &path[..length];
        if !own.starts_with(target) {
            found.push(known[target].clone());
        }
    }
    found
}

#[test]
fn the_files_of_a_crate_have_no_circle() {
    for folder in ["model/src", "sim/src"] {
        let sources = sources(&[folder]);
        let known: BTreeMap<Vec<String>, String> =
            sources.iter().map(|source| (module(&source.name), source.name.clone())).collect();
        let mut left: BTreeMap<&str, Vec<String>> =
            sources.iter().map(|source| (source.name.as_str(), uses(source, &known))).collect();
        assert!(left.values().map(Vec::len).sum::<usize>() > 20, "{folder}: no arrow was read");
        // What uses nothing that is left is in no circle.
        loop {
            let is_free =
                |uses: &[String]| uses.iter().all(|used| !left.contains_key(used.as_str()));
            let free: Vec<&str> =
                left.iter().filter(|(_, uses)| is_free(uses)).map(|(name, _)| *name).collect();
            if free.is_empty() {
                break;
            }
            left.retain(|name, _| !free.contains(name));
        }
        let left: Vec<String> = left.keys().map(|name| (*name).to_owned()).collect();
        assert_none("files that use each other in a circle, or that use such files", &left);
    }
}
