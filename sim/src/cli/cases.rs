//! Cases as files: those that a run writes, and those that are kept.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Failure;
use super::files::{self, Content, File, why};
use super::interrupt;

use crate::agenda::Strategy;
use crate::engine::Play;
use crate::guest::Case as OfRust;
use crate::record::{BadCase, CASE_MAX, Case, Checked, Kept, State};
use crate::report::human::Detail;
use crate::report::words;
use crate::scenario::{self, Guards};
use crate::stage::Stage;
use crate::study::{self, Found, Subject};

/// A case that is kept, with its file.
pub(super) struct Stored {
    pub(super) file: String,
    pub(super) case: Case,
}

/// A case on the stage of its scenario as it is now.
pub(super) struct Staged {
    pub(super) stage: Arc<Stage>,
    /// The text of the scenario.
    pub(super) text: Arc<str>,
    /// What has changed, in a sentence.
    pub(super) change: Option<String>,
}

/// Returns whether this names a case, not a scenario.
pub(super) fn is_case(named: &str) -> bool {
    Path::new(named).extension().is_some_and(|end| end == "json")
}

/// Reads a case.
pub(super) fn read(path: &Path) -> Result<Case, Failure> {
    let shown = path.display();
    let bytes = match files::read(path, "a case", CASE_MAX)? {
        Content::Bytes(bytes) => bytes,
        Content::TooLarge(bytes) => {
            let why = BadCase::TooLarge(usize::try_from(bytes).unwrap_or(usize::MAX));
            return Err(Failure::usage(format!("`{shown}` cannot be read: {why}")));
        }
    };
    Case::parse(&bytes).map_err(|bad| {
        let of_rust = std::str::from_utf8(&bytes).ok().and_then(|text| OfRust::read(text).ok());
        Failure::usage(match of_rust {
            Some(case) => format!(
                "`{shown}` is a case of a Rust test; its test replays it: \
                 DEADHEAT_CASE={shown} cargo test {}",
                case.test
            ),
            None => format!("`{shown}` cannot be read: {bad}"),
        })
    })
}

/// Returns the folder of kept cases, beside the scenarios.
pub(super) fn kept_folder() -> PathBuf {
    files::folder().unwrap_or_else(|| PathBuf::from(files::FOLDER)).join("cases")
}

/// Returns the folder that runs write to.
pub(super) fn found_folder() -> PathBuf {
    let beside = files::folder().and_then(|folder| Some(folder.parent()?.to_owned()));
    beside.unwrap_or_default().join("target").join("deadheat")
}

/// Returns the kept cases, ordered by the names of their files.
pub(super) fn kept() -> Result<Vec<Stored>, Failure> {
    let folder = kept_folder();
    let failed = |error: &std::io::Error| {
        Failure::io(format!("could not read `{}`: {}", folder.display(), why(error)))
    };
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(&error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| failed(&error))?.path();
        if path.extension().is_some_and(|end| end == "json") {
            paths.push(path);
        }
    }
    paths.sort();
    let stored =
        |path: PathBuf| Ok(Stored { case: read(&path)?, file: path.display().to_string() });
    paths.into_iter().map(stored).collect()
}

/// Plays the kept cases of these scenarios, or all kept cases if no scenario is named.
pub(super) fn play(named: &[String], chosen: &[File], play: Play) -> Result<Vec<Kept>, Failure> {
    let mut all = Vec::new();
    for Stored { file, case } in kept()? {
        if interrupt::is_raised() {
            break;
        }
        let scenario = scenario_of(&case);
        let is_same = |one: &File| {
            let path = |file: &File| fs::canonicalize(&file.path).ok();
            scenario.as_ref().is_some_and(|file| path(file) == path(one))
        };
        if !named.is_empty() && !chosen.iter().any(is_same) {
            continue;
        }
        let staged = match scenario {
            Some(scenario) => stage(&case, Some(&scenario)),
            None if case.shrunk.is_some() => stage(&case, None),
            None => Err(lost(format!("there is no scenario `{}` any more", case.scenario.file))),
        };
        let (state, has_changed) = match staged {
            Ok(staged) => (study::judge(&staged.stage, &case, play), staged.change.is_some()),
            Err(failure) => (State::Lost(failure.message), true),
        };
        all.push(Kept { file, case, state, has_changed });
    }
    Ok(all)
}

/// Finds the scenario's file as it was named in the call, or else by the scenario's name.
pub(super) fn scenario_of(case: &Case) -> Option<File> {
    files::find(&case.scenario.file).or_else(|_| files::find(&case.scenario.name)).ok()
}

