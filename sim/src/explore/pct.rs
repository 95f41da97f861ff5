//! `pct`: the enabled chain with the highest priority goes on. The chain that is about to go on
//! falls behind all others at a few random choices.
//!
//! S. Burckhardt, P. Kothari, M. Musuvathi, S. Nagarakatte: A Randomized Scheduler with
//! Probabilistic Guarantees of Finding Bugs, ASPLOS 2010. Suppose that a bug takes `depth`
//! orderings among `n` chains in `k` choices. A trial then finds it with a chance of at least
//! `1 / (n k^(depth - 1))`. The chance is less by a logarithm here, because the changes are drawn
//! on a scale on which `k` hardly matters. Priorities are drawn by the chains' names. So the same
//! chains are in the same order, whatever else is there.

use super::chain::chain;
use super::fates::Fates;
use super::ordered::Rule;
use super::survey::Survey;
use crate::agenda::{Draw, Name, Pending, key_of, mix};

/// The rule.
pub struct Pct {
    depth: u8,
    /// Roughly how many choices a trial has.
    length: u64,
    priorities: u64,
    fates: Fates,
    /// The numbers of the choices before which a chain falls behind.
    changes: Vec<u64>,
    choices: u64,
    /// The chains that have fallen behind. The last one has the lowest priority of all.
    behind: Vec<u64>,
}

impl Pct {
    /// Returns the rule with `depth - 1` changes in a trial of about as many choices as the survey
    /// shows.
    pub fn new(depth: u8, survey: &Survey) -> Pct {
        Pct {
            depth,
            length: survey.choices(),
            priorities: 0,
            fates: Fates::default(),
            changes: Vec::new(),
            choices: 0,
            behind: Vec::new(),
        }
    }

    /// Returns the priority of a chain. The chain with the greatest priority goes on.
    fn priority(&self, chain: u64) -> (usize, u64) {
        let places_behind =
            self.behind.iter().rposition(|one| *one == chain).map_or(0, |place| place + 1);
        (usize::MAX - places_behind, Draw::new(self.priorities, chain).bits())
    }

    /// Returns the choice at which a change falls. It lies anywhere among the first two, four,
    /// eight … choices, and each of these ranges is equally likely. A trial in which an actor is
    /// starved can be much shorter than a trial in which no actor is. The choices at its beginning
    /// decide the most.
    fn change(&self, key: u64) -> u64 {
        let doublings = u64::from(self.length.ilog2()) + 1;
        let mut draw = Draw::new(key, 0);
        let end = 2 << draw.below(doublings);
        draw.below(end)
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
        self.changes =
            (1..self.depth).map(|number| self.change(mix(changes, number.into()))).collect();
        self.choices = 0;
        self.behind.clear();
    }

    fn choose(&mut self, enabled: &[&Pending]) -> usize {
        if enabled.len() == 1 {
            return 0;
        }
        let changes = self.changes.iter().filter(|change| **change == self.choices).count();
        self.choices += 1;
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
