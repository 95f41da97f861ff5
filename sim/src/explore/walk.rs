//! `walk`, the default: each occurrence draws its time inside its window, and the smallest fires
//! next.
//!
//! Rates under this strategy are what a server with evenly spread latencies would show. Every draw
//! is keyed by the trial's seed and the occurrence's name. The same draw breaks ties.

use super::drawn::{Drawn, Draws};
use crate::agenda::{
    Draw, Name, Part, Pending, Picked, Sort, State, Strategy, Supply, Time, normal,
};

/// The strategy.
#[derive(Debug)]
pub struct Walk {
    seed: u64,
    drawn: Drawn,
    faults: u32,
    faults_left: u32,
}

impl Default for Walk {
    fn default() -> Walk {
        Walk::with_faults(u32::MAX)
    }
}

impl Walk {
    /// Returns a walk in which at most this many fates of a trial are not the normal ones.
    pub fn with_faults(faults: u32) -> Walk {
        Walk { seed: 0, drawn: Drawn::default(), faults, faults_left: faults }
    }
}

impl Strategy for Walk {
    fn begin(&mut self, seed: u64) -> Supply {
        self.seed = seed;
        self.drawn.clear();
        self.faults_left = self.faults;
        Supply::Trial
    }

    fn added(&mut self, pending: &Pending, parts: &[Part]) {
        let (at, tie) = drawn(self.seed, pending.since, parts);
        // An occurrence that concerns its actor alone comes first in a tie, as if it had folded
        // into what its actor does next. So it makes no difference whether it has folded.
        let is_public = pending.name.sort != Sort::Private;
        self.drawn.added(at, tie >> 1 | u64::from(is_public) << 63);
    }

    fn gone(&mut self, index: usize, _: &Pending) {
        self.drawn.gone(index);
    }

    fn pick(&mut self, _: &[Pending], _: &mut dyn FnMut() -> State) -> Option<Picked> {
        Some(self.drawn.soonest())
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

impl Draws for Walk {
    fn drawn(&self, index: usize) -> (Time, u64) {
        self.drawn.of(index)
    }
}

/// Returns when an occurrence that was put on the agenda at `since` fires, and what breaks a tie.
/// Each of its waits is drawn on its own.
#[inline]
pub(super) fn drawn(seed: u64, since: Time, parts: &[Part]) -> (Time, u64) {
    let (own, folded) = parts.split_last().expect("invariant: the last part is its own");
    let mut at = since;
    for Part { key, window } in folded {
        let is_exact = window.earliest == window.latest;
        at = at + if is_exact { window.earliest } else { Draw::new(seed, *key).wait(*window) };
    }
    let mut draw = Draw::new(seed, own.key);
    (at + draw.wait(own.window), draw.bits())
}
