//! `extremes`: each chain is early, late or anywhere within its windows, throughout a trial.
//!
//! Nothing is unlikely on its own in some races, but they need many draws to be late together, or
//! early together. Examples are a worker whose calls are all slow, and a lock that is released at
//! once. A walk makes each draw on its own, so that the draws add up to the middle. This strategy
//! is a walk whose draws lean the same way.

use super::chain::chain;
use super::drawn::{Drawn, Draws};
use super::fates::Fates;
use super::walk::drawn;
use crate::agenda::{
    Draw, Name, Part, Pending, Picked, State, Strategy, Supply, Time, key_of, mix,
};

/// The strategy.
#[derive(Debug, Default)]
pub struct Extremes {
    seed: u64,
    leanings: u64,
    drawn: Drawn,
    fates: Fates,
}

impl Strategy for Extremes {
    fn begin(&mut self, seed: u64) -> Supply {
        (self.seed, self.leanings) = (seed, mix(seed, key_of("leanings")));
        self.drawn.clear();
        self.fates = Fates::new(seed);
        Supply::Trial
    }

    fn added(&mut self, pending: &Pending, parts: &[Part]) {
        let (drawn, tie) = drawn(self.seed, pending.since, parts);
        let window = pending.window;
        let at = match Draw::new(self.leanings, chain(&pending.name)).below(3) {
            0 => pending.since + window.earliest,
            1 => pending.since + window.latest,
            _ => drawn,
        };
        self.drawn.added(at, tie);
    }

    fn gone(&mut self, index: usize, _: &Pending) {
        self.drawn.gone(index);
    }

    fn pick(&mut self, _: &[Pending], _: &mut dyn FnMut() -> State) -> Option<Picked> {
        Some(self.drawn.soonest())
    }

    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize {
        self.fates.fate(name, weights)
    }
}

impl Draws for Extremes {
    fn drawn(&self, index: usize) -> (Time, u64) {
        self.drawn.of(index)
    }
}
