//! A journal: a run writes down what it has played and found, a line for each, so that nothing is
//! lost if it is killed. `--resume` goes on from there.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deadheat_model::property::Way;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::Failure;
use super::super::files::{self, Content, unwritten};
use super::super::pace::Share;
use super::Header;
use crate::engine::Watcher;
use crate::record::Part;
use crate::report::stamp;
use crate::report::words::{finding, fingerprint, replay_line};
use crate::study::Subject;

/// A journal has at most this many bytes.
const BYTES_MAX: usize = 1 << 36;

/// A block is written down at most this often.
const EVERY: Duration = Duration::from_secs(2);

/// A journal that is being written.
pub(super) struct Journal {
    path: PathBuf,
    file: Mutex<File>,
    /// The first line that could not be written.
    failed: Mutex<Option<io::Error>>,
}

/// A line about a block of trials.
#[derive(Deserialize)]
struct Block {
    setting: usize,
    part: Part,
}

impl Journal {
    /// Begins a journal, where no file is yet.
    pub(super) fn create(path: &Path, header: &Header) -> Result<Journal, Failure> {
        let file = OpenOptions::new().append(true).create_new(true).open(path);
        let file = file.map_err(|error| {
            if error.kind() == io::ErrorKind::AlreadyExists {
                let shown = path.display();
                Failure::usage(format!(
                    "`{shown}` is there already; --resume {shown} goes on from it"
                ))
            } else {
                unwritten(path, &error)
            }
        })?;
        let journal = Journal::of_file(path, file);
        journal.line("journal", header);
        journal.checked()
    }

    /// Opens the journal of this run, and returns what was played, by setting.
    pub(super) fn resume(path: &Path, header: &Header) -> Result<(Journal, Vec<Part>), Failure> {
        let shown = path.display();
        let wrong = |why: String| Failure::usage(format!("`{shown}` is not a journal: {why}"));
        let bytes = match files::read(path, "a journal", BYTES_MAX)? {
            Content::Bytes(bytes) => bytes,
            Content::TooLarge(bytes) => return Err(wrong(format!("it has {bytes} bytes"))),
        };
        let (then, parts, length) = read(&bytes, header.settings.len()).map_err(wrong)?;
        if let Some(why) = header.difference(&then) {
            return Err(Failure::usage(format!("`{shown}` is the journal of another run: {why}")));
        }
        let file = OpenOptions::new().append(true).open(path);
        let file = file.and_then(|file| file.set_len(length as u64).map(|()| file));
        let file = file.map_err(|error| unwritten(path, &error))?;
        Ok((Journal::of_file(path, file), parts))
    }

    fn of_file(path: &Path, file: File) -> Journal {
        Journal { path: path.to_owned(), file: Mutex::new(file), failed: Mutex::new(None) }
    }

    fn line(&self, kind: &str, fields: &impl Serialize) {
        let mut line = stamp::object(kind, fields);
        line.push('\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.write_all(line.as_bytes()) {
            self.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
    }

    fn checked(self) -> Result<Journal, Failure> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        match failed {
            Some(error) => Err(unwritten(&self.path, &error)),
            None => Ok(self),
        }
    }

    /// Says whether everything was written.
    pub(super) fn end(self) -> Result<(), Failure> {
        self.checked().map(|_| ())
    }

    /// Returns what writes down this setting.
    pub(super) fn of<'a>(&'a self, setting: usize, subject: &'a Subject) -> Journaled<'a> {
        let pending = RefCell::new((Part::default(), Duration::ZERO));
        Journaled { found: Found { journal: self, setting, subject }, pending }
    }
}

/// Reads a journal: its head, what was played of each setting, and how many bytes of it are whole
/// lines. A program that was killed may have left the last line unfinished.
fn read(bytes: &[u8], settings: usize) -> Result<(Header, Vec<Part>, usize), String> {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    let text = std::str::from_utf8(&bytes[..end]).map_err(|_| "it is not text".to_owned())?;
    let mut lines = text.lines().enumerate();
    let (_, first) = lines.next().ok_or("it has no line")?;
    let header = serde_json::from_str(first).map_err(|error| format!("line 1: {error}"))?;
    let mut parts = vec![Part::default(); settings];
    for (place, line) in lines.filter(|(_, line)| line.starts_with("{\"type\":\"block\"")) {
        let wrong = |why: String| format!("line {}: {why}", place + 1);
        let Block { setting, part } =
            serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
        let whole = parts.get_mut(setting).ok_or_else(|| wrong("no such setting".to_owned()))?;
        whole.merge(&part);
    }
    Ok((header, parts, end))
}

/// What writes down a setting. Blocks are collected, so that a journal stays short.
pub(super) struct Journaled<'a> {
    found: Found<'a>,
    /// What is not written yet, and when something was written last.
    pending: RefCell<(Part, Duration)>,
}

/// What writes down what is found in a setting.
struct Found<'a> {
    journal: &'a Journal,
    setting: usize,
    subject: &'a Subject,
}

impl Journaled<'_> {
    /// Adds a block that was played by this time.
    pub(super) fn block(&self, part: &Part, now: Duration) {
        let (pending, last) = &mut *self.pending.borrow_mut();
        pending.merge(part);
        if now.saturating_sub(*last) >= EVERY {
            *last = now;
            self.write(&std::mem::take(pending));
        }
    }

    /// Writes down what is left.
    pub(super) fn flush(&self) {
        let (pending, _) = self.pending.take();
        if pending.summary.trials > 0 {
            self.write(&pending);
        }
    }

    fn write(&self, part: &Part) {
        let block = json!({ "setting": self.found.setting, "part": part });
        self.found.journal.line("block", &block);
    }
}

/// The watcher of a sweep, which writes down each new way of breaking at once.
pub(super) struct Watched<'a> {
    share: Share,
    found: Option<&'a Found<'a>>,
}

impl<'a> Watched<'a> {
    pub(super) fn new(share: Share, journaled: Option<&'a Journaled<'a>>) -> Watched<'a> {
        Watched { share, found: journaled.map(|journaled| &journaled.found) }
    }
}

impl Watcher for Watched<'_> {
    fn is_over(&self) -> bool {
        self.share.is_over()
    }

    fn is_interrupted(&self) -> bool {
        self.share.is_interrupted()
    }

    fn played(&self, trials: u64) {
        self.share.played(trials);
    }

    fn found(&self, way: Way, seed: u64) {
        self.share.found(way, seed);
        let Some(Found { journal, setting, subject }) = self.found else { return };
        let cast = &subject.stage.cast;
        let found = json!({
            "setting": setting,
            "seed": seed,
            "property": way.fingerprint.property,
            "fingerprint": fingerprint(&way.fingerprint, cast),
            "what": finding(&way, cast),
            "replay": replay_line(&subject.invocation, seed, None),
        });
        journal.line("found", &found);
    }
}
