//! `walk`, the default: each occurrence draws its time inside its window; the smallest fires next.
//!
//! Rates under this strategy are what a server with evenly spread latencies would show. Every draw
//! is keyed by the trial's seed and the occurrence's name, and ties are broken by the same draw.

use crate::agenda::{Draw, Name, Pending, Picked, State, Strategy, Supply};

/// The strategy; all that it remembers is the trial's seed.
#[derive(Debug, Default)]
pub struct Walk {
    seed: u64,
}

impl Strategy for Walk {
    fn begin(&mut self, seed: u64) -> Supply {
        self.seed = seed;
        Supply::Trial
    }

    fn added(&mut self, pending: &mut Pending) {
        let mut draw = Draw::new(self.seed, pending.name.key());
        pending.at = pending.since + draw.wait(pending.window);
        pending.tie = draw.bits();
    }

    fn gone(&mut self, _: &Pending) {}

    fn pick(&mut self, pending: &[Pending], _: &mut dyn FnMut() -> State) -> Option<Picked> {
        let mut first = 0;
        for (index, other) in pending.iter().enumerate().skip(1) {
            if (other.at, other.tie) < (pending[first].at, pending[first].tie) {
                first = index;
            }
        }
        Some(Picked { index: first, at: pending[first].at })
    }

    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize {
        Draw::new(self.seed, name.key()).option(weights)
    }
}
