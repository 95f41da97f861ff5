//! What a first walk shows of a scenario: how often there is a choice, how much each chain does,
//! and what is touched.
//!
//! There is a choice where more than one occurrence is pending. Not all of them can fire next, but
//! no strategy needs to know it that well.

use std::collections::BTreeMap;

use super::access::{Access, Touched};
use super::chain::chain;
use crate::agenda::{Observer, Pending, Picked, Time};

/// What is known of a scenario before it is searched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// How often more than one occurrence was pending.
    choices: u64,
    /// How many occurrences each chain had.
    work: BTreeMap<u64, u64>,
    /// What is touched, in the order of the first touches.
    touched: Vec<Touched>,
    /// How long a trial may last. Times are no later than this where an order leaves a choice.
    pub horizon: Time,
}

impl Survey {
    /// The seed of the first walk, whatever is played afterwards. So a seed means the same trial
    /// in every sweep, in every check and on every lane.
    pub const SEED: u64 = 1;

    /// Returns a survey of nothing yet, with this horizon.
    pub fn until(horizon: Time) -> Survey {
        Survey { horizon, ..Survey::default() }
    }

    /// Returns roughly how many choices a trial has. This is at least one.
    pub fn choices(&self) -> u64 {
        self.choices.max(1)
    }

    /// Returns roughly how many occurrences this chain has.
    pub fn work(&self, chain: u64) -> u64 {
        self.work.get(&chain).copied().unwrap_or(0)
    }

    /// Returns what more than one chain touches.
    pub fn shared(&self) -> impl Iterator<Item = &Touched> {
        self.touched.iter().filter(|touched| touched.is_shared())
    }
}

impl Observer for Survey {
    fn begin(&mut self) {
        *self = Survey::until(self.horizon);
    }

    fn picked(&mut self, pending: &[Pending], picked: Picked) {
        self.choices += u64::from(pending.len() > 1);
        let one = &pending[picked.index];
        let chain = chain(&one.name);
        *self.work.entry(chain).or_default() += 1;
        for key in one.keys.into_iter().flatten() {
            let Some(access) = Access::of(one, key) else { continue };
            if !self.touched.iter().any(|touched| touched.key == key) {
                self.touched.push(Touched::new(key));
            }
            let known = self.touched.iter_mut().find(|touched| touched.key == key);
            known.expect("invariant: it was just put there").touch(access, chain);
        }
    }
}
