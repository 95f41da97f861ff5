//! `portfolio`: each trial's seed picks the strategy that plays it.
//!
//! No strategy is good at everything, but a portfolio is never much worse than its best member. A
//! seed plays the same trial in the portfolio as under the strategy that it picks.

use crate::agenda::{Name, Part, Pending, Picked, State, Stop, Strategy, Supply};

/// The strategy.
pub struct Portfolio {
    pub(super) members: Vec<Box<dyn Strategy>>,
    pub(super) playing: usize,
}

impl Strategy for Portfolio {
    fn begin(&mut self, seed: u64) -> Supply {
        self.playing = Portfolio::place(seed);
        self.members[self.playing].begin(seed)
    }

    fn added(&mut self, pending: &Pending, parts: &[Part]) {
        self.members[self.playing].added(pending, parts);
    }

    fn gone(&mut self, index: usize, pending: &Pending) {
        self.members[self.playing].gone(index, pending);
    }

    fn pick(&mut self, pending: &[Pending], state: &mut dyn FnMut() -> State) -> Option<Picked> {
        self.members[self.playing].pick(pending, state)
    }

    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize {
        self.members[self.playing].fate(name, weights)
    }

    fn over(&mut self, stop: Stop, state: &mut dyn FnMut() -> State) {
        self.members[self.playing].over(stop, state);
    }
}
