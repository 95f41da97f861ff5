//! A run as pages in a folder: one about the run, and one for each unexpected finding.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use deadheat_model::property::Way;
use serde::{Deserialize, Serialize};

use super::super::Failure;
use super::super::cases::store;
use super::super::files::unwritten;
use super::super::output::{self, Output};
use super::{Event, Reporter, Swept};
use crate::engine::Play;
use crate::record::Shown;
use crate::report::human::titled;
use crate::report::words::{finding, replay_line};
use crate::report::{html, words};
use crate::study::{self, Subject};

/// At most this many pages are written about findings.
const PAGES_MAX: usize = 40;

/// What was broken in the last run in this folder, for the next one to compare with.
const LAST: &str = "last.json";

pub(super) struct Pages {
    folder: PathBuf,
    entries: Vec<html::Entry>,
    written: usize,
    ways: Ways,
}

/// The ways of breaking of each setting.
#[derive(Default, Serialize, Deserialize)]
struct Ways {
    settings: BTreeSet<String>,
    /// The setting, the way's fingerprint, and what broke.
    ways: BTreeSet<(String, String, String)>,
}

impl Pages {
    pub(super) fn new(folder: PathBuf) -> Pages {
        Pages { folder, entries: Vec::new(), written: 0, ways: Ways::default() }
    }

    fn checked(&mut self, swept: &Swept<'_>) -> Result<(), Failure> {
        let Swept { checked, subject, .. } = swept;
        let title = titled(&checked.scenario, &checked.invocation);
        let mut pages = Vec::new();
        for shown in &checked.findings {
            let fingerprint = words::fingerprint(&shown.way.fingerprint, &checked.cast);
            let what = finding(&shown.way, &checked.cast);
            self.ways.ways.insert((title.clone(), fingerprint, what));
            let is_surprising = checked.is_surprising(shown.way.fingerprint.property);
            if is_surprising && self.written < PAGES_MAX {
                pages.extend(self.page(shown, subject)?);
            }
        }
        self.ways.settings.insert(title);
        self.entries.push(html::Entry { checked: (*checked).clone(), pages });
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

    fn end(&self) -> Result<(), Failure> {
        let last = self.folder.join(LAST);
        let before: Option<Ways> =
            fs::read(&last).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let news = before.map_or_else(Vec::new, |before| self.ways.since(&before));
        let index = self.folder.join("index.html");
        write(&index, &html::index(&self.entries, &news))?;
        let now = serde_json::to_string(&self.ways).expect("invariant: it is plain data");
        write(&last, &now)?;
        output::tell(&format!("wrote {}\n", index.display()));
        Ok(())
    }
}

impl Ways {
    /// Returns what has changed since an earlier run, as far as both have played it.
    fn since(&self, before: &Ways) -> Vec<String> {
        let both = |(setting, ..): &&(String, String, String)| {
            self.settings.contains(setting) && before.settings.contains(setting)
        };
        let new = self.ways.difference(&before.ways).filter(both);
        let gone = before.ways.difference(&self.ways).filter(both);
        let new = new.map(|(setting, _, what)| format!("new in {setting}: {what}"));
        let gone = gone.map(|(setting, _, what)| format!("gone from {setting}: {what}"));
        let mut all: Vec<String> = new.chain(gone).collect();
        if all.is_empty() {
            all.push("the same ways of breaking as in the last run".to_owned());
        }
        all
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
