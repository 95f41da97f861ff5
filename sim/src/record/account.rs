//! The account of one trial: what its history alone does not say. It says which pick caused each
//! event, what each pick waited for, and which line of the scenario file is behind it.

use std::sync::Arc;

use deadheat_model::property::PropertyId;
use deadheat_model::time::{Time, Window};

use super::{Expected, Invocation};
use crate::agenda::Name;

/// The account.
#[derive(Clone, Debug)]
pub struct Account {
    /// What the scenario is.
    pub about: String,
    /// How it was called.
    pub invocation: Invocation,
    /// What was expected of each property, by [`PropertyId`].
    pub expected: [Expected; PropertyId::ALL.len()],
    /// The text of the scenario's file. `None` if there is no such file.
    pub text: Option<Arc<str>>,
    /// What fired, in order.
    pub picks: Vec<Fired>,
    /// What is known about each event, by its place in the history.
    pub events: Vec<Cause>,
}

/// An occurrence that fired.
#[derive(Clone, Debug)]
pub struct Fired {
    /// Its name.
    pub name: Name,
    /// When it was put on the agenda.
    pub since: Time,
    /// When it could fire, counted from then.
    pub window: Window,
    /// When it fired.
    pub at: Time,
    /// The waits that the window is the sum of, in order.
    pub waits: Vec<Waited>,
    /// How many occurrences could have been picked, with this one.
    pub choices: usize,
}

/// One of the waits before an occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waited {
    /// What is waited for.
    pub what: Wait,
    /// How long it lasts.
    pub window: Window,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The way back of the last reply.
    Reply,
    /// A sleep, a pause or the time between two polls.
    Pause,
    /// The occurrence itself: a request on its way, a run at work.
    Itself,
}

impl Wait {
    /// Returns the name that JSON uses.
    pub const fn name(self) -> &'static str {
        match self {
            Wait::Reply => "reply",
            Wait::Pause => "pause",
            Wait::Itself => "itself",
        }
    }
}

/// What is behind an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// The place of the pick that caused it.
    pub pick: Option<usize>,
    /// Where its action is in the file.
    pub line: Option<Line>,
    /// What the message says that the action adds.
    pub message: Option<String>,
}

/// An action in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its verb.
    pub verb: &'static str,
    /// The line where it begins, from 1.
    pub line: usize,
    /// The column where it begins, in characters from 1.
    pub column: usize,
}

impl Line {
    /// Returns the action that begins at this place of the text, in bytes.
    pub fn new(verb: &'static str, text: &str, start: usize) -> Line {
        let before = &text[..start];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Line { verb, line, column }
    }
}
