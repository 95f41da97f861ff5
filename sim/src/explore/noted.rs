//! Noted: lets another strategy decide, and writes down between what it could choose.

use std::sync::{Arc, Mutex, PoisonError};

use crate::agenda::{Name, Pending, Picked, State, Stop, Strategy, Supply};

/// One decision.
#[derive(Clone, Debug)]
pub struct Note {
    /// What fired.
    pub picked: Pending,
    /// What was pending beside it.
    pub others: Vec<Pending>,
}

/// The decisions of a trial, in order.
pub type Notes = Arc<Mutex<Vec<Note>>>;

/// The strategy.
pub struct Noted {
    decides: Box<dyn Strategy>,
    notes: Notes,
}

impl Noted {
    /// Has this strategy decide. The second part holds the decisions of the last trial.
    pub fn new(decides: Box<dyn Strategy>) -> (Noted, Notes) {
        let notes = Notes::default();
        (Noted { decides, notes: notes.clone() }, notes)
    }
}

impl Strategy for Noted {
    fn begin(&mut self, seed: u64) -> Supply {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.decides.begin(seed)
    }

    fn added(&mut self, pending: &mut Pending) {
        self.decides.added(pending);
    }

    fn gone(&mut self, pending: &Pending) {
        self.decides.gone(pending);
    }

    fn pick(&mut self, pending: &[Pending], state: &mut dyn FnMut() -> State) -> Option<Picked> {
        let picked = self.decides.pick(pending, state)?;
        let is_other = |(index, _): &(usize, &Pending)| *index != picked.index;
        let others = pending.iter().enumerate().filter(is_other).map(|(_, one)| *one).collect();
        let note = Note { picked: pending[picked.index], others };
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(note);
        Some(picked)
    }

    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize {
        self.decides.fate(name, weights)
    }

    fn over(&mut self, stop: Stop, state: &mut dyn FnMut() -> State) {
        self.decides.over(stop, state);
    }
}
