//! `surw`: the order of all touches of one key is drawn as evenly as possible.
//!
//! H. Zhao et al.: Selectively Uniform Concurrency Testing, ASPLOS 2025. A trial picks one key that
//! several chains touch. Who touches it next is drawn by how many touches each chain has left, so
//! that all orders of these touches are about equally likely, and the touches of all others are
//! held back until then. Everything else goes on by random priorities. A first walk shows how often
//! each chain touches each key.

use super::access::{Access, Touched};
use super::chain::chain;
use super::fates::Fates;
use super::ordered::Rule;
use super::survey::Survey;
use crate::agenda::{Draw, Key, Name, Pending, key_of, mix};

/// The rule.
pub struct Surw {
    /// What is touched by more than one chain.
    shared: Vec<Touched>,
    priorities: u64,
    turns: u64,
    fates: Fates,
    /// The key whose touches are ordered.
    key: Option<Key>,
    /// How many touches of it each chain has left. A chain that the survey has seen keeps one.
    left: Vec<(u64, u64)>,
    /// How often it has been touched.
    touches: u64,
    /// The chain that touches it next.
    next: u64,
}

impl Surw {
    /// Returns the rule, for trials in which things are touched as the survey shows.
    pub fn new(survey: &Survey) -> Surw {
        Surw {
            shared: survey.shared().cloned().collect(),
            priorities: 0,
            turns: 0,
            fates: Fates::default(),
            key: None,
            left: Vec::new(),
            touches: 0,
            next: 0,
        }
    }

    /// Draws which chain touches the key next.
    fn draw_next(&mut self) {
        let total = self.left.iter().map(|(_, left)| left).sum();
        let mut rest = Draw::new(self.turns, self.touches).below(total);
        for (chain, left) in &self.left {
            match rest.checked_sub(*left) {
                Some(less) => rest = less,
                None => {
                    self.next = *chain;
                    return;
                }
            }
        }
    }

    /// Returns the chain that touches the key with this occurrence, if one does.
    fn toucher(&self, one: &Pending) -> Option<u64> {
        Access::of(one, self.key?).map(|_| chain(&one.name))
    }
}

impl Rule for Surw {
    fn begin(&mut self, seed: u64) {
        self.fates = Fates::new(seed);
        self.priorities = mix(seed, key_of("priorities"));
        self.turns = mix(seed, key_of("turns"));
        self.touches = 0;
        let weights: Vec<u32> = self.shared.iter().map(|one| one.touches() as u32).collect();
        let drawn = (!weights.is_empty())
            .then(|| &self.shared[Draw::new(seed, key_of("key")).option(&weights)]);
        self.key = drawn.map(|touched| touched.key);
        self.left = drawn.map(|touched| touched.chains.clone()).unwrap_or_default();
        if self.key.is_some() {
            self.draw_next();
        }
    }

    fn choose(&mut self, enabled: &[&Pending]) -> usize {
        let rank = |index: &usize| {
            let one = enabled[*index];
            let is_held = self.toucher(one).is_some_and(|chain| chain != self.next);
            (is_held, Draw::new(self.priorities, one.name.key()).bits())
        };
        let first = (0..enabled.len()).min_by_key(rank).expect("invariant: something is enabled");
        if let Some(chain) = self.toucher(enabled[first]) {
            match self.left.iter_mut().find(|(known, _)| *known == chain) {
                Some((_, left)) => *left = left.saturating_sub(1).max(1),
                None => self.left.push((chain, 1)),
            }
            self.touches += 1;
            self.draw_next();
        }
        first
    }

    fn fate(&mut self, name: &Name, weights: &[u32]) -> usize {
        self.fates.fate(name, weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agenda::{Call, Owner, Phase, Sort, Symbol, Time, Who, Window};

    fn pending(who: u64, key: Option<Key>) -> Pending {
        let phase = Phase { word: Symbol::new(1, "arrives"), sort: Sort::Visit };
        let name = Name::new(Call::new(Who(who), who, Symbol::new(1, "asks"), 1), phase);
        let (window, since, owner) = (Window::NOW, Time::ZERO, Owner::Link);
        Pending { uid: 0, name, window, since, owner, keys: [key, None] }
    }

    #[test]
    fn only_the_chain_whose_turn_it_is_touches_the_key() {
        let key = Key(7);
        let (one, two) = (pending(1, Some(key)), pending(2, Some(key)));
        let mut surw = Surw::new(&Survey::default());
        surw.key = Some(key);
        surw.left = vec![(chain(&one.name), 3), (chain(&two.name), 1)];
        for (next, place) in [(&one, 0), (&two, 1)] {
            surw.next = chain(&next.name);
            assert_eq!(surw.choose(&[&one, &two]), place);
        }
        // A chain that the survey has seen keeps one touch.
        assert_eq!(surw.left, [(chain(&one.name), 2), (chain(&two.name), 1)]);
        surw.next = chain(&two.name);
        let elsewhere = pending(3, None);
        assert_eq!(surw.choose(&[&one, &elsewhere]), 1, "what touches nothing is not held");
    }

    #[test]
    fn who_is_next_is_drawn_by_the_touches_that_are_left() {
        let mut surw = Surw::new(&Survey::default());
        surw.left = vec![(1, 30), (2, 10)];
        let drawn = |turn: u64| {
            surw.touches = turn;
            surw.draw_next();
            surw.next
        };
        let ones = (0..4_000).map(drawn).filter(|next| *next == 1).count();
        assert!((2_850..3_150).contains(&ones), "{ones}");
    }
}
