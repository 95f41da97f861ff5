//! Places: what the world knows about each actor.

use super::data::Data;
use crate::agenda::{Name, Symbol, Window};

/// The number of something that an actor waits for.
pub(super) type Wait = u32;

/// What an actor asks for when it waits.
#[derive(Debug)]
pub(super) enum Ask {
    /// It calls a service, and may wait for the answer.
    Call { to: usize, part: u16, word: String, request: Box<dyn Data>, is_awaited: bool },
    /// It waits. The word says for what.
    Sleep { word: &'static str, window: Window },
    /// It asks chance for one of several options.
    Chance { word: String, weights: Vec<u32> },
}

/// How an actor has ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// It is done.
    Done,
    /// It returned an error.
    Failed(String),
    /// It panicked.
    Panicked(String),
}

/// What an actor wants when it parks.
#[derive(Debug, Default)]
pub(super) struct Wants {
    pub(super) asks: Vec<(Wait, Ask)>,
    /// What it no longer waits for.
    pub(super) dropped: Vec<Wait>,
    pub(super) facts: Vec<Box<dyn Data>>,
    pub(super) over: Option<Over>,
}

impl Wants {
    /// Returns whether it asks for one thing, and does nothing that another actor could see.
    pub(super) fn is_one_ask(&self) -> bool {
        self.asks.len() == 1
            && self.dropped.is_empty()
            && self.facts.is_empty()
            && self.over.is_none()
    }
}

/// What the world knows about an actor.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) name: String,
    pub(super) key: u64,
    pub(super) kind: u16,
    pub(super) start: Window,
    /// When it dies, if it does, and how long it takes until it is begun again, if it is.
    pub(super) dies: Option<(Window, Option<Window>)>,
    /// What it waits for.
    pub(super) waits: Vec<(Wait, Doing)>,
    /// The hash of everything that it was told.
    pub(super) told: u64,
    /// What it still has to wait for, in order, although it was told at the beginning that it is
    /// over: the way back of its last reply, and a sleep. Nobody else can see when these end.
    pub(super) debt: Vec<(Name, Window)>,
    /// What it wants once these waits are over.
    pub(super) held: Option<Wants>,
    pub(super) has_started: bool,
    pub(super) is_over: bool,
    pub(super) is_dead: bool,
}

/// What an actor does while it waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doing {
    pub(super) action: Symbol,
    pub(super) nth: u32,
    pub(super) to: Option<usize>,
}

impl Place {
    /// Returns whether it still waits for this.
    pub(super) fn awaits(&self, wait: Wait) -> bool {
        self.waits.iter().any(|(known, _)| *known == wait)
    }

    /// Returns whether it waits for something that has not happened.
    pub(super) fn is_waiting(&self) -> bool {
        self.has_started && !self.is_over && !self.is_dead
    }
}

/// What an actor receives.
pub(super) enum Told {
    /// It begins.
    Start,
    /// What it waits for has come.
    Reply(Wait, Box<dyn Data>),
}
