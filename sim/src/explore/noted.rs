//! Noted: lets another strategy decide, and records what it could choose between.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::agenda::{Name, Part, Pending, Picked, State, Stop, Strategy, Supply};

/// One decision.
#[derive(Clone, Debug)]
pub struct Note {
    /// What fired.
    pub picked: Pending,
    /// What else was pending.
    pub others: Vec<Pending>,
}

/// One choice of chance.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// What it was for.
    pub name: Name,
    /// Which option was taken.
    pub option: usize,
    /// How likely each option is.
    pub weights: Vec<u32>,
    /// How many picks had been made.
    pub after: usize,
}

/// All decisions of a trial, in order.
#[derive(Clone, Debug, Default)]
pub struct Decided {
    /// What fired.
    pub picks: Vec<Note>,
    /// What chance decided.
    pub fates: Vec<Chosen>,
}

/// The decisions of the last trial.
pub type Notes = Arc<Mutex<Decided>>;

/// The strategy.
pub struct Noted {
    decides: Box<dyn Strategy>,
    notes: Notes,
}

impl Noted {
    /// Lets this strategy decide. The second part holds the decisions of the last trial.
    pub fn new(decides: Box<dyn Strategy>) -> (Noted, Notes) {
        let notes = Notes::default();
        (Noted { decides, notes: notes.clone() }, notes)
    }

    fn notes(&self) -> MutexGuard<'_, Decided> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Strategy for Noted {
    fn begin(&mut self, seed: u64) -> Supply {
        *self.notes() = Decided::default();
        self.decides.begin(seed)
    }

    fn added(&mut self, pending: &mut Pending, parts: &[Part]) {
        self.decides.added(pending, parts);
    }

    fn gone(&mut self, pending: &Pending) {
        self.decides.gone(pending);
    }

    fn pick(&mut self, pending: &[Pending], state: &mut dyn FnMut() -> State) -> Option<Picked> {
        let picked = self.decides.pick(pending, state)?;
        let is_other = |(index, _): &(usize, &Pending)| *index != picked.index;
        let others = pending.iter().enumerate().filter(is_other).map(|(_, one)| *one).collect();
        let note = Note { picked: pending[picked.index], others };
        self.notes().picks.push(note);
        Some(picked)
    }

    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize {
        let option = self.decides.fate(name, weights);
        let mut notes = self.notes();
        let after = notes.picks.len();
        notes.fates.push(Chosen { name: *name, option, weights: weights.to_vec(), after });
        option
    }

    fn over(&mut self, stop: Stop, state: &mut dyn FnMut() -> State) {
        self.decides.over(stop, state);
    }
}
