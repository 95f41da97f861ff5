//! `pct`: of what is enabled, the chain with the highest priority goes on, and at a few random
//! picks the one that is about to go on falls behind all others.
//!
//! S. Burckhardt, P. Kothari, M. Musuvathi, S. Nagarakatte: A Randomized Scheduler with
//! Probabilistic Guarantees of Finding Bugs, ASPLOS 2010. A bug that takes `depth` orderings among
//! `n` chains in `k` picks is found by a trial with a chance of at least `1 / (n k^(depth - 1))`.
//! Priorities are drawn by the chains' names, so that the same chains stand in the same order
//! whoever else is there.

use super::chain::{Survey, chain};
use super::fates::Fates;
use super::ordered::Rule;
use crate::agenda::{Draw, Name, Pending, key_of, mix};

/// The rule.
pub struct Pct {
    depth: u8,
    length: u64,
    priorities: u64,
    fates: Fates,
    /// The numbers of the picks before which a chain falls behind.
    changes: Vec<u64>,
    picks: u64,
    /// The chains that have fallen behind; the last one is the last of all.
    behind: Vec<u64>,
}

impl Pct {
    /// With `depth - 1` changes in a trial of about the length that the survey shows.
    pub fn new(depth: u8, survey: &Survey) -> Pct {
        Pct {
            depth,
            length: survey.length(),
            priorities: 0,
            fates: Fates::default(),
            changes: Vec::new(),
            picks: 0,
            behind: Vec::new(),
        }
    }

    /// The greatest goes on.
    fn priority(&self, chain: u64) -> (usize, u64) {
        let places_behind =
            self.behind.iter().rposition(|one| *one == chain).map_or(0, |place| place + 1);
        (usize::MAX - places_behind, Draw::new(self.priorities, chain).bits())
    }

    fn first(&self, enabled: &[&Pending]) -> usize {
        let priority = |index: &usize| {
            let name = &enabled[*index].name;
            (self.priority(chain(name)), Draw::new(self.priorities, name.key()).bits())
        };
        (0..enabled.len()).max_by_key(priority).expect("invariant: something is enabled")
    }
}

impl Rule for Pct {
    fn begin(&mut self, seed: u64) {
        self.fates = Fates::new(seed);
        self.priorities = mix(seed, key_of("priorities"));
        let changes = mix(seed, key_of("changes"));
        let change = |number: u8| Draw::new(changes, u64::from(number)).below(self.length);
        self.changes = (1..self.depth).map(change).collect();
        self.picks = 0;
        self.behind.clear();
    }

    fn choose(&mut self, enabled: &[&Pending]) -> usize {
        let changes = self.changes.iter().filter(|change| **change == self.picks).count();
        self.picks += 1;
        for _ in 0..changes {
            let falls = chain(&enabled[self.first(enabled)].name);
            self.behind.push(falls);
        }
        self.first(enabled)
    }

    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize {
        self.fates.fate(name, weights)
    }
}
