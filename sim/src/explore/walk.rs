//! `walk`, the default: each occurrence draws its time inside its window; the smallest fires next.
//!
//! Rates under this strategy are what a server with evenly spread latencies would show. Every draw
//! is keyed by the trial's seed and the occurrence's name, and ties are broken by the same draw.

use crate::agenda::{Draw, Name, Pending, Picked, State, Strategy, Supply, normal};

/// The strategy; all that it remembers is the trial's seed, and how many faults it may still draw.
#[derive(Debug)]
pub struct Walk {
    seed: u64,
    faults: u32,
    faults_left: u32,
}

impl Default for Walk {
    fn default() -> Walk {
        Walk::with_faults(u32::MAX)
    }
}

impl Walk {
    /// In each trial, at most so many fates are not the normal ones.
    pub fn with_faults(faults: u32) -> Walk {
        Walk { seed: 0, faults, faults_left: faults }
    }
}

impl Strategy for Walk {
    fn begin(&mut self, seed: u64) -> Supply {
        self.seed = seed;
        self.faults_left = self.faults;
        Supply::Trial
    }

    fn added(&mut self, pending: &mut Pending) {
        let mut draw = Draw::new(self.seed, pending.name.key());
        pending.at = pending.since + draw.wait(pending.window);
        pending.tie = draw.bits();
    }

    fn gone(&mut self, _: &Pending) {}

    fn pick(&mut self, pending: &[Pending], _: &mut dyn FnMut() -> State) -> Option<Picked> {
        Some(soonest(pending))
    }

    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize {
        let (option, normal) = (Draw::new(self.seed, name.key()).option(weights), normal(weights));
        if option == normal {
            return option;
        }
        match self.faults_left.checked_sub(1) {
            Some(left) => {
                self.faults_left = left;
                option
            }
            None => normal,
        }
    }
}

/// What fires first, where everything has a time of its own.
pub(super) fn soonest(pending: &[Pending]) -> Picked {
    let mut first = 0;
    for (index, other) in pending.iter().enumerate().skip(1) {
        if (other.at, other.tie) < (pending[first].at, pending[first].tie) {
            first = index;
        }
    }
    Picked { index: first, at: pending[first].at }
}
