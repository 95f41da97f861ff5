//! Observers: they see what another strategy decides, and decide nothing themselves.

use super::{Name, Part, Pending, Picked, State, Stop, Strategy, Supply};

/// Something that sees what is decided.
pub trait Observer: Send + 'static {
    /// Notes that a trial begins.
    fn begin(&mut self) {}

    /// Notes that an occurrence was put on the agenda, with the waits that it is the sum of.
    fn added(&mut self, _pending: &Pending, _parts: &[Part]) {}

    /// Notes that an occurrence left the agenda.
    fn gone(&mut self, _pending: &Pending) {}

    /// Notes that something is about to be picked.
    fn before(&mut self, _state: &mut dyn FnMut() -> State) {}

    /// Notes what was picked.
    fn picked(&mut self, _pending: &[Pending], _picked: Picked) {}

    /// Notes what chance decided.
    fn chosen(&mut self, _name: &Name, _weights: &[u32], _option: usize) {}

    /// Notes that the trial is over.
    fn over(&mut self, _state: &mut dyn FnMut() -> State) {}
}

/// A strategy that is observed.
pub struct Observed<O> {
    decides: Box<dyn Strategy>,
    observer: O,
}

impl<O: Observer> Observed<O> {
    /// Lets this strategy decide.
    pub fn new(decides: Box<dyn Strategy>, observer: O) -> Observed<O> {
        Observed { decides, observer }
    }

    /// Returns what observes.
    pub fn observer(&self) -> &O {
        &self.observer
    }
}

impl<O: Observer> Strategy for Observed<O> {
    fn begin(&mut self, seed: u64) -> Supply {
        let supply = self.decides.begin(seed);
        if supply != Supply::Nothing {
            self.observer.begin();
        }
        supply
    }

    fn added(&mut self, pending: &Pending, parts: &[Part]) {
        self.observer.added(pending, parts);
        self.decides.added(pending, parts);
    }

    fn gone(&mut self, index: usize, pending: &Pending) {
        self.observer.gone(pending);
        self.decides.gone(index, pending);
    }

    fn pick(&mut self, pending: &[Pending], state: &mut dyn FnMut() -> State) -> Option<Picked> {
        self.observer.before(state);
        let picked = self.decides.pick(pending, state)?;
        self.observer.picked(pending, picked);
        Some(picked)
    }

    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize {
        let option = self.decides.fate(name, weights);
        self.observer.chosen(name, weights, option);
        option
    }

    fn over(&mut self, stop: Stop, state: &mut dyn FnMut() -> State) {
        self.observer.over(state);
        self.decides.over(stop, state);
    }

    fn inner(&self) -> Option<&dyn Strategy> {
        Some(&*self.decides)
    }
}
