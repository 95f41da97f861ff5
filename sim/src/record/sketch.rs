//! A sketch of how many different things there were. It is exact for some thousands and an estimate
//! beyond that, and its size is always the same.
//!
//! The smallest hashes are kept (k minimum values: Bar-Yossef et al., RANDOM 2002). The same hashes
//! are kept in the end, whatever their order and however the whole was divided.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::agenda::Draw;

/// This many hashes are kept. The estimate's standard error is one divided by the square root of
/// this, which is 1.6 %.
const KEPT: usize = 4096;

/// The smallest hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sketch {
    smallest: BTreeSet<u64>,
    /// The largest of them, once there are as many as are kept.
    bound: Option<u64>,
}

/// How many different things there were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distinct {
    /// Exactly this many.
    Exactly(u64),
    /// This many, within three in a hundred (two standard errors).
    About(u64),
}

impl Sketch {
    /// Adds one thing that hashes to this.
    #[inline]
    pub fn add(&mut self, hash: u64) {
        // The smallest hashes have to be spread evenly, whatever made the hash.
        self.keep(Draw::new(0, hash).bits());
    }

    #[inline]
    fn keep(&mut self, hash: u64) {
        if self.bound.is_some_and(|bound| hash >= bound) {
            return;
        }
        self.smallest.insert(hash);
        if self.smallest.len() > KEPT {
            self.smallest.pop_last();
        }
        if self.smallest.len() == KEPT {
            self.bound = self.smallest.last().copied();
        }
    }

    /// Adds what another sketch has seen.
    pub fn merge(&mut self, other: &Sketch) {
        other.smallest.iter().for_each(|hash| self.keep(*hash));
    }

    /// Returns how many different things the sketch has seen.
    pub fn distinct(&self) -> Distinct {
        match self.bound {
            None => Distinct::Exactly(self.smallest.len() as u64),
            Some(bound) => {
                let estimate = (((KEPT - 1) as u128) << u64::BITS) / (u128::from(bound) + 1);
                Distinct::About(u64::try_from(estimate).unwrap_or(u64::MAX))
            }
        }
    }
}

impl Distinct {
    /// Returns the number, exact or not.
    pub const fn count(self) -> u64 {
        match self {
            Distinct::Exactly(count) | Distinct::About(count) => count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(things: impl Iterator<Item = u64>) -> Sketch {
        let mut sketch = Sketch::default();
        things.for_each(|thing| sketch.add(thing));
        sketch
    }

    #[test]
    fn few_are_counted_one_by_one_and_many_within_three_in_a_hundred() {
        let kept = KEPT as u64;
        assert_eq!(sketch(0..0).distinct(), Distinct::Exactly(0));
        assert_eq!(sketch((0..90).map(|thing| thing % 9)).distinct(), Distinct::Exactly(9));
        assert_eq!(sketch(0..kept - 1).distinct(), Distinct::Exactly(kept - 1));
        for many in [2 * kept, 100_000, 1_000_000] {
            let Distinct::About(count) = sketch(0..many).distinct() else { panic!("{many}") };
            assert!(count.abs_diff(many) * 100 <= many * 3, "{count} for {many}");
        }
    }

    #[test]
    fn merging_is_independent_of_order_and_of_how_the_whole_was_divided() {
        let whole = sketch(0..20_000);
        for parts in [2, 3, 7] {
            let part = |index| sketch((0..20_000).filter(move |thing| thing % parts == index));
            let (mut forth, mut back) = (Sketch::default(), Sketch::default());
            (0..parts).for_each(|index| forth.merge(&part(index)));
            (0..parts).rev().for_each(|index| back.merge(&part(index)));
            assert_eq!(forth, whole);
            assert_eq!(back, whole);
        }
        assert_eq!(sketch((0..20_000).rev()), whole);
    }
}
