//! A run as pages in a folder: one about the run, and one for each unexpected finding.

use std::fs;
use std::path::{Path, PathBuf};

use deadheat_model::property::Way;

use super::super::Failure;
use super::super::cases::store;
use super::super::files::unwritten;
use super::super::output::{self, Output};
use super::ways::Ways;
use super::{Event, Reporter, Swept};
use crate::engine::Play;
use crate::record::Shown;
use crate::report::html;
use crate::report::words::replay_line;
use crate::study::{self, Subject};

/// At most this many pages are written about findings.
const PAGES_MAX: usize = 40;

/// What was broken in the runs in this folder, for the next one to compare with.
const RUNS: &str = "runs.json";

/// This many runs are kept, the last ones.
const RUNS_MAX: usize = 12;

pub(super) struct Pages {
    folder: PathBuf,
    entries: Vec<html::Entry>,
    written: usize,
    ways: Ways,
}

impl Pages {
    pub(super) fn new(folder: PathBuf) -> Pages {
        Pages { folder, entries: Vec::new(), written: 0, ways: Ways::default() }
    }

    fn checked(&mut self, swept: &Swept<'_>) -> Result<(), Failure> {
        let Swept { checked, subject, .. } = swept;
        self.ways.add(checked);
        let mut pages = Vec::new();
        for shown in &checked.findings {
            let is_surprising = checked.is_surprising(shown.way.fingerprint.property);
            if is_surprising && self.written < PAGES_MAX {
                pages.extend(self.page(shown, subject)?);
            }
        }
        let varied = swept.varied.cloned();
        self.entries.push(html::Entry { checked: (*checked).clone(), varied, pages });
        Ok(())
    }

    /// Writes the page of a finding's first trial.
    fn page(&mut self, shown: &Shown, subject: &Subject) -> Result<Option<(Way, String)>, Failure> {
        let Some(seed) = shown.tally.first() else { return Ok(None) };
        let play = Play { keep_schedule: true, ..Play::seed(seed) };
        let trial = study::replay(&subject.stage, &subject.name, subject.strategies()(), play);
        let account = study::account(subject, &trial);
        let again = replay_line(&subject.invocation, seed, Some(trial.digest));
        self.written += 1;
        let name = format!("finding-{}-{}-seed-{seed}.html", self.written, plain(&subject.name));
        write(&self.folder.join(&name), &html::trial(&trial, &account, &again))?;
        Ok(Some((shown.way, name)))
    }

    fn end(&mut self) -> Result<(), Failure> {
        let file = self.folder.join(RUNS);
        let before = fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let mut runs: Vec<Ways> = before.unwrap_or_default();
        let news = runs.last().map_or_else(Vec::new, |before| self.ways.since(before));
        runs.push(std::mem::take(&mut self.ways));
        runs.drain(..runs.len().saturating_sub(RUNS_MAX));
        let index = self.folder.join("index.html");
        write(&index, &html::index(&self.entries, &news, &Ways::over(&runs)))?;
        let now = serde_json::to_string(&runs).expect("invariant: it is plain data");
        write(&file, &now)?;
        output::tell(&format!("wrote {}\n", index.display()));
        Ok(())
    }
}

/// Returns a name that is the name of a file everywhere.
fn plain(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    name.chars().map(|c| if is_plain(c) { c } else { '-' }).collect()
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    store(path, text).map_err(|error| unwritten(path, &error))
}

impl Reporter for Pages {
    fn hear(&mut self, event: &Event<'_>, _: &mut Output) -> Result<(), Failure> {
        match event {
            Event::Checked(swept) => self.checked(swept),
            Event::End { .. } => self.end(),
            Event::Begin { .. } | Event::Kept(_) | Event::NotApplicable { .. } => Ok(()),
        }
    }
}
