//! `replay`, strict: follows a schedule by names.
//!
//! It draws nothing. A trial *diverges* when it asks for something other than what the schedule
//! holds. The first such place is noted. The pending occurrence that was started first fires from
//! there on, so that the trial ends. The rest is drawn, and is compared with nothing, where only
//! the beginning of a schedule is known.

use super::Walk;
use crate::agenda::{Name, Part, Pending, Pick, Picked, Schedule, State, Strategy, Supply};

/// Where a trial left the schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The place in the schedule's picks, from 0.
    pub step: usize,
    /// What the schedule holds there. It is `None` at the end of the schedule.
    pub expected: Option<Pick>,
    /// What was pending instead.
    pub pending: Vec<Name>,
}

/// The strategy.
pub struct Replay {
    schedule: Schedule,
    picks: usize,
    fates: usize,
    rest: Option<Box<dyn Strategy>>,
    divergence: Option<Divergence>,
}

impl Replay {
    /// Follows this schedule.
    pub fn new(schedule: Schedule) -> Replay {
        Replay { schedule, picks: 0, fates: 0, rest: None, divergence: None }
    }

    /// Returns where the trial left the schedule, if it did.
    pub fn divergence(&self) -> Option<&Divergence> {
        self.divergence.as_ref()
    }

    /// Walks what comes after the schedule, which is not a divergence.
    #[must_use]
    pub fn then_walk(self) -> Replay {
        self.then(Box::new(Walk::default()))
    }

    /// Lets this strategy draw what comes after the schedule, which is not a divergence.
    #[must_use]
    pub fn then(self, rest: Box<dyn Strategy>) -> Replay {
        Replay { rest: Some(rest), ..self }
    }

    /// Returns the strategy that goes on, if the schedule is over.
    fn rest(&mut self) -> Option<&mut Box<dyn Strategy>> {
        let is_over = self.picks >= self.schedule.picks.len();
        self.rest.as_mut().filter(|_| is_over)
    }

    fn diverge(&mut self, expected: Option<Pick>, pending: &[Pending]) {
        self.divergence.get_or_insert_with(|| Divergence {
            step: self.picks,
            expected,
            pending: pending.iter().map(|pending| pending.name).collect(),
        });
    }
}

impl Strategy for Replay {
    fn begin(&mut self, seed: u64) -> Supply {
        if let Some(walk) = &mut self.rest {
            walk.begin(seed);
        }
        let is_first = self.picks == 0;
        if is_first { Supply::Trial } else { Supply::Nothing }
    }

    fn added(&mut self, pending: &Pending, parts: &[Part]) {
        if let Some(walk) = &mut self.rest {
            walk.added(pending, parts);
        }
    }

    fn gone(&mut self, index: usize, pending: &Pending) {
        if let Some(walk) = &mut self.rest {
            walk.gone(index, pending);
        }
    }

    fn pick(&mut self, pending: &[Pending], state: &mut dyn FnMut() -> State) -> Option<Picked> {
        if let Some(walk) = self.rest() {
            return walk.pick(pending, state);
        }
        let expected = self.schedule.picks.get(self.picks).copied();
        let found = expected
            .and_then(|pick| Some((pick, pending.iter().position(|one| one.name == pick.name)?)));
        if found.is_none() {
            self.diverge(expected, pending);
        }
        self.picks += 1;
        Some(match found {
            Some((pick, index)) => Picked { index, at: pick.at },
            None => {
                let earliest = pending.iter().enumerate().min_by_key(|(_, one)| one.uid);
                let (index, one) = earliest.expect("invariant: something is pending");
                Picked { index, at: one.since + one.window.earliest }
            }
        })
    }

    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize {
        let expected = self.schedule.fates.get(self.fates);
        let option = expected.filter(|fate| fate.name == *name).map(|fate| fate.option);
        if let (None, Some(walk)) = (expected, &mut self.rest) {
            return walk.fate(name, weights);
        }
        if option.is_none() {
            self.diverge(None, &[]);
        }
        self.fates += 1;
        let possible = weights.iter().position(|weight| *weight > 0);
        option.or(possible).expect("invariant: one of the options has a weight")
    }
}
