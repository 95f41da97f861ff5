//! What a first walk shows of a scenario: how often there is a choice, and how much each chain
//! does.
//!
//! There is a choice where more than one occurrence is pending. Not all of them can fire next, but
//! no strategy needs to know it that well.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Walk;
use super::chain::chain;
use crate::agenda::{Name, Part, Pending, Picked, State, Strategy, Supply, Time};

/// What is known of a scenario before it is searched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// How often more than one occurrence was pending.
    choices: u64,
    /// How many occurrences each chain had.
    work: BTreeMap<u64, u64>,
    /// How long a trial may last. Times are no later than this where an order leaves a choice.
    pub horizon: Time,
}

impl Survey {
    /// Returns roughly how many choices a trial has. This is at least one.
    pub fn choices(&self) -> u64 {
        self.choices.max(1)
    }

    /// Returns roughly how many occurrences this chain has.
    pub fn work(&self, chain: u64) -> u64 {
        self.work.get(&chain).copied().unwrap_or(0)
    }
}

/// The walk that takes the survey.
pub struct Surveyor {
    walk: Walk,
    survey: Arc<Mutex<Survey>>,
}

impl Surveyor {
    /// Returns a surveyor. The second part says afterwards what the last trial has shown.
    pub fn new() -> (Surveyor, Arc<Mutex<Survey>>) {
        let survey = Arc::new(Mutex::new(Survey::default()));
        (Surveyor { walk: Walk::default(), survey: survey.clone() }, survey)
    }
}

impl Strategy for Surveyor {
    fn begin(&mut self, seed: u64) -> Supply {
        *self.survey.lock().unwrap_or_else(PoisonError::into_inner) = Survey::default();
        self.walk.begin(seed)
    }

    fn added(&mut self, pending: &mut Pending, parts: &[Part]) {
        self.walk.added(pending, parts);
    }

    fn gone(&mut self, pending: &Pending) {
        self.walk.gone(pending);
    }

    fn pick(&mut self, pending: &[Pending], state: &mut dyn FnMut() -> State) -> Option<Picked> {
        let picked = self.walk.pick(pending, state)?;
        let mut survey = self.survey.lock().unwrap_or_else(PoisonError::into_inner);
        survey.choices += u64::from(pending.len() > 1);
        *survey.work.entry(chain(&pending[picked.index].name)).or_default() += 1;
        Some(picked)
    }

    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize {
        self.walk.fate(name, weights)
    }
}
