//! What a trial leaves behind.

use std::fmt;

use crate::agenda::{Name, Schedule, Stop, Time};

/// Something that happened in a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: Time,
    /// Whose doing it was: an actor's or a service's.
    pub who: String,
    /// What happened.
    pub text: String,
}

/// A property that a trial has broken.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Found {
    /// Its name.
    pub property: String,
    /// What it means that it is broken.
    pub why: String,
}

/// A trial that was played, with everything that is needed to show it.
#[derive(Clone, Debug)]
pub struct Trial {
    /// What it has broken.
    pub found: Vec<Found>,
    /// What happened, in order.
    pub lines: Vec<Line>,
    /// How it ended.
    pub stop: Stop,
    /// What was picked, by name, and when it fired.
    pub picks: Vec<(String, Time)>,
    /// What chance decided, by name, and the option that was taken.
    pub fates: Vec<(String, usize)>,
    pub(super) schedule: Schedule,
    /// How a guest has used the library wrongly, if it has.
    pub(super) misuse: Option<String>,
}

/// Lines of a trial are cut to this length.
const COLUMNS: usize = 110;

/// Returns a text of at most this many characters.
fn cut(text: &str, room: usize) -> String {
    match text.char_indices().nth(room) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

impl Trial {
    /// Returns a name in words, if it was picked.
    pub(super) fn text(&self, name: &Name) -> String {
        let at = self.schedule.picks.iter().position(|pick| pick.name == *name);
        at.map_or_else(String::new, |at| self.picks[at].0.clone())
    }
}

impl fmt::Display for Trial {
    /// Writes a line for each thing that happened: when, whose doing it was, and what it was.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.lines.iter().map(|line| line.who.chars().count()).max().unwrap_or(0);
        writeln!(f, "{:>9}  {:width$}  what happens", "time (s)", "who")?;
        for Line { at, who, text } in &self.lines {
            let room = COLUMNS.saturating_sub(width + 13);
            writeln!(f, "{:>9}  {who:width$}  {}", at.to_string(), cut(text, room))?;
        }
        match self.stop {
            Stop::Settled | Stop::Stuck | Stop::Abandoned => {}
            Stop::OutOfBudget => writeln!(f, "{:>9}  the trial is out of budget here", "")?,
        }
        for Found { property, why } in &self.found {
            writeln!(f, "  ! {property}: {why}")?;
        }
        self.misuse.as_ref().map_or(Ok(()), |misuse| writeln!(f, "  ! {misuse}"))
    }
}
