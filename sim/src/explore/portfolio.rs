//! `portfolio`: each trial's seed picks the strategy that plays it.
//!
//! No strategy is good at everything, but a portfolio is never much worse than its best member. A
//! seed plays the same trial in the portfolio as under the strategy that it picks.

use super::Survey;
use super::naming::StrategyName;
use crate::agenda::{Draw, Name, Part, Pending, Picked, State, Stop, Strategy, Supply, key_of};

/// The strategy.
pub struct Portfolio {
    members: Vec<Box<dyn Strategy>>,
    playing: usize,
}

impl Portfolio {
    /// The members: every strategy but the portfolio itself. What a seed means depends on their
    /// order.
    pub const MEMBERS: [StrategyName; 6] =
        *StrategyName::ALL.first_chunk().expect("invariant: the portfolio is the last of all");

    /// Returns the portfolio, for trials of the kind that the survey describes.
    pub fn new(survey: &Survey) -> Portfolio {
        let members = Portfolio::MEMBERS.iter().map(|member| member.strategy(survey)).collect();
        Portfolio { members, playing: 0 }
    }

    /// Returns the place of the member that plays the trial with this seed.
    pub fn place(seed: u64) -> usize {
        Draw::new(seed, key_of("portfolio")).below(Portfolio::MEMBERS.len() as u64) as usize
    }
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
