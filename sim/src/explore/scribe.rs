//! A scribe: decides as another strategy does, and writes down what each pick touches.

use std::sync::{Arc, Mutex, PoisonError};

use crate::agenda::{Keys, Name, Part, Pending, Picked, State, Stop, Strategy, Supply};

/// What the picks of the present trial touch, in order. Picks that touch nothing are left out.
#[derive(Clone, Debug, Default)]
pub struct Touches(Arc<Mutex<Vec<(Name, Keys)>>>);

impl Touches {
    /// Looks at them.
    pub fn with<T>(&self, look: impl FnOnce(&[(Name, Keys)]) -> T) -> T {
        look(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn change(&self, change: impl FnOnce(&mut Vec<(Name, Keys)>)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The strategy.
pub struct Scribe {
    inner: Box<dyn Strategy>,
    touches: Touches,
}

impl Scribe {
    /// Watches this strategy. The second part holds what it has picked in the present trial.
    pub fn new(inner: Box<dyn Strategy>) -> (Scribe, Touches) {
        let touches = Touches::default();
        (Scribe { inner, touches: touches.clone() }, touches)
    }
}

impl Strategy for Scribe {
    fn begin(&mut self, seed: u64) -> Supply {
        self.touches.change(Vec::clear);
        self.inner.begin(seed)
    }

    fn added(&mut self, pending: &mut Pending, parts: &[Part]) {
        self.inner.added(pending, parts);
    }

    fn gone(&mut self, pending: &Pending) {
        self.inner.gone(pending);
    }

    fn pick(&mut self, pending: &[Pending], state: &mut dyn FnMut() -> State) -> Option<Picked> {
        let picked = self.inner.pick(pending, state)?;
        let Pending { name, keys, .. } = pending[picked.index];
        if keys.iter().any(Option::is_some) {
            self.touches.change(|touches| touches.push((name, keys)));
        }
        Some(picked)
    }

    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize {
        self.inner.fate(name, weights)
    }

    fn over(&mut self, stop: Stop, state: &mut dyn FnMut() -> State) {
        self.inner.over(stop, state);
    }
}