/// Sets the stage for a case, with its scenario as it is now. The scenario is used as it was if it
/// is not there, or if the case was shrunk and so is not about a file.
pub(super) fn stage(case: &Case, file: Option<&File>) -> Result<Staged, Failure> {
    let stored = case.text.as_ref().map(|lines| lines.join("\n"));
    // A shrunk case is not about a scenario that a person could change.
    let file = file.filter(|_| case.shrunk.is_none());
    let name = &case.scenario.name;
    let text = match file {
        Some(file) => file
            .text()?
            .map_err(|made| lost(format!("its scenario cannot be read: {}", made.message)))?,
        None => stored.as_deref().map(Arc::from).ok_or_else(|| {
            lost(format!("there is no scenario `{name}`, and its text was too long for the case"))
        })?,
    };
    let guard = case.guard.as_deref().unwrap_or("none");
    let guards =
        Guards::parse(guard).map_err(|made| lost(format!("its guard: {}", made.message)))?;
    let loaded = scenario::load_guarded(&text, &case.settings(), &guards);
    let Some(scenario) = loaded.scenario else {
        let mut errors = loaded.diagnostics.iter().filter(|made| made.code.is_error());
        let first = errors.next().map(|made| made.message.clone()).unwrap_or_default();
        return Err(lost(format!("its scenario cannot be played: {first}")));
    };
    let scenario = guards.apply(scenario).map_err(|not| {
        lost(format!("its guard `{guard}` does not apply to the scenario any more: {not}"))
    })?;
    let stage = Arc::new(Stage::new(scenario));
    let has_changed = stage.digest != case.digest.scenario;
    let change = has_changed.then(|| change(stored.as_deref(), &text));
    Ok(Staged { stage, text, change })
}

/// Returns the failure for a case that can no longer be played.
fn lost(why: String) -> Failure {
    Failure::usage(why)
}

/// Returns where a scenario differs from its earlier version.
fn change(then: Option<&str>, now: &str) -> String {
    let plain = "its scenario has changed since";
    let Some(then) = then else { return plain.to_owned() };
    let mut lines = then.lines().map(Some).chain(std::iter::repeat(None)).zip(now.lines());
    match lines.position(|(then, now)| then != Some(now)) {
        Some(index) => format!("{plain}, first in line {}", index + 1),
        None if then == now => "the program reads its scenario otherwise now".to_owned(),
        None => plain.to_owned(),
    }
}

/// Makes cases of the findings that the report shows, and writes them. Returns why that failed,
/// once.
pub(super) fn write(
    checked: &mut Checked,
    subject: &Subject,
    detail: Detail,
    play: Play,
) -> Option<String> {
    let is_told = |index: &usize| {
        let property = checked.findings[*index].way.fingerprint.property;
        detail != Detail::Brief || checked.is_surprising(property)
    };
    let told: Vec<usize> = (0..checked.findings.len()).filter(is_told).collect();
    if told.is_empty() || !checked.bugs.is_empty() {
        return None;
    }
    let makes = subject.strategies();
    for index in told {
        let shown = &checked.findings[index];
        let found = Found {
            subject,
            strategy: &subject.strategy.to_string(),
            seed: shown.tally.first().expect("invariant: a finding was found in some trial"),
            way: shown.way,
            what: words::finding(&shown.way, &checked.cast),
        };
        // A finding that is too large for a case still has its line to paste.
        match write_one(&makes, &found, play) {
            Ok(path) => checked.findings[index].case = path,
            Err(why) => return Some(why),
        }
    }
    None
}

/// Makes a case of one finding, writes it and returns its path. Returns nothing if it is too large.
pub(super) fn write_one(
    strategies: &dyn Fn() -> Box<dyn Strategy>,
    found: &Found<'_>,
    play: Play,
) -> Result<Option<String>, String> {
    let case = study::case(strategies, found, play);
    let Some((case, text)) = case.and_then(|case| case.text().map(|text| (case, text))) else {
        return Ok(None);
    };
    let path = found_folder().join(case.file_name());
    match store(&path, &text) {
        Ok(()) => Ok(Some(path.display().to_string())),
        Err(error) => Err(format!("could not write `{}`: {}", path.display(), why(&error))),
    }
}

/// Writes a file completely or not at all, because other processes may write the same file at this
/// moment.
pub(super) fn store(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let half = folder.join(format!(".{name}.{}", std::process::id()));
    let done = fs::write(&half, text).and_then(|()| fs::rename(&half, path));
    if done.is_err() {
        let _ = fs::remove_file(&half);
    }
    done
}
