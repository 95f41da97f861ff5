//! `portfolio`: each trial's seed picks the strategy that plays it.
//!
//! No strategy is good at everything; a portfolio is never much worse than the best of its own. A
//! seed plays the same trial in it as under the strategy that it picks.

use super::Survey;
use super::naming::StrategyName;
use crate::agenda::{Draw, Name, Part, Pending, Picked, State, Stop, Strategy, Supply, key_of};

/// The strategy.
pub struct Portfolio {
    members: Vec<Box<dyn Strategy>>,
    playing: usize,
}

impl Portfolio {
    /// Who is in it: every strategy but itself. What a seed means depends on their order.
    pub const MEMBERS: [StrategyName; 6] =
        *StrategyName::ALL.first_chunk().expect("invariant: the portfolio is the last of all");

    /// For trials of which the survey shows something.
    pub fn new(survey: &Survey) -> Portfolio {
        let members = Portfolio::MEMBERS.iter().map(|member| member.strategy(survey)).collect();
        Portfolio { members, playing: 0 }
    }

    /// Which member plays the trial with this seed, by its place.
    pub fn place(seed: u64) -> usize {
        Draw::new(seed, key_of("portfolio")).below(Portfolio::MEMBERS.len() as u64) as usize
    }
}

impl Strategy for Portfolio {
    fn begin(&mut self, seed: u64) -> Supply {
        self.playing = Portfolio::place(seed);
        self.members[self.playing].begin(seed)
    }

    fn added(&mut self, pending: &mut Pending, parts: &[Part]) {
        self.members[self.playing].added(pending, parts);
    }

    fn gone(&mut self, pending: &Pending) {
        self.members[self.playing].gone(pending);
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
